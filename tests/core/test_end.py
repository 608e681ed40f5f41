"""The end of a session: by sign-out, at once; by an answer on the short list to the refresh call; by nothing else."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import ENDING_CODES, AuthError, ErrorKind, VaultProblem
from desktopauth.core.events import AuthChange, AuthEvent
from desktopauth.core.ports import Unsaved
from desktopauth.core.state import Interrupted, PasswordForm, Reason, SignedIn, SignedOut
from tests.conftest import LogWatch
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, offline, quietly, refused
from tests.scenario import Run, settled, until

OUT = AuthEvent.SIGNED_OUT


def test_signing_out_is_at_once_and_the_rest_follows(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            auth.sign_out()
            assert world.who() == SignedOut(Reason.USER)
            assert world.flow() == PasswordForm(email=ADA.email)
            assert (auth.user, auth.expires_at, world.held) == (None, None, None)
            assert world.journal == ["tombstone owe", "tombstone lay", "SIGNED_OUT"]
            assert world.events[0].reason is Reason.USER
            assert await auth.access_token() is None
            await until(lambda: world.gateway.count("sign_out"))
            assert world.gateway.calls[0].arguments == (session.access_token, "local")

    run(scenario)
    assert sorted(world.journal[3:]) == ["clear", "sign_out", "tombstone lift", "tombstone paid"]
    assert world.journal.index("clear") < world.journal.index("tombstone lift")
    assert world.journal.index("sign_out") < world.journal.index("tombstone paid")
    assert world.vault.session is None
    assert world.tombstones.laid == set()


def test_signing_out_twice_is_signing_out_once(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.sign_out()
            auth.sign_out()
            await settled()
            auth.sign_out()

    run(scenario)
    assert world.names == [OUT]
    assert world.gateway.count("sign_out") == 1


def test_who_signs_out_inside_an_event_is_heard_in_order(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:

            def leave(change: AuthChange) -> None:
                if change.event is AuthEvent.SIGNED_IN:
                    auth.sign_out()

            auth.subscribe(leave)
            await auth.sign_in(ADA.email, world.password)
            assert isinstance(world.who(), SignedOut)

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN, OUT]


def test_offline_one_is_signed_out_all_the_same(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("sign_out", offline("sign_out"))
            auth.sign_out()
            await until(lambda: world.gateway.count("sign_out"))

    run(scenario)
    assert world.names == [OUT]
    assert world.vault.session is None


def test_an_expired_token_is_refreshed_to_revoke_its_session(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.gateway.script.plan("refresh", *[offline()] * 9)
            world.clock.advance(4000)
            await until(lambda: world.events)
            world.forget()
            fresh = world.session()
            world.gateway.script._answers["refresh"].clear()
            world.gateway.script.plan("refresh", fresh)
            auth.sign_out()
            await until(lambda: world.gateway.count("sign_out"))
            assert world.gateway.named("refresh")[0].arguments == (session.refresh_token,)
            assert world.gateway.named("sign_out")[0].arguments == (fresh.access_token, "local")
            assert world.held is None

    run(scenario)
    assert world.names == [OUT]


def test_a_keyring_that_cannot_be_cleared_is_told_and_the_mark_stays(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("clear", VaultProblem.LOCKED)
            auth.sign_out()
            await until(lambda: world.gateway.count("sign_out"))

    run(scenario)
    assert world.names == [OUT, AuthEvent.STORAGE_PROBLEM]
    assert world.tombstones.laid == {"s1"}
    assert world.events[-1].cause is VaultProblem.LOCKED


def test_what_a_locked_keyring_kept_does_not_come_back(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("clear", VaultProblem.LOCKED)
            auth.sign_out()
            await until(lambda: AuthEvent.STORAGE_PROBLEM in world.names)
        assert world.vault.session is not None
        world.forget()
        async with world.auth():
            assert world.who() == SignedOut()

    run(scenario)


def test_a_full_disk_keeps_nobody_signed_in(world: World, run: Run, expected_logs: LogWatch) -> None:
    expected_logs("desktopauth.store: the sign-out could not be marked on disk: OSError")

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.tombstones.broken.add("lay")
            auth.sign_out()
            await until(lambda: world.gateway.count("sign_out"))

    run(scenario)
    assert world.names == [OUT]
    assert world.vault.session is None


def test_a_mark_that_cannot_be_taken_away_hinders_nothing(world: World, run: Run, expected_logs: LogWatch) -> None:
    expected_logs("desktopauth.store: .*OSError")

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.tombstones.broken.add("lift")
            auth.sign_out()
            await until(lambda: world.gateway.count("sign_out"))
            world.gateway.script.plan("sign_in", world.session("s2"))
            await auth.sign_in(ADA.email, world.password)
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert world.vault.session is not None


def test_a_marked_session_that_cannot_be_unmarked_is_kept_in_memory_and_says_so(
    world: World, run: Run, expected_logs: LogWatch
) -> None:
    expected_logs("desktopauth.store: .*OSError")
    world.tombstones.laid.add("s1")  # an id that is made of the person comes again
    world.tombstones.broken.add("lift")

    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.sign_in(ADA.email, world.password)
            assert isinstance(world.who(), SignedIn)
            assert world.health.memory_only is not None

    run(scenario)


@pytest.mark.parametrize("code", sorted(ENDING_CODES))
def test_an_ending_code_ends_it(code: str, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", ending(code))
            await quietly(auth.refresh())
            assert world.who() == Interrupted(ADA, Reason(ENDING_CODES[code]), code)
            assert world.flow() == PasswordForm(email=ADA.email)
            with pytest.raises(AuthError):
                await auth.access_token()
            await until(lambda: "tombstone lift" in world.journal)

    run(scenario)
    assert world.names == [AuthEvent.REAUTH_REQUIRED]
    asked = ["locked", "load", "refresh", "load", "released"]  # read again: a newer token would belie the end
    assert world.journal == [*asked, "tombstone lay", "REAUTH_REQUIRED", "clear", "tombstone lift"]
    assert world.vault.session is None
    assert world.gateway.count("sign_out") == 0, "it is gone already"


def test_who_asked_for_a_token_is_told_that_it_has_ended(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", ending("session_not_found"))
            world.clock.advance(3590)
            for _ in range(2):
                with pytest.raises(AuthError) as raised:
                    await auth.access_token()
                assert raised.value.kind is ErrorKind.SESSION_ENDED

    run(scenario)
    assert world.names == [AuthEvent.REAUTH_REQUIRED]


@pytest.mark.parametrize("code", sorted(ENDING_CODES))
@pytest.mark.parametrize("call", ["sign_in", "verify", "sign_up"])
def test_no_other_call_ends_it(call: str, code: str, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.gateway.script.plan(call, refused(call, code, ErrorKind.REFUSED, status=403))
            if call == "verify":
                await auth.sign_up("eve@example.com", world.password)
                await quietly(auth.verify("123456"))
            else:
                await quietly(getattr(auth, call)("eve@example.com", world.password))
            assert world.held == world.vault.session == session
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert OUT not in world.names


def test_the_next_person_signs_in_after_the_clear_of_the_last(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("clear", gate := Gate())
            auth.sign_out()
            await gate.reached.wait()
            world.gateway.script.plan("sign_in", theirs := world.session("s2"))
            gate.open()
            await auth.sign_in("eve@example.com", world.password)
            assert world.vault.session == world.held == theirs

    run(scenario)
    assert world.names == [OUT, AuthEvent.SIGNED_IN]


@pytest.mark.usefixtures("hurried")
def test_a_late_save_of_the_last_person_says_nothing_about_the_next_ones_record(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate(), Unsaved(VaultProblem.LOCKED))
            await auth.refresh()
            auth.sign_out()
            world.tombstones.laid.clear()  # that save was decided before the mark was made
            world.gateway.script.plan("sign_in", world.session("s2"))
            await auth.sign_in("eve@example.com", world.password)
            gate.open()
            await until(lambda: world.health.memory_only is VaultProblem.LOCKED)
            assert world.vault.stored is None
            await auth.refresh()
            assert isinstance(world.who(), SignedIn)
            assert world.health.memory_only is None

    run(scenario)
    assert world.vault.session is not None


@pytest.mark.usefixtures("hurried")
def test_a_save_that_waits_behind_another_is_dropped_by_the_sign_out(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.refresh()
            await auth.refresh()
            auth.sign_out()
            gate.open()
            await until(lambda: "tombstone lift" in world.journal)
            await settled()

    run(scenario)
    assert world.vault.calls.count("save") == 1
    assert world.vault.session is None


@pytest.mark.usefixtures("hurried")
def test_a_sign_out_during_a_slow_save_leaves_no_word_about_it(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.vault.script.plan("save", gate := Gate())
            signing = asyncio.create_task(auth.sign_in(ADA.email, world.password))
            await gate.reached.wait()
            auth.sign_out()
            await signing
            assert world.who() == SignedOut(Reason.USER)
            gate.open()
            await until(lambda: "tombstone lift" in world.journal)

    run(scenario)
    assert AuthEvent.STORAGE_PROBLEM not in world.names
    assert world.vault.session is None
