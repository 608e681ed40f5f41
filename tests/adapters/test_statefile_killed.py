"""SIGKILL at every step that a sequence of marks takes on disk: each is there or not, and their order holds."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktopauth.adapters.statefile import Mark, StateFile

ROOT = Path(__file__).parents[2]
ENTRY = "Example 0123456789ab"
IN, OUT = Mark(1, present=True), Mark(1, cleared=1)
_DYING = """
import os, signal, sys
from pathlib import Path
from desktopauth.adapters.statefile import Mark, StateFile

left = int(sys.argv[2])
armed = False

def hook(event, args):
    global left
    if armed and event in ("open", "os.rename", "os.remove", "os.mkdir", "os.chmod"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
state = StateFile(Path(sys.argv[1]), "Example 0123456789ab")
state.covers("s")  # imports what it needs
armed = True
"""
SIGN_OUT = ["lay('s')", "owe('s')", "write(Mark(1, cleared=1))", "lift('s')", "paid('s')"]
FORGET = ["unmark()", "remove()"]


def deaths(folder: Path, steps: list[str]) -> Iterator[StateFile]:
    """The state that each death leaves, and last what the whole sequence does."""
    script = _DYING + "".join(f"state.{step}\n" for step in steps)
    for moment in itertools.count(1):
        place = folder / str(moment)
        start = StateFile(place, ENTRY)
        start.write(IN)
        for older in ("older", "oldest"):
            start.lay(older)
            start.owe(older)
        done = subprocess.run(
            [sys.executable, "-c", script, str(place), str(moment)],
            env={**os.environ, "PYTHONPATH": "src"},
            cwd=ROOT,
            check=False,
        )
        assert done.returncode in (0, -signal.SIGKILL)
        yield StateFile(place, ENTRY)
        if done.returncode == 0:
            return


def test_killed_at_any_step_of_a_sign_out_it_has_happened_or_not_and_never_half(tmp_path: Path) -> None:
    seen = []
    for state in deaths(tmp_path, SIGN_OUT):
        marks = sorted(path.suffix for path in state.path.parent.iterdir())
        assert state.read() in (IN, OUT)
        seen.append((state.covers("s"), marks.count(".unrevoked") == 3, state.read() == OUT))
        state.lay("s")
        state.write(Mark(3, present=True))  # what the killed one left is in nobody's way
        assert (state.covers("s"), state.read()) == (True, Mark(3, present=True))
    order = [(False, False, False), (True, False, False), (True, True, False), (True, True, True)]
    assert list(dict.fromkeys(seen)) == [*order, (False, True, True), (False, False, True)]


@pytest.mark.parametrize("debts", [0, 1])
def test_killed_at_any_step_of_telling_what_is_owed_it_is_told_or_will_be(tmp_path: Path, debts: int) -> None:
    seen = [state.owed() for state in deaths(tmp_path, ["owe('s')"] * debts + ["forgive()"])]
    assert seen == sorted(seen, reverse=True)
    assert set(seen) == {True, False}


def test_killed_at_any_step_of_a_forget_nobody_is_expected_without_the_marks_that_keep_them_out(tmp_path: Path) -> None:
    seen = []
    for state in deaths(tmp_path, FORGET):
        seen.append((state.read() == IN, state.covers("older") and state.covers("oldest")))
        state.remove()
        assert list(state.path.parent.iterdir()) == [], "again, and all of it"
    assert (True, False) not in seen
    assert seen[0] == (True, True)
    assert seen[-1] == (False, False)
