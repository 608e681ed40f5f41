"""Real processes for tests: Pythons of their own that run a script with our import path."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


@asynccontextmanager
async def python(script: str, *arguments: object, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``script`` in a Python of its own, its output in a pipe; it is killed at the end if it is still there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(SOURCE)} | environment,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line_of(process: asyncio.subprocess.Process) -> str:
    """The next line that the process prints."""
    assert process.stdout is not None
    line = await process.stdout.readline()
    return line.decode().strip()


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


async def wait_until_gone(pid: int, patience: float = 10) -> None:
    """Return when the process has ended."""
    deadline = time.monotonic() + patience
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        await asyncio.sleep(0.01)


def children_of(pid: int) -> list[int]:
    """The processes that ``pid`` has started, from any of its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]
