"""A crash at every primitive write of a save or a clear, with keyring's real Windows and macOS classes.

The same proof is run over saves that are deliberately wrong, because a proof that cannot fail proves nothing.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from desktopauth.adapters.backends import SystemKeyring
from desktopauth.adapters.records import Records, Slot
from desktopauth.adapters.statefile import StateFile
from desktopauth.core.ports import Absent, Found, Saved
from tests.adapters.os_stores import Crash, Store, macos, windows

ENTRY = "Example 0123456789ab"
RecordsOf = Callable[[SystemKeyring, int | None], Records]


@dataclass(frozen=True)
class System:
    name: str
    keyring: Callable[[Store], SystemKeyring]
    part_size: int | None
    sizes: tuple[int, ...]


SYSTEMS = [
    System("windows", windows, 1000, (300, 5000)),
    System("windows in small parts", windows, 120, (5, 130, 400, 800)),
    System("macos", macos, None, (300, 5000)),
    System("macos in small parts", macos, 120, (5, 130, 400, 800)),
]

FEW = [replace(system, sizes=(130, 400)) for system in SYSTEMS if system.part_size == 120]  # enough to catch a fault


def our_records(keyring: SystemKeyring, part_size: int | None) -> Records:
    return Records(keyring, ENTRY, part_size=part_size)


class CommitFirst(Records):
    """Wrong: counts as committed, and lets the old record go, before the parts are there."""

    def _replace(self, target: Slot, values: list[str], old: Slot) -> None:
        super()._replace(target, values[:1], old)
        for number, value in enumerate(values[1:], start=1):
            self._backend.set(self._service(target.name, number), value)


class PurgeFirst(Records):
    """Wrong: removes the old record before the new one is committed."""

    def _replace(self, target: Slot, values: list[str], old: Slot) -> None:
        self._purge(old)
        super()._replace(target, values, old)


class InPlace(Records):
    """Wrong: writes over the record it replaces."""

    def _replace(self, target: Slot, values: list[str], old: Slot) -> None:
        super()._replace(old, values, old=target)


@dataclass
class Tally:
    cases: int = 0
    lost: int = 0
    mixed: int = 0
    left: int = 0


class Proof:
    """Saves three texts in a row and crashes at every write of the second, and then at every one of the third."""

    def __init__(self, system: System, records: RecordsOf) -> None:
        self.store = Store()
        self.keyring = system.keyring(self.store)
        self.records = lambda: records(self.keyring, system.part_size)
        self.tally = Tally()

    def run(self, sizes: tuple[int, ...]) -> None:
        texts = [a_text(number, size) for number, size in enumerate(sizes)]
        self.store.rewind({})
        self.records().save(texts[0])
        for once, kept in self.every_crash(dict(self.store.held), texts[0], texts[1]):
            for _ in self.every_crash(once, kept, texts[2]):
                pass

    def every_crash(self, before: dict[Any, Any], old: str, new: str) -> list[tuple[dict[Any, Any], str]]:
        """Every state that a save of ``new`` may leave behind, and the text that is read from it."""
        after = []
        for at in itertools.count(1):
            crashed = self.save(before, new, at)
            after.append((dict(self.store.held), self.check({old, new} if crashed else {new})))
            if not crashed:
                return after
        raise AssertionError

    def save(self, before: dict[Any, Any], text: str, crash_at: int) -> bool:
        self.store.rewind(before, crash_at=crash_at)
        try:
            self.records().save(text)
        except Crash:
            return True
        finally:
            self.store.crash_at = None
        return False

    def check(self, allowed: set[str]) -> str:
        found = self.records().load()
        text = found.text if isinstance(found, Found) else ""
        self.tally.cases += 1
        self.tally.lost += not text
        self.tally.mixed += bool(text) and text not in allowed
        held = dict(self.store.held)
        self.records().clear()
        self.tally.left += bool(self.store.held)
        self.store.held = held
        return text


def prove(records: RecordsOf, systems: list[System]) -> Tally:
    whole = Tally()
    for system in systems:
        proof = Proof(system, records)
        for sizes in itertools.product(system.sizes, repeat=3):
            proof.run(sizes)
        for name, value in vars(proof.tally).items():
            setattr(whole, name, getattr(whole, name) + value)
    return whole


def a_text(number: int, size: int) -> str:
    source = random.Random(number * 7919 + size)
    return "".join(source.choice("abcdefghijklmnop é€😀") for _ in range(size))


def test_a_crash_at_any_write_of_a_save_leaves_the_old_session_or_the_new_one() -> None:
    tally = prove(our_records, SYSTEMS)
    assert tally.cases > 10_000
    assert tally == Tally(cases=tally.cases)


@pytest.mark.parametrize("wrong", [CommitFirst, PurgeFirst, InPlace])
def test_the_proof_catches_a_save_that_is_not_crash_safe(wrong: type[Records]) -> None:
    tally = prove(lambda keyring, part_size: wrong(keyring, ENTRY, part_size=part_size), FEW)
    assert tally.lost + tally.mixed > 0


class NewerFirst(Records):
    """Wrong: clears the newer slot first, so that a crash brings the older session back."""

    def clear(self) -> int:
        slots = sorted(self._slots(), key=lambda slot: -slot.generation)
        for slot in slots:
            self._purge(slot)
        return slots[0].generation


@dataclass
class SignOut:
    cases: int = 0
    back: int = 0
    left: int = 0


def sign_out_at_every_crash(system: System, records: RecordsOf, folder: Path) -> SignOut:
    """Ann's record was left over when Bob signed in; Bob signs out, and the app dies somewhere on the way."""
    store, tally = Store(), SignOut()
    keyring = system.keyring(store)
    held = _two_people(store, lambda: records(keyring, system.part_size))
    for at in itertools.count(1):
        state = StateFile(folder / f"{system.name}{at}", ENTRY)
        state.lay("bob")
        store.rewind(held, crash_at=at)
        try:
            records(keyring, system.part_size).clear()
        except Crash:
            crashed = True
        else:
            crashed = False
        store.crash_at = None
        found = records(keyring, system.part_size).load()
        tally.cases += 1
        tally.back += isinstance(found, Found) and not state.covers(found.text.partition(":")[0])
        records(keyring, system.part_size).clear()
        tally.left += bool(store.held)
        if not crashed:
            return tally
    raise AssertionError


