"""Providers' tokens over keyring's own Windows and macOS classes: whole or not, and never at the session's cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from desktopauth.adapters.backends import SystemKeyring
from desktopauth.adapters.provider_store import ProviderStore
from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import ProviderTokens
from desktopauth.core.ports import Found, Saved
from tests.adapters.os_stores import KeychainDenied, Store, WinError, macos, windows
from tests.adapters.vaults import InKeyring, a_session
from tests.scenario import Run

ANN = a_session("ann")
OLD, NEW = ({"azure": ProviderTokens(f"{turn} " + "x" * 1800, "y" * 900)} for turn in ("old", "new"))
SYSTEMS = [
    pytest.param(windows, WinError(8, "CredWrite"), VaultProblem.FULL, id="windows"),
    pytest.param(macos, KeychainDenied(-128, "denied"), VaultProblem.DENIED, id="macos"),
]
System = Callable[[Store], SystemKeyring]


async def begun(system: System, folder: Path) -> tuple[InKeyring, ProviderStore, Store]:
    """A session in this system's keyring, and the tokens that came with it."""
    store = Store()
    ours = InKeyring(folder, keyring=lambda: system(store))
    providers = ProviderStore(ours.vault, ours.tombstones)
    assert await ours.save(ANN) == Saved(1)
    assert await providers.save(OLD, session_id=ANN.id) is None
    return ours, providers, store


@pytest.mark.parametrize(("system", "refusal", "problem"), SYSTEMS)
def test_refused_at_any_write_of_a_save_there_are_the_old_tokens_or_the_new_ones(
    tmp_path: Path, run: Run, system: System, refusal: Exception, problem: VaultProblem
) -> None:
    async def scenario() -> None:
        seen = []
        for at in itertools.count(1):
            ours, providers, store = await begun(system, tmp_path / f"{at}")
            store.rewind(store.held, refuse_at=at, refusal=refusal)
            kept = await providers.save(NEW, session_id=ANN.id)
            refused = store.writes >= at
            store.rewind(store.held)
            assert await providers.load(session_id=ANN.id) == NEW, "what was refused is in memory, and is stored now"
            theirs = ProviderStore(ours.vault, ours.tombstones)
            assert await theirs.load(session_id=ANN.id) == NEW
            assert isinstance(await ours.vault.load(), Found)
            assert await ours.vault.clear(session_id=ANN.id) is None
            assert store.held == {}
            ours.close()
            seen.append(kept)
            if not refused:
                break
        assert set(seen) == {problem, None}
        assert seen == sorted(seen, key=lambda kept: kept is None)

    run(scenario)


@pytest.mark.parametrize(("system", "refusal", "problem"), SYSTEMS)
def test_refused_at_any_write_of_a_sign_out_it_is_told_and_the_next_one_leaves_nothing(
    tmp_path: Path, run: Run, system: System, refusal: Exception, problem: VaultProblem
) -> None:
    async def scenario() -> None:
        for at in itertools.count(1):
            ours, providers, store = await begun(system, tmp_path / f"{at}")
            ours.tombstones.lay(ANN.id)
            store.rewind(store.held, refuse_at=at, refusal=refusal)
            told = await ours.vault.clear(session_id=ANN.id)
            refused = store.writes >= at
            assert told == (problem if refused else None)
            store.rewind(store.held)
            assert await providers.load(session_id=ANN.id) == {}
            assert await ours.vault.clear(session_id=ANN.id) is None
            assert store.held == {}
            ours.close()
            if not refused:
                assert at > 2
                return

    run(scenario)
