//! What `build.sh` says when it cannot do its work, and how it is told where the binaries are.
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/build.sh");
const BINARIES: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

/// Runs the script with an empty cache and a PATH of what it needs besides Go.
fn build(folder: &Path, assets: Option<&Path>) -> Output {
    build_of(folder, &[], assets)
}

fn build_of(folder: &Path, arguments: &[&str], assets: Option<&Path>) -> Output {
    let path = folder.join("bin");
    fs::create_dir_all(&path).unwrap();
    for tool in ["dirname", "awk", "sort", "head"] {
        let _ = symlink(find(tool), path.join(tool));
    }
    let mut command = Command::new(find("bash"));
    command
        .arg(SCRIPT)
        .args(arguments)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .env("XDG_CACHE_HOME", folder.join("cache"));
    if let Some(assets) = assets {
        command.env("KUBEBUILDER_ASSETS", assets);
    }
    command.stdin(Stdio::null()).output().unwrap()
}

fn find(tool: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let found = path
        .split(':')
        .map(|folder| format!("{folder}/{tool}"))
        .find(|file| Path::new(file).exists());
    found.unwrap_or_else(|| panic!("{tool} is not on the PATH"))
}

fn program(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Refused with these words, and nothing that a caller could take for a folder.
fn assert_refused(ran: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success() && ran.stdout.is_empty(), "{ran:?}");
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn without_go_it_says_what_to_install_or_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let ran = build(folder.path(), None);
    assert_refused(
        &ran,
        &["\"go\" is not on the PATH", "install Go 1.", "KUBEBUILDER_ASSETS", "kube-apiserver"],
    );
}

#[test]
fn an_old_go_is_named_with_the_version_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    program(&folder.path().join("bin/go"), "#!/bin/sh\necho go1.19.2\n");
    assert_refused(&build(folder.path(), None), &["go1.19.2 is too old", "wants Go 1."]);
}

#[test]
fn a_folder_of_ones_own_is_used_without_go_once_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let assets = folder.path().join("assets");
    for (n, name) in BINARIES.iter().enumerate() {
        let ran = build(folder.path(), Some(&assets));
        assert_refused(&ran, &[&format!("there is no \"{name}\" in it"), "unset the variable"]);
        program(&assets.join(name), &format!("#!/bin/sh\nexit {n}\n"));
    }
    let ran = build(folder.path(), Some(&assets));
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(String::from_utf8(ran.stdout).unwrap().trim(), assets.display().to_string());
}

#[test]
fn where_the_oldest_kubernetes_is_wanted_another_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let assets = folder.path().join("assets");
    for name in BINARIES {
        program(&assets.join(name), "#!/bin/sh\necho Kubernetes v1.37.2\n");
    }
    let ran = build_of(folder.path(), &["oldest"], Some(&assets));
    assert_refused(&ran, &["Kubernetes v1.37.2", "v1.32 is wanted", "unset the variable"]);
    program(&assets.join("kube-apiserver"), "#!/bin/sh\necho Kubernetes v1.32.9\n");
    let ran = build_of(folder.path(), &["oldest"], Some(&assets));
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn the_command_line_prints_a_folder_with_all_binaries() {
    let ran = Command::new(env!("CARGO_BIN_EXE_control-plane")).arg("path").output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let folder = String::from_utf8(ran.stdout).unwrap();
    for name in BINARIES {
        let mode = fs::metadata(Path::new(folder.trim()).join(name)).unwrap().permissions().mode();
        assert_ne!(mode & 0o100, 0, "{name} cannot be run");
    }
}