def _two_people(store: Store, records: Callable[[], Records], *, earlier: int = 0) -> dict[Any, Any]:
    """Ann's whole record and Bob's newer one, as a crash between commit and purge leaves them.

    ``earlier`` saves before them decide in which slot each of them lies.
    """
    store.rewind({})
    for _ in range(earlier):
        records().save("earlier")
    records().save("ann:" + a_text(1, 400))
    anns = dict(store.held)
    for at in itertools.count(1):
        store.rewind(anns, crash_at=at)
        try:
            records().save("bob:" + a_text(2, 400))
        except Crash:
            found = records().load()
            if isinstance(found, Found) and found.text.startswith("bob:"):
                return dict(store.held)
    raise AssertionError


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_crash_at_any_write_of_a_sign_out_brings_nobody_back(system: System, tmp_path: Path) -> None:
    tally = sign_out_at_every_crash(system, our_records, tmp_path)
    assert tally.cases > 2
    assert (tally.back, tally.left) == (0, 0)


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_crash_at_any_write_of_a_forget_leaves_who_was_here_last_or_nobody(system: System, earlier: int) -> None:
    store = Store()
    keyring = system.keyring(store)
    held = _two_people(store, lambda: our_records(keyring, system.part_size), earlier=earlier)
    seen = []
    for at in itertools.count(1):
        store.rewind(held, crash_at=at)
        try:
            our_records(keyring, system.part_size).erase()
        except Crash:
            found = our_records(keyring, system.part_size).load()
            seen.append(found.text[:3] if isinstance(found, Found) else "")
            continue
        break
    assert store.held == {}
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == "bob"
    assert set(seen) <= {"bob", ""}


def test_the_proof_catches_a_clear_that_brings_an_older_session_back(tmp_path: Path) -> None:
    tally = sign_out_at_every_crash(
        SYSTEMS[0], lambda keyring, part_size: NewerFirst(keyring, ENTRY, part_size=part_size), tmp_path
    )
    assert tally.back > 0


def test_windows_never_keeps_a_copy_of_a_replaced_token() -> None:
    store = Store()
    keyring = windows(store)
    for number in range(4):
        assert isinstance(Records(keyring, ENTRY, part_size=1000).save(f"refresh-{number}"), Saved)
    assert [held["CredentialBlob"].decode("utf-16-le").rpartition(" ")[2] for held in store.held.values()] == [
        "refresh-3"
    ]
    Records(keyring, ENTRY, part_size=1000).clear()
    assert Records(keyring, ENTRY, part_size=1000).load() == Absent()
    assert store.held == {}
