"""Copies of an app in processes of their own, with ``connect()`` alone: what they tell, and how they are told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.canary import Canary
from tests.scenario import until

_ROOT = Path(__file__).parents[2]
_PROGRAM = Path(__file__).with_name("eight_child.py")


class Copy:
    """One running copy: its ``events`` by name, and what it answered to the last order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self._listening = asyncio.ensure_future(self._listen())

    def count(self, *names: str) -> int:
        return sum(event["event"] in names for event in self.events)

    @property
    def kinds(self) -> Counter[str]:
        """How often each event came, with why."""
        return Counter(" ".join(filter(None, event.values())) for event in self.events)

    def send(self, *words: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(words).encode() + b"\n")

    async def do(self, *words: str) -> dict[str, Any]:
        """Have it do something; what it says when it is done."""
        before = len(self.answers)
        self.send(*words)
        await until(
            lambda: len(self.answers) > before or self.process.returncode is not None, deadline=30, what=words[0]
        )
        return self.answers[before]

    async def begins(self) -> None:
        """It knows who is there."""
        await until(lambda: self.count("INITIAL_SESSION"), deadline=60, what="INITIAL_SESSION")

    async def end(self) -> str:
        """Let it end by itself; everything on its stderr."""
        assert self.process.stdin
        assert self.process.stderr
        self.process.stdin.close()
        said = await asyncio.wait_for(self.process.stderr.read(), 20)
        assert await asyncio.wait_for(self.process.wait(), 20) == 0, said
        await self._listening
        return said.decode()

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self) -> None:
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            said = json.loads(line)
            (self.events if "event" in said else self.answers).append(said)


@asynccontextmanager
async def started_copy(told: dict[str, Any], folder: Path, canary: Canary) -> AsyncIterator[Copy]:
    """A copy with this configuration, whose locks and state files lie in ``folder``; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(_PROGRAM)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT / "src"), str(_ROOT)])},
    )
    assert process.stdin
    process.stdin.write(json.dumps({"config": told, "folder": str(folder)}).encode() + b"\n")
    copy = Copy(process)
    try:
        yield copy
        said = await copy.end()
    finally:
        await copy.kill()
    canary.scan_text(f"{copy.events} {copy.answers} {said}", "output of a copy of the app")
    assert said == ""
