"""Whether a save may go over what is stored: the newer record of the same session wins, and a sign-out wins over both.

A keyring changes under us for two reasons: another copy of the app has acted, which is to be heeded, or it was emptied
or restored from a backup, which is not. The state file tells them apart, because every copy writes its acts there.
"""

from __future__ import annotations

from typing import assert_never

from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import Session, UnknownFormatError
from desktopauth.core.ports import Absent, Found, Kept, Stored, Superseded, Unread, Unsaved

from .statefile import Mark


def refusal(stored: Stored, *, over: int | None, mark: Mark | None, session_id: str) -> Kept | None:
    """Why ``session_id``, last saved as generation ``over``, is not saved over ``stored``; None if it may be.

    ``mark`` is what the state file says, None without one. Without ``over`` anything gives way: the person said so.
    """
    if over is None:
        return None
    match stored:
        case Found() if stored.generation != over and session_of(stored) is None:
            return Unsaved(VaultProblem.CORRUPT)  # a later version's, perhaps
        case Found():
            return None if _gives_way(stored, over, mark, session_id) else Superseded()
        case Absent():
            return _over_nothing(over, mark)
        case Unread(problem):
            return Unsaved(problem)
        case _:
            assert_never(stored)


def outlived(stored: Found, mark: Mark | None) -> bool:
    """Whether copies of the app have stored a later record than this one: it comes from a backup."""
    return mark is not None and stored.generation < mark.generation


def signed_out(stored: Found, mark: Mark | None) -> bool:
    """Whether this record was removed by a sign-out once: a backup has brought it back."""
    return mark is not None and stored.generation <= mark.cleared


def session_of(stored: Stored) -> str | None:
    """The id of the stored session, None if it cannot be told."""
    try:
        return Session.from_json(stored.text).id if isinstance(stored, Found) else None
    except UnknownFormatError:
        return None


def _gives_way(stored: Found, over: int, mark: Mark | None, session_id: str) -> bool:
    if stored.generation > over:
        return False
    theirs = session_of(stored)
    if stored.generation == over:
        return theirs in (None, session_id)  # numbers begin anew after a forget, so the same one may be another's
    return theirs == session_id or (mark is not None and stored.generation < over <= mark.generation)


def _over_nothing(over: int, mark: Mark | None) -> Kept | None:
    # the entry was forgotten, which a look since may have noted as "nobody ever"; or this session or a later one is out
    if mark is None or mark.generation == 0 or mark.cleared >= over:
        return Superseded()
    if mark.generation > over:  # another copy stored something later, which is lost as well: it will save it anew
        return Unsaved(VaultProblem.UNAVAILABLE)
    return None
