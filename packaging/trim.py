"""What of Qt and of Python a bundle does without: a third of its size, and a part of its start-up time.

Every entry was left out and the bundle then run, without a screen and under X11. What looks as if it could go but must
stay: `networkinformation` (tells when the network is back), `platforminputcontexts` (typing Chinese, Japanese, Korean),
the `offscreen` platform (the smoke test), and `multiprocessing` (imported by libraries at unexpected moments).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path, PurePath

from PyInstaller.depend.bindepend import get_imports

#: One file of a bundle as PyInstaller lists it: where it goes, where it comes from, and its kind.
Entry = tuple[str, str, str]

_STANDARD_LIBRARY = (
    "_distutils_hack", "curses", "distutils", "doctest", "lib2to3", "pdb", "pip", "pkg_resources", "pydoc",
    "pydoc_data", "readline", "setuptools", "sqlite3", "test", "tkinter", "unittest", "xmlrpc",
)  # fmt: skip
_LIBRARIES = (
    "IPython", "PIL", "numpy",  # drawn in only where the building machine has them
    "keyring.cli", "keyring.devpi_client", "keyring.testing",
    "pydantic.deprecated", "pydantic.mypy", "pydantic.v1",
)  # fmt: skip
_QT = tuple(
    f"PySide6.{name}"
    for name in ("QtDBus", "QtOpenGL", "QtPdf", "QtPrintSupport", "QtQml", "QtQuick", "QtSql", "QtSvg")
)
_KEYRINGS = {
    "linux": ("SecretService",),
    "darwin": ("macOS",),
    "win32": ("Windows",),
}

_UNUSED_FILES = re.compile(
    r"""PySide6/(Qt/)?(
        translations/(?!qtbase_ko\.qm)        # Qt's own buttons, in the languages we speak; English is built in
      | plugins/(
            (egldeviceintegrations|generic|printsupport|qmltooling|sqldrivers|tls)/
          | imageformats/q?(lib)?q(icns|pdf|tga|tiff|wbmp)\.
          | platforms/(lib)?q(direct2d|eglfs|linuxfb|minimal|minimalegl|vkkhrdisplay|vnc)\.
          | platforminputcontexts/(lib)?qtvirtualkeyboardplugin\.   # draws in all of Qt Quick
          | platformthemes/(lib)?qgtk3\.                            # draws in all of GTK, where it is installed
          | wayland-shell-integration/lib(fullscreen-shell-v1|ivi-shell|qt-shell|wl-shell-plugin)\.
          | wayland-graphics-integration-client/lib(dmabuf-server|drm-egl-server|shm-emulation-server|vulkan-server)\.
        )
      | (lib/)?(lib)?(Qt6EglFS|Qt6EglFs|Qt6WlShell|opengl32sw)
    )""",
    re.VERBOSE,
)


def unused_modules() -> list[str]:
    """Return the modules that the analysis is not to follow."""
    backends = {name for names in _KEYRINGS.values() for name in names} | {"kwallet", "libsecret"}
    foreign = [f"keyring.backends.{name}" for name in sorted(backends - set(_KEYRINGS.get(sys.platform, ())))]
    return [*_STANDARD_LIBRARY, *_LIBRARIES, *_QT, *foreign]


def trimmed(binaries: Iterable[Entry], datas: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return both lists without what is not used, and without the libraries that only those files wanted."""
    libraries = [entry for entry in binaries if not _is_unused(entry)]
    files = [entry for entry in datas if not _is_unused(entry)]
    if sys.platform == "linux":
        libraries = _reachable(libraries)
    present = {_name(entry) for entry in libraries}
    return libraries, [entry for entry in files if entry[2] != "SYMLINK" or _name(entry) in present]


def _is_unused(entry: Entry) -> bool:
    return bool(_UNUSED_FILES.match(PurePath(entry[0]).as_posix()))


def _reachable(libraries: list[Entry]) -> list[Entry]:
    """Keep what something loads by its name, and everything that those link to, directly or by others."""
    by_name = {_name(entry): entry for entry in libraries}
    found: set[str] = set()
    waiting = [entry for entry in libraries if _is_loaded_by_name(entry)]
    while waiting:
        entry = waiting.pop()
        if _name(entry) not in found:
            found.add(_name(entry))
            linked = {Path(library).name for library, _ in get_imports(entry[1])}
            waiting += [by_name[name] for name in linked - found if name in by_name]
    return [entry for entry in libraries if _name(entry) in found]


def _is_loaded_by_name(entry: Entry) -> bool:
    place, _, kind = entry
    return kind == "EXTENSION" or "/plugins/" in place or _name(entry).startswith("libpython") or ".abi3." in place


def _name(entry: Entry) -> str:
    return PurePath(entry[0]).name
