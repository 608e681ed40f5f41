"""``export-logs`` writes one private file that tells what happened and not to whom."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from tests.canary import Canary
from tests.cli.conftest import Terminal

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def logged(terminal: Terminal, canary: Canary) -> list[str]:
    """A profile with two log files that older or broken versions have filled with what must not get out; that."""
    token = f"eyJ{'hbGciOiJIUzI1NiJ9'}.eyJ{'zdWIiOiIxIn0'}.c2lnbmF0dXJl"
    secrets = [token, canary.secret("refresh"), "482913", UUID, "ada.lovelace", "/srv/ada"]
    canary.learn("482913", "code")
    logs = terminal.profile / "logs"
    logs.mkdir(mode=0o700)
    canary.exempt(logs)
    lines = [
        f"2026-01-02 03:04:05,678 INFO desktopauth.x: access {secrets[0]}",
        f"refresh_token={secrets[1]} of ada.lovelace@example.com, the code 482913, the old token {UUID}",
        "opened /srv/ada/.local/share/desktopauth and https://p.test/auth/v1/verify?token=abc",
    ]
    (logs / "desktopauth.log").write_text("\n".join(lines), "utf-8")
    (logs / "desktopauth.log.1").write_bytes(b"the older \xff file\n")
    (logs / "other.txt").write_text("not a log of ours")
    return secrets


def export(terminal: Terminal, *arguments: object) -> tuple[int, str]:
    environment = {"HOME": "/srv/ada"}
    done = terminal.run("export-logs", "--profile-dir", terminal.profile, *arguments, **environment)
    return done.returncode, done.stdout + done.stderr


def content(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_all_log_files_are_in_it_and_no_secret_is(terminal: Terminal, logged: list[str]) -> None:
    target = terminal.home / "logs.zip"
    status, said = export(terminal, target)
    assert status == 0
    assert f"2 log files written to {target}." in said
    found = content(target)
    assert sorted(found) == ["desktopauth.log", "desktopauth.log.1"]
    whole = "".join(found.values())
    assert [secret for secret in logged if secret in whole] == []
    assert found["desktopauth.log"].splitlines() == [
        "2026-01-02 03:04:05,678 INFO desktopauth.x: access [removed]",
        "refresh_token=[removed] of a***@example.com, the code [removed], the old token [removed]",
        "opened ~/.local/share/desktopauth and https://p.test/auth/v1/verify[removed]",
    ]
    assert "the older" in found["desktopauth.log.1"]
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_is_overwritten_only_by_force(terminal: Terminal, logged: list[str]) -> None:
    target = terminal.home / "logs.zip"
    target.write_text("precious")
    status, said = export(terminal, target)
    assert status == 1
    assert "is there already" in said
    assert target.read_text() == "precious"
    status, said = export(terminal, target, "--force")
    assert status == 0
    assert sorted(content(target)) == ["desktopauth.log", "desktopauth.log.1"]
    assert not list(terminal.home.glob(".*"))
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="links take no rights here")
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_link_is_never_written_through(terminal: Terminal, logged: list[str], force: list[str]) -> None:
    victim, target = terminal.home / "victim", terminal.home / "logs.zip"
    victim.write_text("precious")
    target.symlink_to(victim)
    status, _ = export(terminal, target, *force)
    assert status == (0 if force else 1)
    assert victim.read_text() == "precious"


def test_a_place_that_cannot_be_written_is_told(terminal: Terminal, logged: list[str]) -> None:
    for target in (terminal.home / "no" / "logs.zip", terminal.home / "profile"):
        for force in ([], ["--force"]):
            status, said = export(terminal, target, *force)
            assert status == 1
            assert str(target) in said
    assert sorted(path.name for path in terminal.home.iterdir()) == ["profile"]


def test_without_a_log_there_is_nothing_to_write(terminal: Terminal) -> None:
    target = terminal.home / "logs.zip"
    status, said = export(terminal, target)
    assert status == 1
    assert "There are no log files in" in said
    assert not target.exists()
