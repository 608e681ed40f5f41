"""The commands of the project: demo, tests, lint, full, bench, simulate, package, lock.

They need a Python, pip, git and (on Debian and its kin) apt, and nothing else: one command takes a bare machine to a
running app. All sessions of one Python share one environment, installed from the lock and kept until the lock changes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import nox
import virtualenv
from filelock import FileLock

HERE = Path(__file__).parent
STATE = HERE / ".nox"
LOCK, PROJECT = HERE / "requirements" / "dev.txt", HERE / "pyproject.toml"
PYTHONS = ("3.11", "3.12", "3.13")
LONG_TESTS = ("tests/adapters/test_transport_waves.py", "tests/journeys/test_eight.py")  # those with a full size
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

QT_PACKAGES = (  # what Qt's platform plugins link to; what these bring along themselves is not named
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libglib2.0-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-shape0",
    "libxkbcommon-x11-0",
    "fonts-dejavu-core",
)
KEYRING_PACKAGES = ("dbus", "gnome-keyring")
TEST_PACKAGES = ("iproute2", "xauth", "xdotool", "xvfb")  # by which sockets, focus and windows are looked at
# In which the tests sign in, by Playwright's driver; where it is no package, as on Ubuntu, they say what is missing.
_BROWSER = ("chromium",) if Path("/etc/dpkg/origins/default").resolve().name == "debian" else ()
# Debian's Python comes without the library that a bundle carries; other Pythons bring theirs along.
BUNDLE_PACKAGES = ("binutils", *((f"libpython{THIS_PYTHON}",) if sys.base_prefix == "/usr" else ()))

# nox itself runs from a folder on PYTHONPATH; what a session starts must see its own environment only.
os.environ.pop("PYTHONPATH", None)
os.environ.pop("PYTHONHOME", None)

nox.options.sessions = ["tests", "lint"]
for _talkative in ("distlib", "virtualenv"):
    logging.getLogger(_talkative).setLevel(logging.ERROR)


@nox.session(python=False)
def demo(session: nox.Session) -> None:
    """Start the app on its own embedded server; `-- --tour DIR` shows itself round with no hands and no screen."""
    require_packages(session, *QT_PACKAGES, *KEYRING_PACKAGES)
    python = environment(session, THIS_PYTHON)
    become(python, "-m", "desktopauth", "demo", *session.posargs)


@nox.session(python=False)
def tests(session: nox.Session) -> None:
    """Run the tests on the Python that runs nox, then `coverage`; what follows `--` goes to pytest, and is all."""
    if not session.posargs:
        session.notify("coverage")
    run_tests(session, THIS_PYTHON)


def tests_on(version: str) -> Callable[[nox.Session], None]:
    """Return the session that runs the tests on one Python, wherever the machine has it."""

    def session_on_version(session: nox.Session) -> None:
        run_tests(session, version)

    session_on_version.__doc__ = f"Run the tests on Python {version}."
    return session_on_version


for _version in PYTHONS:
    nox.session(python=False, name=f"tests-{_version}", default=False)(tests_on(_version))


@nox.session(python=False)
def contract(session: nox.Session) -> None:
    """Hold an auth server to what the clients rely on; `-- --target double|lite|env` says which."""
    python = environment(session, THIS_PYTHON)
    run(session, python, "-m", "pytest", "tests/contract", *session.posargs, env={"QT_QPA_PLATFORM": "offscreen"})


@nox.session(python=False, default=False)
def coverage(session: nox.Session) -> None:
    """Hold the core's own tests to every line and every branch of the core."""
    python = environment(session, THIS_PYTHON)
    where = {"COVERAGE_FILE": str(STATE / "coverage"), "QT_QPA_PLATFORM": "offscreen"}
    # twice quiet: the closing line that counts the tests is the one of all tests
    run(session, python, "-m", "coverage", "run", "-m", "pytest", "-qq", "tests/core", env=where)
    run(session, python, "-m", "coverage", "report", env=where)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Check style, layout and types, or what of these is named; `-- --fix` mends what can be mended by itself."""
    python = environment(session, THIS_PYTHON)
    pieces = {"style": ["ruff", "check"], "layout": ["ruff", "format", "--check"], "types": ["mypy"]}
    if "--fix" in session.posargs:
        pieces |= {"style": ["ruff", "check", "--fix"], "layout": ["ruff", "format"]}
    if unknown := set(session.posargs) - pieces.keys() - {"--fix"}:
        session.error(f"lint has no {', '.join(sorted(unknown))}; it has {', '.join(pieces)}")
    for name in [name for name in session.posargs if name in pieces] or pieces:
        run(session, python, "-m", *pieces[name])


@nox.session(python=False, default=False)
def simulate(session: nox.Session) -> None:
    """Live through months of trouble in virtual time; `-- --seeds N --days D --json FILE [--break NAME]`."""
    python = environment(session, THIS_PYTHON)
    given = session.posargs or ("--seeds", "1000", "--days", "30")
    run(session, python, "-m", "tests.simulation.run", *given, env={"PYTHONPATH": str(HERE)})


@nox.session(python=False)
def full(session: nox.Session) -> None:
    """Do everything there is: lint, the tests on every Python, the long ones, bundle, benchmarks, simulation."""
    for name in ("lint", *(f"tests-{version}" for version in PYTHONS), "long", "package", "bench", "simulate"):
        session.notify(name, posargs=())


@nox.session(python=False, default=False)
def long(session: nox.Session) -> None:
    """Run the tests that have a size which does not fit into CI, in that size."""
    require_packages(session, *KEYRING_PACKAGES)
    python = environment(session, THIS_PYTHON)
    where = {"QT_QPA_PLATFORM": "offscreen", "DESKTOPAUTH_TESTS": "full"}
    run(session, python, "-m", "pytest", "-s", *LONG_TESTS, env=where)


@nox.session(python=False)
def bench(session: nox.Session) -> None:
    """Measure every number the README quotes; `-- --json FILE` writes them down."""
    require_packages(session, *QT_PACKAGES, *KEYRING_PACKAGES)
    python = environment(session, THIS_PYTHON)
    run(session, python, HERE / "benchmarks" / "run.py", *session.posargs)


@nox.session(python=False)
def package(session: nox.Session) -> None:
    """Freeze the app into dist/desktopauth and let the bundle show that it works, without a screen and with one."""
    require_packages(session, *QT_PACKAGES, *KEYRING_PACKAGES, *TEST_PACKAGES, *BUNDLE_PACKAGES)
    python = environment(session, THIS_PYTHON)
    run(session, python, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", "packaging/desktopauth.spec")
    program = HERE / "dist" / "desktopauth" / "desktopauth"
    run(session, program, "--smoke", env={"QT_QPA_PLATFORM": "offscreen"})
    if shutil.which("xvfb-run"):
        run(session, "xvfb-run", "--auto-servernum", program, "--smoke", env={"QT_QPA_PLATFORM": "xcb"})


@nox.session(python=False)
def lock(session: nox.Session) -> None:
    """Pin the development environment anew, for every Python and system, in requirements/dev.txt."""
    home = STATE / "lock"
    virtualenv.cli_run([str(home)], setup_logging=False)
    run(session, programs(home) / "python", "-m", "pip", "install", "--quiet", "uv")
    options = "--universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --upgrade --quiet"
    where = "--python-version 3.11 --extra demo --group dev --constraint requirements/constraints.txt"
    run(
        session, programs(home) / "uv", "pip", "compile", *options.split(), *where.split(), "-o", LOCK, "pyproject.toml"
    )


def run_tests(session: nox.Session, version: str) -> None:
    """Run pytest on one Python; skip the session when the machine does not have it."""
    require_packages(session, *QT_PACKAGES, *KEYRING_PACKAGES, *TEST_PACKAGES, "libatomic1", *_BROWSER)
    python = environment(session, version)
    run(session, python, "-m", "pytest", *session.posargs, env={"QT_QPA_PLATFORM": "offscreen"})


def run(session: nox.Session, program: str | Path, *args: str | Path, env: dict[str, str] | None = None) -> None:
    """Run one command, its neighbours first on PATH; an exit status other than 0 fails the session."""
    folder = [str(Path(program).parent)] if Path(program).is_absolute() else []
    path = os.pathsep.join([*folder, os.environ["PATH"]])
    session.run(str(program), *map(str, args), env={"PATH": path, **(env or {})}, external=True)


def become(program: Path, *args: str) -> None:
    """Hand this process over to a program, so that its exit status is ours and Ctrl-C reaches nobody else."""
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":
        # A process cannot be replaced there; a child that shares the console is the next best thing.
        raise SystemExit(subprocess.run([program, *args], check=False).returncode)
    else:  # noqa: RET506 - mypy tells platforms apart by branches
        os.execv(program, [str(program), *args])  # noqa: S606 - no shell is what we want


def environment(session: nox.Session, version: str) -> Path:
    """Return the interpreter of the environment for one Python, made from the lock unless it is there already."""
    home = STATE / f"python-{version}"
    python = programs(home) / "python"
    interpreter = interpreter_for(version)
    with FileLock(f"{home}.lock"):
        if not stamped(home / "lock.stamp", LOCK, interpreter):
            session.log(f"Installing what the project needs on Python {version}: minutes the first time, then kept.")
            create(session, home, interpreter)
            pip_install(session, python, "--require-hashes", "--requirement", LOCK)
            stamp(home / "lock.stamp", LOCK, interpreter)
        if not stamped(home / "project.stamp", PROJECT, interpreter):
            pip_install(session, python, "--no-deps", "--no-build-isolation", "--editable", HERE)
            stamp(home / "project.stamp", PROJECT, interpreter)
    return python


def interpreter_for(version: str) -> str:
    """Return the path of the Python to use, or its bare version for virtualenv to look for."""
    if version == THIS_PYTHON:
        return sys.executable
    # The programs that pyenv puts on PATH refuse every version that is not switched on; the Pythons behind them work.
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    return max(map(str, versions.glob(f"{version}.*/bin/python")), default=version)


def create(session: nox.Session, home: Path, interpreter: str) -> None:
    """Make an empty environment; skip the session when the machine does not have this Python."""
    try:
        virtualenv.cli_run([str(home), "--clear", "--python", interpreter], setup_logging=False)
    except RuntimeError:
        session.skip(f"this machine has no Python {interpreter}")


def pip_install(session: nox.Session, python: Path, *args: str | Path) -> None:
    """Install into one environment; pip shows its progress where somebody watches."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    run(session, python, "-m", "pip", "install", "--disable-pip-version-check", *quiet, *args)


