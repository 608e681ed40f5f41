"""What a provider gave for its own API: kept with the session, renewed by a hook, gone with the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError, ErrorKind, VaultProblem
from desktopauth.core.models import Exchanged, ProviderTokens, User
from desktopauth.core.redirect import Granted
from desktopauth.core.state import SignedIn
from tests.core.conftest import World
from tests.core.fakes import Gate
from tests.core.test_browsing import away
from tests.scenario import Run, settled


def arrives(world: World, *tokens: str) -> None:
    given = [ProviderTokens(text, "refresh " + text) for text in tokens]
    answers = [lambda one=one: Exchanged(world.session(), one) for one in given]
    world.gateway.script.plan("exchange", *answers)


async def comes_in(world: World, auth: Auth) -> None:
    async with away(world, auth) as going:
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


def test_after_a_restart_it_is_read_from_the_keyring(world: World, run: Run) -> None:
    async def scenario() -> None:
        world.provider_vault.owner, world.provider_vault.stored = "s1", {"spotify": ProviderTokens("t1")}
        async with world.signed_in() as auth:
            assert await auth.provider_token("spotify") == "t1"
            assert await auth.provider_token("spotify") == "t1"
            for provider in ("github", "spotify"):
                with pytest.raises(AuthError) as raised:
                    await auth.provider_token(provider, refused="t1" if provider == "spotify" else None)
                assert raised.value.kind is ErrorKind.PROVIDER_TOKEN_MISSING
        assert world.provider_vault.calls.count("load") == 2, "once at first, and once to see whether it is newer"

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


def test_what_another_copy_has_renewed_is_taken_over_without_asking(world: World, run: Run) -> None:
    arrives(world, "t1")

    async def scenario() -> None:
        async with world.auth() as auth:
            await comes_in(world, auth)
            world.provider_vault.stored = {"github": ProviderTokens("t2")}
            assert await auth.provider_token("github") == "t1"
            assert await auth.provider_token("github", refused="t1") == "t2"

    run(scenario)


def test_a_sign_out_while_it_is_renewed_keeps_nothing(world: World, run: Run) -> None:
    arrives(world, "t1")
    gate = Gate(ProviderTokens("t2"))

    async def renew(_provider: str, _tokens: ProviderTokens) -> ProviderTokens:
        found: ProviderTokens = await gate.passed()
        return found

    async def scenario() -> None:
        async with world.auth() as auth:
            auth.renew_provider_tokens(renew)
            await comes_in(world, auth)
            asking = asyncio.create_task(auth.provider_token("github", refused="t1"))
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            with pytest.raises(AuthError):
                await asking

    run(scenario)
    assert world.provider_vault.stored["github"] == ProviderTokens("t1", "refresh t1")


def test_without_a_vault_a_refused_token_is_renewed_all_the_same(world: World, run: Run) -> None:
    world.parts = replace(world.parts, provider_vault=None)
    arrives(world, "t1")

    async def renew(_provider: str, tokens: ProviderTokens) -> ProviderTokens:
        return replace(tokens, access_token="t2")

    async def scenario() -> None:
        async with world.auth() as auth:
            auth.renew_provider_tokens(renew)
            await comes_in(world, auth)
            assert await auth.provider_token("github", refused="t1") == "t2"

    run(scenario)


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


def test_a_full_keyring_keeps_it_for_this_run(world: World, run: Run) -> None:
    arrives(world, "t1")

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


def test_a_keyring_that_is_locked_by_now_does_not_keep_a_token_from_being_renewed(world: World, run: Run) -> None:
    async def renew(_provider: str, tokens: ProviderTokens) -> ProviderTokens:
        return replace(tokens, access_token="t2")

    async def scenario() -> None:
        world.provider_vault.owner, world.provider_vault.stored = "s1", {"spotify": ProviderTokens("t1", "r")}
        async with world.signed_in() as auth:
            auth.renew_provider_tokens(renew)
            assert await auth.provider_token("spotify") == "t1"
            world.provider_vault.problem = VaultProblem.LOCKED
            assert await auth.provider_token("spotify", refused="t1") == "t2"

    run(scenario)


def test_a_hook_that_hangs_does_not_hold_up_the_next_stay(world: World, run: Run) -> None:
    world.gateway.script.plan("exchange", lambda: Exchanged(world.session("s2"), ProviderTokens("t9")))
    gate = Gate(ProviderTokens("t2"))

    async def renew(_provider: str, _tokens: ProviderTokens) -> ProviderTokens:
        found: ProviderTokens = await gate.passed()
        return found

    async def scenario() -> None:
        world.provider_vault.owner, world.provider_vault.stored = "s1", {"spotify": ProviderTokens("t1")}
        async with world.signed_in() as auth:
            auth.renew_provider_tokens(renew)
            asking = asyncio.create_task(auth.provider_token("spotify", refused="t1"))
            await gate.reached.wait()
            auth.sign_out()
            await comes_in(world, auth)
            assert await auth.provider_token("github") == "t9"
            gate.open()
            with pytest.raises(AuthError):
                await asking
        assert world.provider_vault.stored == {"github": ProviderTokens("t9")}

    run(scenario)


def test_a_changed_address_leaves_what_a_provider_gave(world: World, run: Run) -> None:
    arrives(world, "t1")
    new = "ada@elsewhere.test"
    world.gateway.script.plan("verify", lambda: None, lambda: world.session("s2", User("ada", new)))

    async def scenario() -> None:
        async with world.auth() as auth:
            await comes_in(world, auth)
            auth.open_new_email()
            await auth.change_email(new)
            await auth.verify("111111")
            await auth.verify("222222")
            assert await auth.provider_token("github") == "t1"
            assert world.provider_vault.owner == "s2"

    run(scenario)
    assert world.provider_vault.stored == {"github": ProviderTokens("t1", "refresh t1")}
