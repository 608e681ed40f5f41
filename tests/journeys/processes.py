"""The app in a real process of its own, with somebody at its window and somebody at its terminal."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.canary import Canary
from tests.demo.children import children_of, wait_until_gone
from tests.scenario import until

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("with_hands.py")
Started = Callable[..., "AbstractAsyncContextManager[App]"]


class App:
    """One running app. ``children`` are the processes that it was seen to have started."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: Path) -> None:
        self.process, self._terminal = process, terminal
        self.children: set[int] = set()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def printed(self) -> str:
        """Everything on its stderr."""
        return self._terminal.read_text("utf-8", "replace")

    async def prints(self, words: str) -> None:
        """Wait for ``words`` on its terminal."""
        await until(lambda: words in self.printed or self.process.returncode is not None, deadline=30, what=words)
        assert words in self.printed, self.printed
        self.look()

    async def do(self, deed: str, *words: str) -> str:
        """What the hands do and see."""
        assert self.process.stdout
        self._say(deed, *words)
        line = await asyncio.wait_for(self.process.stdout.readline(), 25)
        answer = json.loads(line) if line else pytest.fail(f"it is gone: {self.printed}")
        self.look()
        assert not str(answer).startswith("not seen"), answer
        return str(answer)

    def close_window(self) -> None:
        self._say("close")

    def look(self) -> set[int]:
        """Note the children that it has now, and theirs; all that were ever seen."""
        waiting = [self.pid]
        while waiting:
            found: list[int] = []
            with suppress(FileNotFoundError, ProcessLookupError):  # it, or one of its threads, has just ended
                found = children_of(waiting.pop())
            self.children.update(found)
            waiting += found
        return self.children

    async def ends(self) -> int:
        """Its exit status; nothing that it started outlives it, and it spoke in sentences."""
        self.look()
        status = await asyncio.wait_for(self.process.wait(), 15)
        for child in self.children:
            await wait_until_gone(child)
        assert "Traceback" not in self.printed, self.printed
        assert not re.search(r"\bError\b|Exception|core dumped|QThread|QObject", self.printed), self.printed
        return status

    def _say(self, *words: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(words).encode() + b"\n")


@pytest.fixture
def started(tmp_path: Path, canary: Canary) -> Started:
    """Start the app: ``async with started("demo", ..., NAME="value") as app``."""
    home = tmp_path / "home"
    numbers = iter(range(100))

    @asynccontextmanager
    async def start(*arguments: object, **environment: str) -> AsyncIterator[App]:
        terminal = tmp_path / f"terminal-{next(numbers)}"
        ours: dict[str, Any] = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "HOME_OF_LOCKS": home}
        ours |= {"QT_QPA_PLATFORM": "offscreen", "XDG_DATA_HOME": tmp_path / "data"}
        with terminal.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(PROGRAM), *map(str, arguments)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                env=os.environ | {name: str(value) for name, value in (ours | environment).items()},
            )
        app = App(process, terminal)
        try:
            yield app
        finally:
            if process.returncode is None:
                process.kill()
            out, _ = await process.communicate()
            canary.scan_text(app.printed + out.decode(), "output of the app")

    return start
