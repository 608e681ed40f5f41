"""What is written before the command and after it is one and the same, and a level of the log reaches the log."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from desktopauth.adapters import logs
from desktopauth.adapters.entry import entry_name
from desktopauth.adapters.paths import profile_at
from desktopauth.demo.project import demo_config
from desktopauth.terminal import options
from desktopauth.terminal.options import parser
from desktopauth.terminal.target import target_of
from tests.cli.conftest import KEY, PROGRAM, ROOT, Terminal
from tests.demo.people import PASSWORD
from tests.journeys.processes import Started, started
from tests.scenario import Run

__all__ = ["started"]


def test_an_option_may_stand_before_the_command_or_after_it() -> None:
    for arguments in (["--profile-dir", "p", "status", "--demo"], ["--demo", "status", "--profile-dir", "p"]):
        found = parser().parse_args(arguments)
        assert (found.command, str(found.profile_dir), found.demo) == ("status", "p", True)


def test_what_was_not_said_is_not_there() -> None:
    assert vars(parser().parse_args([])) == {"smoke": False, "forget_session": False, "command": None}


def test_two_places_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["run", "--temp-profile", "--profile-dir", "p"])
    assert "not allowed with" in capsys.readouterr().err


def test_the_levels_are_those_of_the_log() -> None:
    """Named twice, as the parser is imported before the first paint and logging is not."""
    assert options._LEVELS == logs.LEVELS


def test_the_demo_that_is_meant_is_the_one_that_is_started(terminal: Terminal) -> None:
    profile = profile_at(terminal.profile)
    ours = demo_config("http://127.0.0.1:1", KEY, profile.id, "auto")
    meant = target_of(parser().parse_args(["status", "--demo", "--profile-dir", str(terminal.profile)]), {})
    assert meant.entry == entry_name(ours.app_id, ours.project_id, ours.profile_id)


def test_a_command_that_needs_qt_would_be_noticed(tmp_path: Path) -> None:
    """All commands of these tests run where Qt can't be imported; the app itself can't run there."""
    ours = {"PYTHONPATH": str(ROOT / "src"), "HOME_OF_LOCKS": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, str(PROGRAM), "--profile-dir", str(tmp_path / "p"), "--url", "https://p.test"]
    done = subprocess.run([*command, "--key", KEY], env=os.environ | ours, capture_output=True, text=True, check=False)
    assert "PySide6 was imported" in done.stderr


def test_a_level_is_for_the_commands_too(terminal: Terminal) -> None:
    assert terminal("status").stderr == ""
    assert "INFO desktopauth.keyring: keyring: unavailable" in terminal("--log-level", "info", "status").stderr
    assert not (terminal.profile / "logs").exists()


def test_a_level_reaches_the_apps_terminal_and_file(started: Started, tmp_path: Path, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    where = ("--url", nobody, "--key", KEY, "--profile-dir", tmp_path / "profile", "--store", "memory")

    async def scenario(level: tuple[str, ...]) -> str:
        async with started(*where, *level) as app:
            await app.do("fill", "Email", "ada@example.com")
            await app.do("fill", "Password", PASSWORD)
            await app.do("press", "Sign in")
            await app.do("sees", "can't be reached")
            app.close_window()
            assert await app.ends() == 0
        return app.printed

    log = tmp_path / "profile" / "logs" / "desktopauth.log"
    assert "sign_in: no answer" not in run(lambda: scenario(()), deadline=60)
    assert "INFO desktopauth.gateway: sign_in: no answer" in log.read_text()
    log.unlink()
    assert "INFO desktopauth.gateway: sign_in: no answer" in run(lambda: scenario(("--log-level", "info")), deadline=60)
    assert "sign_in: no answer" not in run(lambda: scenario(("--log-level", "error")), deadline=60)
    assert log.read_text().count("sign_in: no answer") == 1
