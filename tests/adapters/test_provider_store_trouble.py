"""Providers' tokens beside a session where the keyring is locked, or the process dies in the middle of it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from desktopauth.adapters.provider_store import ProviderStore
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import peek
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Saved
from desktopauth.demo.keyring_service import PrivateKeyring
from tests.adapters.provider_child import ANN, some_tokens
from tests.adapters.vault_child import small_parts
from tests.adapters.vaults import InKeyring
from tests.keyrings import lock_keyring
from tests.prompter import prompter
from tests.scenario import Run

ROOT = Path(__file__).parents[2]
OLD, NEW = some_tokens("old"), some_tokens("new")


def killed(what: str, ours: InKeyring, step: int) -> bool:
    """Whether the child got as far as that write, and so was killed by itself."""
    command = [sys.executable, "-m", "tests.adapters.provider_child", what, str(ours.folder), ours.entry, "new"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(("src", "."))}
    done = subprocess.run([*command, str(step)], cwd=ROOT, env=environment, check=False, timeout=60)
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


async def with_old_tokens(ours: InKeyring) -> ProviderStore:
    store = ProviderStore(ours.vault, ours.tombstones)
    assert isinstance(await ours.save(ANN), Saved)
    assert await store.save(OLD, session_id=ANN.id) is None
    return store


def test_a_process_killed_at_any_write_of_a_save_leaves_the_old_tokens_or_the_new_ones(
    keyring: dict[str, str], tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        seen = []
        for step in itertools.count(1):
            ours = InKeyring(tmp_path / "account", keyring=small_parts())
            store = await with_old_tokens(ours)
            was_killed = killed("save", ours, step)
            found = await store.load(session_id=ANN.id)
            assert found in (OLD, NEW)
            seen.append(found == NEW)
            assert isinstance(stored := await ours.vault.load(), Found)
            assert stored.text == ANN.to_json()
            await ours.vault.forget()
            assert not peek(ours.entry, ours.folder)
            ours.close()
            if not was_killed:
                break
        assert seen == sorted(seen)
        assert seen.count(False) > 2
        assert seen.count(True) > 2

    run(scenario, deadline=170)


def test_a_process_killed_at_any_write_of_a_sign_out_leaves_no_tokens_to_anybody(
    keyring: dict[str, str], tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        for step in itertools.count(1):
            ours = InKeyring(tmp_path / "account", keyring=small_parts())
            store = await with_old_tokens(ours)
            ours.tombstones.lay(ANN.id)
            was_killed = killed("clear", ours, step)
            if isinstance(await ours.vault.load(), Absent):
                assert not peek(ours.entry, ours.folder), "the session is the last to go: nothing is left without it"
            assert await store.load(session_id=ANN.id) == {}
            assert await ours.vault.clear(session_id=ANN.id) is None
            assert not peek(ours.entry, ours.folder)
            await ours.vault.forget()
            ours.close()
            if not was_killed:
                assert step > 4
                return

    run(scenario, deadline=170)


@pytest.fixture
def ours(own_keyring: PrivateKeyring, tmp_path: Path) -> InKeyring:
    return InKeyring(tmp_path / "account")


def test_nothing_about_them_ever_prompts(ours: InKeyring, own_keyring: PrivateKeyring, run: Run) -> None:
    async def scenario() -> None:
        store = await with_old_tokens(ours)
        lock_keyring()
        with prompter(lambda: None) as person:
            assert await store.load(session_id=ANN.id) is None
            assert await store.save(NEW, session_id=ANN.id) is VaultProblem.LOCKED
            assert await store.load(session_id=ANN.id) == NEW, "from memory"
            assert person.count == 0
        own_keyring.stop_keyring()
        own_keyring.start_keyring()  # unlocked again
        assert await ours.save(ANN, over=1) == Saved(2)
        theirs = InKeyring(ours.folder, ours.entry)
        assert await ProviderStore(theirs.vault, theirs.tombstones).load(session_id=ANN.id) == NEW
        ours.close()
        theirs.close()

    run(scenario)


def test_a_sign_out_that_found_the_keyring_locked_is_made_good_by_the_next_start(
    ours: InKeyring, own_keyring: PrivateKeyring, run: Run
) -> None:
    async def scenario() -> None:
        await with_old_tokens(ours)
        lock_keyring()
        ours.tombstones.lay(ANN.id)
        with prompter(lambda: None):
            assert await ours.vault.clear(session_id=ANN.id) is VaultProblem.LOCKED
        ours.close()
        own_keyring.stop_keyring()
        own_keyring.start_keyring()
        theirs = InKeyring(ours.folder, ours.entry)
        store = ProviderStore(theirs.vault, theirs.tombstones)
        assert await store.load(session_id=ANN.id) == {}
        assert isinstance(await theirs.vault.load(), Found), "the session itself is the keeper's to clear"
        assert await theirs.vault.clear(session_id=ANN.id) is None
        assert not peek(ours.entry, ours.folder)
        theirs.close()

    run(scenario)


def test_where_the_marks_of_sign_outs_cannot_be_read_nothing_is_given(
    keyring: dict[str, str],
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[..., None],
) -> None:
    expected_logs("desktopauth.vault: the keyring could not be used: PermissionError")

    def refuse(_self: StateFile, _session_id: str) -> bool:
        raise PermissionError

    async def scenario() -> None:
        subject = InKeyring(tmp_path / "account")
        store = await with_old_tokens(subject)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(StateFile, "covers", refuse)
            assert await store.load(session_id=ANN.id) is None
        assert await store.load(session_id=ANN.id) == OLD
        await subject.vault.forget()
        subject.close()

    run(scenario)
