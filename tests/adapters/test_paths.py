"""A profile is its owner's alone, has one id for ever, and a temporary one leaves nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktopauth.adapters.paths import ProfileError, cache_folder, default_profile, profile_at, temporary_profile

posix = pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share" / "deeper"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache" / "deeper"))
    before = os.umask(0)
    yield tmp_path
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_every_folder_that_is_made_is_its_owners_alone(home: Path) -> None:
    made = [default_profile().folder, cache_folder(), profile_at(home / "a" / "b").folder]
    assert {mode(one) for folder in made for one in (folder, folder.parent)} == {0o700}


@posix
def test_the_default_folder_is_closed_if_it_was_open() -> None:
    folder = default_profile().folder
    folder.chmod(0o755)
    assert mode(default_profile().folder) == 0o700


def test_the_default_profiles_id_is_a_constant() -> None:
    assert default_profile().id == "default"
    assert list(default_profile().folder.iterdir()) == []


def test_naming_the_default_folder_is_the_default_profile() -> None:
    assert profile_at(default_profile().folder) == default_profile()


@posix
def test_a_named_profile_has_one_id_for_ever(home: Path) -> None:
    first, other = profile_at(home / "one"), profile_at(home / "two")
    assert profile_at(home / "one").id == first.id != other.id
    assert mode(home / "one" / "profile-id") == 0o600
    assert [file.name for file in (home / "one").iterdir()] == ["profile-id"]


def test_two_processes_that_start_at_once_agree_on_the_id(home: Path) -> None:
    code = "import sys, pathlib; from desktopauth.adapters.paths import profile_at; sys.stdin.read(1)"
    code += "; print(profile_at(pathlib.Path(sys.argv[1])).id)"
    environ = {**os.environ, "PYTHONPATH": str(SOURCE)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, "-c", code, str(home / "shared")]
    children = [subprocess.Popen(command, env=environ, text=True, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for child in children:
        child.stdin.write("x")
        child.stdin.flush()
    assert len({child.communicate()[0] for child in children}) == 1


def test_a_damaged_id_is_told_and_left_alone(home: Path) -> None:
    profile_at(home / "one")
    (home / "one" / "profile-id").write_text("half")
    with pytest.raises(ProfileError, match="damaged"):
        profile_at(home / "one")
    assert (home / "one" / "profile-id").read_text() == "half"


@posix
def test_an_empty_folder_of_ones_own_is_closed_and_used(home: Path) -> None:
    (home / "mine").mkdir(0o755)
    profile_at(home / "mine")
    assert mode(home / "mine") == 0o700


@posix
def test_a_folder_with_other_things_that_others_can_read_is_refused_and_left_alone(home: Path) -> None:
    (home / "shared").mkdir(0o755)
    (home / "shared" / "thesis.txt").write_text("x")
    with pytest.raises(ProfileError, match="Others can look into"):
        profile_at(home / "shared")
    assert mode(home / "shared") == 0o755


@posix
def test_a_profile_that_was_opened_to_others_is_closed_again(home: Path) -> None:
    profile_at(home / "one")
    (home / "one").chmod(0o755)
    profile_at(home / "one")
    assert mode(home / "one") == 0o700


def test_a_file_in_the_folders_place_is_explained(home: Path) -> None:
    (home / "file").write_text("x")
    with pytest.raises(ProfileError, match="cannot be used"):
        profile_at(home / "file")
    with pytest.raises(ProfileError, match="cannot be used"):
        profile_at(home / "file" / "below")


@posix
def test_a_temporary_profile_is_private_has_its_own_id_and_leaves_nothing() -> None:
    with temporary_profile() as one, temporary_profile() as other:
        (one.folder / "deep").mkdir()
        (one.folder / "deep" / "file").write_text("x")
        assert (mode(one.folder), one.temporary) == (0o700, True)
        assert one.id != other.id
    assert not one.folder.exists()
