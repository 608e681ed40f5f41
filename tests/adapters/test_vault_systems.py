"""The vault over keyring's own Windows and macOS classes: the same contract, and every refusal told by its kind."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from desktopauth.adapters.backends import SystemKeyring
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Saved, Unsaved
from tests.adapters.os_stores import KeychainDenied, MacError, Store, WinError, macos, windows
from tests.adapters.vault_contract import Open, VaultContract
from tests.adapters.vaults import InKeyring, a_session
from tests.scenario import Run

System = Callable[[Store], SystemKeyring]
LONG = "x" * 2400
REFUSALS = [
    pytest.param(windows, WinError(8, "CredWrite"), VaultProblem.FULL, id="windows is full"),
    pytest.param(windows, WinError(5, "CredWrite"), VaultProblem.DENIED, id="windows says no"),
    pytest.param(windows, WinError(1312, "CredWrite"), VaultProblem.UNAVAILABLE, id="windows without a logon"),
    pytest.param(macos, KeychainDenied(-128, "denied"), VaultProblem.DENIED, id="the person says no on macOS"),
    pytest.param(macos, MacError(-25293, "Unknown"), VaultProblem.DENIED, id="another program's item on macOS"),
    pytest.param(macos, MacError(-25308, "Unknown"), VaultProblem.LOCKED, id="macOS without a screen"),
    pytest.param(macos, MacError(-34018, "Unknown"), VaultProblem.UNAVAILABLE, id="macOS without an entitlement"),
]


def on(system: System, folder: Path) -> tuple[InKeyring, Store]:
    store = Store()
    return InKeyring(folder, keyring=lambda: system(store)), store


class TestOnWindows(VaultContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Open:
        return lambda: on(windows, tmp_path / "account")[0]


class TestOnMacOS(VaultContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Open:
        return lambda: on(macos, tmp_path / "account")[0]


@pytest.mark.parametrize(("system", "refusal", "problem"), REFUSALS)
def test_refused_at_any_write_of_a_save_there_is_the_old_session_or_the_new_one(
    tmp_path: Path, run: Run, system: System, refusal: Exception, problem: VaultProblem
) -> None:
    async def scenario() -> None:
        seen = []
        for at in itertools.count(1):
            ours, store = on(system, tmp_path / f"{at}")
            assert await ours.vault.save("old" + LONG, session_id="s", over=None) == Saved(1)
            store.rewind(store.held, refuse_at=at, refusal=refusal)
            kept = await ours.vault.save("new" + LONG, session_id="s", over=1)
            refused = store.writes >= at
            store.rewind(store.held)
            stored = await ours.vault.load()
            assert isinstance(stored, Found)
            assert kept == (Saved(2) if stored.text == "new" + LONG else Unsaved(problem))
            seen.append(stored.text[:3])
            assert await ours.vault.save("next", session_id="s", over=stored.generation) == Saved(stored.generation + 1)
            assert await ours.vault.clear() is None
            assert store.held == {}
            ours.close()
            if not refused:
                break
        assert seen == sorted(seen, reverse=True)
        assert set(seen) == {"old", "new"}

    run(scenario)


@pytest.mark.parametrize(("system", "refusal", "problem"), REFUSALS)
def test_refused_at_any_write_of_a_sign_out_it_is_told_and_the_next_try_clears(
    tmp_path: Path, run: Run, system: System, refusal: Exception, problem: VaultProblem
) -> None:
    async def scenario() -> None:
        session = a_session("ann")
        for at in itertools.count(1):
            ours, store = on(system, tmp_path / f"{at}")
            assert await ours.save(session) == Saved(1)
            store.rewind(store.held, refuse_at=at, refusal=refusal)
            told = await ours.vault.clear(session_id=session.id)
            refused = store.writes >= at
            store.rewind(store.held)
            assert told is (problem if refused else None)
            assert await ours.vault.clear(session_id=session.id) is None
            assert await ours.vault.load() == Absent()
            ours.close()
            if not refused:
                return

    run(scenario)


def test_a_session_of_more_parts_than_windows_is_given_is_too_large(
    tmp_path: Path, run: Run, expected_logs: Callable[..., None]
) -> None:
    expected_logs("not stored: the session needs 17 parts")

    async def scenario() -> None:
        ours, store = on(windows, tmp_path / "account")
        assert await ours.vault.save("x" * 15_000, session_id="s", over=None) == Saved(1)
        before = dict(store.held)
        refused = await ours.vault.save("x" * 16_000, session_id="s", over=1)
        assert refused == Unsaved(VaultProblem.TOO_LARGE)
        assert store.held == before
        ours.close()

    run(scenario)
