"""The server's side of a sign-out: tried until it has heard, told by a handle, and remembered over a quit."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import ErrorKind
from desktopauth.core.events import AuthEvent
from desktopauth.core.revocation import SignOut
from desktopauth.core.state import SignedIn, SignedOut
from tests.conftest import LogWatch
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, offline, refused
from tests.scenario import Run, settled, until

BUSY = refused("sign_out", "", ErrorKind.SERVER, status=503)
NO = refused("sign_out", "", ErrorKind.BAD_KEY, status=401)
NOT_REVOKED = "desktopauth.revocation: a session was not revoked on the server: "


def test_the_handle_says_when_the_server_has_heard(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("sign_out", gate := Gate())
            handle = auth.sign_out()
            await gate.reached.wait()
            assert handle.status == "pending"
            assert world.tombstones.owing == {"s1"}
            gate.open()
            assert await handle.settled() == "revoked"

    run(scenario)
    assert world.tombstones.owing == set()


@pytest.mark.parametrize("failure", [offline("sign_out"), BUSY])
def test_what_passes_is_tried_again_until_it_is_heard(world: World, run: Run, failure: Exception) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("sign_out", failure, failure)
            handle = auth.sign_out()
            for tries in (1, 2):
                await settled()
                assert world.gateway.count("sign_out") == tries
                assert handle.status == "pending"
                world.clock.advance(60)
            assert await handle.settled() == "revoked"

    run(scenario)
    assert world.gateway.count("sign_out") == 3


def test_a_nudge_is_a_reason_to_try_now(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("sign_out", offline("sign_out"))
            handle = auth.sign_out()
            await until(lambda: world.gateway.count("sign_out"))
            await settled()
            auth.nudge()
            assert await handle.settled() == "revoked"

    run(scenario)


def test_a_refusal_for_good_is_not_tried_again(world: World, run: Run, expected_logs: LogWatch) -> None:
    expected_logs(NOT_REVOKED + "bad_key")

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("sign_out", NO)
            assert await auth.sign_out().settled() == "failed"

    run(scenario)
    assert world.gateway.count("sign_out") == 1
    assert world.tombstones.owing == {"s1"}


def test_a_session_that_is_gone_already_is_revoked(world: World, run: Run, expected_logs: LogWatch) -> None:
    expected_logs(NOT_REVOKED + "session_ended")

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", *[offline()] * 9)
            world.clock.advance(4000)
            await until(lambda: world.events)
            world.gateway.script._answers["refresh"].clear()
            world.gateway.script.plan("refresh", ending("session_not_found"))
            assert await auth.sign_out().settled() == "revoked"

    run(scenario)
    assert world.tombstones.owing == set()


def test_what_is_pending_at_quit_has_failed_and_is_said_once_at_the_next_start(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("sign_out", offline("sign_out"))
            handle = auth.sign_out()
            await until(lambda: world.gateway.count("sign_out"))
        assert handle.status == "failed"
        for unrevoked in (True, False):
            world.events.clear()
            async with world.auth():
                assert world.who() == SignedOut(unrevoked=unrevoked)

    run(scenario)


def test_marks_that_a_disk_refuses_hinder_no_sign_out(world: World, run: Run, expected_logs: LogWatch) -> None:
    expected_logs("desktopauth.revocation: a mark of what the server was not told could not be changed: OSError")
    expected_logs("desktopauth.store: the marks of sign-outs cannot be read: OSError")

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.tombstones.broken.update({"owe", "owed"})
            assert await auth.sign_out().settled() == "revoked"
        world.events.clear()
        async with world.auth():
            assert world.who() == SignedOut()

    run(scenario)


def test_everywhere_is_one_word_to_the_server(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            assert await auth.sign_out("global").settled() == "revoked"
            assert world.gateway.named("sign_out")[0].arguments == (session.access_token, "global")
            assert isinstance(world.who(), SignedOut)

    run(scenario)


def test_the_others_go_and_this_one_stays(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            assert await auth.sign_out("others").settled() == "revoked"
            assert world.gateway.named("sign_out")[0].arguments == (session.access_token, "others")
            assert isinstance(world.who(), SignedIn)
            assert world.held == session

    run(scenario)
    assert world.names == []


def test_nobody_has_no_others(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            assert await auth.sign_out("others").settled() == "failed"
            assert auth.sign_out().status == "revoked"

    run(scenario)
    assert world.gateway.calls == []


def test_a_person_who_is_replaced_is_revoked_without_a_promise(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(first := world.session()) as auth:
            world.gateway.script.plan("sign_in", world.session("s2"))
            await auth.sign_in(ADA.email, world.password)
            await until(lambda: world.gateway.count("sign_out"))
            assert world.gateway.named("sign_out")[0].arguments == (first.access_token, "local")

    run(scenario)
    assert world.tombstones.owing == set()
    assert world.tombstones.laid == set(), "the first one's record was written over"
    assert world.names == [AuthEvent.TOKEN_REFRESHED], "it is the same person"


def test_what_is_settled_stays_as_it_is() -> None:
    handle = SignOut("revoked")
    handle.settle("failed")
    assert handle.status == "revoked"
