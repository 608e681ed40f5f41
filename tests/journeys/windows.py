"""The app on a project that nobody is signed in to, for starting it twice."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.journeys.processes import App, Started

URL, KEY = "https://project.test", "sb_publishable_x"
OPEN = "is open already: its window was brought to the front."


@pytest.fixture
def window(started: Started, tmp_path: Path) -> Started:
    """Start the app on a project that nobody is signed in to: ``async with window(*options) as app``."""

    def start(*options: object, **environment: str) -> AbstractAsyncContextManager[App]:
        usual = {"--url": URL, "--key": KEY, "--store": "memory", "--profile-dir": tmp_path / "profile"}
        usual |= dict(zip(options[::2], options[1::2], strict=True))  # type: ignore[arg-type]
        return started("run", *(word for pair in usual.items() if pair[1] for word in pair), **environment)

    return start


async def came_to_the_front(app: App) -> None:
    """A second start that found the first: it says so in one line, and has opened no window."""
    assert await app.ends() == 0
    assert [line.endswith(OPEN) for line in app.printed.splitlines() if "desktopauth" in line] == [True]
    assert "propagateSizeHints" not in app.printed, "what the offscreen platform says of each window"


async def closes(app: App) -> None:
    """It has a window, in which somebody can work, and which they close."""
    await app.do("sees", "Sign in")
    app.close_window()
    assert await app.ends() == 0
