"""The state file is a hint that never raises; a tombstone is there or not, never half, and keeps people out."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktopauth.adapters.statefile import Mark, StateFile

ROOT = Path(__file__).parents[2]
ENTRY = "Example 0123456789ab"


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_nothing_is_known_before_anything_was_written(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "f", ENTRY)
    assert (state.read(), state.expects_somebody(), state.covers("s")) == (None, None, False)
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("present", [True, False])
def test_what_was_written_is_read(tmp_path: Path, present: bool) -> None:
    StateFile(tmp_path / "f", ENTRY).write(Mark(7, present))
    again = StateFile(tmp_path / "f", ENTRY)
    assert (again.read(), again.expects_somebody()) == (Mark(7, present), present)
    assert json.loads(again.path.read_text()) == {"v": 1, "generation": 7, "present": present, "cleared": 0}
    assert modes(tmp_path / "f") == {0o600}
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o700


@given(st.binary(max_size=60) | st.sampled_from([b"", b"[]", b"1", b'{"v": 2}', b'{"v":1}', b"[" * 5000, b"\xff\xfe"]))
def test_no_content_is_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    state = StateFile(tmp_path_factory.mktemp("f"), ENTRY)
    state.path.write_bytes(content)
    assert state.read() is None or isinstance(state.read(), Mark)
    state.write(Mark(3, present=True))
    assert state.read() == Mark(3, present=True)


def test_a_newer_format_says_nothing(tmp_path: Path) -> None:
    state = StateFile(tmp_path, ENTRY)
    state.path.write_text('{"v": 2, "generation": 1, "present": true}')
    assert state.expects_somebody() is None


def test_writing_the_same_again_touches_nothing(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "f", ENTRY)
    state.write(Mark(1, present=True))
    before = state.path.stat().st_ino
    state.write(Mark(1, present=True))
    assert state.path.stat().st_ino == before
    state.write(Mark(2, present=True))
    assert state.path.stat().st_ino != before  # replaced, and never written into


def test_a_tombstone_covers_its_session_until_it_is_lifted(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "f", ENTRY)
    for session in ("one", "two", "one"):
        state.lay(session)
    assert [StateFile(tmp_path / "f", ENTRY).covers(session) for session in ("one", "two", "three")] == [
        True,
        True,
        False,
    ]
    state.lift("one")
    state.lift("one")
    assert [state.covers(session) for session in ("one", "two")] == [False, True]


def test_a_mark_is_private_empty_and_does_not_name_the_session(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "f", ENTRY)
    state.lay("the-session-id")
    state.owe("the-session-id")
    marks = list((tmp_path / "f").iterdir())
    assert ([mark.stat().st_size for mark in marks], modes(tmp_path / "f")) == ([0, 0], {0o600})
    assert not any("the-session-id" in mark.name for mark in marks)


def test_a_sign_out_that_the_server_was_not_told_of_is_owed_until_it_is_paid(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "f", ENTRY)
    assert not state.owed()
    state.paid("nobody's")
    state.forgive()
    assert not (tmp_path / "f").exists()
    for session in ("one", "two", "one"):
        state.owe(session)
    state.paid("one")
    assert StateFile(tmp_path / "f", ENTRY).owed()
    state.paid("two")
    state.paid("two")
    assert not StateFile(tmp_path / "f", ENTRY).owed()


def test_what_is_owed_is_forgiven_all_at_once_and_leaves_the_tombstones(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "f", ENTRY)
    state.lay("one")
    assert not state.owed()
    for session in ("one", "two"):
        state.owe(session)
    state.lift("one")
    assert state.owed()
    state.lay("one")
    state.forgive()
    assert (state.owed(), state.covers("one")) == (False, True)
    assert len(list((tmp_path / "f").iterdir())) == 1


def test_entries_do_not_share_tombstones_or_state(tmp_path: Path) -> None:
    for other in ("Example 0123456789ac", "example 0123456789ab", "Exämple 0123456789ab"):
        StateFile(tmp_path, ENTRY).lay("s")
        StateFile(tmp_path, ENTRY).owe("s")
        StateFile(tmp_path, ENTRY).write(Mark(1, present=True))
        assert not StateFile(tmp_path, other).covers("s")
        assert not StateFile(tmp_path, other).owed()
        assert StateFile(tmp_path, other).read() is None


def test_removing_leaves_the_files_of_others(tmp_path: Path) -> None:
    state, other = StateFile(tmp_path, ENTRY), StateFile(tmp_path, "Example 0123456789ac")
    for each in (state, other):
        each.lay("s")
        each.owe("s")
        each.write(Mark(1, present=True))
    state.remove()
    assert (state.covers("s"), state.owed(), state.read()) == (False, False, None)
    assert (other.covers("s"), other.owed(), other.read()) == (True, True, Mark(1, present=True))


def test_a_mark_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    state = StateFile(tmp_path / "f", ENTRY)
    monkeypatch.setattr(os, "open", full)
    for make in (state.lay, state.owe):
        with pytest.raises(OSError, match="no space"):
            make("s")


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(OSError, match="f"):
        StateFile(tmp_path / "f", ENTRY).lay("s")


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "f", ENTRY)
    state.write(Mark(1, present=True))
    victim = tmp_path / "victim"
    victim.write_text("precious")
    state.path.with_suffix(".tmp").symlink_to(victim)
    with pytest.raises(OSError, match="tmp"):
        state.write(Mark(2, present=True))
    assert victim.read_text() == "precious"


def test_the_hint_costs_no_heavy_import() -> None:
    script = (
        "import sys; from desktopauth.adapters.statefile import StateFile; from pathlib import Path;"
        "StateFile(Path('/nonexistent'), 'e').expects_somebody();"
        "print([name for name in ('keyring', 'filelock', 'asyncio', 'PySide6', 'httpx') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": "src"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_a_save_is_announced_before_it_is_there_and_stays_so_where_it_was_cut_off(tmp_path: Path) -> None:
    ours, theirs = StateFile(tmp_path / "f", ENTRY), StateFile(tmp_path / "f", ENTRY)
    for before in (None, Mark(1, present=True)):
        if before:
            ours.write(before)
        quiet = theirs.stamp()
        with ours.announced():
            assert theirs.stamp() != quiet
            assert theirs.read() == before
        assert theirs.stamp() == quiet
        with pytest.raises(ZeroDivisionError), ours.announced():
            raise ZeroDivisionError
        assert theirs.stamp() == quiet
    ours._announce()  # and killed here
    left = theirs.stamp()
    assert left != quiet
    with ours.announced():
        assert theirs.stamp() != left
    assert theirs.stamp() == left, "what nobody may have heard yet is not taken back"
    with ours.announced() as stored:
        stored()
        ours.write(Mark(2, present=True))
        told = theirs.stamp()
    assert theirs.stamp() == told != left
    assert theirs.stamp() != quiet
    ours._announce()
    theirs.remove()
    assert list((tmp_path / "f").iterdir()) == []


def test_where_nothing_can_be_announced_it_is_saved_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("no folder")
    ours = StateFile(tmp_path / "f", ENTRY)
    with ours.announced():
        assert ours.stamp() is None


def test_every_change_by_any_copy_makes_another_stamp_and_a_look_makes_none(tmp_path: Path) -> None:
    ours, theirs = StateFile(tmp_path / "f", ENTRY), StateFile(tmp_path / "f", ENTRY)
    assert ours.stamp() is None
    stamps = [ours.stamp()]
    for mark in (Mark(1, present=True), Mark(2, present=True), Mark(2, present=False)):
        theirs.write(mark)
        assert ours.read() == mark
        stamps += [ours.stamp()]
        assert ours.stamp() == theirs.stamp() == stamps[-1]
    assert len(set(stamps)) == 4
