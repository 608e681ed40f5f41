"""The canary guard: no test passes while a secret of its own lies anywhere that other eyes could see it.

A secret is what a test asked for with ``canary.secret()``, every token, code, verifier and password that really went
over HTTP or came out of the demo's mailbox, and anything shaped like a JWT. It must not be found in a log record, a
repr, an exception, a child's arguments or environment, a file outside an embedded server's folder, or the output.
"""

from __future__ import annotations

import base64
import binascii
import gc
import json
import os
import re
import secrets
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_JWT = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")
_CODE = re.compile(r"[0-9]{6}")
# what is full of chance digits: addresses of objects, UUIDs, hashes
_NOISE = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{20,}", re.IGNORECASE)
_SHORTEST = 6  # characters; anything shorter is in every text by chance
_NO_SECRETS = frozenset({"password", "secret", "invalid", "unknown", "expired"})  # what a test of bad input may send
_LARGEST = 4_000_000  # bytes of a file that are read
_MOST = 5_000  # objects of one test that are kept to look at
_BYSTANDERS = ("__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", "node_modules")


class Canary:
    """What one test must keep secret, and everything of it that others could see."""

    def __init__(self, exempt: set[Path]) -> None:
        self._secrets: dict[str, str] = {}
        self._seen: dict[tuple[str, str], None] = {}
        self._born: list[object] = []
        self._files: dict[Path, None] = {}
        self._folders: dict[Path, None] = {}
        self._exempt = exempt
        self.test_failed = False  # then its own traceback holds exceptions, which pytest shows anyway

    # ---- what is secret

    def secret(self, kind: str = "secret") -> str:
        """A new made-up secret, to sign in with or to put into a token."""
        made = f"CANARY-{kind}-{secrets.token_hex(8)}"
        self.learn(made, kind)
        return made

    def learn(self, value: str, kind: str) -> None:
        """``value`` went where secrets go: from now on it is one. Publishable keys, words and blanks are none."""
        if len(value) >= _SHORTEST and len(set(value)) > 1 and value not in _NO_SECRETS and not publishable(value):
            self._secrets.setdefault(value, kind)

    # ---- what others can see

    def scan_text(self, text: str, where: str) -> None:
        """Judge ``text``, such as the output of a child process, at the end of the test, when all secrets are known."""
        self._seen[where, text] = None

    def scan_folder(self, folder: Path) -> None:
        """Judge every file below ``folder`` as it is now, and as it will be at the end of the test."""
        self._folders[folder] = None
        for path in folder.rglob("*"):
            self.see_file(path)

    def see_exception(self, error: BaseException, where: str) -> None:
        """Its arguments, text and notes, and those of all causes behind it."""
        for text in words_of(error):
            self.scan_text(text, f"exception {where}")

    def see_birth(self, thing: object) -> None:
        """An object with a repr of its own was made: it is looked at in the end, when the test has dropped it."""
        if len(self._born) < _MOST:
            self._born.append(thing)

    def see_written(self, path: Path) -> None:
        """A file is being written: it is read at the end of the test, or before it goes away."""
        if not any(name in path.parts for name in _BYSTANDERS) and not path.is_relative_to("/dev"):
            self._files[path] = None

    def see_moved(self, source: Path, target: Path) -> None:
        if source in self._files:
            self.see_written(target)

    def see_removed(self, path: Path) -> None:
        if path in self._files:
            self.see_file(path)

    def see_file(self, path: Path) -> None:
        """Read it now."""
        if any(path.is_relative_to(folder) for folder in self._exempt) or any(x in path.parts for x in _BYSTANDERS):
            return
        with suppress(OSError):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    self.scan_text(file.read(_LARGEST).decode("utf-8", "replace"), f"file {path.name}")

    def exempt(self, folder: Path) -> None:
        """A place that keeps secrets by trade: an embedded server's folder, a keyring's."""
        self._exempt.add(folder)

    # ---- the judgement

    def look_around(self) -> None:
        """See what is alive, what was made, and what was written."""
        for thing in self._born:
            self._see_repr(thing)
        self._born.clear()
        gc.collect()
        for thing in gc.get_objects():  # since the guard froze the heap, only what the test has made
            kind = type(thing)
            if issubclass(kind, BaseException):
                if not self.test_failed:
                    self.see_exception(thing, "held by an object")
            elif str(getattr(kind, "__module__", "")).startswith("desktopauth"):
                self._see_repr(thing)
        for folder in list(self._folders):
            self.scan_folder(folder)
        for path in list(self._files):
            self.see_file(path)

    def _see_repr(self, thing: object) -> None:
        with suppress(Exception):  # half-made objects, and Qt's when their other half is gone
            self.scan_text(repr(thing), f"repr of {type(thing).__name__}")

    def leaks(self) -> list[str]:
        """A sentence for each thing that was seen and must not be; none of them says the secret itself."""
        found = [leak for where, text in self._seen for leak in self._leaks_in(text, where)]
        return list(dict.fromkeys(found))

    def _leaks_in(self, text: str, where: str) -> Iterator[str]:
        quiet = None
        for value, kind in self._secrets.items():
            if value not in text:
                continue
            if _CODE.fullmatch(value):
                quiet = _NOISE.sub("", text) if quiet is None else quiet
                if not re.search(rf"(?<!\d)(?<!\d\.){value}(?!\d)", quiet):
                    continue
            yield f"{kind} in {where}: {self._masked(text, value)}"
        for shaped in _JWT.findall(text) if "eyJ" in text else ():
            if shaped not in self._secrets and not publishable(shaped):
                yield f"JWT in {where}: {self._masked(text, shaped)}"

    def _masked(self, text: str, value: str) -> str:
        at = text.find(value)
        near = text[max(0, at - 60) : at + len(value) + 60]
        for known in (value, *self._secrets):
            near = near.replace(known, "<secret>")
        return repr(near)


def publishable(value: str) -> bool:
    """Whether it is a key that every copy of an app carries: no secret."""
    if value.startswith("sb_publishable_"):
        return True
    if not _JWT.fullmatch(value):
        return False
    middle = value.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(claims, dict) and claims.get("role") == "anon"


def words_of(error: BaseException | None) -> Iterator[str]:
    """Everything that an exception says, with all that it was caused by or raised during."""
    waiting, known = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in known:
            continue
        known.add(id(one))
        with suppress(Exception):  # exceptions of strangers, whose text may itself raise
            yield f"{type(one).__name__} {one.args!r} {getattr(one, '__notes__', [])!r}"
            yield "".join(traceback.format_exception_only(one))
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def as_path(name: object) -> Path | None:
    """The absolute path of what was opened; None for a file descriptor."""
    if isinstance(name, (str, bytes, os.PathLike)):
        return Path(os.path.abspath(os.fsdecode(name)))  # noqa: PTH100 - resolve() would follow links
    return None
