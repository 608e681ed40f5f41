"""A keyring that was emptied, or restored from an old backup: nobody is signed out by that, and nobody comes back.

gnome-keyring's own files are copied and put back, as a backup of a home folder does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from desktopauth.adapters.glance import glance
from desktopauth.adapters.vault import peek
from desktopauth.core.ports import Absent, Found, Saved, Superseded
from desktopauth.demo.keyring_service import PrivateKeyring
from tests.adapters.vaults import InKeyring, a_session
from tests.keyrings import Backup, empty_keyring
from tests.scenario import Run

ANN, ANN_LATER, BOB = a_session("ann"), a_session("ann", 9), a_session("bob")


@dataclass
class Home:
    """Two copies of the app, the keyring's files, and the account's folder with the state files."""

    keyring: Backup
    folder: Path
    ours: InKeyring
    theirs: InKeyring

    async def used(self, times: int = 3) -> int:
        """Somebody signs in and refreshes; a backup was taken after the sign-in. Gives the last generation."""
        assert await self.ours.save(ANN) == Saved(1)
        self.keyring.take()
        shutil.copytree(self.folder, self.folder.with_name("old"))
        for turn in range(1, times):
            assert isinstance(await self.ours.save(a_session("ann", turn), over=turn), Saved)
        return times

    def restore_state(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self.folder.with_name("old"), self.folder)

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def home(own_keyring: PrivateKeyring, tmp_path: Path) -> Home:
    ours = InKeyring(tmp_path / "account")
    return Home(Backup(own_keyring), tmp_path / "account", ours, InKeyring(tmp_path / "account", ours.entry))


def test_a_keyring_from_a_backup_is_written_over(home: Home, run: Run) -> None:
    async def scenario() -> None:
        last = await home.used()
        home.keyring.restore()
        assert await home.ours.vault.load() == Found(ANN.to_json(), 1)
        assert await home.ours.save(ANN_LATER, over=last) == Saved(last + 1)
        assert await home.theirs.vault.load() == Found(ANN_LATER.to_json(), last + 1)
        home.close()

    run(scenario)


def test_a_whole_home_from_a_backup_is_written_over(home: Home, run: Run) -> None:
    async def scenario() -> None:
        last = await home.used()
        home.keyring.restore()
        home.restore_state()
        assert await home.ours.save(ANN_LATER, over=last) == Saved(last + 1)
        home.close()

    run(scenario)


@pytest.mark.parametrize("seen_by_a_sibling", [False, True])
def test_a_keyring_that_was_emptied_is_filled_again(home: Home, run: Run, seen_by_a_sibling: bool) -> None:
    async def scenario() -> None:
        last = await home.used()
        empty_keyring()
        if seen_by_a_sibling:  # which then finds nobody, and writes that down
            assert await home.theirs.vault.load() == Absent()
        assert await home.ours.save(ANN_LATER, over=last) == Saved(last + 1)
        assert await home.theirs.vault.load() == Found(ANN_LATER.to_json(), last + 1)
        home.close()

    run(scenario)


@pytest.mark.parametrize(
    "end",
    [lambda theirs: theirs.vault.clear(session_id=ANN.id), lambda theirs: theirs.vault.forget()],
    ids=["signed out", "forgotten"],
)
def test_an_end_in_another_copy_is_heeded_although_the_mark_is_gone(
    home: Home, run: Run, end: Callable[[InKeyring], object]
) -> None:
    async def scenario() -> None:
        last = await home.used()
        home.theirs.tombstones.lay(ANN.id)
        assert await end(home.theirs) is None  # type: ignore[misc]
        home.theirs.tombstones.lift(ANN.id)
        assert await home.ours.vault.load() == Absent()
        assert await home.ours.save(ANN_LATER, over=last) == Superseded()
        assert await home.ours.vault.load() == Absent()
        home.close()

    run(scenario)


def test_who_was_signed_out_does_not_come_back_with_the_keyring(home: Home, run: Run, expected_logs: object) -> None:
    assert callable(expected_logs)
    expected_logs("holds a session again that was signed out")

    async def scenario() -> None:
        await home.used()
        assert await home.ours.vault.clear(session_id=ANN.id) is None
        home.keyring.restore()
        assert glance(home.ours.entry, home.folder).signed_out
        assert isinstance(await home.theirs.vault.load(), Found)
        assert home.theirs.tombstones.covers(ANN.id), "so that whoever reads it takes it for nobody, and clears it"
        assert await home.theirs.vault.clear(session_id=ANN.id) is None
        assert not peek(home.ours.entry, home.folder)
        home.close()

    run(scenario)


def test_who_signs_in_after_a_sign_out_stays_although_the_state_file_was_late(home: Home, run: Run) -> None:
    async def scenario() -> None:
        await home.used()
        await home.ours.vault.clear(session_id=ANN.id)
        late = home.ours.tombstones.read()
        assert late is not None
        assert isinstance(await home.ours.save(BOB), Saved)
        home.ours.tombstones.write(late)  # as a kill between keyring and state file leaves it
        assert isinstance(await home.theirs.vault.load(), Found)
        assert not home.theirs.tombstones.covers(BOB.id)
        home.close()

    run(scenario)


def test_signing_out_clears_the_older_session_of_a_backup_too(home: Home, run: Run) -> None:
    async def scenario() -> None:
        await home.used()
        assert isinstance(await home.ours.save(BOB), Saved)
        home.keyring.restore()
        assert await home.ours.vault.clear(session_id=BOB.id) is None
        assert await home.theirs.vault.load() == Absent()
        home.close()

    run(scenario)


def test_somebody_elses_old_record_from_a_backup_gives_way(home: Home, run: Run) -> None:
    async def scenario() -> None:
        last = await home.used()
        assert await home.ours.save(BOB) == Saved(last + 1)
        home.keyring.restore()
        assert await home.ours.save(BOB, over=last + 1) == Saved(last + 2)
        home.close()

    run(scenario)


def test_who_signs_in_after_a_forget_is_not_written_over_by_the_one_before(home: Home, run: Run) -> None:
    async def scenario() -> None:
        last = await home.used()
        assert await home.theirs.vault.forget() is None
        for turn in range(1, last + 1):  # the numbers begin anew, and come to the very one
            assert isinstance(await home.theirs.save(BOB, over=turn - 1 or None), Saved)
            assert await home.ours.save(ANN_LATER, over=last) == Superseded()
        assert await home.ours.vault.load() == Found(BOB.to_json(), last)
        home.close()

    run(scenario)


def test_a_sign_out_counts_although_the_disk_is_full(home: Home, run: Run, expected_logs: object) -> None:
    assert callable(expected_logs)
    expected_logs("the state file could not be written: IsADirectoryError")

    async def scenario() -> None:
        last = await home.used()
        home.theirs.tombstones.path.with_suffix(".tmp").mkdir()
        assert await home.theirs.vault.clear(session_id=ANN.id) is None
        assert await home.ours.save(ANN_LATER, over=last) == Superseded()
        home.close()

    run(scenario)
