"""Both vaults keep the contract, the real one over a real gnome-keyring, and the state file says what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from desktopauth.adapters.vault import Keyring, peek
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Saved, Unsaved
from tests.adapters.vault_contract import Open, VaultContract
from tests.adapters.vaults import InKeyring, InMemory, Prompting
from tests.scenario import Run


class TestMemoryVault(VaultContract):
    @pytest.fixture
    def subject(self) -> Open:
        return InMemory


class TestKeyringVault(VaultContract):
    @pytest.fixture
    def subject(self, keyring: dict[str, str], tmp_path: Path) -> Open:
        return lambda: InKeyring(tmp_path / "account")


class TestKeyringVaultInSmallParts(VaultContract):
    """As on Windows, where a session takes several entries."""

    @pytest.fixture
    def subject(self, keyring: dict[str, str], tmp_path: Path) -> Open:
        return lambda: InKeyring(tmp_path / "account", keyring=in_small_parts)


def in_small_parts() -> Keyring:
    from desktopauth.adapters.backends import open_keyring

    opened = open_keyring()
    opened.part_size = 70
    return opened


def test_another_process_would_find_what_this_one_saved(keyring: dict[str, str], tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        await ours.vault.save("it", session_id="s", over=None)
        theirs = InKeyring(tmp_path / "account", ours.entry)
        assert await theirs.vault.load() == Found("it", 1)
        ours.close()
        theirs.close()

    run(scenario)


def test_a_look_from_outside_sees_the_entry_come_and_go(keyring: dict[str, str], tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        seen = [peek(ours.entry, tmp_path / "account")]
        await ours.vault.save("it", session_id="s", over=None)
        seen.append(peek(ours.entry, tmp_path / "account"))
        await ours.vault.clear()
        seen.append(peek(ours.entry, tmp_path / "account"))
        ours.close()
        assert seen == [False, True, False]

    run(scenario)


def test_the_state_file_says_what_the_keyring_holds(keyring: dict[str, str], tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        state = ours.tombstones
        said = [state.expects_somebody()]
        for step in (ours.vault.load, save(ours), ours.vault.clear):
            await step()
            said.append(state.expects_somebody())
        assert said == [None, False, True, False]
        await save(ours)()
        state.path.write_text("{")  # as a crash before its rewriting leaves an older one
        await ours.vault.load()
        assert state.expects_somebody() is True
        ours.close()

    run(scenario)


def save(subject: InKeyring) -> Callable[[], asyncio.Future[object]]:
    return lambda: asyncio.ensure_future(subject.vault.save("it", session_id="s", over=None))


def test_a_state_file_that_cannot_be_written_does_not_lose_a_session(
    keyring: dict[str, str], tmp_path: Path, run: Run, expected_logs: Callable[..., None]
) -> None:
    expected_logs("desktopauth.vault: the state file could not be written: IsADirectoryError")

    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        (tmp_path / "account").mkdir(mode=0o700)
        ours.tombstones.path.with_suffix(".tmp").mkdir()
        assert isinstance(await ours.vault.save("it", session_id="s", over=None), Saved)
        assert isinstance(await ours.vault.load(), Found)
        ours.close()

    run(scenario)


def test_a_sign_out_leaves_what_a_later_version_has_stored(keyring: dict[str, str], tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        await ours.vault.save('{"v": 2}', session_id="s", over=None)
        assert await ours.vault.clear(session_id="s") is VaultProblem.CORRUPT
        assert await ours.vault.load() == Found('{"v": 2}', 1)
        assert await ours.vault.clear() is None
        ours.close()

    run(scenario)


def test_forgetting_an_entry_leaves_neither_entry_nor_file(keyring: dict[str, str], tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        async with ours.locks.refresh():
            await ours.vault.save("it", session_id="s", over=None)
        ours.tombstones.lay("older")
        assert await ours.vault.forget() is None
        assert [path.name for path in (tmp_path / "account").iterdir()] == ["store.lock"]
        assert peek(ours.entry, tmp_path / "account") is False
        ours.close()

    run(scenario)


def test_a_session_too_large_for_the_keyring_is_not_half_stored(
    tmp_path: Path, run: Run, expected_logs: Callable[..., None]
) -> None:
    expected_logs("desktopauth.vault: not stored: the session needs 23 parts")

    class Small(Prompting):
        part_size = 100  # type: ignore[assignment] # as on Windows, only smaller

        def readable(self) -> bool:
            return True

        def unlock(self, heads: Sequence[str]) -> None:
            return

    async def scenario() -> None:
        small = Small()
        ours = InKeyring(tmp_path / "account", keyring=lambda: small)
        await ours.vault.save("it", session_id="s", over=None)
        before = dict(small.held)
        assert await ours.vault.save("x" * 2000, session_id="s", over=1) == Unsaved(VaultProblem.TOO_LARGE)
        assert small.held == before
        ours.close()

    run(scenario)


def test_nothing_is_asked_of_the_keyring_before_the_first_call(tmp_path: Path) -> None:
    def opened() -> Keyring:
        raise AssertionError

    ours = InKeyring(tmp_path / "account", keyring=opened)
    assert ours.vault.place
    ours.close()
    assert asyncio.run(ours.vault.load()) != Absent()
