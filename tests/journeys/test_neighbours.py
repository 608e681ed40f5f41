"""Two apps, two projects and two profiles, each with each, at once on one keyring: nobody touches another's entry."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from desktopauth.adapters.backends import open_keyring
from desktopauth.adapters.config import Config
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.records import Records
from desktopauth.core.models import Session
from desktopauth.core.ports import Absent, Found
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.vaults import some_entry
from tests.canary import Canary
from tests.demo.people import PASSWORD, Serve
from tests.journeys.copies import Copy, started_copy
from tests.journeys.machine import Machine, an_account
from tests.scenario import Run

Neighbours = Mapping[str, tuple[Machine, Copy]]


def test_eight_neighbours_live_side_by_side(
    serve: Serve, lite: EmbeddedServer, keyring: dict[str, str], tmp_path: Path, canary: Canary, run: Run
) -> None:
    async def scenario() -> None:
        async with serve() as another, AsyncExitStack() as stack:
            neighbours = {}
            for machine in await machines([lite, another], tmp_path / "account", canary):
                copy = await stack.enter_async_context(started_copy(machine.told, machine.folder, canary))
                neighbours[machine.entry] = machine, copy
            assert len(neighbours) == 8
            await live(neighbours)

    run(scenario, deadline=90)


async def machines(servers: list[EmbeddedServer], folder: Path, canary: Canary) -> list[Machine]:
    """One for each of two apps, two projects and two profiles, each with somebody of its own."""
    profiles = [some_entry(), some_entry()]
    made = []
    for app, server, profile in itertools.product(("example", "sample"), servers, profiles):
        config = Config(url=server.url, key=server.publishable_key, app_id=app, profile_id=profile, store="keyring")
        made.append(Machine(config, folder, await an_account(server), canary))
    return made


async def live(neighbours: Neighbours) -> None:
    """All sign in at once; then one after the other does something, and only its own entry changes."""
    for _, copy in neighbours.values():
        await copy.begins()
    assert set(entries(neighbours).values()) == {""}
    people = await asyncio.gather(
        *(copy.do("sign_in", machine.email, PASSWORD) for machine, copy in neighbours.values())
    )
    assert len({answer["user"] for answer in people}) == 8
    for machine, _ in neighbours.values():
        await changes(machine, "")  # who waited too long for the keyring is saved a little later
    assert len(set(entries(neighbours).values())) == 8
    first, second, third, *others = neighbours
    await only(first, neighbours, "refresh")
    await only(second, neighbours, "sign_out")
    await only(third, neighbours, "forgotten")
    for deed, status in (("refresh", "authenticated"), ("sign_out", "unauthenticated")):
        done = await asyncio.gather(*(neighbours[entry][1].do(deed) for entry in (first, *others)))
        assert {(answer["status"], answer["error"]) for answer in done} == {(status, "")}
    for machine, _ in neighbours.values():
        await changes(machine, to="")
    for entry, (_, copy) in neighbours.items():
        assert copy.count("SIGNED_IN") == 1
        assert copy.count("SIGNED_OUT") == 1, "the forgotten one's too: for it, another copy has ended the stay"
        assert copy.count("TOKEN_REFRESHED") == {first: 2, second: 0, third: 0}.get(entry, 1)
        assert copy.count("REAUTH_REQUIRED", "REFRESH_FAILED", "NO_TOKEN") == 0, copy.kinds


async def only(entry: str, neighbours: Neighbours, deed: str) -> None:
    """One does it: its own entry is another from then on, and no other's; and all have looked."""
    machine, copy = neighbours[entry]
    before = entries(neighbours)
    if deed == "forgotten":
        await machine.forgotten()
    else:
        assert not (await copy.do(deed))["error"]
    await changes(machine, before[entry])
    await asyncio.gather(*(copy.do("nudge") for _, copy in neighbours.values()))
    assert {name for name, stored in entries(neighbours).items() if stored != before[name]} == {entry}


async def changes(machine: Machine, before: str | None = None, *, to: str | None = None) -> None:
    """Wait until the entry is another. Looked at with pauses, as whoever looks keeps all others from the keyring."""
    async with asyncio.timeout(20):
        while (now := stored(machine)) == before or (to is not None and now != to):
            await asyncio.sleep(0.2)


def entries(neighbours: Neighbours) -> dict[str, str]:
    """What the keyring holds of each, as a fingerprint; empty for nothing."""
    return {entry: stored(machine) for entry, (machine, _) in neighbours.items()}


def stored(machine: Machine) -> str:
    with FileLocks(machine.folder, machine.entry).store():
        found = Records(open_keyring(), machine.entry).load()
    if isinstance(found, Found):
        session = Session.from_json(found.text)  # who waits for the keyring may well save the same one twice
        return hashlib.sha256(f"{session.id} {session.refresh_token}".encode()).hexdigest()
    assert isinstance(found, Absent)
    return ""
