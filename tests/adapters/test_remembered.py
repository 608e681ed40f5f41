"""The door and the address of last time: kept for the next start, for nobody else's eyes, and given up in silence."""

from __future__ import annotations

import itertools
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from desktopauth.adapters.remembered import Remembered

ROOT = Path(__file__).parents[2]
_DYING = """
import os, signal, sys
from pathlib import Path
import secrets
from desktopauth.adapters.remembered import Remembered

left = int(sys.argv[2])
there = Remembered(Path(sys.argv[1]))

def hook(event, args):
    global left
    if event in ("open", "os.rename", "os.remove"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
there.note("github", "bob@example.com")
"""


def of(folder: Path, entry: str = "") -> tuple[str, str]:
    there = Remembered(folder, entry)
    return there.door, there.email


def test_what_was_noted_is_there_at_the_next_start(tmp_path: Path) -> None:
    assert of(tmp_path) == ("", "")
    Remembered(tmp_path).note("custom:acme", "ada@example.com")
    assert of(tmp_path) == ("custom:acme", "ada@example.com")
    Remembered(tmp_path).note("password", "+46701234567")
    assert of(tmp_path) == ("password", "+46701234567")
    assert [path.name for path in tmp_path.iterdir()] == ["last.json"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    Remembered(tmp_path).note("password", "ada@example.com")
    assert stat.S_IMODE((tmp_path / "last.json").stat().st_mode) == 0o600


def test_forgetting_leaves_nothing(tmp_path: Path) -> None:
    there = Remembered(tmp_path)
    there.note("password", "ada@example.com")
    (tmp_path / "last.json.0123.tmp").write_text("of one who was killed")
    there.forget()
    assert (there.door, there.email) == of(tmp_path) == ("", "")
    assert list(tmp_path.iterdir()) == []
    there.forget()


def test_two_projects_in_one_profile_are_told_apart(tmp_path: Path) -> None:
    Remembered(tmp_path, "desktopauth 0123456789ab").note("password", "ada@example.com")
    Remembered(tmp_path, "desktopauth ba9876543210").note("github", "")
    assert of(tmp_path, "desktopauth 0123456789ab") == ("password", "ada@example.com")
    assert of(tmp_path, "desktopauth ba9876543210") == ("github", "")
    assert of(tmp_path) == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"v": 2, "door": "password", "email": "ada@example.com"}',
        '{"v": 1, "door": "password"}',
        '{"v": 1, "door": "../x", "email": "a b"}',
        '{"v": 1, "door": "password' + " " * 5000 + '", "email": ""}',
        "[" * 3000,
        "\x00",
    ],
)
def test_what_cannot_be_read_is_nothing_and_is_written_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "last.json").write_text(text)
    assert of(tmp_path) == ("", "")
    Remembered(tmp_path).note("password", "ada@example.com")
    assert of(tmp_path) == ("password", "ada@example.com")


def test_what_is_no_door_and_no_address_is_not_noted(tmp_path: Path) -> None:
    Remembered(tmp_path).note("<b>", "ada@example.com\n" + "x" * 10)
    assert of(tmp_path) == ("", "")


def test_a_disk_that_refuses_disturbs_nobody_and_keeps_no_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Remembered(tmp_path)
    there.note("password", "ada@example.com")
    with monkeypatch.context() as full:
        full.setattr(Path, "replace", _refuse)
        there.note("github", "bob@example.com")
    assert (there.door, there.email) == ("github", "bob@example.com")
    assert of(tmp_path) == ("", "")
    (tmp_path / "last.json").mkdir()
    assert of(tmp_path) == ("", "")
    there.forget()


def _refuse(_self: Path, _target: Path) -> Path:
    raise OSError(28, "No space left on device")


def test_killed_at_any_step_the_old_one_is_remembered_or_the_new_one(tmp_path: Path) -> None:
    seen = []
    for moment in itertools.count(1):
        folder = tmp_path / str(moment)
        folder.mkdir()
        Remembered(folder).note("password", "ada@example.com")
        command = [sys.executable, "-c", _DYING, str(folder), str(moment)]
        done = subprocess.run(command, env={**os.environ, "PYTHONPATH": "src"}, cwd=ROOT, check=False)
        assert done.returncode in (0, -signal.SIGKILL)
        seen.append(of(folder))
        Remembered(folder).forget()
        assert list(folder.iterdir()) == []
        if done.returncode == 0:
            break
    assert list(dict.fromkeys(seen)) == [("password", "ada@example.com"), ("github", "bob@example.com")]
