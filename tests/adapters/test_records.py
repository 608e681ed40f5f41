"""What is saved comes back whole, the higher generation wins, and nothing that cannot be understood is touched."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktopauth.adapters.records import BackendError, Records, TooLargeError
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Kept, Saved, Stored, Superseded, Unread, Unsaved
from tests.adapters.os_stores import Store, macos, windows

ENTRY = "Example 0123456789ab"
CORRUPT = VaultProblem.CORRUPT
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=1500)


class Memory:
    """Names and values, in the order they were written."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.calls: list[str] = []
        self.fails: Callable[[str], bool] = lambda call: False

    def get(self, service: str) -> str | None:
        return self.held.get(service)

    def set(self, service: str, value: str) -> None:
        self._note(f"set {service}")
        assert service not in self.held, "overwritten"
        self.held[service] = value

    def delete(self, service: str) -> None:
        self._note(f"delete {service}")
        self.held.pop(service, None)

    def _note(self, call: str) -> None:
        if self.fails(call):
            raise BackendError(VaultProblem.UNAVAILABLE)
        self.calls.append(call)


def of(memory: Memory, part_size: int | None = None) -> Records:
    return Records(memory, ENTRY, part_size=part_size)


@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from([None, 200, 1000]))
def test_the_last_text_saved_is_the_one_found(texts: list[str], part_size: int | None) -> None:
    memory = Memory()
    for number, text in enumerate(texts, start=1):
        assert of(memory, part_size).save(text) == Saved(number)
        assert of(memory, part_size).load() == Found(text, number)
    of(memory, part_size).clear()
    assert memory.held == {}


@settings(max_examples=30)  # each loads keyring's two classes anew
@given(TEXTS)
def test_any_text_fits_in_the_parts_that_windows_takes(text: str) -> None:
    for keyring in (windows(Store()), macos(Store())):
        records = Records(keyring, ENTRY, part_size=keyring.part_size)
        assert records.save(text) == Saved(1)
        assert records.load() == Found(text, 1)


@pytest.mark.parametrize("text", ["", "é" * 3000, "😀" * 3000, "a😀" * 2000, "\ufeffbom", 'per%cent %s "quote" \n'])
def test_texts_that_are_awkward_to_cut_come_back(text: str) -> None:
    keyring = windows(Store())
    records = Records(keyring, ENTRY, part_size=1000)
    records.save(text)
    assert records.load() == Found(text, 1)


def test_parts_are_cut_by_what_windows_counts() -> None:
    memory = Memory()
    of(memory, 1000).save("😀" * 3000)
    assert max(len(value.encode("utf-16-le")) for value in memory.held.values()) <= 2000


@pytest.mark.parametrize("head", ["head-only", "", "da1", "da1 x", "da2 7 deadbeef 01 " + "0" * 32 + " newer", "{}"])
def test_an_unknown_format_is_corrupt_and_is_never_touched(head: str) -> None:
    memory = Memory()
    memory.held = {f"{ENTRY}/a00": head}
    assert of(memory).load() == Unread(CORRUPT)
    assert of(memory).exists()
    assert of(memory).save("it") == Unsaved(CORRUPT)
    of(memory).clear()
    assert of(memory).load() == Unread(CORRUPT)
    assert memory.held == {f"{ENTRY}/a00": head}
    of(memory).erase()
    assert memory.held == {}


def test_beside_an_unknown_format_a_session_is_read_but_not_replaced() -> None:
    memory = Memory()
    of(memory).save("it")
    other = f"{ENTRY}/b00"
    memory.held[other] = "da2 newer"
    before = dict(memory.held)
    assert of(memory).load() == Found("it", 1)
    assert of(memory).save("newer") == Unsaved(CORRUPT)
    assert memory.held == before
    of(memory).clear()
    assert memory.held == {other: "da2 newer"}


@pytest.mark.parametrize("part_size", [None, 120])
@given(at=st.integers(0, 400))
def test_an_altered_or_cut_record_is_corrupt_and_a_new_sign_in_replaces_it(part_size: int | None, at: int) -> None:
    memory = Memory()
    of(memory, part_size).save("x" * 300)
    name = sorted(memory.held)[at % len(memory.held)]
    memory.held[name] = memory.held[name][:-1] + "y"
    assert of(memory, part_size).load() == Unread(CORRUPT)
    assert of(memory, part_size).save("signed in anew") == Saved(2)
    assert of(memory, part_size).load() == Found("signed in anew", 2)
    of(memory, part_size).clear()
    assert memory.held == {}


