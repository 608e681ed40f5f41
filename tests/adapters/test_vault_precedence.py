"""The whole table of what gives way to a save: what is newer stays, what is older does not, a sign-out always stays."""

from __future__ import annotations

import pytest

from desktopauth.adapters.precedence import outlived, refusal, signed_out
from desktopauth.adapters.statefile import Mark
from desktopauth.core.errors import VaultProblem
from desktopauth.core.ports import Absent, Found, Kept, Stored, Superseded, Unread, Unsaved
from tests.adapters.vaults import a_session

OVER = 9
KEPT, STAYS = None, Superseded()
LATER, UNREAD = Unsaved(VaultProblem.UNAVAILABLE), Unsaved(VaultProblem.CORRUPT)
ANN, BOB = a_session("ann"), a_session("bob")


def anns(generation: int) -> Found:
    return Found(ANN.to_json(), generation)


def bobs(generation: int) -> Found:
    return Found(BOB.to_json(), generation)


TABLE: list[tuple[str, Stored, Mark | None, Kept | None]] = [
    ("what we have saved", anns(9), Mark(9, present=True), KEPT),
    ("what we have saved, and no state file", anns(9), None, KEPT),
    ("a sibling's newer record", anns(10), Mark(10, present=True), STAYS),
    ("a sibling's newer record, and no state file", anns(10), None, STAYS),
    ("somebody else's newer record", bobs(10), Mark(10, present=True), STAYS),
    ("somebody else's of the same number, after a forget", bobs(9), Mark(9, present=True), STAYS),
    ("a keyring from a backup", anns(4), Mark(9, present=True), KEPT),
    ("a whole home from a backup", anns(4), Mark(4, present=True), KEPT),
    ("a keyring from a backup, and no state file", anns(4), None, KEPT),
    ("somebody else's old record from a backup", bobs(4), Mark(9, present=True), KEPT),
    ("somebody else's record after a forget", bobs(1), Mark(1, present=True), STAYS),
    ("somebody else's record, and no state file", bobs(4), None, STAYS),
    ("a newer record in words that we cannot read", Found("tomorrow's", 10), Mark(10, present=True), UNREAD),
    ("an older record in words that we cannot read", Found("tomorrow's", 4), Mark(9, present=True), UNREAD),
    ("nothing, after a sign-out elsewhere", Absent(), Mark(9, cleared=9), STAYS),
    ("nothing, after a sign-out of a later session", Absent(), Mark(12, cleared=12), STAYS),
    ("nothing, after a forget", Absent(), None, STAYS),
    ("nothing, after a forget that somebody has looked at", Absent(), Mark(), STAYS),
    ("nothing, and nobody signed out", Absent(), Mark(9, present=True), KEPT),
    ("nothing, as a sibling has seen as well", Absent(), Mark(9, present=False), KEPT),
    ("nothing, after a sign-out of long ago", Absent(), Mark(9, present=True, cleared=5), KEPT),
    ("nothing, in a whole home from a backup", Absent(), Mark(4, present=True), KEPT),
    ("nothing, and a sibling's newer record went with it", Absent(), Mark(10, present=True), LATER),
    ("what cannot be read", Unread(VaultProblem.CORRUPT), Mark(9, present=True), UNREAD),
]


@pytest.mark.parametrize(("stored", "mark", "answer"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_save_over_the_ninth_record_meets(stored: Stored, mark: Mark | None, answer: Kept | None) -> None:
    assert refusal(stored, over=OVER, mark=mark, session_id=ANN.id) == answer


@pytest.mark.parametrize(("stored", "mark"), [row[1:3] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_sign_in_goes_over_anything(stored: Stored, mark: Mark | None) -> None:
    assert refusal(stored, over=None, mark=mark, session_id=ANN.id) is None


@pytest.mark.parametrize(
    ("generation", "mark", "older", "out"),
    [
        (4, None, False, False),
        (4, Mark(4, present=True), False, False),
        (4, Mark(9, present=True), True, False),
        (4, Mark(9, cleared=9), True, True),
        (9, Mark(9, cleared=9), False, True),
        (10, Mark(9, cleared=9), False, False),  # a save whose note in the state file was cut off
    ],
)
def test_a_record_from_a_backup_is_told_by_its_number(
    generation: int, mark: Mark | None, older: bool, out: bool
) -> None:
    assert (outlived(anns(generation), mark), signed_out(anns(generation), mark)) == (older, out)
