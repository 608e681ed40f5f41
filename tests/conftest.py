"""What every test here stands on: scenarios that leave no task behind, a watch on the log, and the canary guard."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before anything imports Qt

import asyncio
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.canary import Canary
from tests.scenario import Run, Scenario, T, watched

pytest_plugins = ["tests.canary_taps", "tests.servers", "tests.keyrings"]


@pytest.fixture
def run(canary: Canary) -> Run:
    """Run ``async def scenario()`` on a plain asyncio loop."""

    def play(scenario: Scenario[T], *, deadline: float = 30.0) -> T:
        with asyncio.Runner() as runner:
            return runner.run(watched(scenario, deadline, canary))

    return play


@pytest.fixture
def run_qt(canary: Canary, qapp: Any) -> Run:
    """Run ``async def scenario()`` on qasync's loop over the session's QApplication."""

    def play(scenario: Scenario[T], *, deadline: float = 30.0) -> T:
        import qasync

        with qasync.QEventLoop(qapp) as loop:
            asyncio.set_event_loop(loop)
            try:
                result: T = loop.run_until_complete(watched(scenario, deadline, canary))
                return result
            finally:
                asyncio.set_event_loop(None)

    return play


class LogWatch(logging.Handler):
    """Warnings and errors of ours: each must be one that the test expects, and what it expects must come."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._heard: list[str] = []
        self._claims: list[str] = []

    def __call__(self, *patterns: str) -> None:
        """Expect records whose "logger: text" has a match for each pattern (regular expressions)."""
        self._claims += patterns

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(f"{record.name}: {record.getMessage()}")

    def complaints(self) -> list[str]:
        unclaimed = [line for line in self._heard if not any(re.search(claim, line) for claim in self._claims)]
        missing = [claim for claim in self._claims if not any(re.search(claim, line) for line in self._heard)]
        return [f"logged: {line}" for line in unclaimed] + [f"never logged: {claim}" for claim in missing]


@pytest.fixture(autouse=True)
def expected_logs(canary: Canary) -> Iterator[LogWatch]:
    """Fails the test on a warning or an error in our log, unless it was called with what to expect."""
    watch, logger = LogWatch(), logging.getLogger("desktopauth")
    logger.addHandler(watch)
    yield watch
    logger.removeHandler(watch)
    if found := watch.complaints():
        pytest.fail("\n".join(found), pytrace=False)
