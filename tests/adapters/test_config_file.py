"""The project is written into the settings, and all else stays as it was, however it is written; or nothing is."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest

from desktopauth.adapters.config import read_config
from desktopauth.adapters.config_file import read_settings, save_project
from tests.adapters.test_config import KEY, URL

OTHER = "https://other.example"


def saved(folder: Path, before: str | None) -> str:
    """The file after the project was written into it."""
    file = folder / "config.toml"
    if before is not None:
        file.write_bytes(before.encode())
    assert save_project(folder, URL, KEY) == file
    return file.read_bytes().decode()


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_a_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    assert saved(tmp_path, None) == f'url = "{URL}"\nkey = "{KEY}"\n'
    assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600
    (tmp_path / "config.toml").chmod(0o644)
    save_project(tmp_path, OTHER, KEY)
    assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# mine\nstore = 'memory'\n", f'url = "{URL}"\nkey = "{KEY}"\n# mine\nstore = \'memory\'\n'),
        (
            f"# first\nkey = '{KEY}x' # the old one\n\n  url=\"{OTHER}\"   # ours\nstore = 'auto'",
            f'# first\nkey = "{KEY}" # the old one\n\n  url="{URL}"   # ours\nstore = \'auto\'',
        ),
        (
            f'"url" = "{OTHER}"\n[provider_scopes]\ngithub = "repo"\n',
            f'key = "{KEY}"\n"url" = "{URL}"\n[provider_scopes]\ngithub = "repo"\n',
        ),
        ("store = 'auto'\r\n", f'url = "{URL}"\r\nkey = "{KEY}"\r\nstore = \'auto\'\r\n'),
        ('url = "a \\" b"', f'key = "{KEY}"\nurl = "{URL}"'),
        (
            f'[provider_scopes]\nurl = "{OTHER}"\n',
            f'url = "{URL}"\nkey = "{KEY}"\n[provider_scopes]\nurl = "{OTHER}"\n',
        ),
    ],
)
def test_everything_else_stays_to_the_letter(tmp_path: Path, before: str, after: str) -> None:
    assert saved(tmp_path, before) == after
    settings = tomllib.loads(before) | {"url": URL, "key": KEY}
    assert read_settings(tmp_path / "config.toml") == settings
    save_project(tmp_path, URL, KEY)
    assert (tmp_path / "config.toml").read_bytes().decode() == after, "the second time there is nothing to change"


@pytest.mark.parametrize(
    "before",
    [
        'app_name = """\nurl = "x"\n"""\nkey = "k"\n',
        f'url = """{OTHER}"""\n',
        "url = [\n]\n",
        'url = "https://x.test"\nurl = "twice"\n',
        "not toml",
    ],
)
def test_what_could_be_spoilt_is_left_alone(tmp_path: Path, before: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(before)
    with pytest.raises(ValueError, match=r"by hand|not valid TOML"):
        save_project(tmp_path, URL, KEY)
    assert file.read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_disk_that_refuses_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    saved(tmp_path, f'url = "{OTHER}"\n')
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        save_project(tmp_path, OTHER, KEY)
    assert read_config({}, {}, tmp_path).url == URL
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


@pytest.mark.skipif(os.name != "posix", reason="links need no right there")
def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "profile").mkdir()
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles" / "config.toml").write_text("store = 'auto'\n")
    (tmp_path / "profile" / "config.toml").symlink_to(tmp_path / "dotfiles" / "config.toml")
    save_project(tmp_path / "profile", URL, KEY)
    assert (tmp_path / "profile" / "config.toml").is_symlink()
    assert read_settings(tmp_path / "dotfiles" / "config.toml") == {"url": URL, "key": KEY, "store": "auto"}
