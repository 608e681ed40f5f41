"""A text in the keyring that survives a crash at any moment, as A/B records over a store that only gets, sets, deletes.

No keyring replaces a value atomically on every system, and Windows takes 1,280 characters at most: so nothing that is
still needed is ever overwritten. A save writes the *other* slot, its head last, and only then removes the old slot.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Kept, Saved, Stored, Unread, Unsaved

_HEAD = re.compile(r"da1 (\d{1,15}) ([0-9a-f]{8}) (\d\d) ([0-9a-f]{32}) (.*)", re.ASCII | re.DOTALL)
_MOST_PARTS = 16
_log = logging.getLogger("desktopauth.records")

Refusal = Callable[[Stored], Kept | None]  # of what is stored: why it stays, or None


class Backend(Protocol):
    """A store of texts under names. Every method raises BackendError, and nothing else that is expected."""

    def get(self, service: str) -> str | None: ...

    def set(self, service: str, value: str) -> None: ...

    def delete(self, service: str) -> None:
        """Remove; a name that is not there is removed already."""


class Held:
    """A back end that is gone with the process."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, service: str) -> str | None:
        return self._values.get(service)

    def set(self, service: str, value: str) -> None:
        self._values[service] = value

    def delete(self, service: str) -> None:
        self._values.pop(service, None)


