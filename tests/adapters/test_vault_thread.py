"""A prompt may stay open for ever: the thread that waits for it holds up no lock, no caller and no end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Found, Saved, Unread, Unsaved
from tests.adapters.vaults import InKeyring, Prompting
from tests.scenario import Run, until


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
        assert refused == Unsaved(VaultProblem.LOCKED)
        assert not prompting.open.is_set()
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

    before = vault_threads()
    run(scenario)
    for thread in vault_threads() - before:
        thread.join(5)
    assert vault_threads() <= before


def vault_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "desktopauth-vault"}


_BLOCKED = """
import asyncio, sys
from pathlib import Path
from tests.adapters.vaults import InKeyring, Prompting

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


def test_a_keyring_at_work_does_not_pass_for_one_that_asks(tmp_path: Path, run: Run) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Slow(Prompting):
        def unlock(self, heads: Sequence[str]) -> None:
            """Nothing is locked."""

        def set(self, service: str, value: str) -> None:
            entered.set()
            go_on.wait()
            super().set(service, value)

    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account", keyring=Slow)
        saving = asyncio.ensure_future(ours.vault.save("it", session_id="s", over=None))
        await until(entered.is_set)
        assert not ours.vault.asking
        go_on.set()
        assert isinstance(await saving, Saved)
        ours.close()

    run(scenario)


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
