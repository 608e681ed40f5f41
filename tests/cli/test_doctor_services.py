"""``doctor`` names the services that lie elsewhere, the browser that would open, and what it cannot see of mails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.test_doctor import SETTINGS, examine
from tests.scripted_server import Reply, Seen, scripted_server


def answer(seen: Seen) -> Reply:
    return (
        Reply(200, SETTINGS) if seen.path.endswith(("/settings", "/health")) else Reply(401, {"message": "who asks?"})
    )


def test_services_elsewhere_are_named_and_asked(terminal: Terminal, keyring: dict[str, str]) -> None:
    with scripted_server() as project, scripted_server() as other:
        project.always = other.always = answer
        status, told = examine(
            terminal.at(project.url),
            DESKTOPAUTH_AUTH_URL=f"{other.url}/custom/auth",
            DESKTOPAUTH_REST_URL=f"{other.url}/custom/rest",
            DESKTOPAUTH_REALTIME_URL=f"{other.url}/live",
        )
        paths = [seen.path for seen in other.seen]
        assert project.seen == []
    assert status == 0
    assert told["auth URL"] == ("ok", f"{other.url}/custom/auth answers ")
    assert told["rest URL"] == ("ok", f"{other.url}/custom/rest answers ")
    assert told["realtime URL"] == ("ok", f"{other.url}/live answers ")
    assert not {"storage URL", "functions URL"} & set(told), "they are where the project is"
    asked = ["/custom/auth/settings", "/custom/auth/health", "/custom/auth/health", "/custom/rest/", "/live/websocket"]
    assert paths == asked


def test_a_service_that_is_not_there_or_in_trouble_is_told(terminal: Terminal, keyring: dict[str, str]) -> None:
    with scripted_server() as project, scripted_server() as other:
        project.always = answer
        other.always = lambda _: Reply(503, {})
        status, told = examine(
            terminal.at(project.url),
            DESKTOPAUTH_STORAGE_URL="http://127.0.0.1:9/storage",
            DESKTOPAUTH_FUNCTIONS_URL=f"{other.url}/functions",
        )
    assert status == 0, "people can sign in"
    assert told["storage URL"][0] == told["functions URL"][0] == "warn"
    assert "http://127.0.0.1:9/storage: no answer" in told["storage URL"][1]
    assert "Check storage_url in the settings" in told["storage URL"][1]
    assert "is in trouble (503)" in told["functions URL"][1]


def test_an_address_that_anybody_could_read_along_fails(terminal: Terminal, keyring: dict[str, str]) -> None:
    done = terminal.at("https://project.test").run(
        "doctor", *terminal.at("https://project.test").project, DESKTOPAUTH_REST_URL="http://rest.test"
    )
    assert done.returncode == 1
    assert "The rest URL begins with http://" in done.stdout


@pytest.mark.parametrize(
    ("settings", "words"),
    [(SETTINGS, "whether mails hold a code"), ({**SETTINGS, "mailer_autoconfirm": True}, "new accounts need no mail")],
)
def test_of_mails_it_says_how_to_look_by_hand(
    terminal: Terminal, keyring: dict[str, str], settings: object, words: str
) -> None:
    with scripted_server() as server:
        server.always = lambda _: Reply(200, settings)
        _, told = examine(terminal.at(server.url))
        assert {seen.method for seen in server.seen} == {"GET"}, "nothing is sent to find out"
    assert told["mail"][0] == "note"
    assert words in told["mail"][1]
    assert "By hand: " in told["mail"][1]


def test_the_browser_that_would_open_is_named(terminal: Terminal, keyring: dict[str, str], tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    opener = tmp_path / "programs" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f"#!/bin/sh\ntouch {opened}\n")
    opener.chmod(0o700)
    _, told = examine(terminal.for_demo(), BROWSER="", PATH=str(opener.parent))
    if sys.platform == "linux":
        assert told["browser"] == ("ok", f"{opener} opens web pages ")
    _, told = examine(terminal.for_demo(), BROWSER=f"not-there:'{opener}' --new %s")
    assert told["browser"] == ("ok", f"{opener} opens web pages (BROWSER names it) ")
    assert not opened.exists(), "it looks, and opens nothing"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system always has an opener")
def test_where_nothing_opens_pages_it_says_what_to_do(terminal: Terminal, keyring: dict[str, str]) -> None:
    status, told = examine(terminal.for_demo(), BROWSER="", PATH="")
    assert status == 0
    assert told["browser"][0] == "warn"
    assert "Install xdg-utils" in told["browser"][1]


@pytest.mark.parametrize("named", ["not-there", "'half"])
def test_a_browser_that_is_not_there_is_told(named: str, terminal: Terminal, keyring: dict[str, str]) -> None:
    _, told = examine(terminal.for_demo(), BROWSER=named)
    assert told["browser"][0] == "warn"
    assert "which is not there" in told["browser"][1]
