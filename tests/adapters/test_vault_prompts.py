"""gnome-keyring's own password prompt, with a test in the person's place: refused, mistyped, left open, answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktopauth.adapters.glance import glance
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Saved, Unread, Unsaved
from desktopauth.demo.keyring_service import PrivateKeyring
from tests.adapters.vaults import InKeyring
from tests.keyrings import lock_keyring
from tests.prompter import prompter
from tests.scenario import Run, until


@pytest.fixture
def ours(own_keyring: PrivateKeyring, tmp_path: Path) -> Iterator[InKeyring]:
    subject = InKeyring(tmp_path / "account")
    yield subject
    subject.close()


async def stored_and_locked(ours: InKeyring) -> None:
    assert await ours.vault.save("old", session_id="s", over=None) == Saved(1)
    lock_keyring()


def test_who_says_no_is_asked_once_for_each_thing_and_nothing_is_touched(
    ours: InKeyring, own_keyring: PrivateKeyring, run: Run
) -> None:
    async def scenario() -> None:
        await stored_and_locked(ours)
        with prompter(lambda: None) as person:
            assert await ours.vault.load() == Unread(VaultProblem.LOCKED)
            assert await ours.vault.save("new", session_id="s", over=1) == Unsaved(VaultProblem.LOCKED)
            assert await ours.vault.clear() is VaultProblem.LOCKED
            assert person.count == 3
        with prompter(lambda: own_keyring._password):
            assert await ours.vault.load() == Found("old", 1)

    run(scenario)


def test_a_mistyped_password_is_asked_for_again_by_the_keyring_itself(
    ours: InKeyring, own_keyring: PrivateKeyring, run: Run
) -> None:
    async def scenario() -> None:
        await stored_and_locked(ours)
        answers = iter([b"mistyped", own_keyring._password])
        with prompter(lambda: next(answers)) as person:
            assert await ours.vault.load() == Found("old", 1)
            assert person.count == 2

    run(scenario)


def test_a_prompt_that_is_left_open_is_one_prompt_and_its_answer_counts(
    ours: InKeyring, own_keyring: PrivateKeyring, run: Run
) -> None:
    back = threading.Event()

    def comes_back() -> bytes:
        back.wait()
        return own_keyring._password

    async def scenario() -> None:
        await stored_and_locked(ours)
        with prompter(comes_back) as person:
            first, second = (asyncio.ensure_future(ours.vault.load()) for _ in range(2))
            await until(lambda: person.count == 1, what="the prompt")
            assert ours.vault.asking
            with ours.locks.store():  # the other apps of this account are not held up by it
                first.cancel()
            back.set()
            assert await second == Found("old", 1)
            assert person.count == 1
            assert not ours.vault.asking

    run(scenario)


def test_a_quiet_save_and_a_look_show_no_prompt(ours: InKeyring, run: Run) -> None:
    async def scenario() -> None:
        await stored_and_locked(ours)
        with prompter(lambda: None) as person:
            refused = await ours.vault.save("new", session_id="s", over=1, quiet=True)
            assert refused == Unsaved(VaultProblem.LOCKED)
            assert glance(ours.entry, ours.folder).problem is VaultProblem.LOCKED
            assert person.count == 0

    run(scenario)


def test_the_first_keyring_is_made_with_the_persons_word_and_not_without(
    ours: InKeyring, own_keyring: PrivateKeyring, run: Run
) -> None:
    async def scenario() -> None:
        own_keyring.stop_keyring()
        for file in (own_keyring._place() / "data" / "keyrings").iterdir():
            file.unlink()
        own_keyring.keyring = own_keyring._run("gnome-keyring-daemon", "--foreground", "--components=secrets")
        with prompter(lambda: None) as person:
            await until(lambda: glance(ours.entry, ours.folder).unmade, what="the service")
            quiet = await ours.vault.save("it", session_id="s", over=None, quiet=True)
            assert (quiet, person.count) == (Unsaved(VaultProblem.LOCKED), 0)
            refused = await ours.vault.save("it", session_id="s", over=None)
            assert (refused, person.count) == (Unsaved(VaultProblem.DENIED), 1)
        with prompter(lambda: b"a new one"):
            assert await ours.vault.load() == Absent()
            assert await ours.vault.save("it", session_id="s", over=None) == Saved(1)

    run(scenario)
