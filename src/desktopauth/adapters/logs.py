"""Our own log, on stderr and in a file of the profile; nobody else's.

The libraries beneath us log addresses and frames, with codes and tokens in them: only ``desktopauth.*`` gets through,
whatever level is asked for.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from .redaction import redact

LEVELS = ("debug", "info", "warning", "error")
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_NAME = "desktopauth.log"
_SIZE = 1_000_000  # bytes; with two older files beside it


class _Formatter(logging.Formatter):
    """A last net under the rule that no secret is ever logged: an exception's text is not always ours."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _PrivateFile(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=_private)


def set_up(folder: Path | None, *, level: str = "") -> Callable[[], None]:
    """Log warnings to stderr, and from INFO on to a 0600 file in ``folder`` (None: no file); or both from ``level`` on.

    ``level`` is one of ``LEVELS``. For applications: a library that is embedded sets up nothing. Returns what undoes
    it. A folder that cannot be written to costs the file, not the app.
    """
    ours = logging.getLogger("desktopauth")
    terminal, lasting = _levels(level)
    handlers: list[logging.Handler] = []
    if sys.stderr is not None:  # there is none under pythonw and in windowed bundles
        handlers.append(_prepared(logging.StreamHandler(), terminal))
    ours.setLevel(min(terminal, lasting))
    ours.propagate = False
    # Python prints warnings of unconfigured loggers to stderr by itself; with any handler at the root it does not
    silent = logging.NullHandler()
    logging.getLogger().addHandler(silent)
    for handler in handlers:
        ours.addHandler(handler)
    if folder is not None:
        handlers += _add_file(ours, folder, lasting)
    return lambda: _undo(ours, handlers, silent)


def log_files(folder: Path) -> list[Path]:
    """The log files in ``folder``, the newest first. Raises OSError, but not for a folder that is not there."""
    if not folder.exists():
        return []
    return sorted(path for path in folder.iterdir() if path.name.startswith(_NAME) and path.is_file())


def _levels(level: str) -> tuple[int, int]:
    if not level:
        return logging.WARNING, logging.INFO
    asked = logging.getLevelNamesMapping()[level.upper()]
    return asked, asked


def _add_file(ours: logging.Logger, folder: Path, level: int) -> list[logging.Handler]:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        file = _PrivateFile(folder / _NAME, maxBytes=_SIZE, backupCount=2)
    except OSError as problem:
        ours.warning("no log file: %s", problem.strerror)
        return []
    file.rotator = _rotate
    ours.addHandler(_prepared(file, level))
    return [file]


def _prepared(handler: logging.Handler, level: int) -> logging.Handler:
    handler.setLevel(level)
    handler.setFormatter(_Formatter(_FORMAT))
    return handler


def _private(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    if os.name == "posix":
        os.fchmod(descriptor, 0o600)  # the file may be older than this rule
    return descriptor


def _rotate(source: str, target: str) -> None:
    try:
        Path(source).replace(target)
    except OSError:  # another window has it open (Windows): it grows on until one of us can
        return


def _undo(ours: logging.Logger, handlers: list[logging.Handler], silent: logging.Handler) -> None:
    for handler in handlers:
        ours.removeHandler(handler)
        handler.close()
    logging.getLogger().removeHandler(silent)
    ours.propagate = True
    ours.setLevel(logging.NOTSET)
