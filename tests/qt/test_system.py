"""The system's nudges: heard when wanted, not when left out, and never after the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.statefile import Mark, StateFile
from desktopauth.qt.system import ALL, Nudge, Nudges
from tests.conftest import LogWatch
from tests.scenario import Run, until

Active, Inactive = Qt.ApplicationState.ApplicationActive, Qt.ApplicationState.ApplicationInactive


@pytest.mark.parametrize(("wanted", "heard"), [(ALL, 1), (("focus",), 1), (("network",), 0), ((), 0)])
def test_coming_back_to_the_window_is_a_nudge_where_it_is_wanted(
    qapp: QApplication, wanted: tuple[Nudge, ...], heard: int
) -> None:
    nudges: list[None] = []
    hears = Nudges(lambda: nudges.append(None), wanted)
    qapp.applicationStateChanged.emit(Inactive)
    assert nudges == []
    qapp.applicationStateChanged.emit(Active)
    assert len(nudges) == heard
    hears.close()
    qapp.applicationStateChanged.emit(Active)
    assert len(nudges) == heard


class Folder:
    """The files of one entry, which several copies of an app write, and how often one of them was nudged."""

    def __init__(self, folder: Path, *wanted: Nudge) -> None:
        self.path, self.nudges = folder, 0
        self.state = StateFile(folder, "example 0")
        self.hears = Nudges(self._nudged, wanted or ("sibling",), state_file=self.state.path)

    def _nudged(self) -> None:
        self.nudges += 1


def a_while() -> None:
    """For what must not happen: the system has told of a folder by then."""
    loop = QEventLoop()
    QTimer.singleShot(200, loop.quit)
    loop.exec()


def test_what_another_copy_stores_or_clears_is_a_nudge_each_time(
    qapp: QApplication, tmp_path: Path, run_qt: Run
) -> None:
    folder = Folder(tmp_path)

    async def scenario() -> None:
        for count, change in enumerate(
            (
                lambda: folder.state.write(Mark(1, present=True)),
                lambda: folder.state.write(Mark(2, present=True)),
                lambda: folder.state.write(Mark(2, present=False)),
                folder.state.remove,
                lambda: folder.state.write(Mark(3, present=True)),
            ),
            start=1,
        ):
            change()
            await until(lambda count=count: folder.nudges == count, what=f"nudge {count}")  # type: ignore[misc]

    run_qt(scenario)


def test_nothing_else_in_the_folder_is_a_nudge_and_one_change_is_one(qapp: QApplication, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.state.write(Mark(1, present=True))
    a_while()
    assert folder.nudges == 1, "a quiet app stays quiet, whoever wrote"
    folder.state.write(Mark(1, present=True))  # which says nothing new
    folder.state.lay("some session")
    folder.state.lift("some session")
    StateFile(tmp_path, "example 1").write(Mark(1, present=True))
    with FileLocks(tmp_path, "example 0").store():
        a_while()
    assert folder.nudges == 1


def test_a_copy_that_does_not_listen_hears_nothing(qapp: QApplication, tmp_path: Path) -> None:
    deaf, left = Folder(tmp_path, "focus", "network"), Folder(tmp_path)
    left.hears.close()
    deaf.state.write(Mark(1, present=True))
    a_while()
    assert deaf.nudges == left.nudges == 0


def test_a_folder_that_cannot_be_watched_is_told_in_the_log(
    qapp: QApplication, tmp_path: Path, expected_logs: LogWatch
) -> None:
    expected_logs("cannot be watched")
    Folder(tmp_path / "gone")
