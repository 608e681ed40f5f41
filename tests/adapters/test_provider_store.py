"""What a provider gave is kept beside the session that it came with, and goes with it: in memory, and in a keyring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from desktopauth.adapters.provider_store import ProviderStore
from desktopauth.adapters.vault import peek
from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import ProviderTokens
from desktopauth.core.ports import Absent, Found, ProviderVault, Saved
from tests.adapters.test_vault import in_small_parts
from tests.adapters.vaults import InKeyring, InMemory, a_session
from tests.scenario import Run

ANN, BOB = a_session("ann"), a_session("bob")
GITHUB = {"github": ProviderTokens("gho-1", "ghr-1")}
BOTH = {**GITHUB, "custom:acme": ProviderTokens("acme-ü\N{GRINNING FACE}")}
Subject = InKeyring | InMemory
Play = Callable[[Callable[[Subject, ProviderStore], Awaitable[None]]], None]


def store_of(subject: Subject) -> ProviderStore:
    return ProviderStore(subject.vault, subject.tombstones)


async def signed_in(subject: Subject, person: object = ANN) -> ProviderStore:
    """The store of somebody whose session is stored, and the tokens that came with it."""
    session = BOB if person is BOB else ANN
    store = store_of(subject)
    assert isinstance(await subject.vault.save(session.to_json(), session_id=session.id, over=None), Saved)
    assert await store.save(GITHUB, session_id=session.id) is None
    return store


@pytest.fixture(params=["memory", "keyring", "keyring in small parts"])
def play(request: pytest.FixtureRequest, tmp_path: Path, run: Run) -> Play:
    """Play one scenario with a fresh vault and the store over it."""

    def subject() -> Subject:
        if request.param == "memory":
            return InMemory()
        request.getfixturevalue("keyring")
        if request.param == "keyring":
            return InKeyring(tmp_path / "account")
        return InKeyring(tmp_path / "account", keyring=in_small_parts)

    def play_it(scenario: Callable[[Subject, ProviderStore], Awaitable[None]]) -> None:
        ours = subject()

        async def whole() -> None:
            try:
                await scenario(ours, store_of(ours))
            finally:
                if isinstance(ours, InKeyring):
                    assert await ours.vault.forget() is None
                    assert not peek(ours.entry, ours.folder)
                ours.close()

        run(whole)

    return play_it


def test_what_was_saved_is_given_to_its_session_by_the_core_s_port(play: Play) -> None:
    async def scenario(subject: Subject, store: ProviderVault) -> None:
        assert await store.load(session_id=ANN.id) == {}
        await subject.vault.save(ANN.to_json(), session_id=ANN.id, over=None)
        assert await store.save(GITHUB, session_id=ANN.id) is None
        assert await store.save(BOTH, session_id=ANN.id) is None
        assert await store.load(session_id=ANN.id) == BOTH
        assert await store_of(subject).load(session_id=ANN.id) == BOTH
        assert "gho" not in repr((await store.load(session_id=ANN.id), store, subject.vault))

    play(scenario)


def test_a_refresh_of_the_session_leaves_them_and_a_save_of_none_removes_them(play: Play) -> None:
    async def scenario(subject: Subject, _: ProviderStore) -> None:
        store = await signed_in(subject)
        assert await subject.vault.save(ANN.to_json(), session_id=ANN.id, over=1) == Saved(2)
        assert await store.load(session_id=ANN.id) == GITHUB
        assert await store.save({}, session_id=ANN.id) is None
        assert await store.load(session_id=ANN.id) == {}
        assert isinstance(await subject.vault.load(), Found)

    play(scenario)


def test_they_go_with_the_session(play: Play) -> None:
    async def scenario(subject: Subject, _: ProviderStore) -> None:
        store = await signed_in(subject)
        assert await subject.vault.clear(session_id=ANN.id) is None
        assert await store.load(session_id=ANN.id) == {}
        await subject.vault.save(ANN.to_json(), session_id=ANN.id, over=None)
        assert await store.load(session_id=ANN.id) == {}, "nor are they there again with the next one"

    play(scenario)


def test_a_signed_out_session_gets_nothing_and_saves_nothing(play: Play) -> None:
    async def scenario(subject: Subject, _: ProviderStore) -> None:
        store = await signed_in(subject)
        subject.tombstones.lay(ANN.id)
        assert await store.load(session_id=ANN.id) == {}
        assert await store.save(GITHUB, session_id=ANN.id) is None
        subject.tombstones.lift(ANN.id)
        assert await store.load(session_id=ANN.id) == {}, "they were removed, and not only kept back"

    play(scenario)


def test_the_next_persons_session_takes_their_place(play: Play) -> None:
    async def scenario(subject: Subject, _: ProviderStore) -> None:
        store = await signed_in(subject)
        await subject.vault.save(BOB.to_json(), session_id=BOB.id, over=None)
        assert await store.load(session_id=BOB.id) == {}
        assert await store.load(session_id=ANN.id) == {}
        assert await store.save(GITHUB, session_id=ANN.id) is VaultProblem.OCCUPIED, "too late"
        assert await store.load(session_id=BOB.id) == {}

    play(scenario)


def test_who_is_late_takes_nothing_away_from_the_next_person(play: Play) -> None:
    async def scenario(subject: Subject, _: ProviderStore) -> None:
        late = await signed_in(subject)
        next_one = await signed_in(subject, BOB)
        assert await late.load(session_id=ANN.id) == {}
        await late.save({}, session_id=ANN.id)
        await subject.vault.clear(session_id=ANN.id)
        assert await next_one.load(session_id=BOB.id) == GITHUB

    play(scenario)


def test_what_waits_for_the_session_is_given_and_stored_with_it(play: Play) -> None:
    async def scenario(subject: Subject, store: ProviderStore) -> None:
        assert await store.save(GITHUB, session_id=ANN.id) is VaultProblem.UNAVAILABLE
        assert await store.save(BOTH, session_id=ANN.id) is VaultProblem.UNAVAILABLE
        assert await store.load(session_id=ANN.id) == BOTH
        assert await store_of(subject).load(session_id=BOB.id) == {}
        await subject.vault.save(ANN.to_json(), session_id=ANN.id, over=None)
        subject.vault.company.forget(subject.vault.company.waiting(ANN.id))
        assert await store.load(session_id=ANN.id) == BOTH

    play(scenario)


def test_what_waits_goes_with_any_sign_out(play: Play) -> None:
    async def scenario(subject: Subject, store: ProviderStore) -> None:
        await subject.vault.save(BOB.to_json(), session_id=BOB.id, over=None)
        assert await store.save(GITHUB, session_id=ANN.id) is VaultProblem.OCCUPIED
        assert await subject.vault.clear(session_id=BOB.id) is None
        await subject.vault.save(ANN.to_json(), session_id=ANN.id, over=None)
        assert await store.load(session_id=ANN.id) == {}

    play(scenario)


def test_what_cannot_be_read_is_not_written_over(keyring: dict[str, str], tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        store = await signed_in(ours)
        system = ours.keyring()
        for text in ("da2 something", "damaged"):
            system.set(f"{ours.entry} beside/a00", text)
            system.delete(f"{ours.entry} beside/b00")
            assert await store.load(session_id=ANN.id) is None
            assert await store.save(BOTH, session_id=ANN.id) is VaultProblem.CORRUPT
            assert await store.load(session_id=ANN.id) == BOTH, "from memory"
            ours.vault.company.forget(ours.vault.company.waiting(ANN.id))
            assert isinstance(await ours.vault.save(ANN.to_json(), session_id=ANN.id, over=None), Saved)
            assert system.get(f"{ours.entry} beside/a00") == text
        assert await ours.vault.clear(session_id=ANN.id) is VaultProblem.CORRUPT
        assert await ours.vault.load() == Absent(), "the session goes all the same"
        assert await ours.vault.forget() is None
        assert not peek(ours.entry, ours.folder)
        ours.close()

    run(scenario)


def test_the_text_of_a_later_version_is_left_alone(keyring: dict[str, str], tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        store = await signed_in(ours)
        later = ours.vault.beside(lambda records, _: records.save('{"v":2}'), lambda problem: problem)
        assert isinstance(await later, Saved)
        assert await store.load(session_id=ANN.id) is None
        assert await store.save(GITHUB, session_id=ANN.id) is VaultProblem.CORRUPT
        assert await store.save({}, session_id=ANN.id) is VaultProblem.CORRUPT
        assert await ours.vault.beside(lambda records, _: records.load(), lambda problem: problem) == Found(
            '{"v":2}', 2
        )
        await ours.vault.forget()
        ours.close()

    run(scenario)


def test_another_copy_signs_out_and_takes_them_along(keyring: dict[str, str], tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        store = await signed_in(ours)
        theirs = InKeyring(tmp_path / "account", ours.entry)
        theirs.tombstones.lay(ANN.id)
        assert await theirs.vault.clear(session_id=ANN.id) is None
        theirs.tombstones.lift(ANN.id)
        assert not peek(ours.entry, ours.folder)
        assert await store.load(session_id=ANN.id) == {}
        assert await store.save(GITHUB, session_id=ANN.id) is VaultProblem.UNAVAILABLE
        assert not peek(ours.entry, ours.folder), "the one that came too late stored nothing"
        ours.close()
        theirs.close()

    run(scenario)


def test_more_than_the_keyring_takes_stays_in_memory_and_the_session_is_none_the_worse(
    keyring: dict[str, str], tmp_path: Path, run: Run, expected_logs: Callable[..., None]
) -> None:
    expected_logs("desktopauth.vault: not stored: the session needs")
    huge = {"azure": ProviderTokens("x" * 5000)}

    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account", keyring=in_small_parts)
        store = await signed_in(ours)
        assert await store.save(huge, session_id=ANN.id) is VaultProblem.TOO_LARGE
        assert await store.load(session_id=ANN.id) == huge
        assert await ours.vault.save(ANN.to_json(), session_id=ANN.id, over=1) == Saved(2)
        assert await store_of(InKeyring(tmp_path / "account", ours.entry)).load(session_id=ANN.id) == GITHUB
        await ours.vault.forget()
        ours.close()

    run(scenario)
