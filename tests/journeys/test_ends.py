"""Window-close and Ctrl-C in the middle of each step: the process goes, silently, and takes everything with it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from desktopauth.demo.keyring_service import PrivateKeyring
from desktopauth.demo.server import EmbeddedServer
from tests.demo.people import PASSWORD, client, confirmed, sign_up, somebody
from tests.demo.registry import silent
from tests.journeys.processes import App, Started, started
from tests.journeys.test_keyring_trouble import asleep
from tests.scenario import Run, until
from tests.scripted_server import Reply, Seen, scripted_server

__all__ = ["started"]


@dataclass(frozen=True)
class Way:
    """How the app is ended, and the exit status that this gives."""

    end: Callable[[App], None]
    status: int


WAYS = {
    "window": Way(App.close_window, 0),
    "ctrl-c": Way(lambda app: app.process.send_signal(signal.SIGINT), 130),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@pytest.fixture
def cache(demo_modules: Path, tmp_path: Path) -> Path:
    """A cache folder in which the demo's server is installed already."""
    (tmp_path / "cache").mkdir(mode=0o700)
    (tmp_path / "cache" / "desktopauth").symlink_to(demo_modules.parent)
    return tmp_path / "cache"


async def ended(app: App, way: Way) -> None:
    way.end(app)
    assert await app.ends() == way.status


def test_while_the_demo_is_installed(started: Started, way: Way, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        with silent() as (registry, asked):
            where = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "npm_config_registry": registry}
            async with started("demo", "--temp-profile", "--store", "memory", **where) as app:
                await app.prints("Installing the demo server")
                await until(lambda: asked.is_set() and app.look(), deadline=20, what="npm at work")
                await ended(app, way)
        left = {path.name for path in (tmp_path / "cache" / "desktopauth").iterdir()}
        assert left <= {"install.lock", "npm.log"}, "nothing that a later start would take for complete"

    run(scenario)


def test_while_the_demos_server_starts(started: Started, way: Way, cache: Path, run: Run) -> None:
    async def scenario() -> None:
        async with started("demo", "--temp-profile", "--store", "memory", XDG_CACHE_HOME=str(cache)) as app:
            await app.prints("Starting the demo server")
            await ended(app, way)

    run(scenario)


def test_while_the_keyring_is_read(
    started: Started, way: Way, own_keyring: PrivateKeyring, lite: EmbeddedServer, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        with asleep(own_keyring):
            async with at_lite(started, lite, tmp_path / "profile", "--store", "keyring") as app:
                await app.do("sees", "Waiting for your system keyring")
                await ended(app, way)

    run(scenario)


def test_while_a_temporary_profile_waits_for_the_keyring(
    started: Started, own_keyring: PrivateKeyring, lite: EmbeddedServer, run: Run
) -> None:
    """Its entry is to be removed at the end, which must not wait for a prompt either."""

    async def scenario() -> None:
        with asleep(own_keyring):
            project = ("--url", lite.url, "--key", lite.publishable_key)
            async with started(*project, "--temp-profile", "--store", "keyring") as app:
                await app.do("sees", "Waiting for your system keyring")
                await ended(app, WAYS["window"])

    run(scenario)


def test_while_somebody_signs_in(
    started: Started, way: Way, keyring: dict[str, str], tmp_path: Path, run: Run, account: Path
) -> None:
    async def scenario() -> None:
        with scripted_server() as server:
            asked, never = threading.Event(), threading.Event()

            def hold(_: Seen) -> Reply:
                asked.set()
                return Reply(wait=never)

            server.always = hold
            profile = ("--profile-dir", tmp_path / "profile", "--store", "keyring")
            async with started("--url", server.url, "--key", "sb_publishable_x", *profile) as app:
                await fill_in(app, "ada@example.com")
                await app.do("press", "Sign in")
                await until(asked.is_set, what="the request")
                await app.do("sees", "Signing in")
                await ended(app, way)
            never.set()
        states = list((account).glob("*.json"))
        assert all(b'"present": false' in state.read_bytes() for state in states), "nothing half-written"

    run(scenario)


def test_at_the_code_view(started: Started, way: Way, lite: EmbeddedServer, tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        async with client(lite) as http:
            await sign_up(http, email := somebody())
        async with at_lite(started, lite, tmp_path / "profile", "--store", "memory") as app:
            await fill_in(app, email)
            await app.do("press", "Sign in")
            await app.do("sees", "We sent a code")
            await ended(app, way)

    run(scenario)


def test_at_home_and_the_session_is_there_at_the_next_start(
    started: Started, way: Way, lite: EmbeddedServer, keyring: dict[str, str], tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        async with client(lite) as http:
            email = (await confirmed(lite, http))["user"]["email"]
        async with at_lite(started, lite, tmp_path / "profile", "--store", "keyring") as app:
            await fill_in(app, email)
            await app.do("press", "Sign in")
            await app.do("sees", f"Hello, {email}")
            await ended(app, way)
        if way.status:
            async with at_lite(started, lite, tmp_path / "profile", "--store", "keyring") as app:
                await app.do("sees", f"Hello, {email}")
                await app.do("press", "Sign out")
                await app.do("sees", "You're signed out.")
                await ended(app, way)

    run(scenario, deadline=60)


def test_killed_at_home_the_demo_leaves_no_server_behind(started: Started, cache: Path, run: Run) -> None:
    async def scenario() -> None:
        async with started("demo", "--temp-profile", "--store", "memory", XDG_CACHE_HOME=str(cache)) as app:
            await app.do("sees", "Welcome")
            assert app.children
            app.process.kill()
            assert await app.ends() == -signal.SIGKILL

    run(scenario)


def at_lite(started: Started, lite: EmbeddedServer, profile: Path, *more: str) -> AbstractAsyncContextManager[App]:
    project = ("--url", lite.url, "--key", lite.publishable_key)
    return started("run", *project, "--profile-dir", profile, *more)


async def fill_in(app: App, email: str) -> None:
    await app.do("fill", "Email", email)
    await app.do("fill", "Password", PASSWORD)