class BackendError(Exception):
    """The keyring did not do what was asked. Carries the kind of trouble, never a value."""

    def __init__(self, problem: VaultProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class TooLargeError(ValueError):
    """The text needs more parts than a record may have."""


class Condition(Enum):
    """What a slot holds."""

    EMPTY = auto()
    GOOD = auto()  # ours, and it verifies
    BROKEN = auto()  # ours by its head, but parts are missing or altered: nothing can be won back from it
    FOREIGN = auto()  # in no format of ours, perhaps a newer one: never touched


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the two places of a record, as it was read."""

    name: str
    condition: Condition
    generation: int = 0
    text: str = field(default="", repr=False)


class Records:
    """The record of one entry. The caller holds the store lock around every call, and BackendError passes through.

    A part is ``part_size`` UTF-16 units at most (1,000 on Windows), or the whole text for None. A slot that holds an
    unknown format freezes the entry: saving is refused, because it moves from slot to slot and would end on that one;
    and unless the other slot verifies, loading says corrupt, never absent.
    """

    def __init__(self, backend: Backend, entry: str, *, part_size: int | None = None, parts: int = _MOST_PARTS) -> None:
        self._backend = backend
        self._entry = entry
        self._part_size = part_size
        self._parts = parts

    def beside(self) -> Records:
        """The record that goes with this one, under a name of its own."""
        return Records(self._backend, beside_name(self._entry), part_size=self._part_size, parts=self._parts)

    def load(self) -> Stored:
        """The text of the highest generation that verifies; Absent only if both slots are empty."""
        return _newest(self._slots())

    def exists(self) -> bool:
        """Whether there is any head, readable or not."""
        return any(self._backend.get(name) is not None for name in head_names(self._entry))

    def save(self, text: str, *, refusal: Refusal = lambda _stored: None, floor: int = 0) -> Kept:
        """Store ``text``, unless ``refusal`` says why not. Its generation is above ``floor`` and all others seen.

        Raises TooLargeError.
        """
        slots = self._slots()
        if refused := refusal(_newest(slots)):
            return refused
        if any(slot.condition is Condition.FOREIGN for slot in slots):
            return Unsaved(VaultProblem.CORRUPT)
        # above every head, the broken ones too: one that is unreadable today must not win if it can be read tomorrow
        generation = 1 + max(floor, *(slot.generation for slot in slots))
        target, old = sorted(slots, key=_worth)
        self._replace(target, self._values(text, generation), old)
        return Saved(generation)

    def clear(self) -> int:
        """Remove the record; what is in no format of ours stays. Returns the highest generation that was seen."""
        slots = self._slots()
        for slot in sorted(slots, key=lambda slot: slot.generation):  # the older first, or a crash would bring it back
            if slot.condition is not Condition.FOREIGN:
                self._purge(slot)
        return max(slot.generation for slot in slots)

    def erase(self) -> None:
        """Remove everything under this entry's name, formats that are not ours included."""
        self.clear()  # in its order
        for name in "ab":
            self._purge(Slot(name, Condition.FOREIGN))

    def _replace(self, target: Slot, values: list[str], old: Slot) -> None:
        self._purge(target)  # Windows keeps a copy of an overwritten value, so there must be nothing to overwrite
        for number, value in reversed(list(enumerate(values))):  # the head last: it is the commit point
            self._backend.set(self._service(target.name, number), value)
        try:
            self._purge(old)
        except BackendError as error:  # the new record is committed, and the old one loses by its generation
            _log.info("the older record stays until the next save: %s", error.problem)

    def _purge(self, slot: Slot) -> None:
        if slot.condition is Condition.EMPTY and self._part_size is None:
            return  # a slot without a head may hold the parts of a save that was cut off, but here there are no parts
        for number in range(self._parts if self._part_size else 1):  # the head first: with it the record is gone
            self._backend.delete(self._service(slot.name, number))

    def _slots(self) -> list[Slot]:
        return [self._look(name) for name in "ab"]

    def _look(self, slot: str) -> Slot:
        raw = self._backend.get(self._service(slot, 0))
        if raw is None:
            return Slot(slot, Condition.EMPTY)
        head = _HEAD.fullmatch(raw)
        if head is None:
            return Slot(slot, Condition.FOREIGN)
        generation, text = int(head[1]), head[5] + "".join(self._rest(slot, head[2], int(head[3])))
        good = _digest(text) == head[4]
        return Slot(slot, Condition.GOOD, generation, text) if good else Slot(slot, Condition.BROKEN, generation)

    def _rest(self, slot: str, ident: str, parts: int) -> Iterator[str]:
        for number in range(1, parts):
            raw = self._backend.get(self._service(slot, number)) or ""
            yield raw.removeprefix(f"{ident} ")  # a part of another record keeps its mark, and the digest fails

    def _values(self, text: str, generation: int) -> list[str]:
        """What goes into part 0 (the head), 1, 2, ... of a new record."""
        ident = secrets.token_hex(4)
        start = f"da1 {generation} {ident} %02d {_digest(text)} "
        room = self._part_size or 0
        pieces = _split(text, room - len(start) + 2, room - len(ident) - 1) if room else [text]
        if len(pieces) > self._parts:
            raise TooLargeError(f"the session needs {len(pieces)} parts of the keyring, and {self._parts} are allowed")
        return [start % len(pieces) + pieces[0], *(f"{ident} {piece}" for piece in pieces[1:])]

    def _service(self, slot: str, number: int) -> str:
        return _service(self._entry, slot, number)


def head_names(entry: str) -> tuple[str, str]:
    """The keyring services of the two heads of an entry."""
    return _service(entry, "a", 0), _service(entry, "b", 0)


def beside_name(entry: str) -> str:
    """The entry of what goes with ``entry``; no entry of an app ends so (entry.py)."""
    return f"{entry} beside"


def _service(entry: str, slot: str, number: int) -> str:
    return f"{entry}/{slot}{number:02d}"  # fixed width: macOS asks twice for a name that begins another


def _newest(slots: list[Slot]) -> Stored:
    good = [slot for slot in slots if slot.condition is Condition.GOOD]
    if good:
        best = max(good, key=lambda slot: slot.generation)
        return Found(best.text, best.generation)
    return Absent() if all(slot.condition is Condition.EMPTY for slot in slots) else Unread(VaultProblem.CORRUPT)


def _worth(slot: Slot) -> tuple[int, int]:
    """Which of two slots a save must rather keep until it has committed."""
    order = (Condition.FOREIGN, Condition.EMPTY, Condition.BROKEN, Condition.GOOD)
    return order.index(slot.condition), slot.generation


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _split(text: str, first: int, rest: int) -> list[str]:
    """Cut into pieces of so many UTF-16 units, never through a character, and at least one piece."""
    pieces, start, used, room = [], 0, 0, first
    for at, char in enumerate(text):
        width = 2 if ord(char) > 0xFFFF else 1
        if used + width > room:
            pieces.append(text[start:at])
            start, used, room = at, 0, rest
        used += width
    return [*pieces, text[start:]]
