"""Nobody has said yet which project it is: the window asks, explains what is wrong, keeps it, or shows the demo."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from desktopauth.adapters.paths import profile_at
from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.demo.people import somebody
from tests.journeys.processes import Started, started
from tests.scenario import Run

__all__ = ["started"]  # a fixture

NOWHERE = {"DESKTOPAUTH_URL": "", "DESKTOPAUTH_KEY": ""}


def test_a_project_is_asked_for_checked_kept_and_signed_in_to(
    lite: EmbeddedServer, started: Started, canary: Canary, tmp_path: Path, run: Run
) -> None:
    profile, email, password = tmp_path / "profile", somebody(), canary.secret("password")

    async def scenario() -> None:
        async with started("run", "--profile-dir", profile, "--store", "memory", **NOWHERE) as app:
            await app.do("sees", "Connect to your project")
            await app.do("press", "Check and connect")
            await app.do("sees", "Enter the project's URL")
            await app.do("fill", "Project URL", "http://127.0.0.1:9")
            await app.do("fill", "Publishable key", lite.publishable_key)
            await app.do("press", "Check and connect")
            await app.do("sees", "127.0.0.1")
            assert not (profile / "config.toml").exists()
            await app.do("fill", "Project URL", lite.url)
            await app.do("press", "Check and connect")
            await app.do("press", "Create an account")
            await app.do("fill", "Email", email)
            await app.do("fill", "Password", password)
            await app.do("press", "Create account")
            await app.do("sees", "Check your email")
            app.close_window()
            assert await app.ends() == 0
        async with started("run", "--profile-dir", profile, "--store", "memory", **NOWHERE) as app:
            await app.do("sees", "Sign in")
            app.close_window()
            assert await app.ends() == 0

    run(scenario, deadline=90)
    file = profile / "config.toml"
    assert tomllib.loads(file.read_text()) == {"url": lite.url, "key": lite.publishable_key}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_demo_is_one_press_away(started: Started, tmp_path: Path, run: Run, lite: EmbeddedServer) -> None:
    async def scenario() -> None:
        async with started("run", "--profile-dir", tmp_path / "profile", "--store", "memory", **NOWHERE) as app:
            await app.do("press", "Try the demo instead")
            await app.do("press", "Create an account")
            app.close_window()
            assert await app.ends() == 0

    run(scenario, deadline=90)
    assert not (tmp_path / "profile" / "config.toml").exists()


def test_a_window_closed_before_anything_was_chosen_is_no_failure(started: Started, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        async with started("run", "--profile-dir", tmp_path / "profile", **NOWHERE) as app:
            await app.do("sees", "Connect to your project")
            app.close_window()
            assert await app.ends() == 0

    run(scenario, deadline=60)


@pytest.mark.parametrize("known", ["DESKTOPAUTH_URL", "DESKTOPAUTH_KEY"])
def test_half_of_a_project_is_filled_in(started: Started, tmp_path: Path, run: Run, known: str) -> None:
    half = NOWHERE | {known: {"DESKTOPAUTH_URL": "https://project.test", "DESKTOPAUTH_KEY": "sb_publishable_x"}[known]}

    async def scenario() -> None:
        async with started("run", "--profile-dir", tmp_path / "profile", **half) as app:
            await app.do("press", "Check and connect")
            lacking = "Enter the publishable key" if known == "DESKTOPAUTH_URL" else "Enter the project's URL"
            await app.do("sees", lacking)
            app.close_window()
            assert await app.ends() == 0

    run(scenario, deadline=60)


def test_what_was_checked_is_what_is_used_whatever_the_environment_says(
    lite: EmbeddedServer, started: Started, tmp_path: Path, run: Run
) -> None:
    other = NOWHERE | {"DESKTOPAUTH_URL": "http://127.0.0.1:9"}

    async def scenario() -> None:
        async with started("run", "--profile-dir", tmp_path / "profile", "--store", "memory", **other) as app:
            await app.do("fill", "Project URL", lite.url)
            await app.do("fill", "Publishable key", lite.publishable_key)
            await app.do("press", "Check and connect")
            await app.do("fill", "Email", somebody())
            await app.do("fill", "Password", "not-the-one-123")
            await app.do("press", "Sign in")
            await app.do("sees", "don't match")
            app.close_window()
            assert await app.ends() == 0

    run(scenario, deadline=60)


def test_what_else_is_wrong_with_the_settings_is_said_and_nothing_is_written(
    lite: EmbeddedServer, started: Started, tmp_path: Path, run: Run
) -> None:
    profile = profile_at(tmp_path / "profile").folder
    (profile / "config.toml").write_text("store = 'disk'\n")

    async def scenario() -> None:
        async with started("run", "--profile-dir", profile, **NOWHERE) as app:
            await app.do("fill", "Project URL", lite.url)
            await app.do("fill", "Publishable key", lite.publishable_key)
            await app.do("press", "Check and connect")
            await app.do("sees", "The store must be one of")
            app.close_window()
            assert await app.ends() == 0

    run(scenario, deadline=60)
    assert (profile / "config.toml").read_text() == "store = 'disk'\n"