def stamped(file: Path, source: Path, interpreter: str) -> bool:
    """Tell whether the stamp vouches for this text, this interpreter and this place."""
    return file.exists() and file.read_text(encoding="utf-8") == fingerprint(source, interpreter)


def stamp(file: Path, source: Path, interpreter: str) -> None:
    """Vouch that what was made from this text is complete."""
    file.write_text(fingerprint(source, interpreter), encoding="utf-8")


def fingerprint(source: Path, interpreter: str) -> str:
    """Return all that an environment depends on, as one line."""
    return f"{hashlib.sha256(source.read_bytes()).hexdigest()} {interpreter} {HERE}"


def programs(home: Path) -> Path:
    """Return the folder where an environment keeps its programs."""
    return home / ("Scripts" if sys.platform == "win32" else "bin")


def require_packages(session: nox.Session, *names: str) -> None:
    """See to Debian's packages: root gets installed what is missing, others the one line that does it, and exit 2."""
    missing = missing_packages(*names)
    if not missing:
        return
    if os.geteuid() != 0:
        line = f"sudo apt-get update && sudo apt-get install --no-install-recommends {shlex.join(missing)}"
        stop(f"Some system packages are missing. Please run this once, then try again:\n\n  {line}")
    session.log(f"Installing system packages: {' '.join(missing)}")
    apt_get("update")  # a source that cannot be reached matters only if a package is then missing
    if failure := apt_get("install", "--yes", "--no-install-recommends", *missing):
        stop(f"{failure}\nThese system packages could not be installed: {' '.join(missing)}")


def missing_packages(*names: str) -> list[str]:
    """Return which of these packages are not installed; none on a system that does not use dpkg and apt."""
    if not (sys.platform == "linux" and shutil.which("dpkg-query") and shutil.which("apt-get")):
        return []
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}, ${Package}, ${Provides}\n"]
    lines = subprocess.run(query, check=True, capture_output=True, text=True).stdout.splitlines()
    fields = [line.split(", ") for line in lines if line.startswith("installed, ")]
    # Newer releases rename libraries (libglib2.0-0t64) and provide the old name, with a version behind it.
    present = {field.split(" ")[0] for _, *packages in fields for field in packages}
    return [name for name in names if name not in present]


def apt_get(*args: str) -> str:
    """Run apt-get with no questions, after any other one has ended; return what it complained of, if it failed."""
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *args]
    unattended = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    result = subprocess.run(command, env=unattended, check=False, capture_output=True, text=True)
    return (result.stderr or "apt-get failed.") if result.returncode else ""


def stop(message: str) -> NoReturn:
    """End nox with exit status 2: something about this machine has to be put right first."""
    sys.stderr.write(f"\n{message}\n\n")
    raise SystemExit(2)
