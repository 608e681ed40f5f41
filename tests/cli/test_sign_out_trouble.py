"""``sign-out`` when the server, its clock or the keyring is in trouble: nobody stays in here, or it says so."""

from __future__ import annotations

import errno
import time
from dataclasses import replace

import pytest

from desktopauth.adapters.paths import profile_at
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import KeyringVault
from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import Session
from desktopauth.demo.keyring_service import PrivateKeyring
from desktopauth.terminal.sign_out import sign_out
from desktopauth.terminal.target import Target
from tests.canary import Canary
from tests.cli.conftest import Terminal, lock
from tests.scripted_server import Reply, scripted_server


def test_offline_it_signs_out_here_and_says_what_the_server_still_knows(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    terminal.keep(made_up)
    done = terminal("sign-out", "--everywhere")
    assert done.returncode == 0
    first, server, token, others = done.stdout.splitlines()
    assert first == "ada@example.com is signed out here."
    assert server == "The server still knows the session: the server can't be reached."
    assert token.startswith("The access token is good until ")
    assert others == "Other devices are still signed in."
    assert not terminal.holds()
    assert terminal("status").returncode == 1


@pytest.mark.parametrize("everywhere", [[], ["--everywhere"]])
def test_a_token_that_the_servers_clock_has_ended_is_renewed_and_then_used(
    terminal: Terminal, keyring: dict[str, str], made_up: Session, canary: Canary, everywhere: list[str]
) -> None:
    body = {"expires_in": 3600, "expires_at": time.time() + 3600, "user": {"id": "5"}, "token_type": "bearer"}
    fresh = body | {"access_token": canary.secret("access"), "refresh_token": canary.secret("refresh")}
    with scripted_server() as server:
        server.play(Reply(403, {"code": "bad_jwt", "message": "token is expired"}), Reply(200, fresh))
        server.always = lambda seen: Reply(200, {"id": "5"}) if seen.method == "GET" else Reply(204)
        there = terminal.at(server.url)
        there.keep(made_up)
        done = there("sign-out", *everywhere)
        asked = [seen.path.removeprefix("/auth/v1/").partition("?")[0] for seen in server.seen]
    assert asked == (["user", "token", "user", "logout"] if everywhere else ["logout", "token", "logout"])
    assert done.returncode == 0
    assert "The server has ended" in done.stdout


def test_a_key_that_is_refused_is_not_taken_for_an_ended_session(
    terminal: Terminal, keyring: dict[str, str], made_up: Session
) -> None:
    with scripted_server() as server:
        server.always = lambda _: Reply(401, {"message": "Invalid API key"})
        there = terminal.at(server.url)
        there.keep(made_up)
        done = there("sign-out", "--everywhere")
    assert done.returncode == 0
    assert "the project doesn't accept this app's key" in done.stdout
    assert "Other devices are still signed in." in done.stdout


@pytest.mark.parametrize("status", [500, 429, 401])
def test_a_server_in_trouble_keeps_nobody_signed_in_here(
    terminal: Terminal, keyring: dict[str, str], made_up: Session, status: int
) -> None:
    with scripted_server() as server:
        server.always = lambda _: Reply(status, {"message": "no"})
        there = terminal.at(server.url)
        there.keep(replace(made_up, expires_at=time.time() - 100))
        done = there("sign-out")
        assert [seen.path.partition("?")[0] for seen in server.seen] == ["/auth/v1/token"]
    assert done.returncode == 0
    assert "The server still knows the session" in done.stdout
    assert "The access token has ended, and nothing stored here can renew it." in done.stdout
    assert not there.holds()


def test_a_keyring_that_stays_locked_is_told_and_nobody_is_signed_out(
    terminal: Terminal, own_keyring: PrivateKeyring, made_up: Session
) -> None:
    terminal.keep(made_up)
    lock()
    done = terminal("sign-out")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "The keyring is locked, and may ask for its password now."
    assert "You are not signed out. The keyring is locked." in done.stdout
    own_keyring.stop_keyring()
    own_keyring.start_keyring()  # unlocked again
    assert terminal("status").returncode == 0


def test_what_cannot_be_read_is_left_alone(terminal: Terminal, keyring: dict[str, str]) -> None:
    terminal.keep("from another version")
    done = terminal("sign-out")
    assert done.returncode == 1
    assert "--forget-session" in done.stdout
    assert terminal.holds()


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_keyring_that_fails_in_between_lets_nobody_back_if_the_mark_was_made(
    terminal: Terminal, keyring: dict[str, str], made_up: Session, monkeypatch: pytest.MonkeyPatch, on_disk: bool
) -> None:
    """In this process, as a real keyring can't be made to fail between two questions."""
    terminal.keep(made_up)
    marked: list[bool] = []

    async def locked(vault: KeyringVault, *, session_id: str | None = None) -> VaultProblem | None:
        marked.append(terminal.state.covers(made_up.id))
        return VaultProblem.LOCKED

    def full(state: StateFile, session_id: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(KeyringVault, "clear", locked)
    if not on_disk:
        monkeypatch.setattr(StateFile, "lay", full)
    ours, said = Target(terminal.entry, profile_at(terminal.profile), None, in_memory=False), list[str]()
    assert sign_out(ours, said.append, everywhere=False) == (0 if on_disk else 1)
    assert marked == [on_disk]
    assert ("is signed out here" in said[0]) is on_disk
    assert terminal("status").returncode == (1 if on_disk else 0)
    assert terminal.holds()
