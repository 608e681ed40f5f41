"""Both vaults keep the contract, the real one over a real gnome-keyring, and its thread never holds anybody up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from desktopauth.adapters.records import BackendError
from desktopauth.adapters.vault import Keyring, peek
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Saved, Unread, Unsaved
from tests.adapters.vault_contract import Open, VaultContract
from tests.adapters.vaults import InKeyring, InMemory
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


class Prompting:
    """A keyring whose prompt stays open until somebody answers."""

    place = "a keyring with a prompt"
    part_size = None

    def __init__(self) -> None:
        self.open, self.answered = threading.Event(), threading.Event()
        self.held: dict[str, str] = {}

    def readable(self) -> bool:
        if not self.answered.is_set():
            raise BackendError(VaultProblem.LOCKED)
        return True

    def unlock(self, heads: Sequence[str]) -> None:
        self.open.set()
        self.answered.wait()

    def get(self, service: str) -> str | None:
        return self.held.get(service)

    def set(self, service: str, value: str) -> None:
        self.held[service] = value

    def delete(self, service: str) -> None:
        self.held.pop(service, None)


def test_an_open_prompt_holds_no_lock_and_a_caller_may_leave(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        prompting = Prompting()
        ours = InKeyring(tmp_path / "account", keyring=lambda: prompting)
        saving = asyncio.ensure_future(ours.vault.save("it", session_id="s", over=None))
        await asyncio.to_thread(prompting.open.wait)
        with ours.locks.store():
            pass
        saving.cancel()
        never_begun = asyncio.ensure_future(ours.vault.clear())
        await asyncio.sleep(0)
        never_begun.cancel()
        await asyncio.gather(saving, never_begun, return_exceptions=True)
        prompting.answered.set()
        # the save was under way, so it is done; the clear was not, so it is dropped
        assert await ours.vault.load() == Found("it", 1)
        ours.close()

    run(scenario)


def test_a_quiet_save_opens_no_prompt(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        prompting = Prompting()
        ours = InKeyring(tmp_path / "account", keyring=lambda: prompting)
        refused = await ours.vault.save("it", session_id="s", over=None, quiet=True)
        assert refused == Unsaved(VaultProblem.LOCKED) and not prompting.open.is_set()
        prompting.answered.set()
        assert isinstance(await ours.vault.save("it", session_id="s", over=None, quiet=True), Saved)
        ours.close()

    run(scenario)


def test_a_loop_that_was_closed_does_not_break_the_thread(tmp_path: Path) -> None:
    prompting = Prompting()
    ours = InKeyring(tmp_path / "account", keyring=lambda: prompting)

    async def leaves() -> None:
        asyncio.ensure_future(ours.vault.save("it", session_id="s", over=None))  # noqa: RUF006 - that it is left is the point
        await asyncio.to_thread(prompting.open.wait)

    asyncio.run(leaves())
    prompting.answered.set()
    assert asyncio.run(ours.vault.load()) == Found("it", 1)
    ours.close()


def test_a_closed_vault_answers_and_does_nothing(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account", keyring=Prompting)
        ours.close()
        assert await ours.vault.load() == Unread(VaultProblem.UNAVAILABLE)
        assert await ours.vault.save("it", session_id="s", over=None) == Unsaved(VaultProblem.UNAVAILABLE)
        assert await ours.vault.clear() is VaultProblem.UNAVAILABLE

    run(scenario)


def test_jobs_before_the_close_are_done_and_the_thread_ends(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        prompting = Prompting()
        prompting.answered.set()
        ours = InKeyring(tmp_path / "account", keyring=lambda: prompting)
        saving = asyncio.ensure_future(ours.vault.save("it", session_id="s", over=None))
        await asyncio.sleep(0)
        ours.close()
        assert isinstance(await saving, Saved)

    run(scenario)
    for thread in threading.enumerate():
        if thread.name == "desktopauth-vault":
            thread.join(5)
    assert not [thread for thread in threading.enumerate() if thread.name == "desktopauth-vault"]


_BLOCKED = """
import asyncio, sys
from pathlib import Path
from tests.adapters.test_vault import Prompting
from tests.adapters.vaults import InKeyring

async def main():
    prompting = Prompting()
    ours = InKeyring(Path(sys.argv[1]), keyring=lambda: prompting)
    loading = asyncio.ensure_future(ours.vault.load())
    while not prompting.open.is_set():
        await asyncio.sleep(0.01)
    loading.cancel()
    ours.close()

asyncio.run(main())
"""


def test_a_process_ends_although_a_prompt_is_still_open(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _BLOCKED, str(tmp_path / "account")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], env=child_environment(), check=True, timeout=30)
    assert done.returncode == 0


def child_environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(("src", "."))}


def test_a_fault_in_a_keyring_class_is_an_answer_and_not_the_end(
    tmp_path: Path, run: Run, expected_logs: Callable[..., None]
) -> None:
    expected_logs("desktopauth.vault: the keyring could not be used: ZeroDivisionError")

    class Faulty(Prompting):
        def readable(self) -> bool:
            return True

        def unlock(self, heads: Sequence[str]) -> None:
            raise ZeroDivisionError

    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account", keyring=Faulty)
        assert await ours.vault.load() == Unread(VaultProblem.UNAVAILABLE)
        assert await ours.vault.load() == Unread(VaultProblem.UNAVAILABLE)
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
        assert await ours.vault.save("x" * 2000, session_id="s", over=1) == Unsaved(VaultProblem.UNAVAILABLE)
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
