"""``sign-out`` ends the session here whatever the server does, then on the server, and says which of the two it did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from desktopauth.adapters.config import Config
from desktopauth.adapters.paths import profile_at
from desktopauth.connect import connect
from desktopauth.core.models import Session
from desktopauth.core.state import Reason, SignedOut
from desktopauth.demo.server import EmbeddedServer
from tests.cli.conftest import Terminal
from tests.demo.people import bearer, client, refresh, sign_in
from tests.scenario import Run, until
from tests.scripted_server import Reply, scripted_server

Arrive = Callable[[], Session]


@pytest.fixture
def there(terminal: Terminal, keyring: dict[str, str], lite: EmbeddedServer) -> Terminal:
    """The terminal of an app on the real server, with a real keyring."""
    return terminal.at(lite.url, lite.publishable_key)


def honoured(server: EmbeddedServer, session: Session) -> bool:
    """Whether the server would still renew it."""

    async def scenario() -> bool:
        async with client(server) as http:
            return (await refresh(http, session.refresh_token)).status_code == 200

    return asyncio.run(scenario())


def another_device(server: EmbeddedServer, session: Session) -> Session:
    async def scenario() -> Session:
        async with client(server) as http:
            return Session.from_wire((await sign_in(http, session.user.email)).raise_for_status().json())

    return asyncio.run(scenario())


def ended_on_the_server(server: EmbeddedServer, session: Session) -> None:
    async def scenario() -> None:
        async with client(server, **bearer({"access_token": session.access_token})) as http:
            (await http.post("/auth/v1/logout", params={"scope": "local"})).raise_for_status()

    asyncio.run(scenario())


def test_it_signs_out_here_and_on_the_server(there: Terminal, lite: EmbeddedServer, arrive: Arrive) -> None:
    session = arrive()
    other = another_device(lite, session)
    there.keep(session)
    done = there("sign-out")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{session.user.email} is signed out here.",
        "The server has ended the session too.",
    ]
    assert not there.holds()
    assert not there.state.covers(session.id)
    assert there.state.expects_somebody() is False
    assert not honoured(lite, session)
    assert honoured(lite, other)
    assert there("status").returncode == 1


def test_everywhere_is_on_the_other_devices_too(there: Terminal, lite: EmbeddedServer, arrive: Arrive) -> None:
    session = arrive()
    other = another_device(lite, session)
    there.keep(session)
    done = there("sign-out", "--everywhere")
    assert done.returncode == 0
    assert "The server has ended all their sessions." in done.stdout
    assert not honoured(lite, session)
    assert not honoured(lite, other)


def test_an_expired_token_is_renewed_once_more_to_end_its_session(
    there: Terminal, lite: EmbeddedServer, arrive: Arrive
) -> None:
    session = arrive()
    there.keep(replace(session, expires_at=time.time() - 100))
    done = there("sign-out")
    assert done.returncode == 0
    assert "The server has ended the session too." in done.stdout
    assert not there.holds()
    assert not honoured(lite, session)


def test_a_session_that_had_ended_cannot_end_the_others_and_says_so(
    there: Terminal, lite: EmbeddedServer, arrive: Arrive
) -> None:
    session = arrive()
    other = another_device(lite, session)
    ended_on_the_server(lite, session)
    there.keep(session)
    done = there("sign-out", "--everywhere")
    assert done.returncode == 0
    assert "This session had ended on the server already" in done.stdout
    assert honoured(lite, other)
    assert not there.holds()


def test_the_keyring_is_cleared_before_the_server_is_asked(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    held: list[bool] = []
    with scripted_server() as server:
        there = terminal.at(server.url)

        def answer(_: object) -> Reply:
            held.append(there.holds())
            return Reply(204)

        server.always = answer
        there.keep(made_up)
        assert there("sign-out").returncode == 0
        [asked] = server.seen
    assert (asked.method, asked.path) == ("POST", "/auth/v1/logout?scope=local")
    assert held == [False]


def test_the_demos_person_signs_out_without_its_server(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    terminal.keep(made_up)
    demo = terminal.for_demo()
    demo.keep(made_up)
    done = demo("sign-out")
    assert done.returncode == 0
    assert "The demo's own server runs only while the demo is open, so it was not told." in done.stdout
    assert not demo.holds()
    assert terminal.holds()  # another project's


def test_who_had_signed_out_already_is_cleared_from_the_keyring(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    terminal.keep(made_up)
    terminal.state.lay(made_up.id)
    assert terminal("sign-out").returncode == 0
    assert not terminal.holds()
    assert not terminal.state.covers(made_up.id)


def test_nobody_to_sign_out_is_no_error(terminal: Terminal, keyring: dict[str, str]) -> None:
    done = terminal("sign-out")
    assert (done.returncode, done.stdout) == (0, "Nobody is signed in here.\n")
    assert terminal("sign-out", "--store", "memory").returncode == 0


def test_a_copy_of_the_app_that_runs_follows_as_soon_as_it_looks(
    there: Terminal, lite: EmbeddedServer, arrive: Arrive, run: Run
) -> None:
    session = arrive()
    there.keep(session)
    config = Config(url=lite.url, key=lite.publishable_key, profile_id=profile_at(there.profile).id)

    async def scenario() -> None:
        async with connect(config) as auth:
            await until(lambda: auth.user, what="restored")
            done = await asyncio.to_thread(there, "sign-out")
            assert done.returncode == 0

            def looked() -> bool:
                auth.nudge()  # as the window does when the person comes back to it
                return auth.user is None

            await until(looked, what="it followed")
            assert auth.state.session == SignedOut(Reason.ELSEWHERE)

    run(scenario)
    assert not there.holds()
    assert not honoured(lite, session)
