"""What the keyring holds cannot be read, or it takes nothing: that is told and left as it is, and signing in works."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing

import pytest

from desktopauth.adapters.backends import open_keyring
from desktopauth.adapters.records import Records, head_names
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Found
from desktopauth.core.state import SignedIn, SignedOut, StoreWanted
from tests.adapters.tight_keyring import InMemory
from tests.demo.people import PASSWORD
from tests.journeys.machine import Machine, machine, unsaved
from tests.scenario import Run, until

__all__ = ["machine"]
CORRUPT = VaultProblem.CORRUPT


def everything(machine: Machine) -> dict[str, bytes]:
    """All that the keyring holds under this entry's name, byte for byte."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        items = secretstorage.get_default_collection(bus).get_all_items()
        found = {item.get_attributes().get("service", ""): item.get_secret() for item in items}
    return {name: secret for name, secret in found.items() if name.startswith(machine.entry)}


def put_in_place(machine: Machine, change: Callable[[str], str]) -> None:
    """Replace the stored record's head by what ``change`` makes of it."""
    keyring = open_keyring()
    [head] = [name for name in head_names(machine.entry) if keyring.get(name) is not None]
    value = keyring.get(head)
    assert value is not None
    keyring.set(head, change(value))


def of_tomorrow(head: str) -> str:
    return head.replace("da1 ", "da2 ", 1)


def half(head: str) -> str:
    return head[: len(head) // 2]


def altered(head: str) -> str:
    return head.replace('"', "'")


def whole_in_newer_words(machine: Machine) -> None:
    """A record of ours that verifies, with a session inside as a later version might write it."""
    records = Records(open_keyring(), machine.entry)
    stored = records.load()
    assert isinstance(stored, Found)
    records.save(json.dumps(json.loads(stored.text) | {"v": 2, "tokens": "elsewhere"}))


SPOILS = [
    pytest.param(lambda machine: put_in_place(machine, lambda _: "\x01 gar\x7fbage \N{SNOWMAN}"), id="garbage"),
    pytest.param(lambda machine: put_in_place(machine, lambda _: ""), id="empty"),
    pytest.param(lambda machine: put_in_place(machine, half), id="half-written"),
    pytest.param(lambda machine: put_in_place(machine, altered), id="altered"),
    pytest.param(lambda machine: put_in_place(machine, of_tomorrow), id="a newer record"),
    pytest.param(whole_in_newer_words, id="a newer session"),
]


@pytest.mark.parametrize("spoil", SPOILS)
def test_what_cannot_be_read_at_start_is_told_and_stays_through_a_sign_in_and_a_sign_out(
    machine: Machine, run: Run, spoil: Callable[[Machine], None]
) -> None:
    async def scenario() -> None:
        await machine.signed_in()
        spoil(machine)
        before = everything(machine)
        async with machine.opened() as auth:
            for _ in range(2):
                await until(lambda: auth.state.session == StoreWanted(CORRUPT), what="the word about it")
                auth.retry_store()
            await until(lambda: auth.state.session == StoreWanted(CORRUPT), what="the word about it")
            auth.go_on_without_saving()
            await auth.sign_in(machine.email, PASSWORD)
            assert unsaved(auth) is CORRUPT
            await auth.refresh()
            auth.sign_out()
            assert isinstance(auth.state.session, SignedOut)
        assert everything(machine) == before != {}
        await machine.forgotten()
        assert everything(machine) == {}

    run(scenario, deadline=60)


@pytest.mark.parametrize("spoil", SPOILS)
def test_what_becomes_unreadable_while_they_work_is_left_alone_and_they_stay_in(
    machine: Machine, run: Run, spoil: Callable[[Machine], None]
) -> None:
    async def scenario() -> None:
        await machine.signed_in()
        async with machine.app() as auth:
            spoil(machine)
            before = everything(machine)
            await auth.refresh()
            assert unsaved(auth) is CORRUPT
            await auth.refresh()
            assert await auth.access_token()
        assert everything(machine) == before != {}

    run(scenario, deadline=60)


@pytest.mark.parametrize(
    ("keyring_class", "problem"),
    [
        ("Tight", VaultProblem.TOO_LARGE),
        ("Crowded", VaultProblem.FULL),
        ("WithoutLogon", VaultProblem.UNAVAILABLE),
        ("Closed", VaultProblem.DENIED),
        ("Screenless", VaultProblem.LOCKED),
    ],
)
def test_a_sign_in_that_another_systems_keyring_does_not_take_is_for_this_run_only(
    machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch, keyring_class: str, problem: VaultProblem
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"tests.adapters.tight_keyring.{keyring_class}")

    async def scenario() -> None:
        async with machine.app() as auth:
            await auth.sign_in(machine.email, PASSWORD)
            assert unsaved(auth) is problem
            await auth.refresh()
            assert unsaved(auth) is problem
        assert InMemory.held == {}
        assert await machine.restarted() == SignedOut()

    run(scenario, deadline=60)


def test_a_session_that_has_grown_too_long_leaves_the_one_before_and_the_next_start_goes_on_with_it(
    machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.adapters.tight_keyring.InMemory")
        await machine.signed_in()
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.adapters.tight_keyring.Tight")
        before = dict(InMemory.held)
        async with machine.app() as auth:
            await auth.refresh()
            assert unsaved(auth) is VaultProblem.TOO_LARGE
        assert InMemory.held == before
        assert isinstance(await machine.restarted(), SignedIn)
        await machine.forgotten()
        assert InMemory.held == {}

    run(scenario, deadline=60)
