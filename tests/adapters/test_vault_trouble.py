"""A keyring that is locked, missing or dies is told by its kind, and nothing that was stored is touched."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from desktopauth.adapters.backends import SystemKeyring, open_keyring
from desktopauth.adapters.vault import peek
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Saved, Unread, Unsaved
from desktopauth.demo.keyring_service import PrivateKeyring
from tests.adapters.vaults import InKeyring
from tests.keyrings import full_disk, lock_keyring
from tests.scenario import Run


async def everything_fails_with(ours: InKeyring, problem: VaultProblem) -> None:
    assert await ours.vault.load() == Unread(problem)
    assert await ours.vault.save("new", session_id="s", over=1) == Unsaved(problem)
    assert await ours.vault.save("new", session_id="s", over=None) == Unsaved(problem)
    assert await ours.vault.clear() is problem
    assert await ours.vault.forget() is problem


@pytest.mark.parametrize(
    ("trouble", "problem"),
    [
        pytest.param(lambda service: lock_keyring(), VaultProblem.LOCKED, id="locked"),
        pytest.param(PrivateKeyring.stop_keyring, VaultProblem.UNAVAILABLE, id="killed"),
    ],
)
def test_what_was_stored_outlives_the_trouble(
    own_keyring: PrivateKeyring,
    tmp_path: Path,
    run: Run,
    trouble: Callable[[PrivateKeyring], None],
    problem: VaultProblem,
) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        assert isinstance(await ours.vault.save("old", session_id="s", over=None), Saved)
        trouble(own_keyring)
        await everything_fails_with(ours, problem)
        assert ours.tombstones.expects_somebody() is True
        own_keyring.stop_keyring()
        own_keyring.start_keyring()  # unlocked again
        assert await ours.vault.load() == Found("old", 1)
        ours.close()

    run(scenario)


@pytest.mark.parametrize("address", [None, "", "unix:path=/nonexistent/bus", "nonsense"])
def test_without_a_bus_the_keyring_is_unavailable(
    only_our_keyring: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run, address: str | None
) -> None:
    async def scenario() -> None:
        if address is None:
            monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
        else:
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        ours = InKeyring(tmp_path / "account")
        await everything_fails_with(ours, VaultProblem.UNAVAILABLE)
        assert ours.vault.place
        ours.close()

    run(scenario)


def test_on_a_bus_without_a_keyring_it_is_unavailable_until_it_comes(
    own_keyring: PrivateKeyring, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        own_keyring.stop_keyring()
        ours = InKeyring(tmp_path / "account")
        await everything_fails_with(ours, VaultProblem.UNAVAILABLE)
        own_keyring.start_keyring()
        assert await ours.vault.load() == Absent()
        ours.close()

    run(scenario)


def test_a_keyring_that_comes_up_a_moment_late_is_asked_once_more(
    own_keyring: PrivateKeyring, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses, sleep = [], time.sleep

    def meanwhile(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            own_keyring.start_keyring()
        else:
            sleep(seconds)

    async def scenario() -> None:
        opened = open_keyring()
        own_keyring.stop_keyring()
        ours = InKeyring(tmp_path / "account", keyring=lambda: opened)
        monkeypatch.setattr("desktopauth.adapters.backends.time.sleep", meanwhile)
        assert await ours.vault.load() == Absent()
        assert pauses[0] == 0.5
        ours.close()

    run(scenario)


@pytest.mark.parametrize(
    ("trouble", "problem"),
    [
        pytest.param(lambda service: lock_keyring(), VaultProblem.LOCKED, id="locked"),
        pytest.param(PrivateKeyring.stop_keyring, VaultProblem.UNAVAILABLE, id="killed"),
    ],
)
@pytest.mark.parametrize("part", range(4))
def test_a_keyring_that_fails_before_any_part_of_a_save_keeps_the_old_session(
    own_keyring: PrivateKeyring,
    tmp_path: Path,
    run: Run,
    part: int,
    trouble: Callable[[PrivateKeyring], None],
    problem: VaultProblem,
) -> None:
    class Mortal(SystemKeyring):
        parts = 0

        def set(self, service: str, value: str) -> None:
            if "new" in value:
                if self.parts == part:
                    trouble(own_keyring)
                self.parts += 1
            super().set(service, value)

    def mortal() -> SystemKeyring:
        opened = Mortal(open_keyring()._keyring)
        opened.part_size = 100
        return opened

    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account", keyring=mortal)
        assert isinstance(await ours.vault.save("old" * 80, session_id="s", over=None), Saved)
        assert await ours.vault.save("new" * 80, session_id="s", over=1) == Unsaved(problem)
        own_keyring.stop_keyring()
        own_keyring.start_keyring()
        assert await ours.vault.load() == Found("old" * 80, 1)
        ours.close()

    run(scenario)


def test_a_full_disk_keeps_the_old_session_and_takes_the_new_one_when_there_is_room(
    own_keyring: PrivateKeyring, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        assert isinstance(await ours.vault.save("old", session_id="s", over=None), Saved)
        with full_disk(own_keyring):
            assert await ours.vault.save("new", session_id="s", over=1) == Unsaved(VaultProblem.FULL)
            assert await ours.vault.clear() is VaultProblem.FULL
            assert await ours.vault.load() == Found("old", 1)
        assert await ours.vault.save("new", session_id="s", over=1) == Saved(2)
        own_keyring.stop_keyring()
        own_keyring.start_keyring()
        assert await ours.vault.load() == Found("new", 2)
        ours.close()

    run(scenario)


def test_a_signed_out_session_stays_out_although_the_keyring_was_locked(
    own_keyring: PrivateKeyring, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        await ours.vault.save("it", session_id="s", over=None)
        lock_keyring()
        ours.tombstones.lay("s")
        assert await ours.vault.clear() is VaultProblem.LOCKED
        own_keyring.stop_keyring()
        own_keyring.start_keyring()
        later = InKeyring(tmp_path / "account", ours.entry)
        assert isinstance(await later.vault.load(), Found)
        assert later.tombstones.covers("s")
        assert await later.vault.clear() is None
        assert peek(ours.entry, tmp_path / "account") is False
        ours.close()
        later.close()

    run(scenario)


@pytest.mark.parametrize(
    "refused",
    ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring", "keyring.backends.chainer.ChainerBackend"],
)
def test_a_keyring_that_keeps_no_secret_is_refused(
    only_our_keyring: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    run: Run,
    expected_logs: Callable[..., None],
    refused: str,
) -> None:
    async def scenario() -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", refused)
        ours = InKeyring(tmp_path / "account")
        assert await ours.vault.load() == Unread(VaultProblem.UNAVAILABLE)
        assert await ours.vault.save("it", session_id="s", over=None) == Unsaved(VaultProblem.UNAVAILABLE)
        ours.close()

    run(scenario)
    expected_logs("keeps no secret, and is not used")


def test_a_keyring_that_is_a_plain_file_is_refused(
    only_our_keyring: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    run: Run,
    expected_logs: Callable[..., None],
) -> None:
    class PlaintextKeyring:  # as the one of keyrings.alt, which installs itself as the best one there is
        priority = 9
        __module__ = "keyrings.alt.file"

    async def scenario() -> None:
        for name in ("keyrings", "keyrings.alt", "keyrings.alt.file"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.setattr(sys.modules["keyrings.alt.file"], "PlaintextKeyring", PlaintextKeyring, raising=False)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
        ours = InKeyring(tmp_path / "account")
        assert await ours.vault.load() == Unread(VaultProblem.UNAVAILABLE)
        ours.close()

    run(scenario)
    expected_logs("keyrings.alt.file keeps no secret, and is not used")


@pytest.mark.parametrize("nonsense", ["no.such.module.Keyring", "keyring.backends.SecretService.Nothing", "x"])
def test_a_configured_keyring_that_does_not_exist_is_unavailable(
    only_our_keyring: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run, nonsense: str
) -> None:
    async def scenario() -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", nonsense)
        ours = InKeyring(tmp_path / "account")
        assert await ours.vault.load() == Unread(VaultProblem.UNAVAILABLE)
        ours.close()

    run(scenario)


def test_a_configured_keyring_is_honoured(
    keyring: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.SecretService.Keyring")
        ours = InKeyring(tmp_path / "account")
        assert isinstance(await ours.vault.save("it", session_id="s", over=None), Saved)
        assert ours.vault.place == "GNOME Keyring / Secret Service"
        await ours.vault.clear()
        ours.close()

    run(scenario)


def test_the_store_lock_that_stays_taken_is_waiting_and_not_an_error(
    keyring: dict[str, str], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        theirs = InKeyring(tmp_path / "account")
        short = ours.locks.store
        monkeypatch.setattr(ours.locks, "store", lambda: short(patience=0))
        with theirs.locks.store():
            assert await ours.vault.load() == Unread(VaultProblem.WAITING)
        assert await ours.vault.load() == Absent()
        ours.close()
        theirs.close()

    run(scenario)
