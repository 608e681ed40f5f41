"""Folders and files that only their owner can read: 0700 and 0600, whatever the umask."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def private_folder(folder: Path, files: Iterable[str]) -> Path:
    """Make ``folder`` if need be, and close it, and these of its files, to everybody else. Raises ``OSError``.

    Only files that are named, because ``folder`` may be one that the person chose and that holds other things.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in files:
        if (folder / name).is_file():
            (folder / name).chmod(0o600)
    return folder


def open_private(path: Path) -> int:
    """A descriptor of an emptied 0600 file, for writing. Raises ``OSError``."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if os.name == "posix":
        os.fchmod(descriptor, 0o600)  # the file may be older than this rule
    return descriptor


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step: a reader, or a crash, meets the old file or the new one."""
    passing = path.with_name(path.name + ".new")
    with os.fdopen(open_private(passing), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(path)