def test_a_missing_part_is_corrupt_and_not_absent() -> None:
    memory = Memory()
    of(memory, 120).save("x" * 300)
    del memory.held[max(memory.held)]
    assert of(memory, 120).load() == Unread(CORRUPT)


def test_parts_without_a_head_are_nothing_and_are_swept_away() -> None:
    memory = Memory()
    memory.held = {f"{ENTRY}/a03": "deadbeef left", f"{ENTRY}/b01": "deadbeef over"}
    assert of(memory, 120).load() == Absent()
    of(memory, 120).save("it")
    of(memory, 120).clear()
    assert memory.held == {}


def test_an_unreadable_newer_record_neither_wins_nor_lends_its_number() -> None:
    memory = Memory()
    of(memory, 120).save("good " * 50)
    memory.fails = lambda call: call.startswith("delete") and memory.calls[-1].startswith("set")
    of(memory, 120).save("newer " * 50)  # the old one could not be removed
    memory.fails = lambda call: False
    newest = max(memory.held, key=lambda name: "da1 2 " in memory.held[name])
    memory.held[newest] = memory.held[newest][:-1]
    assert of(memory, 120).load() == Found("good " * 50, 1)
    assert of(memory, 120).save("newest") == Saved(3)
    assert of(memory, 120).load() == Found("newest", 3)


def test_a_failed_removal_of_the_old_record_does_not_fail_the_save() -> None:
    memory = Memory()
    of(memory).save("old")
    memory.fails = lambda call: call.startswith("delete")
    assert of(memory).save("new") == Saved(2)
    memory.fails = lambda call: False
    assert len(memory.held) == 2
    assert of(memory).load() == Found("new", 2)
    of(memory).save("newer")
    assert len(memory.held) == 1


def test_a_failed_write_leaves_what_was_stored() -> None:
    memory = Memory()
    of(memory, 120).save("old" * 100)
    for fatal in range(1, 5):
        writes = iter(range(1, 100))
        memory.fails = lambda call, fatal=fatal, writes=writes: call.startswith("set") and next(writes) == fatal  # type: ignore[misc]
        with pytest.raises(BackendError):
            of(memory, 120).save("new" * 100)
        assert of(memory, 120).load() == Found("old" * 100, 1)


def test_the_head_is_written_last_and_removed_first() -> None:
    memory = Memory()
    of(memory, 120).save("x" * 200)
    assert [call[-3:] for call in memory.calls if call.startswith("set")] == ["a02", "a01", "a00"]
    memory.calls.clear()
    of(memory, 120).clear()
    assert next(call[-3:] for call in memory.calls if "/a" in call) == "a00"


def test_names_have_one_width_so_that_none_begins_another() -> None:
    memory = Memory()
    of(memory, 1000).save("x" * 12000)
    assert all(re.fullmatch(rf"{ENTRY}/[ab]\d\d", name) for name in memory.held)


def test_a_text_of_too_many_parts_is_refused_before_anything_is_written() -> None:
    memory = Memory()
    of(memory, 1000).save("old")
    before = dict(memory.held)
    with pytest.raises(TooLargeError) as refused:
        of(memory, 1000).save("secret" * 5000)
    assert "secret" not in str(refused.value)
    assert memory.held == before


def test_a_refusal_is_told_what_is_stored_and_nothing_is_written() -> None:
    memory = Memory()
    told: list[Stored] = []

    def refuse(stored: Stored) -> Kept:
        told.append(stored)
        return Superseded()

    assert of(memory).save("late", refusal=refuse) == Superseded()
    of(memory).save("one")
    before = dict(memory.held)
    assert of(memory).save("late", refusal=refuse) == Superseded()
    assert told == [Absent(), Found("one", 1)]
    assert memory.held == before


def test_the_floor_raises_the_next_generation() -> None:
    memory = Memory()
    assert of(memory).save("it", floor=41) == Saved(42)
    assert of(memory).save("it", floor=7) == Saved(43)
    assert of(memory).clear() == 43


def test_the_record_of_another_entry_is_not_ours() -> None:
    memory = Memory()
    of(memory).save("it")
    assert Records(memory, "Example 0123456789ac").load() == Absent()


def test_no_text_is_seen_in_a_repr() -> None:
    memory = Memory()
    records = of(memory)
    records.save("hush-hush")
    assert "hush" not in repr((records, records._slots(), records.load()))
