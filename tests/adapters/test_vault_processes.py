"""Real processes over a real gnome-keyring: killed at every write, and two at once on one entry."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

from desktopauth.adapters.vault import peek
from desktopauth.core.ports import Absent, Found, Saved
from tests.adapters.vault_child import small_parts, turned
from tests.adapters.vaults import InKeyring
from tests.scenario import Run

ROOT = Path(__file__).parents[2]
OLD, NEW = "old " + "o" * 150, "new " + "n" * 150


def start(what: str, ours: InKeyring, text: str, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.vault_child", what, str(ours.folder), ours.entry, text, str(number)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(("src", "."))},
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(what: str, ours: InKeyring, text: str, step: int) -> bool:
    """Whether the child got as far as that write, and so was killed by itself."""
    child = start(what, ours, text, step)
    child.communicate(timeout=60)
    assert child.returncode in (0, -signal.SIGKILL)
    return child.returncode != 0


def test_a_process_killed_at_any_write_of_a_save_leaves_the_old_session_or_the_new_one(
    keyring: dict[str, str], tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        seen = []
        for step in itertools.count(1):
            ours = InKeyring(tmp_path / "account", keyring=small_parts())
            assert isinstance(await ours.vault.save(OLD, session_id="old", over=None), Saved)
            before = ours.vault.stamp()
            was_killed = killed("save", ours, NEW, step)
            told = ours.vault.stamp() != before
            stored = await ours.vault.load()
            assert isinstance(stored, Found)
            assert stored.text in (OLD, NEW)
            assert told or stored.text == OLD, "who waits for news would spend an old token"
            seen.append(stored.text)
            assert await ours.vault.forget() is None
            ours.close()
            if not was_killed:
                break
        # the parts and the head, then the removal of the old ones: old until the head is there, and new from then on
        assert seen == sorted(seen, reverse=True)
        assert seen.count(OLD) == 3
        assert len(seen) == 7

    run(scenario, deadline=110)


def test_a_process_killed_at_any_write_of_a_sign_out_brings_nobody_back(
    keyring: dict[str, str], tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        for step in itertools.count(1):
            ours = InKeyring(tmp_path / "account", keyring=small_parts())
            await ours.vault.save(OLD, session_id="s", over=None)
            ours.tombstones.lay("s")
            was_killed = killed("clear", ours, "-", step)
            stored = await ours.vault.load()
            assert isinstance(stored, Absent) or ours.tombstones.covers("s")
            assert await ours.vault.clear() is None
            assert not peek(ours.entry, ours.folder)
            await ours.vault.forget()
            ours.close()
            if not was_killed:
                assert step == 4
                return

    run(scenario, deadline=110)


def test_two_processes_at_once_lose_no_save_and_never_read_half_of_one(
    keyring: dict[str, str], tmp_path: Path, run: Run
) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account", keyring=small_parts())
        children = [start("rotate", ours, name, 8) for name in ("ann", "bob")]
        kept = [int(child.communicate(timeout=100)[0]) for child in children]
        assert [child.returncode for child in children] == [0, 0]
        stored = await ours.vault.load()
        assert isinstance(stored, Found)
        assert stored.text in [turned(name, number).to_json() for name in ("ann", "bob") for number in range(8)]
        assert stored.generation == sum(kept)
        assert min(kept) > 0
        await ours.vault.forget()
        ours.close()

    run(scenario, deadline=110)
