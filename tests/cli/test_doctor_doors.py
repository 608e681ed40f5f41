"""``doctor`` compares the doors that the app is set to show with those of the project, and says what mails need."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Terminal
from tests.cli.test_doctor import examine
from tests.scripted_server import Reply, scripted_server

OFFERED = {"email": True, "phone": False, "anonymous_users": True, "google": True, "github": True, "kakao": False}


def look(terminal: Terminal, external: object = OFFERED, **environment: str) -> tuple[int, dict[str, tuple[str, str]]]:
    answer: dict[str, Any] = {"external": external, "disable_signup": False}
    with scripted_server() as server:
        server.always = lambda _: Reply(200, answer)
        return examine(terminal.at(server.url), **environment)


def test_without_a_setting_all_that_the_project_offers_is_shown(terminal: Terminal, keyring: dict[str, str]) -> None:
    status, told = look(terminal)
    assert (status, told["providers"]) == (0, ("ok", "google, github: offered by the project, and shown "))
    assert not {"provider off", "custom", "scopes"} & set(told)


def test_a_provider_that_the_project_has_off_is_a_finding(terminal: Terminal, keyring: dict[str, str]) -> None:
    status, told = look(terminal, DESKTOPAUTH_PROVIDERS="github, kakao")
    assert status == 0, "the other doors work"
    assert told["providers"][1].startswith(
        "github: offered by the project, and shown; the project offers google as well"
    )
    result, words = told["provider off"]
    assert result == "warn"
    assert words.startswith("kakao is in the app's settings, and switched off in the project Switch it on")
    _, told = look(terminal, DESKTOPAUTH_PROVIDERS="apple kakao")
    assert told["provider off"][1].startswith("apple, kakao are in the app's settings")
    assert told["providers"][1].startswith("none is shown; the project offers google, github as well")


def test_a_custom_provider_cannot_be_looked_up_and_that_is_said(terminal: Terminal, keyring: dict[str, str]) -> None:
    _, told = look(terminal, DESKTOPAUTH_PROVIDERS="custom:acme")
    assert told["custom"][0] == "note"
    assert "only a sign-in tells" in told["custom"][1]
    assert "provider off" not in told


def test_scopes_of_a_provider_that_nobody_sees_are_a_finding(terminal: Terminal, keyring: dict[str, str]) -> None:
    _, told = look(terminal, DESKTOPAUTH_PROVIDERS="github", DESKTOPAUTH_PROVIDER_SCOPES="google=openid; github=repo")
    assert told["scopes"][0] == "warn"
    assert told["scopes"][1].startswith("google is given scopes, and not shown")


@pytest.mark.parametrize(
    ("external", "result", "words"),
    [
        ({"email": True, "phone": True}, "ok", "by e-mail and by phone, and new accounts can be created"),
        ({"email": False, "phone": True}, "note", "by phone; by e-mail is switched off"),
        ({"email": False, "github": True}, "note", "through the providers alone; by e-mail is switched off"),
        ({"email": False}, "warn", "by e-mail is switched off"),
        ([], "warn", "by e-mail is switched off"),
    ],
)
def test_the_ways_in_are_named(
    terminal: Terminal, keyring: dict[str, str], external: object, result: str, words: str
) -> None:
    status, told = look(terminal, external)
    assert (status, told["sign-in"][0]) == (0, result)
    assert told["sign-in"][1].startswith(words)


def test_where_mails_hold_codes_it_says_what_the_templates_need(terminal: Terminal, keyring: dict[str, str]) -> None:
    _, told = look(terminal)
    result, words = told["mail"]
    assert result == "note"
    assert "<p>Your code: {{ .Token }}</p>" in words
    assert all(name in words for name in ("Confirm sign up", "Magic link", "Reset password", "Change email address"))
    _, told = look(terminal, {"email": False, "phone": True})
    assert "mail" not in told
