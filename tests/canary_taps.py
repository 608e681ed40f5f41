"""Where the canary guard listens: the pytest plugin that puts one guard around every test.

The taps are laid once per process, because an audit hook cannot be taken out again; between tests they lead nowhere.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.canary import Canary, as_path
from tests.canary_wire import replace, tap_http

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Taps:
    """All taps of this process; ``guard`` is the running test's."""

    def __init__(self) -> None:
        self.guard: Canary | None = None
        self.exempt: set[Path] = set()
        self._tapped: set[str] = set()
        self._busy = False

    def lay(self) -> None:
        sys.addaudithook(self._audit)
        tap_http(lambda value, kind: self.guard.learn(value, kind) if self.guard else None)
        self._tap_logging()
        self._tap_capsys()
        self._tap_demo()

    def tap_new_classes(self) -> None:
        """Hear of every object of ours with a repr of its own: most are gone before a test has ended."""
        for name in [name for name in sys.modules if name.startswith("desktopauth") and name not in self._tapped]:
            self._tapped.add(name)
            for kind in list(vars(sys.modules[name]).values()):
                if isinstance(kind, type) and kind.__module__ == name:
                    self._tap_class(kind)

    def _tap_class(self, kind: type[Any]) -> None:
        if issubclass(kind, BaseException):
            self._after(kind, "__init__", lambda thing: self._guarded(lambda g: g.see_exception(thing, "raised")))
        elif "__repr__" in vars(kind) and "__init__" in vars(kind) and dataclasses.is_dataclass(kind):
            self._after(kind, "__init__", lambda thing: self._guarded(lambda g: g.see_birth(thing)))

    def _guarded(self, do: Callable[[Canary], None]) -> None:
        if self.guard:
            do(self.guard)

    @staticmethod
    def _after(kind: type[Any], name: str, see: Callable[[Any], None]) -> None:
        original = getattr(kind, name)

        @functools.wraps(original)
        def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            see(self)
            return result

        setattr(kind, name, wrapper)

    # ---- the taps one by one

    def _tap_logging(self) -> None:
        original = logging.Logger.callHandlers

        def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
            self._guarded(lambda guard: _see_record(guard, record))
            original(logger, record)

        replace(logging.Logger, "callHandlers", call_handlers)

    def _tap_capsys(self) -> None:
        """What a test reads from its captured output no longer comes with the report."""
        original = pytest.CaptureFixture.readouterr

        def readouterr(fixture: pytest.CaptureFixture[Any]) -> Any:
            result = original(fixture)
            self._guarded(lambda guard: guard.scan_text(f"{result.out}\n{result.err}", "captured output"))
            return result

        replace(pytest.CaptureFixture, "readouterr", readouterr)

    def _tap_demo(self) -> None:
        from desktopauth.demo.mailbox import Mail, Mailbox
        from desktopauth.demo.server import EmbeddedServer

        original: Callable[..., tuple[Mail, ...]] = Mailbox.mails

        def mails(box: Mailbox, *args: Any, **kwargs: Any) -> tuple[Mail, ...]:
            found = original(box, *args, **kwargs)
            for code in [mail.code for mail in found if mail.code and self.guard]:
                self._guarded(functools.partial(Canary.learn, value=code, kind="mailed code"))
            return found

        replace(Mailbox, "mails", mails)
        self._after(EmbeddedServer, "__init__", lambda server: self.exempt.add(server.folder.absolute()))

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if self.guard is None or event not in _EVENTS or self._busy:
            return
        self._busy = True  # reading a file is opening one
        try:
            _EVENTS[event](self.guard, args)
        finally:
            self._busy = False


def _see_record(guard: Canary, record: logging.LogRecord) -> None:
    try:
        text = record.getMessage()
    except (TypeError, ValueError, KeyError):  # logging itself will complain
        text = f"{record.msg} {record.args!r}"
    guard.scan_text(f"{text} {record.exc_text or ''}", f"log record of {record.name}")
    if record.exc_info and record.exc_info[1]:
        guard.see_exception(record.exc_info[1], f"logged by {record.name}")


def _see_open(guard: Canary, args: tuple[Any, ...]) -> None:
    name, mode, flags = args
    writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool(flags and flags & _WRITING)
    if writes and (path := as_path(name)):
        guard.see_written(path)


def _see_rename(guard: Canary, args: tuple[Any, ...]) -> None:
    source, target = as_path(args[0]), as_path(args[1])
    if source and target:
        guard.see_moved(source, target)


def _see_remove(guard: Canary, args: tuple[Any, ...]) -> None:
    if path := as_path(args[0]):
        guard.see_removed(path)


def _see_child(guard: Canary, command: Any, environment: Any) -> None:
    words = command if isinstance(command, (list, tuple)) else [command]
    guard.scan_text(" ".join(map(_text, words)), "a child's arguments")
    variables = os.environ if environment is None else environment
    pairs = variables.items() if hasattr(variables, "items") else [(pair, "") for pair in variables]
    guard.scan_text("\n".join(f"{_text(name)}={_text(value)}" for name, value in pairs), "a child's environment")


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, (str, bytes, os.PathLike)) else str(value)


_EVENTS: dict[str, Callable[[Canary, tuple[Any, ...]], None]] = {
    "open": _see_open,
    "os.rename": _see_rename,
    "os.remove": _see_remove,
    "subprocess.Popen": lambda guard, args: _see_child(guard, args[1], args[3]),
    "os.exec": lambda guard, args: _see_child(guard, args[1], args[2]),
    "os.posix_spawn": lambda guard, args: _see_child(guard, args[1], args[2]),
    "os.spawn": lambda guard, args: _see_child(guard, args[2], args[3]),
    "os.system": lambda guard, args: _see_child(guard, args[0], None),
}
_TAPS = Taps()
_TAPS.lay()
_KEY = pytest.StashKey[Canary]()


@pytest.fixture(autouse=True)
def canary(request: pytest.FixtureRequest) -> Iterator[Canary]:
    """The guard around this test. It is set up first, and judges when everything else is torn down."""
    guard = request.node.stash[_KEY] = Canary(_TAPS.exempt)
    root, level = logging.getLogger(), logging.getLogger().level
    _TAPS.tap_new_classes()
    gc.freeze()
    _TAPS.guard = guard
    root.setLevel(logging.DEBUG)
    try:
        yield guard
        if isinstance(folder := request.node.funcargs.get("tmp_path"), Path):
            guard.scan_folder(folder)
        guard.look_around()
    finally:
        _TAPS.guard = None
        root.setLevel(level)
        gc.unfreeze()
    if found := guard.leaks():
        pytest.fail("\n".join(["a secret leaked:", *found]), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Look at the captured output too: of the test itself before the judgement, of its tear-down after it."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if guard := item.stash.get(_KEY, None):
        before = set(guard.leaks()) if call.when == "teardown" else set()
        guard.test_failed = guard.test_failed or (call.when == "call" and report.failed)
        for title, content in report.sections:
            if "log" not in title:  # the records were seen one by one
                guard.scan_text(content, "captured output")
        if call.when == "teardown" and not before and (found := guard.leaks()):
            report.outcome, report.longrepr = "failed", "\n".join(["a secret leaked:", *found])
    return report  # type: ignore[return-value]
