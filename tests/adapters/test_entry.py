"""Names are told apart whatever is in them, and the folder is the account's own, wherever the environment points."""

from __future__ import annotations

import os
import pwd
import re
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktopauth.adapters.entry import account_folder, entry_name, file_stem, make_private

AUTH_URL = "https://project.test/auth/v1"


def test_the_name_is_the_app_and_twelve_hex_digits() -> None:
    name = entry_name("Example App", AUTH_URL, "default")
    assert re.fullmatch(r"Example App [0-9a-f]{12}", name)
    assert name == entry_name("Example App", AUTH_URL, "default")


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), min_size=2, max_size=2, unique=True))
def test_project_and_profile_are_never_confused(pairs: list[tuple[str, str]]) -> None:
    (project, profile), (other_project, other_profile) = pairs
    assert entry_name("app", project, profile) != entry_name("app", other_project, other_profile)


def test_moving_a_letter_over_the_border_makes_another_name() -> None:
    assert entry_name("app", "ab", "c") != entry_name("app", "a", "bc")


@given(st.text(max_size=300))
def test_a_file_name_is_safe_on_every_system(entry: str) -> None:
    stem = file_stem(entry)
    assert re.fullmatch(r"[a-z0-9-]{1,61}", stem)


@given(st.lists(st.text(max_size=20), min_size=2, max_size=2, unique=True))
def test_two_entries_have_two_file_names(entries: list[str]) -> None:
    assert file_stem(entries[0]) != file_stem(entries[1])


def test_a_person_recognises_the_file() -> None:
    assert file_stem("Example App 0123456789ab").startswith("example-app-0123456789ab-")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An account whose home, in the password database, is a folder of this test."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(pwd, "getpwuid", lambda number: SimpleNamespace(pw_dir=str(home)))
    return home


def test_the_folder_is_the_accounts_whatever_the_environment_says(
    account: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "LOCALAPPDATA", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert account_folder() == account / ".local/state/desktopauth"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777 & ~0o700])
def test_the_folder_is_private_whatever_the_umask(account: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        made = account_folder()
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in (made, made.parent, made.parents[1])} == {0o700}
    finally:
        os.umask(before)


def test_an_account_that_is_in_no_database_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", missing)
    with pytest.raises(OSError, match="There is no account"):
        account_folder()


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o755, 0o750])
def test_a_folder_that_was_open_is_closed(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    folder.chmod(mode)
    make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_stays_open_to_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)  # as on file systems that have no modes
    with pytest.raises(OSError, match="can be written to by others"):
        make_private(folder)


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "f").symlink_to(tmp_path / "real")
    with pytest.raises(OSError, match="is a link"):
        make_private(tmp_path / "f")


def test_somebody_elses_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_private(tmp_path / "f")
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(OSError, match="belongs to another user"):
        make_private(folder)
