"""``config.toml`` as a file: read whole, and the project written into it with everything else left as it was.

Standard library only, as it is read before the first paint. Errors are ValueErrors with a sentence for a person.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "config.toml"
# a line of a setting at the top level: what stands before the value, the value as text in quotes, what follows it
_LINE = r'(?m)^(?P<before>[ \t]*(?:{0}|"{0}"|\'{0}\')[ \t]*=[ \t]*)(?:"(?:[^"\\\r\n]|\\.)*"|\'[^\'\r\n]*\')'
_TABLE = re.compile(r"(?m)^[ \t]*\[")


def read_settings(file: Path) -> dict[str, Any]:
    """What the file sets, empty if there is none. Raises ValueError, whose sentence repeats nothing of the file."""
    text = _read(file)
    return {} if text is None else _parse(file, text)


def save_project(folder: Path, url: str, key: str) -> Path:
    """Write the project's URL and publishable key into the settings of ``folder``; the file, only for its owner.

    Atomically: the old file or the new one. Raises ValueError with a sentence where the file cannot be changed safely,
    and OSError.
    """
    file = folder / NAME
    before = _read(file) or ""
    settings = _parse(file, before)
    wanted = {"url": url, "key": key}
    after = before
    for name, value in reversed(wanted.items()):
        after = _with(after, name, value)
    if _understood(file, after) != {**settings, **wanted}:  # an unusual way of writing it: better none of our edits
        raise ValueError(f"{file} is written in a way that the app can't change. Set url and key in it by hand.")
    _replace(Path(os.path.realpath(file)), after)  # a link to the file goes on being one
    return file


def _with(text: str, name: str, value: str) -> str:
    """The text with one more setting, or with that one's value exchanged and what follows it on its line kept."""
    quoted = json.dumps(value)  # of plain ASCII, JSON's and TOML's strings are the same
    top = _TABLE.search(text)
    head, rest = (text[: top.start()], text[top.start() :]) if top else (text, "")
    changed, count = re.subn(_LINE.format(name), lambda found: found["before"] + quoted, head, count=1)
    if count:
        return changed + rest
    end = "\r\n" if "\r\n" in text else "\n"
    return f"{name} = {quoted}{end}{text}"


def _read(file: Path) -> str | None:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text.") from None
    except OSError as problem:
        raise ValueError(f"{file} cannot be read: {problem.strerror}.") from None


def _parse(file: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        line = re.search(r"at line (\d+)", str(problem))  # the rest of the message may repeat a key
        where = f"line {line.group(1)}" if line else "its end"
        raise ValueError(f'{file} is not valid TOML: look at {where}. A line reads: url = "https://..."') from None


def _understood(file: Path, text: str) -> Mapping[str, Any] | None:
    try:
        return _parse(file, text)
    except ValueError:
        return None


def _replace(file: Path, text: str) -> None:
    import secrets  # not above: it loads OpenSSL, which the first paint does not need

    new = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # Windows would change line ends
        with os.fdopen(os.open(new, flags, 0o600), "wb") as made:
            made.write(text.encode())
            made.flush()
            os.fsync(made.fileno())
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
