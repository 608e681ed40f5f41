"""Changing what is one's own: the password, the address, the profile; and what providers gave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, VaultProblem
from desktopauth.core.events import AuthEvent
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.core.models import Exchanged, ProviderTokens, User, UserChange
from desktopauth.core.redirect import Granted
from desktopauth.core.state import CodeWanted, NewEmail, NewPassword, PasswordForm, SignedIn
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, quietly, refused
from tests.core.test_browsing import away
from tests.scenario import Run, settled, until

NEW = "ada@elsewhere.test"
NAMED = User("ada", ADA.email, {"id": "ada", "email": ADA.email, "user_metadata": {"full_name": "Ada"}})
MOVING = User("ada", ADA.email, {"id": "ada", "email": ADA.email, "new_email": NEW})
CURRENT = refused("update_user", "current_password_required", ErrorKind.CURRENT_PASSWORD_WANTED)
CODE = refused("update_user", "reauthentication_needed", ErrorKind.REAUTHENTICATION_WANTED)


def changes(world: World) -> list[UserChange]:
    return [call.arguments[1] for call in world.gateway.named("update_user")]


def test_a_new_password_is_set_and_told(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            assert world.flow() == NewPassword(ADA.email)
            await auth.set_password(world.password)
            assert world.flow() is None
            step = world.steps[-1]
            assert (step.after.flow, step.change and step.change.event) == (None, AuthEvent.USER_UPDATED)

    run(scenario)
    assert changes(world) == [UserChange(password=world.password)]


@pytest.mark.parametrize(("wants", "proof"), [(CURRENT, "current_password"), (CODE, "code")])
def test_the_proof_that_the_server_wants_goes_with_it(world: World, run: Run, wants: AuthError, proof: str) -> None:
    world.gateway.script.plan("update_user", wants)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            await auth.set_password(world.password)
            flow = world.flow()
            assert isinstance(flow, NewPassword)
            assert (flow.proof, flow.busy) == (proof, False)
            assert flow.resend_at == (world.clock.now() + RESEND_PAUSE if proof == "code" else 0.0)
            await auth.set_password(world.password, "123 456")
            assert world.flow() is None

    run(scenario)
    said = UserChange(password=world.password, current_password="123 456")
    mailed = UserChange(password=world.password, nonce="123456")
    assert changes(world)[1] == (said if proof == "current_password" else mailed)
    assert world.gateway.count("reauthenticate") == (proof == "code")


def test_another_proof_may_be_asked_for_in_time(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", CODE)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            await auth.set_password(world.password)
            await auth.resend()
            assert world.gateway.count("reauthenticate") == 1
            world.clock.advance(RESEND_PAUSE)
            await auth.resend()
            assert world.gateway.count("reauthenticate") == 2
            flow = world.flow()
            assert isinstance(flow, NewPassword)
            assert flow.resend_at == world.clock.now() + RESEND_PAUSE

    run(scenario)


def test_an_empty_password_is_not_sent_and_a_refusal_stays_on_the_form(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", refused("update_user", "same_password", ErrorKind.SAME_PASSWORD))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            for password, kind in (("", ErrorKind.PASSWORD_MISSING), (world.password, ErrorKind.SAME_PASSWORD)):
                with pytest.raises(AuthError) as raised:
                    await auth.set_password(password)
                assert raised.value.kind is kind
                flow = world.flow()
                assert isinstance(flow, NewPassword)
                assert flow.problem is not None
            auth.cancel()
            assert world.flow() is None
            await auth.set_password(world.password)

    run(scenario)
    assert world.gateway.count("update_user") == 1


def test_a_password_that_was_changed_after_a_cancel_is_told_all_the_same(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", gate := Gate())

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            setting = asyncio.create_task(auth.set_password(world.password))
            await gate.reached.wait()
            auth.cancel()
            auth.open_new_email()
            gate.open()
            await setting
            assert world.flow() == NewEmail(), "what was opened since stays"

    run(scenario)
    assert world.names == [AuthEvent.USER_UPDATED]


@pytest.mark.parametrize("codes", [1, 2])
def test_another_address_is_proved_by_one_code_or_two(world: World, run: Run, codes: int) -> None:
    world.gateway.script.plan("update_user", MOVING)
    moved = User("ada", NEW)
    answers: list[Callable[[], object]] = [lambda: None] * (codes - 1)
    world.gateway.script.plan("verify", *answers, lambda: world.session("s2", moved))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_email()
            await auth.change_email(f" {NEW} ")
            assert world.flow() == CodeWanted(NEW, "email_change", world.clock.now() + RESEND_PAUSE)
            await auth.verify("111111")
            if codes == 2:
                flow = world.flow()
                assert isinstance(flow, CodeWanted)
                assert (flow.email, flow.purpose) == (ADA.email, "email_change")
                await auth.verify("222222")
            assert world.flow() is None
            assert auth.user == moved
            assert world.vault.session == world.held

    run(scenario)
    asked = [call.arguments for call in world.gateway.named("verify")]
    assert asked == [(NEW, "111111", "email_change"), (ADA.email, "222222", "email_change")][:codes]
    assert world.names[-1] is AuthEvent.USER_UPDATED
    assert AuthEvent.SIGNED_IN not in world.names


def test_a_project_that_asks_no_proof_changes_the_address_at_once(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", User("ada", NEW))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_email()
            await auth.change_email(NEW)
            assert world.flow() is None
            assert auth.user == User("ada", NEW)

    run(scenario)


def test_both_codes_anew_start_with_the_new_address(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", MOVING, MOVING)
    world.gateway.script.plan("verify", lambda: None)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_email()
            await auth.change_email(NEW)
            await auth.verify("111111")
            world.clock.advance(RESEND_PAUSE)
            await auth.resend()
            assert world.flow() == CodeWanted(NEW, "email_change", world.clock.now() + RESEND_PAUSE)
            auth.cancel()
            assert world.flow() is None

    run(scenario)
    assert changes(world) == [UserChange(email=NEW)] * 2


def test_a_code_that_proves_another_person_lets_nobody_in(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", MOVING)
    world.gateway.script.plan("verify", lambda: world.session("s2", User("eve", NEW)))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_email()
            await auth.change_email(NEW)
            with pytest.raises(AuthError):
                await auth.verify("111111")
            assert auth.user == ADA
            await until(lambda: world.gateway.count("sign_out") == 1)

    run(scenario)


def test_a_slip_in_the_address_is_told_without_asking(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await auth.change_email(NEW)
            auth.open_new_email()
            await quietly(auth.change_email("nobody"))
            flow = world.flow()
            assert isinstance(flow, NewEmail)
            assert (flow.email, flow.problem and flow.problem.kind) == ("nobody", ErrorKind.INVALID_EMAIL)

    run(scenario)
    assert world.gateway.calls == []


def test_a_changed_profile_is_kept_and_told(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", NAMED)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            assert await auth.update_user(UserChange(facts={"full_name": "Ada"})) == NAMED
            stored = world.vault.session
            assert stored is not None
            assert stored.user.facts == NAMED.facts

    run(scenario)
    assert world.names == [AuthEvent.USER_UPDATED]


def test_a_profile_changed_during_a_refresh_outlives_its_older_answer(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", NAMED)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            updating = asyncio.create_task(auth.update_user(UserChange(facts={"full_name": "Ada"})))
            await settled()
            gate.open()
            await asyncio.gather(refreshing, updating)
            await until(lambda: world.names == [AuthEvent.TOKEN_REFRESHED, AuthEvent.USER_UPDATED])
            stored = world.vault.session
            assert stored is not None
            assert stored == world.held
            assert stored.user.facts == NAMED.facts

    run(scenario)


def test_what_comes_after_a_sign_out_changes_nobody(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", gate := Gate(NAMED), Gate())

    async def scenario() -> None:
        async with world.signed_in() as auth:
            updating = asyncio.create_task(auth.update_user(UserChange(facts={})))
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            await updating
            assert world.held is None
            with pytest.raises(AuthError) as raised:
                await auth.update_user(UserChange(facts={}))
            assert raised.value.kind is ErrorKind.SESSION_MISSING

    run(scenario)
    assert world.names == [AuthEvent.SIGNED_OUT]


def test_nobody_can_open_the_panels_of_who_is_signed_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.open_new_password()
            auth.open_new_email()
            assert world.flow() == PasswordForm()

    run(scenario)


# ---- what providers gave


def arrives(world: World, *tokens: str) -> None:
    given = [ProviderTokens(text, "refresh " + text) for text in tokens]
    answers = [lambda one=one: Exchanged(world.session(), one) for one in given]
    world.gateway.script.plan("exchange", *answers)


async def comes_in(world: World, run_in: object) -> None:
    async with away(world, run_in) as going:  # type: ignore[arg-type]
        world.browser.receiver.come(Granted("code"))
        await going
    world.browser.opened.clear()


def test_a_providers_token_lives_as_long_as_the_session(world: World, run: Run) -> None:
    arrives(world, "t1")

    async def scenario() -> None:
        async with world.auth() as auth:
            await comes_in(world, auth)
            assert world.provider_vault.stored == {"github": ProviderTokens("t1", "refresh t1")}
            assert await auth.provider_token("github") == "t1"
            await auth.refresh()
            assert await auth.provider_token("github") == "t1"
            auth.sign_out()
            with pytest.raises(AuthError) as raised:
                await auth.provider_token("github")
            assert raised.value.kind is ErrorKind.SESSION_MISSING

    run(scenario)


def test_after_a_restart_it_is_read_once(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.provider_vault.owner, world.provider_vault.stored = "s1", {"spotify": ProviderTokens("t1")}
        async with world.signed_in() as auth:
            assert await auth.provider_token("spotify") == "t1"
            assert await auth.provider_token("spotify") == "t1"
            for provider in ("github", "spotify"):
                with pytest.raises(AuthError) as raised:
                    await auth.provider_token(provider, refused="t1" if provider == "spotify" else None)
                assert raised.value.kind is ErrorKind.PROVIDER_TOKEN_MISSING
        assert world.provider_vault.calls.count("load") == 1

    run(scenario)


def test_a_keyring_that_cannot_be_read_now_is_asked_again(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.provider_vault.owner, world.provider_vault.stored = "s1", {"spotify": ProviderTokens("t1")}
        async with world.signed_in() as auth:
            world.provider_vault.problem = VaultProblem.LOCKED
            with pytest.raises(AuthError):
                await auth.provider_token("spotify")
            world.provider_vault.problem = None
            assert await auth.provider_token("spotify") == "t1"

    run(scenario)


def test_a_refused_token_is_renewed_once_for_all(world: World, run: Run) -> None:
    arrives(world, "t1")
    asked: list[ProviderTokens] = []

    async def renew(provider: str, tokens: ProviderTokens) -> ProviderTokens:
        assert provider == "github"
        asked.append(tokens)
        await settled()
        return ProviderTokens("t2", tokens.refresh_token)

    async def scenario() -> None:
        async with world.auth() as auth:
            auth.renew_provider_tokens(renew)
            await comes_in(world, auth)
            found = await asyncio.gather(*[auth.provider_token("github", refused="t1") for _ in range(5)])
            assert found == ["t2"] * 5
            assert world.provider_vault.stored["github"].access_token == "t2"

    run(scenario)
    assert asked == [ProviderTokens("t1", "refresh t1")]


def test_a_hook_that_fails_is_told_as_a_missing_token_without_its_words(
    world: World, run: Run, expected_logs: Callable[..., None]
) -> None:
    arrives(world, "t1")
    expected_logs("desktopauth.providers: a provider's token could not be renewed: RuntimeError")

    async def renew(provider: str, tokens: ProviderTokens) -> ProviderTokens:
        raise RuntimeError(tokens.access_token)

    async def scenario() -> None:
        async with world.auth() as auth:
            auth.renew_provider_tokens(renew)
            await comes_in(world, auth)
            with pytest.raises(AuthError) as raised:
                await auth.provider_token("github", refused="t1")
            assert raised.value.kind is ErrorKind.PROVIDER_TOKEN_MISSING
            assert await auth.provider_token("github") == "t1"

    run(scenario)


def test_a_full_keyring_keeps_it_for_this_run(world: World, run: Run, expected_logs: Callable[..., None]) -> None:
    arrives(world, "t1")
    expected_logs("desktopauth.providers: a provider's tokens: the keyring says full")

    async def scenario() -> None:
        async with world.auth() as auth:
            world.provider_vault.problem = VaultProblem.FULL
            await comes_in(world, auth)
            assert await auth.provider_token("github") == "t1"
            auth.sign_out()
            await settled()

    run(scenario)


def test_who_is_not_remembered_leaves_no_token_behind_either(world: World, run: Run) -> None:
    arrives(world, "t1")

    async def renew(_provider: str, tokens: ProviderTokens) -> ProviderTokens:
        return replace(tokens, access_token="t2")

    async def scenario() -> None:
        async with world.auth() as auth:
            auth.remember(False)
            auth.renew_provider_tokens(renew)
            await comes_in(world, auth)
            assert await auth.provider_token("github") == "t1"
            assert await auth.provider_token("github", refused="t1") == "t2"

    run(scenario)
    assert "save" not in world.provider_vault.calls


def test_without_a_vault_of_their_own_they_are_kept_in_memory(world: World, run: Run) -> None:
    world.parts = replace(world.parts, provider_vault=None)
    arrives(world, "t1")

    async def scenario() -> None:
        async with world.auth() as auth:
            await comes_in(world, auth)
            assert isinstance(world.who(), SignedIn)
            assert await auth.provider_token("github") == "t1"
            auth.sign_out()
            await settled()

    run(scenario)


def test_a_sign_out_while_the_keyring_is_read_gives_no_token_of_it(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.provider_vault.owner, world.provider_vault.stored = "s1", {"spotify": ProviderTokens("t1")}
        world.provider_vault.script.plan("load", gate := Gate())
        async with world.signed_in() as auth:
            asking = [asyncio.create_task(auth.provider_token("spotify")) for _ in range(2)]
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            for refused_one in await asyncio.gather(*asking, return_exceptions=True):
                assert isinstance(refused_one, AuthError)
                assert refused_one.kind is ErrorKind.PROVIDER_TOKEN_MISSING

    run(scenario)
