#!/usr/bin/env bash
# Prints the folder that holds kube-apiserver, kube-controller-manager, kubectl and etcd; builds them there first if need be.
#
# The versions are in go.mod beside this file. With the argument "oldest" they are in oldest/go.mod: the oldest minor that
# the CRDs need. The folder is named after all that the binaries depend on, so a second clone finds it. KUBEBUILDER_ASSETS,
# if set, is used instead.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$here${1:+/$1}
binaries=(etcd kube-apiserver kube-controller-manager kubectl)
say() { printf 'control-plane: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
hint() {
  [ "$1" = kube-controller-manager ] || return 0
  printf ' (setup-envtest does not bring it: cd tests/control-plane && CGO_ENABLED=0 go build -o "$KUBEBUILDER_ASSETS/" k8s.io/kubernetes/cmd/%s)' "$1"
}

kubernetes=$(awk '$1 == "k8s.io/kubernetes" && $2 ~ /^v/ {print $2; exit}' "$module/go.mod")
if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  for name in "${binaries[@]}"; do
    [ -x "$KUBEBUILDER_ASSETS/$name" ] ||
      die "KUBEBUILDER_ASSETS is set to \"$KUBEBUILDER_ASSETS\", but there is no \"$name\" in it; add it$(hint "$name"), or unset the variable to have all of them built"
  done
  if [ -n "${1:-}" ]; then
    version=$("$KUBEBUILDER_ASSETS/kube-apiserver" --version)
    [[ $version == *" ${kubernetes%.*}."* ]] ||
      die "KUBEBUILDER_ASSETS holds \"$version\", but ${kubernetes%.*} is wanted; name a folder of that version, or unset the variable to have it built"
  fi
  printf '%s\n' "$KUBEBUILDER_ASSETS"
  exit 0
fi

command -v go >/dev/null ||
  die "\"go\" is not on the PATH; install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with: ${binaries[*]}"
wanted=$(awk '$1 == "go" {print $2}' "$module/go.mod")
version=$(GOTOOLCHAIN=local go env GOVERSION)
[ "$(printf '%s\n%s\n' "$wanted" "${version#go}" | sort -V | head -n 1)" = "$wanted" ] ||
  die "$version is too old for go.mod, which wants Go $wanted; install that or a newer one"

minor=$(cut -d. -f2 <<<"$kubernetes")
ldflags="-s -w"
for variable in gitVersion="$kubernetes" gitMajor=1 gitMinor="$minor"; do
  ldflags+=" -X k8s.io/component-base/version.$variable"
done
flags=(-trimpath -ldflags "$ldflags")

key=$(cat "$module/go.mod" "$module/go.sum" <(echo "$version ${flags[*]}") | sha256sum | cut -c1-16)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/pat-operator/control-plane/$key"

package_of() {
  case "$1" in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    *) echo "k8s.io/kubernetes/cmd/$1" ;;
  esac
}

build() {
  local name=$1 started=$SECONDS
  [ -x "$folder/$name" ] && return
  case "$name" in
    kube-apiserver) say "building $name, the largest: 4 to 8 minutes without another line" ;;
    *) say "building $name" ;;
  esac
  (cd "$module" && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly go build "${flags[@]}" -o "$folder/$name.partial" "$(package_of "$name")") >&2
  mv "$folder/$name.partial" "$folder/$name"
  say "built $name in $((SECONDS - started)) s"
}

mkdir -p "$folder"
exec 9>"$folder/.lock"
missing=0
for name in "${binaries[@]}"; do [ -x "$folder/$name" ] || missing=1; done
if [ "$missing" = 1 ]; then
  say "building Kubernetes $kubernetes and etcd once: 6 minutes on two idle cores, 11 on two busy ones; kept in $folder"
  say "ready ones are used instead if KUBEBUILDER_ASSETS names a folder with: ${binaries[*]}"
  flock 9
  for name in "${binaries[@]}"; do build "$name"; done
fi
printf '%s\n' "$folder"
