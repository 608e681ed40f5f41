"""The log files as one file to give away: without secrets, without the person's address and home folder."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from .logs import log_files
from .redaction import redact_for_others


def export_logs(folder: Path, target: Path, *, force: bool = False) -> int:
    """Write the log files of ``folder`` into the zip file ``target`` (0600); how many there were, 0 writes nothing.

    Raises FileExistsError unless ``force``, and OSError. A link in the place of ``target`` is never followed.
    """
    found = log_files(folder)
    if found:
        _write(target, _zipped(found, _homes()), force=force)
    return len(found)


def _zipped(paths: Iterable[Path], homes: list[str]) -> bytes:
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            entry = zipfile.ZipInfo.from_file(path, path.name, strict_timestamps=False)
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, redact_for_others(path.read_text("utf-8", errors="replace"), homes))
    return whole.getvalue()


def _homes() -> list[str]:
    """The home as the environment has it and as the account has it, the longer first; never a whole file system."""
    found = {os.path.expanduser("~")}  # noqa: PTH111 - Path.home() raises where there is none
    if sys.platform != "win32":
        import pwd

        with suppress(KeyError):
            found.add(pwd.getpwuid(os.getuid()).pw_dir)
    return sorted((home for home in found if len(Path(home).parts) > 1), key=len, reverse=True)


def _write(target: Path, content: bytes, *, force: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    place = target.with_name(f".{target.name}.new") if force else target
    if force:
        place.unlink(missing_ok=True)  # of a run that was cut off
    try:
        with os.fdopen(os.open(place, flags, 0o600), "wb") as file:
            file.write(content)
        if force:
            place.replace(target)
    except FileExistsError:
        raise
    except OSError:
        place.unlink(missing_ok=True)
        raise
