"""``--forget-session`` leaves nothing of one entry, asks nobody for anything, and touches no other entry."""

from __future__ import annotations

from desktopauth.adapters.remembered import Remembered
from desktopauth.core.models import ProviderTokens, Session
from desktopauth.demo.keyring_service import PrivateKeyring
from tests.cli.conftest import Terminal, lock
from tests.scripted_server import scripted_server


def files_of(terminal: Terminal) -> list[str]:
    return sorted(path.name for path in (terminal.home / "state" / "desktopauth").iterdir())


def test_the_entry_goes_whole_and_another_stays(terminal: Terminal, keyring: dict[str, str], made_up: Session) -> None:
    with scripted_server() as server:
        there = terminal.at(server.url)
        there.keep(made_up)
        there.state.lay("somebody else's")
        terminal.for_demo().keep(made_up)
        done = there("--forget-session")
        assert server.seen == []
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing of a session is stored here.\n", "")
    assert not there.holds()
    assert there.state.read() is None
    assert terminal.for_demo().holds()
    assert terminal.for_demo()("--forget-session").returncode == 0
    assert not terminal.for_demo().holds()
    assert files_of(terminal) == ["store.lock"]


def test_what_no_version_can_read_goes_too(terminal: Terminal, keyring: dict[str, str]) -> None:
    terminal.keep("from another version")
    assert terminal("--forget-session").returncode == 0
    assert not terminal.holds()


def test_what_providers_gave_goes_too(terminal: Terminal, keyring: dict[str, str], made_up: Session) -> None:
    for way in ("--forget-session", "sign-out"):
        terminal.keep(made_up, ProviderTokens("gho-1"))
        assert terminal(way).returncode == 0
        assert not terminal.holds()


def test_who_was_here_last_is_forgotten_too(terminal: Terminal, keyring: dict[str, str]) -> None:
    for store in ("keyring", "memory"):
        Remembered(terminal.profile, terminal.entry).note("github", "ada@example.com")
        Remembered(terminal.profile, "another project's").note("password", "bob@example.com")
        assert terminal("--forget-session", "--store", store).returncode == 0
        assert Remembered(terminal.profile, terminal.entry).email == ""
        assert Remembered(terminal.profile, "another project's").email == "bob@example.com"


def test_nothing_to_forget_is_no_error(terminal: Terminal, keyring: dict[str, str]) -> None:
    assert terminal("--forget-session").returncode == 0
    assert terminal("--forget-session", "--store", "memory").returncode == 0
    done = terminal.run("--forget-session", "--profile-dir", terminal.home / "never", *terminal.project)
    assert done.returncode == 0
    assert "So nothing is stored." in done.stdout


def test_a_locked_keyring_is_told_and_keeps_what_it_has(
    terminal: Terminal, own_keyring: PrivateKeyring, made_up: Session
) -> None:
    terminal.keep(made_up)
    lock()
    done = terminal("--forget-session")
    assert done.returncode == 1
    assert done.stdout.startswith("The session was not removed. The keyring is locked.")
    assert terminal.state.expects_somebody() is True
    own_keyring.stop_keyring()
    own_keyring.start_keyring()  # unlocked again
    assert terminal.holds()


def test_a_keyring_that_is_not_there_is_told(terminal: Terminal) -> None:
    done = terminal("--forget-session")
    assert done.returncode == 1
    assert "No keyring could be used here." in done.stdout


def test_without_a_project_there_is_no_telling_what_to_forget(terminal: Terminal) -> None:
    done = terminal.run("--forget-session", DESKTOPAUTH_URL="", DESKTOPAUTH_KEY="")
    assert done.returncode == 2
    assert "No Supabase project is configured." in done.stderr
