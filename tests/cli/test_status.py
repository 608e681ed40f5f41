"""``status`` tells by its exit status and in words who is signed in, and asks no server for it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from desktopauth.adapters.paths import profile_at
from desktopauth.core.models import Session, User
from desktopauth.demo.keyring_service import PrivateKeyring
from desktopauth.terminal import target
from desktopauth.terminal.status import status
from tests.canary import Canary
from tests.cli.conftest import Terminal, lock
from tests.scripted_server import scripted_server


def test_nobody_is_told(terminal: Terminal, keyring: dict[str, str]) -> None:
    done = terminal("status")
    assert (done.returncode, done.stdout, done.stderr) == (1, "Nobody is signed in here.\n", "")


def test_who_is_signed_in_is_told_without_asking_a_server(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    with scripted_server() as server:
        there = terminal.at(server.url)
        there.keep(made_up)
        done = there("status")
        assert server.seen == []
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "ada@example.com is signed in here.",
        "Kept in: GNOME Keyring / Secret Service",
        "Access token: 49 minutes left; the app renews it in time",
    ]


def test_programs_are_told_in_json(terminal: Terminal, keyring: dict[str, str], made_up: Session) -> None:
    terminal.keep(made_up)
    done = terminal("status", "--json")
    told = json.loads(done.stdout)
    assert 2900 < told.pop("token_seconds_left") <= 3000
    assert told == {
        "signed_in": True,
        "email": "ada@example.com",
        "user_id": "5",
        "place": "GNOME Keyring / Secret Service",
        "problem": None,
    }
    assert json.loads(terminal.for_demo()("status", "--json").stdout)["signed_in"] is False


def test_the_life_of_a_token_is_told_by_the_servers_clock(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    terminal.keep(replace(made_up, skew=3000 + 7300))
    assert "Access token: ended 2 hours ago; the app renews it" in terminal("status").stdout


def test_the_demos_person_is_another(terminal: Terminal, keyring: dict[str, str], made_up: Session) -> None:
    terminal.for_demo().keep(made_up)
    assert terminal("status").returncode == 1
    done = terminal.for_demo()("status")
    assert done.returncode == 0
    assert "ada@example.com" in done.stdout


def test_who_signed_out_is_nobody_although_the_keyring_was_not_cleared(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    terminal.keep(made_up)
    terminal.state.lay(made_up.id)
    assert terminal("status").returncode == 1
    assert terminal.holds()


def test_a_locked_keyring_is_told_and_not_unlocked(
    terminal: Terminal, own_keyring: PrivateKeyring, made_up: Session
) -> None:
    terminal.keep(made_up)
    lock()
    done = terminal("status")
    assert done.returncode == 2
    assert "The keyring is locked." in done.stdout
    told = json.loads(terminal("status", "--json").stdout)
    assert told["signed_in"] is None
    assert "locked" in told["problem"]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        pytest.param(PrivateKeyring.stop_keyring, "No keyring could be used here.", id="gone"),
        pytest.param(PrivateKeyring.stop, "No keyring could be used here.", id="no bus"),
    ],
)
def test_without_a_keyring_it_cannot_be_told(
    terminal: Terminal, own_keyring: PrivateKeyring, trouble: Callable[[PrivateKeyring], None], words: str
) -> None:
    trouble(own_keyring)
    done = terminal("status")
    assert done.returncode == 2
    assert words in done.stdout


def test_a_keyring_that_was_never_used_holds_nobody_and_is_not_set_up(
    terminal: Terminal, own_keyring: PrivateKeyring
) -> None:
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        secretstorage.get_default_collection(bus).delete()
        terminal.state.lay("an earlier one")
        assert terminal("status").returncode == 1
        assert terminal("sign-out").returncode == 0
        assert terminal("--forget-session").returncode == 0
        assert not terminal.state.covers("an earlier one")
        with pytest.raises(secretstorage.ItemNotFoundException):
            secretstorage.Collection(bus)


def test_a_keyring_that_does_not_answer_is_not_waited_for_for_ever(
    terminal: Terminal, own_keyring: PrivateKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own_keyring.keyring is not None
    monkeypatch.setattr(target, "_ANSWER", 0.3)
    said: list[str] = []
    ours = target.Target(terminal.entry, profile_at(terminal.profile), None, in_memory=False)
    os.kill(own_keyring.keyring.pid, signal.SIGSTOP)
    try:
        assert status(ours, said.append, as_json=False) == 2
    finally:
        os.kill(own_keyring.keyring.pid, signal.SIGCONT)
    assert "The keyring doesn't answer." in said[1]


def test_what_cannot_be_read_is_left_alone(terminal: Terminal, keyring: dict[str, str], canary: Canary) -> None:
    terminal.keep(f'{{"v": 99, "token": "{canary.secret()}"}}')
    done = terminal("status")
    assert done.returncode == 2
    assert "It was left as it is" in done.stdout
    assert terminal.holds()


def test_a_name_from_the_server_cannot_play_with_the_terminal(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    terminal.keep(replace(made_up, user=User("5", "a\x1b[2Jda@example.com")))
    assert terminal("status").stdout.startswith("a?[2Jda@example.com is signed in here.")


def test_a_terminal_that_lacks_a_letter_gets_its_number(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    terminal.keep(replace(made_up, user=User("5", "ådå@example.com")))
    done = terminal("status", PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 0
    assert done.stdout.startswith(r"\xe5d\xe5@example.com is signed in here.")


def test_sessions_in_memory_are_the_windows_own(terminal: Terminal) -> None:
    done = terminal("status", "--store", "memory")
    assert done.returncode == 2
    assert "only the open window knows" in done.stdout


def test_looking_makes_no_profile(terminal: Terminal) -> None:
    done = terminal.run("status", "--profile-dir", terminal.home / "mistyped", *terminal.project)
    assert done.returncode == 2
    assert "There is no profile in" in done.stderr
    assert not (terminal.home / "mistyped").exists()
    terminal.run("status", *terminal.project)
    assert not (terminal.home / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["status"], "No Supabase project is configured."),
        (["--temp-profile", "status", "--demo"], "A profile of --temp-profile is gone with its window"),
        (["status", "--demo", "--url", "https://p.test"], "The demo has a project of its own"),
        (["status", "--url", "http://p.test", "--key", "k"], "Use https://."),
        (["--forget-session", "status", "--demo"], "--forget-session stands alone"),
        (["status", "--log-level", "loud"], "invalid choice: 'loud'"),
        (["--demo"], 'The demo is started by "desktopauth demo"'),
        (["stauts"], "invalid choice: 'stauts'"),
        (["export-logs"], "the following arguments are required: FILE"),
    ],
)
def test_what_was_asked_wrongly_is_told_in_a_sentence(terminal: Terminal, arguments: list[str], words: str) -> None:
    done = terminal.run(*arguments, DESKTOPAUTH_URL="", DESKTOPAUTH_KEY="")
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_a_folder_for_locks_that_is_a_link_is_told(terminal: Terminal, keyring: dict[str, str]) -> None:
    (terminal.home / "state").mkdir()
    (terminal.home / "elsewhere").mkdir()
    (terminal.home / "state" / "desktopauth").symlink_to(terminal.home / "elsewhere")
    done = terminal("status")
    assert done.returncode == 2
    assert "it must be a folder of its own" in done.stdout
