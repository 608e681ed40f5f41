"""The loop's default executor: daemon threads, as few as needed, that hold up no exit."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import wait
from pathlib import Path

import pytest

from desktopauth.qt.threads import DaemonExecutor


def test_it_calls_and_answers() -> None:
    executor = DaemonExecutor()
    assert list(executor.map(divmod, [7, 9], [4, 2])) == [(1, 3), (4, 1)]
    executor.shutdown()


def test_what_a_call_raises_belongs_to_who_asked() -> None:
    executor = DaemonExecutor()
    with pytest.raises(SystemExit):
        executor.submit(sys.exit, 3).result()
    assert executor.submit(abs, -1).result() == 1, "the thread lives on"
    executor.shutdown()


def test_calls_one_after_the_other_share_a_thread_and_calls_at_once_share_no_more_than_allowed() -> None:
    executor = DaemonExecutor(threads=3)
    one = {executor.submit(threading.get_ident).result() for _ in range(5)}
    assert len(one) <= 2  # a thread tells its answer just before it counts as idle
    together, at_once = threading.Lock(), [0, 0]  # now, at most

    def work() -> None:
        with together:
            at_once[0] += 1
            at_once[1] = max(at_once)
        time.sleep(0.01)
        with together:
            at_once[0] -= 1

    wait([executor.submit(work) for _ in range(9)])
    assert 1 <= at_once[1] <= 3
    executor.shutdown()


def test_a_cancelled_call_is_not_made() -> None:
    executor, gate, made = DaemonExecutor(threads=1), threading.Event(), list[int]()
    first = executor.submit(gate.wait, 10)
    second = executor.submit(made.append, 1)
    assert second.cancel()
    gate.set()
    assert first.result()
    assert executor.submit(len, made).result() == 0
    executor.shutdown()


def test_a_closed_one_takes_nothing_more_and_waits_for_nothing() -> None:
    executor, gate = DaemonExecutor(), threading.Event()
    stuck = executor.submit(gate.wait, 10)
    executor.shutdown(wait=True)
    assert not stuck.done()
    with pytest.raises(RuntimeError):
        executor.submit(abs, 1)
    gate.set()
    assert stuck.result()


def test_an_answer_is_not_kept_until_the_next_call() -> None:
    class Answer:
        pass

    executor = DaemonExecutor()
    future = executor.submit(Answer)
    left = weakref.ref(future.result())
    del future
    executor.submit(abs, 1).result()
    gc.collect()
    assert left() is None
    executor.shutdown()


def test_an_interpreter_ends_although_a_call_never_does() -> None:
    script = "import threading; from desktopauth.qt.threads import DaemonExecutor as E; e = E(); "
    script += "e.submit(threading.Event().wait); print('done')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
