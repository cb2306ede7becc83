# Installs the vendor's Python and JavaScript clients (once, into a cache) and runs check.py and check.js with them.
"""Usage: run.py CACHE_FOLDER, with SAIL_BASE_URL, SAIL_NERM_BASE_URL, SAIL_CLIENT_ID and SAIL_CLIENT_SECRET set."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WANTED = ["SAIL_BASE_URL", "SAIL_NERM_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"]


def main() -> None:
    if len(sys.argv) != 2 or any(not os.environ.get(name) for name in WANTED):
        sys.exit(__doc__)
    cache = pathlib.Path(sys.argv[1])
    python = installed(cache, "python", ["requirements.txt"], install_python) / "bin" / "python"
    modules = installed(cache, "node", ["package.json", "package-lock.json", ".npmrc"], install_node) / "node_modules"
    with tempfile.TemporaryDirectory() as home:
        # Both clients also read configuration from the home and the working folder, and would use a proxy.
        surroundings = {name: os.environ[name] for name in [*WANTED, "PATH"]}
        surroundings |= {"HOME": home, "NO_PROXY": "*", "NODE_PATH": str(modules), "NODE_NO_WARNINGS": "1"}
        for command in ([python, HERE / "check.py"], [program("node"), HERE / "check.js"]):
            run(command, env=surroundings, cwd=home)


def installed(cache, kind, inputs, install) -> pathlib.Path:
    """The folder with this kind of client: made once for each content of its inputs."""
    text = b"\0".join((HERE / name).read_bytes() for name in inputs) + sys.version.encode()
    folder = cache / f"sdk-{kind}-{hashlib.sha256(text).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    with lock(cache / f"sdk-{kind}.lock"):
        if not (folder / "complete").exists():
            print(f"installing the vendor's {kind} client into {folder}, once", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            install(folder)
            (folder / "complete").touch()
    return folder


def install_python(folder: pathlib.Path) -> None:
    run([sys.executable, "-m", "venv", folder])
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--requirement", HERE / "requirements.txt"])


def install_node(folder: pathlib.Path) -> None:
    for name in ["package.json", "package-lock.json", ".npmrc"]:
        shutil.copy(HERE / name, folder)
    run([program("npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder)


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        sys.exit(f"'{name}' is missing: install Node.js 18 or later with npm, the check of the simulator needs it")
    return found


def run(command, **options) -> None:
    words = [str(word) for word in command]
    if subprocess.run(words, check=False, **options).returncode != 0:
        sys.exit(f"this failed: {' '.join(words)}")


@contextlib.contextmanager
def lock(path: pathlib.Path):
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


main()
