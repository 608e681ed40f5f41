"""What is written before the command and after it is one and the same, and a level of the log reaches the log."""

from __future__ import annotations

import pytest

from desktopauth.adapters import logs
from desktopauth.terminal import options
from desktopauth.terminal.options import parser


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
