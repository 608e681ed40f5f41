"""``demo --tour``: plays the story in three processes, and looks at the keyring from outside between them."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from desktopauth.adapters.backends import usual_place
from desktopauth.adapters.entry import account_folder, entry_name, make_private
from desktopauth.adapters.paths import temporary_profile
from desktopauth.adapters.records import BackendError
from desktopauth.adapters.vault import forget_entry, peek
from desktopauth.demo.keyring_service import KeyringServiceError, missing_programs, private_keyring
from desktopauth.demo.project import PROJECT_ID
from desktopauth.demo.visitor import NOD

TOKEN_LIFE = 20  # seconds: short, so that a refresh happens while one looks
_ACT = 120  # seconds that one act may take
_Step = dict[str, Any]


def tour(folder: Path, *, pictures: bool, tell: Callable[[str], None]) -> int:
    """Play all acts, write pictures and ``report.json`` into ``folder``; 0 only if every step held."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("act-*.json"), folder / NOD, folder / "report.json"):
        old.unlink(missing_ok=True)
    with _stage(tell) as (environment, store), temporary_profile() as profile:
        report = _Report(folder, store)
        # the id that the acts will find in the folder, so that this process can look for the same entry
        (profile.folder / "profile-id").write_text(profile.id, "ascii")
        entry = entry_name("desktopauth", PROJECT_ID, profile.id)
        try:
            _acts(report, profile.folder, entry, environment | {"BROWSER": _browser(folder)}, pictures)
        finally:
            (folder / NOD).unlink(missing_ok=True)
            # whatever a failed act may have left: the entry was made for this tour alone
            asyncio.run(forget_entry(entry, make_private(account_folder())))
    report.write()
    tell(f"The tour {'held' if report.ok else 'did NOT hold'}: see {folder / 'report.json'}.")
    return 0 if report.ok else 1


def _acts(report: _Report, profile: Path, entry: str, environment: dict[str, str], pictures: bool) -> None:
    report.act(1, profile, environment, pictures)
    report.look("quit", entry, there=True)
    report.act(2, profile, environment, pictures)
    report.look("keyring_cleared", entry, there=False)
    report.act(3, profile, environment, pictures)


class _Report:
    """``{"ok": bool, "store": str, "steps": [{"name", "ok", "ms"}]}``."""

    def __init__(self, folder: Path, store: str) -> None:
        self._folder, self._store = folder, store
        self._steps: list[_Step] = []

    @property
    def ok(self) -> bool:
        return bool(self._steps) and all(step["ok"] for step in self._steps)

    def act(self, number: int, profile: Path, environment: dict[str, str], pictures: bool) -> None:
        """Start the app for one act; its steps come from the file that it leaves."""
        if self._steps and not self.ok:
            return  # nothing after a step that failed could be judged
        started = time.monotonic()
        options = ["--profile-dir", str(profile), "--tour", str(self._folder), "--act", str(number)]
        command = [*_ourselves(), "demo", *options, *([] if pictures else ["--no-pictures"])]
        try:
            code = subprocess.run(command, env=environment, timeout=_ACT, check=False).returncode
        except subprocess.TimeoutExpired:
            code = -1
        left = self._folder / f"act-{number}.json"
        steps = json.loads(left.read_text("utf-8"))["steps"] if left.exists() else []
        left.unlink(missing_ok=True)
        self._steps += steps
        if (code != 0 and self.ok) or not steps:
            self._add(f"act_{number}", ok=False, started=started)

    def look(self, name: str, entry: str, *, there: bool) -> None:
        """Look into the keyring from this process, which is not the app."""
        if not self.ok:
            return
        started = time.monotonic()
        try:
            found = peek(entry, make_private(account_folder()))
        except (BackendError, OSError):
            found = not there
        self._add(name, ok=found is there, started=started)

    def write(self) -> None:
        """Write the report, in the order in which things happened."""
        report = {"ok": self.ok, "store": self._store, "steps": self._steps}
        (self._folder / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")

    def _add(self, name: str, *, ok: bool, started: float) -> None:
        self._steps.append({"name": name, "ok": ok, "ms": round((time.monotonic() - started) * 1000)})


@contextmanager
def _stage(tell: Callable[[str], None]) -> Iterator[tuple[dict[str, str], str]]:
    """A screen and a keyring: the machine's own, else none and a private one. Gives the environment and the store."""
    environment = dict(os.environ)
    if sys.platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY"} & environment.keys():
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    if _keyring_works():
        yield environment, usual_place()
        return
    if missing := missing_programs():
        tell(f"There is no keyring service, and {', '.join(missing)} is not installed: the tour needs one.")
        yield environment, "memory"
        return
    try:
        with private_keyring() as keyring:
            os.environ.update(keyring)  # this process looks into the same keyring
            yield environment | keyring, f"{usual_place()} (private)"
    except KeyringServiceError as error:
        tell(str(error))
        yield environment, "memory"


def _keyring_works() -> bool:
    try:
        peek("desktopauth tour", make_private(account_folder()))
    except (BackendError, OSError):
        return False
    return True


def _browser(folder: Path) -> str:
    """What the acts find in ``$BROWSER``; the address comes behind it."""
    words = [*_ourselves(), "demo", "--tour", str(folder), "--visit"]
    return shlex.join(words) if os.name == "posix" else " ".join(words)


def _ourselves() -> list[str]:
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "desktopauth"]
