"""Scenarios: coroutines that a test runs to their end, under a deadline, leaving no task behind.

Here too is what a test says when the machine lacks a part: a skip on a laptop, a failure where CI is true.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, Protocol, TypeVar

import pytest

from tests.canary import Canary

T = TypeVar("T")
Scenario = Callable[[], Coroutine[Any, Any, T]]


class Run(Protocol):
    """Runs a scenario to its end; fails on its deadline (seconds), on leaked tasks and on unhandled errors."""

    def __call__(self, scenario: Scenario[T], *, deadline: float = 30.0) -> T: ...


async def until(predicate: Callable[[], object], *, deadline: float = 10.0, what: str = "") -> None:
    """Wait until ``predicate()`` is true. The deadline is for what never happens; nothing is said about time."""
    loop = asyncio.get_running_loop()
    last = loop.time() + deadline
    while not predicate():
        if loop.time() > last:
            pytest.fail(f"it never happened: {what or getattr(predicate, '__name__', predicate)}")
        await asyncio.sleep(0.002)


async def settled(passes: int = 30) -> None:
    """Let everything that is ready to run do so; for what must NOT happen, where there is nothing to wait for."""
    for _ in range(passes):
        await asyncio.sleep(0)


async def watched(scenario: Scenario[T], deadline: float, canary: Canary) -> T:
    loop = asyncio.get_running_loop()
    unhandled: list[str] = []

    def hear(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        unhandled.append(f"{context.get('message')}: {type(error).__name__ if error else ''}")
        if error:
            canary.see_exception(error, "unhandled in the loop")

    def make(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **options)
        task.add_done_callback(lambda task: _see_end(task, canary))
        return task

    loop.set_exception_handler(hear)
    loop.set_task_factory(make)  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(deadline) as limit:
            result = await scenario()
    except TimeoutError:
        if not limit.expired():
            raise
        pytest.fail(f"the scenario was not over after {deadline:g} s; still there: {await _end_tasks()}")
    except BaseException:
        await _end_tasks()
        raise
    if leaked := await _end_tasks():
        pytest.fail(f"leaked tasks: {leaked}")
    if unhandled:
        pytest.fail(f"unhandled in the loop: {unhandled}")
    return result


async def _end_tasks() -> list[str]:
    """Cancel what is still there, and name it. What was cancelled already has a few passes to end by itself."""
    await settled(5)
    leaked = asyncio.all_tasks() - {asyncio.current_task()}
    names = sorted(f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})" for task in leaked)
    for task in leaked:
        task.cancel()
    if leaked:
        await asyncio.wait(leaked, timeout=2)
    return names


def _see_end(task: asyncio.Task[Any], canary: Canary) -> None:
    # not .exception(): asking would count as having handled it
    if error := getattr(task, "_exception", None):
        canary.see_exception(error, "raised in a task")


def need(program: str) -> str:
    """The path of a program of the system: without it the test is skipped on a laptop, and fails where CI is true."""
    found = shutil.which(program)
    if found is None:
        lacking(f"{program} is not installed")
    return found


def lacking(reason: str) -> NoReturn:
    """Say that this machine lacks what the test takes: a skip on a laptop, a failure where CI is true."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
