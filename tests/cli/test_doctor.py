"""``doctor`` finds what is wrong by really looking, says what to do, and fails for what keeps the app from working."""

from __future__ import annotations

import json
import os
import sys
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from desktopauth.demo.keyring_service import PrivateKeyring
from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.cli.conftest import KEY, Terminal, lock
from tests.scripted_server import Reply, ScriptedServer, scripted_server, self_made_certificate

SETTINGS = {"external": {"email": True}, "disable_signup": False}
MACHINE = {"certificates", "keyring", "state", "loopback", "browser", "profile", "logs"}


def examine(terminal: Terminal, *arguments: object, **environment: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit status, and for each check its result and its words."""
    done = terminal("doctor", "--json", *arguments, **environment)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["ok"] is (done.returncode == 0)
    return done.returncode, {
        line["check"]: (line["result"], f"{line['text']} {line['advice']}") for line in told["checks"]
    }


def about(
    server: ScriptedServer, terminal: Terminal, *replies: Reply, **environment: str
) -> tuple[int, dict[str, Any]]:
    server.play(*replies)
    server.always = lambda _: Reply(200, {"name": "GoTrue"})
    return examine(terminal.at(server.url), **environment)


def test_all_is_well_on_a_real_server_with_a_real_keyring(
    terminal: Terminal, keyring: dict[str, str], lite: EmbeddedServer
) -> None:
    done = terminal.at(lite.url, lite.publishable_key)("doctor", BROWSER=sys.executable)
    assert (done.returncode, done.stderr) == (0, "")
    told = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    subjects = ["project", "key", "proxy", "address", "auth", "clock", "sign-in", "providers", "mail"]
    machine = ["certificates", "keyring", "state", "loopback", "browser", "profile", "logs"]
    assert [line.split()[1] for line in told] == [*subjects, *machine]
    assert {line.split()[0] for line in told} == {"ok", "note"}
    assert [line.split()[1] for line in told if line.startswith("note")] == ["mail"]
    assert "{{ .Token }}" in done.stdout
    assert "GNOME Keyring / Secret Service (keyring.backends.SecretService.Keyring) is open" in done.stdout


def test_without_a_project_the_rest_is_looked_at(terminal: Terminal, keyring: dict[str, str]) -> None:
    done = terminal.run("doctor", "--json", DESKTOPAUTH_URL="", DESKTOPAUTH_KEY="")
    told = {line["check"]: line for line in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0
    assert told["project"]["result"] == "warn"
    assert "DESKTOPAUTH_URL" in told["project"]["advice"]
    assert set(told) == {"project", *MACHINE}


def test_the_demos_server_is_not_looked_for(terminal: Terminal, keyring: dict[str, str]) -> None:
    status, told = examine(terminal.for_demo())
    assert status == 0
    assert set(told) == {"project", *MACHINE}


def test_a_profile_that_is_not_there_yet_is_not_made(terminal: Terminal, keyring: dict[str, str]) -> None:
    folder = terminal.home / "new"
    done = terminal.run("doctor", "--demo", "--profile-dir", folder)
    assert done.returncode == 0
    assert f"{folder} will be made when it is needed" in done.stdout
    assert not folder.exists()


def test_a_key_that_can_do_anything_fails_and_is_never_repeated(
    terminal: Terminal, keyring: dict[str, str], canary: Canary
) -> None:
    canary.exempt(terminal.profile)  # a person wrote it there
    key = f"sb_secret_{canary.secret('key')}"
    (terminal.profile / "config.toml").write_text(f'url = "https://p.test"\nkey = "{key}"\n')
    done = terminal.run("doctor", "--profile-dir", terminal.profile, DESKTOPAUTH_URL="", DESKTOPAUTH_KEY="")
    assert done.returncode == 1
    assert "fail project" in done.stdout
    assert "must never be in an app" in done.stdout


@pytest.mark.parametrize(
    ("reply", "check", "words"),
    [
        (Reply(401, {"message": "Invalid API key"}), "auth", "doesn't take this key"),
        (Reply(200, b"<html>Welcome to the hotel</html>"), "auth", "something else than the auth server answers"),
        (Reply(302, b"", {"Location": "https://hotel.test/"}), "auth", "something else than the auth server answers"),
        (Reply(200, {"hello": 1}), "auth", "the auth server is in trouble"),
        (Reply(503, {"message": "no"}), "auth", "the auth server is in trouble (503)"),
        (Reply(200, raw=b"HTTP/1.1 2"), "address", "no answer"),
        (Reply(200, SETTINGS, {"Date": formatdate(0, usegmt=True)}), "clock", "ahead of the server's"),
    ],
)
def test_what_keeps_the_app_from_working_fails(
    terminal: Terminal, keyring: dict[str, str], reply: Reply, check: str, words: str
) -> None:
    with scripted_server() as server:
        status, told = about(server, terminal, reply)
    assert status == 1
    assert told[check][0] == "fail"
    assert words in told[check][1]
    assert [subject for subject, (result, _) in told.items() if result == "fail"] == [check]
    assert set(told) >= MACHINE


@pytest.mark.parametrize(
    ("replies", "check", "result", "words"),
    [
        ([Reply(200, {"external": {"email": False}})], "sign-in", "warn", "by e-mail is switched off"),
        ([Reply(200, SETTINGS | {"disable_signup": True})], "sign-in", "note", "takes no new accounts"),
        ([Reply(200, SETTINGS), Reply(500)], "health", "warn", "doesn't say that it is well"),
        ([Reply(200, SETTINGS, date=False)], "clock", "note", "can't be told"),
    ],
)
def test_what_the_app_can_live_with_does_not_fail(
    terminal: Terminal, keyring: dict[str, str], replies: list[Reply], check: str, result: str, words: str
) -> None:
    with scripted_server() as server:
        status, told = about(server, terminal, *replies)
    assert status == 0
    assert told[check][0] == result
    assert words in told[check][1]


def test_a_clock_that_is_off_is_told_by_how_much(terminal: Terminal, keyring: dict[str, str]) -> None:
    with scripted_server() as server:
        late = {"Date": formatdate(time.time() + 2 * 3600 + 60, usegmt=True)}
        status, told = about(server, terminal, Reply(200, SETTINGS, late))
    assert status == 0
    assert told["clock"][0] == "warn"
    assert told["clock"][1].startswith("2 hours behind the server's")


def test_it_asks_twice_and_sends_the_key_alone(terminal: Terminal, keyring: dict[str, str]) -> None:
    with scripted_server() as server:
        about(server, terminal, Reply(200, SETTINGS))
        asked = server.seen
    assert [(seen.method, seen.path) for seen in asked] == [("GET", "/auth/v1/settings"), ("GET", "/auth/v1/health")]
    assert {(seen.header("apikey"), seen.header("authorization"), seen.body) for seen in asked} == {(KEY, "", b"")}


def test_a_certificate_that_nobody_vouches_for_is_told_as_such(
    terminal: Terminal, keyring: dict[str, str], tmp_path: Path
) -> None:
    context, _ = self_made_certificate(tmp_path)
    with scripted_server(context) as server:
        status, told = about(server, terminal)
        assert server.seen == []
    assert status == 1
    assert told["address"][0] == "fail"
    assert "certificate isn't trusted" in told["address"][1]


def test_a_name_that_is_in_no_directory_is_told_as_such(terminal: Terminal, keyring: dict[str, str]) -> None:
    status, told = examine(terminal.at("https://project.invalid"))
    assert status == 1
    assert told["address"] == (
        "fail",
        "nobody knows where project.invalid is Check the project's URL, and the connection.",
    )


def test_a_proxy_is_named_without_its_password(
    terminal: Terminal, keyring: dict[str, str], lite: EmbeddedServer, canary: Canary
) -> None:
    with scripted_server() as proxy:
        where = proxy.url.removeprefix("http://")
        status, told = examine(terminal.at("https://project.test"), HTTPS_PROXY=f"http://ada:pass-word@{where}")
        assert [seen.method for seen in proxy.seen] == []  # CONNECT is nothing that it can do
    assert status == 1
    assert told["proxy"] == ("ok", f"http://{where} ")
    assert "Check the proxy" in told["address"][1]
    status, told = examine(terminal.at(lite.url, lite.publishable_key), HTTP_PROXY="http://127.0.0.1:9")
    assert status == 0
    assert told["proxy"] == ("ok", "none for this address ")


def test_a_proxy_of_another_kind_fails(terminal: Terminal, keyring: dict[str, str]) -> None:
    status, told = examine(terminal.at("https://project.test"), HTTPS_PROXY="socks5://127.0.0.1:9")
    assert status == 1
    assert told["proxy"][0] == "fail"
    assert "socks5://127.0.0.1:9 can't be used" in told["proxy"][1]


def test_a_locked_keyring_is_told_and_not_unlocked(terminal: Terminal, own_keyring: PrivateKeyring) -> None:
    lock()
    status, told = examine(terminal.for_demo())
    assert status == 0
    assert told["keyring"][0] == "warn"
    assert "The keyring is locked." in told["keyring"][1]


def test_a_keyring_that_keeps_no_secret_is_not_used(terminal: Terminal, keyring: dict[str, str]) -> None:
    status, told = examine(terminal.for_demo(), PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
    assert status == 0
    assert told["keyring"][0] == "warn"
    assert "No keyring could be used here." in told["keyring"][1]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_a_folder_for_locks_that_is_not_ours_fails(terminal: Terminal, keyring: dict[str, str]) -> None:
    (terminal.home / "state").mkdir()
    (terminal.home / "state" / "desktopauth").symlink_to(terminal.home)
    status, told = examine(terminal.for_demo())
    assert status == 1
    assert told["state"][0] == "fail"


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_a_profile_that_is_open_or_damaged_is_told(terminal: Terminal, keyring: dict[str, str]) -> None:
    folder = terminal.home / "open"
    folder.mkdir()
    folder.chmod(0o777)
    done = terminal.run("doctor", "--demo", "--profile-dir", folder)
    assert "others can look into" in done.stdout
    assert done.returncode == 0
    (folder / "profile-id").write_text("damaged")
    done = terminal.run("doctor", "--demo", "--profile-dir", folder)
    assert "is damaged." in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("key", "result", "words"),
    [
        ("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl", "ok", "an anon key"),
        ("something", "warn", "of no kind that Supabase gives out"),
    ],
)
def test_the_kind_of_a_key_is_told(
    terminal: Terminal, keyring: dict[str, str], key: str, result: str, words: str
) -> None:
    with scripted_server() as server:
        server.always = lambda _: Reply(200, SETTINGS)
        status, told = examine(terminal.at(server.url, key))
    assert (status, told["key"][0]) == (0, result)
    assert words in told["key"][1]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_logs_that_others_can_read_are_told(terminal: Terminal, keyring: dict[str, str]) -> None:
    (terminal.profile / "logs").mkdir()
    (terminal.profile / "logs").chmod(0o755)
    status, told = examine(terminal.for_demo())
    assert status == 0
    assert told["logs"][0] == "warn"
    assert "chmod 700" in told["logs"][1]
    (terminal.profile / "logs").rmdir()
    (terminal.profile / "logs").write_text("")
    status, told = examine(terminal.for_demo())
    assert status == 1
    assert "is no folder" in told["logs"][1]
