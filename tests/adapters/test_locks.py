"""A lock keeps processes, threads and tasks apart, ends with its holder, and its waiting can be given up."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from desktopauth.adapters.locks import FileLocks, LockBusyError, NoLocksError
from tests.scenario import Run, until

ROOT = Path(__file__).parents[2]
_HOLDER = """
import asyncio, sys
from pathlib import Path
from desktopauth.adapters.locks import FileLocks

async def main():
    locks = FileLocks(Path(sys.argv[1]), sys.argv[2])
    async with locks.refresh():
        with locks.store():
            print("held", flush=True)
            await asyncio.sleep(600)

asyncio.run(main())
"""
_WAITER = """
import asyncio, sys
from pathlib import Path
from desktopauth.adapters.locks import FileLocks

async def main():
    async with FileLocks(Path(sys.argv[1]), sys.argv[2]).refresh():
        raise AssertionError("it was held by somebody else")

async def given_up():
    waiting = asyncio.ensure_future(main())
    await asyncio.sleep(0.1)
    waiting.cancel()
    print("leaving", flush=True)

asyncio.run(given_up())
"""


def child(script: str, folder: Path, entry: str = "Example") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder), entry],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src"},
        stdout=subprocess.PIPE,
        text=True,
    )


def lock_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "desktopauth-lock"]


def test_two_tasks_of_one_app_hold_it_one_after_the_other(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        locks, inside, most = FileLocks(tmp_path / "f", "Example"), 0, 0

        async def hold() -> None:
            nonlocal inside, most
            async with locks.refresh():
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.001)
                inside -= 1

        await asyncio.gather(*(hold() for _ in range(8)))
        assert (inside, most) == (0, 1)

    run(scenario)


def test_two_copies_in_one_process_keep_each_other_out(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours, theirs = FileLocks(tmp_path / "f", "Example"), FileLocks(tmp_path / "f", "Example")
        async with ours.refresh():
            waiting = asyncio.ensure_future(held(theirs))
            await asyncio.sleep(0.1)
            assert not waiting.done()
        await waiting

    run(scenario)


async def held(locks: FileLocks) -> None:
    async with locks.refresh():
        return


def test_the_lock_is_free_as_soon_as_it_was_left(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours, theirs = FileLocks(tmp_path / "f", "Example"), FileLocks(tmp_path / "f", "Example")
        for _ in range(5):
            async with ours.refresh():
                pass
            assert theirs._refresh.acquire()
            theirs._refresh.release()

    run(scenario)


def test_an_error_inside_frees_the_lock(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        locks = FileLocks(tmp_path / "f", "Example")
        with pytest.raises(ZeroDivisionError):
            async with locks.refresh():
                raise ZeroDivisionError
        await held(locks)

    run(scenario)


def test_entries_have_refresh_locks_of_their_own_and_one_store_lock(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours, theirs = FileLocks(tmp_path / "f", "Example one"), FileLocks(tmp_path / "f", "Example two")
        async with ours.refresh(), theirs.refresh():
            with ours.store(), pytest.raises(LockBusyError), theirs.store(patience=0):
                pass
        assert {path.name for path in (tmp_path / "f").iterdir()} > {"store.lock"}
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "f").iterdir()} == {0o600}

    run(scenario)


def test_giving_up_the_wait_leaves_neither_thread_nor_lock(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        ours, theirs = FileLocks(tmp_path / "f", "Example"), FileLocks(tmp_path / "f", "Example")
        async with ours.refresh():
            waiting = [asyncio.ensure_future(held(theirs)) for _ in range(4)]
            await asyncio.sleep(0.05)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            assert all(task.cancelled() for task in waiting)
            await until(lambda: len(lock_threads()) == 1, what="the waiting threads ended")
        await held(theirs)
        await until(lambda: not lock_threads())

    run(scenario)


def test_cancelled_at_the_moment_of_success_the_lock_is_given_back(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        locks = FileLocks(tmp_path / "f", "Example")
        for pause in range(40):
            waiting = asyncio.ensure_future(held(locks))
            for _ in range(pause):
                await asyncio.sleep(0.0002)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await held(locks)
        await until(lambda: not lock_threads())

    run(scenario)


def test_a_loop_that_was_closed_meanwhile_frees_the_lock(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path / "f", "Example")
    loop = asyncio.new_event_loop()
    context = locks.refresh()
    loop.run_until_complete(context.__aenter__())
    loop.close()
    leaving: Any = context.__aexit__(None, None, None)
    leaving.send(None)  # by hand: there is no loop that would
    asyncio.run(held(FileLocks(tmp_path / "f", "Example")))
    leaving.close()


def test_another_process_keeps_us_out_until_it_is_killed(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        holder = child(_HOLDER, tmp_path / "f")
        assert holder.stdout is not None
        await asyncio.to_thread(holder.stdout.readline)
        locks = FileLocks(tmp_path / "f", "Example")
        with pytest.raises(LockBusyError), locks.store(patience=0.1):
            pass
        waiting = asyncio.ensure_future(held(locks))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        holder.send_signal(signal.SIGKILL)
        await waiting
        with locks.store():
            pass
        holder.communicate()

    run(scenario)


def test_a_process_that_gave_up_waiting_can_end(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        async with FileLocks(tmp_path / "f", "Example").refresh():
            waiter = child(_WAITER, tmp_path / "f")
            said, _ = await asyncio.to_thread(waiter.communicate, timeout=30)
            assert (said, waiter.returncode) == ("leaving\n", 0)

    run(scenario)


def test_a_place_without_kernel_locks_is_refused(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOSYS, "no locks here")

    async def scenario() -> None:
        locks = FileLocks(tmp_path / "f", "Example")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(NoLocksError), locks.store():
                pass
            with pytest.raises(NoLocksError):
                await held(locks)

    monkeypatch.setattr(fcntl, "flock", no_locks)
    run(scenario)


def test_a_folder_that_cannot_be_trusted_is_told_to_who_waits(tmp_path: Path, run: Run) -> None:
    async def scenario() -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "f").symlink_to(tmp_path / "real")
        with pytest.raises(OSError, match="link"):
            await held(FileLocks(tmp_path / "f", "Example"))

    run(scenario)
