"""The lock that decides who opens a window, and where the first is found."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from desktopauth.adapters import instance
from desktopauth.adapters.instance import InstanceLock


def test_one_has_the_lock_and_leaves_nothing_behind(tmp_path: Path) -> None:
    one, two, other = (InstanceLock(tmp_path, entry) for entry in ("example 0", "example 0", "example 1"))
    assert [one.take(), two.take(), other.take()] == [True, False, True]
    one.release()
    assert two.take()
    assert not one.take()
    two.release()
    other.release()
    assert list(tmp_path.iterdir()) == []
    assert one.problem is two.problem is None


def test_a_lock_whose_file_was_removed_while_it_was_opened_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (InstanceLock(tmp_path, "example 0") for _ in range(3))
    assert first.take()
    lock = instance._lock

    def meanwhile(file: int) -> bool:
        monkeypatch.setattr(instance, "_lock", lock)
        first.release()
        assert third.take()
        return lock(file)

    monkeypatch.setattr(instance, "_lock", meanwhile)
    assert not second.take()
    third.release()
    assert second.take()
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_where_there_can_be_no_lock_the_window_opens_all_the_same(tmp_path: Path) -> None:
    lock = InstanceLock(tmp_path, "example 0")
    assert lock.take()
    (file,) = tmp_path.iterdir()
    lock.release()
    file.mkdir()
    assert lock.take()
    assert isinstance(lock.problem, OSError)
    lock.release()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no paths")
def test_a_folder_that_is_too_deep_for_a_socket_gets_one_elsewhere(tmp_path: Path) -> None:
    deep, flat = tmp_path / ("x" * 90), tmp_path
    addresses = [InstanceLock(folder, "example 0").address() for folder in (deep, flat, deep / "y")]
    assert all(len(address) < 104 for address in addresses)
    assert len(set(addresses)) == 3
    for address in addresses:
        parent = Path(address).parent.stat()
        assert (parent.st_uid, parent.st_mode & 0o777) == (os.getuid(), 0o700)
