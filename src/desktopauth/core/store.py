"""What of the session lies in the keyring, and whether it may be written there at all.

The keeper decides what is kept; this knows how a keyring behaves: late, locked, slow, gone. Nothing here raises,
nothing waits for a prompt longer than a second, and what could not be read is never written over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, assert_never

from .errors import VaultProblem
from .models import Session, UnknownFormatError
from .ports import Found, Kept, Saved, Spawn, Stored, Superseded, Tombstones, Unread, Unsaved, Vault

log = logging.getLogger("desktopauth.store")

_PASSING = {VaultProblem.FULL, VaultProblem.LOCKED, VaultProblem.UNAVAILABLE}  # perhaps over by the next look
_PATIENCE = 1.0  # seconds until the window says that it waits for the keyring
SLOW = 60.0  # seconds that what nobody waits for gives a slow keyring


class Store:
    """The keeper's hands at the vault.

    ``memory_only`` says why the session in memory is not stored; ``generation`` is the stored record it was saved as.
    ``on_change`` is called when a save that nobody waited for has ended after all.
    """

    def __init__(self, vault: Vault, tombstones: Tombstones, spawn: Spawn, on_change: Callable[[], None]) -> None:
        self._vault, self._tombstones, self._spawn, self._on_change = vault, tombstones, spawn, on_change
        self._unread: VaultProblem | None = None  # why what is stored could not be read, and is left alone
        self._wanted = True  # whether who signs in next is to be stored
        self._kept_out: str | None = None  # the session that the person wants stored nowhere
        self._owner: str | None = None  # whose session turned out to be stored, after the person went on without it
        self._stamp: object = None
        self._latest: asyncio.Task[Kept] | None = None
        self._newest: Session | None = None  # what that is a save of
        self._stay = object()  # of one person; what is saved for another says nothing about this one's record
        self.memory_only: VaultProblem | None = None
        self.generation: int | None = None

    async def load(
        self, on_wait: Callable[[], object] | None = None, *, quiet: bool = False, patience: float | None = None
    ) -> tuple[Stored, Session | None]:
        """What is stored, and the session in it. A tombstoned one comes as ``Found`` without a session.

        After ``patience`` seconds (one) ``on_wait`` is called; without it, the keyring counts as not read. ``quiet``:
        without a prompt.
        """
        stamp = self._vault.stamp()  # before: what changes during the read is looked at again
        reading = self._spawn(self._vault.load(quiet=quiet))
        if not await _in_time(reading, patience or _PATIENCE):
            if on_wait is None:
                return Unread(VaultProblem.WAITING), None
            on_wait()
        stored: Stored = await reading
        if not isinstance(stored, Unread):
            self._stamp = stamp
        if not isinstance(stored, Found):
            return stored, None
        try:
            session = Session.from_json(stored.text)
            return stored, None if self._tombstones.covers(session.id) else session
        except UnknownFormatError:
            return Unread(VaultProblem.CORRUPT), None
        except OSError as error:  # whether it was signed out cannot be told
            log.warning("the marks of sign-outs cannot be read: %s", type(error).__name__)
            return Unread(VaultProblem.DENIED), None

    def stirred(self) -> bool:
        """Whether another copy of the app has changed what is stored since we read or wrote it."""
        return not self.hands_off and self._vault.stamp() != self._stamp

    def want(self, saved: bool) -> None:
        """The person's word: whether who signs in next is to be stored. Who is in stays where they are."""
        self._wanted = saved

    def receive(self, session: Session, *, anew: bool) -> None:
        """Somebody has signed in: is it to be stored, and may it be? Not ``anew``: the stay goes on with new tokens."""
        wanted = self._wanted if anew else self._kept_out is None
        if not wanted:
            self._kept_out, self.memory_only = session.id, VaultProblem.UNWANTED
            return
        if self._kept_out is not None:
            self._kept_out, self.memory_only = None, self._unread
        self.claim(session.user.id)

    def leave_alone(self, problem: VaultProblem) -> None:
        """It could not be read: from now on this process keeps its hands off it."""
        self._unread, self._owner, self.memory_only = problem, None, problem

    def learn(self, stored: Stored, session: Session | None) -> None:
        """What the keyring answered after all, too late: it says whether a session may be stored over it."""
        if self._unread and not isinstance(stored, Unread):
            self._owner = session.user.id if session else ""
            if not self._owner:  # nobody's: nothing can be lost any more
                self._unread = None
                self.memory_only = VaultProblem.UNWANTED if self._kept_out else None

    def claim(self, user_id: str, *, by_order: bool = False) -> bool:
        """Whether this person's session may be stored. Over another's only ``by_order``, and else OCCUPIED is noted."""
        if self._unread and self._owner is not None and not self._kept_out:
            if by_order or self._owner == user_id:
                self._unread = None
            else:
                self.memory_only = VaultProblem.OCCUPIED
        return not self.hands_off

    def outdates(self, stored: Found, theirs: Session, ours: Session) -> bool:
        """Whether what is stored of the same person is newer than ours.

        While ours is not saved its generation says nothing, but each token of a session is made after the one before.
        """
        if self.memory_only is None:
            return stored.generation > (self.generation or 0)
        return theirs.id == ours.id and theirs.issued_at > ours.issued_at

    def agree(self, generation: int) -> None:
        """What is stored as this generation is what is held."""
        self.generation, self.memory_only = generation, None

    @property
    def hands_off(self) -> bool:
        """Whether what is stored is none of this process' business."""
        return self._unread is not None or self._kept_out is not None

    def signed_out(self, session_id: str) -> bool:
        """Whether another copy has signed it out, told without the keyring. What was never saved is this copy's own."""
        try:
            return self.generation is not None and self._tombstones.covers(session_id)
        except OSError:
            return False  # the keyring will tell

    def doubt(self, problem: VaultProblem) -> None:
        """It cannot be said that what is held is stored."""
        self.memory_only = problem

    @property
    def lags(self) -> bool:
        """Whether an older token of what is held is stored: another rotation on top, and a crash would lose both."""
        return self.memory_only is not None and self.generation is not None and not self.hands_off

    @property
    def behind(self) -> bool:
        """Whether a save has failed that may succeed the next time."""
        waits = self._latest is not None and not self._latest.done()
        return self.memory_only in _PASSING and not (self.hands_off or waits)

    @property
    def at_work(self) -> bool:
        """Whether the keyring is at a save still, and not because it waits for the person."""
        return self._latest is not None and not self._latest.done() and not self._vault.asking

    def forget(self) -> None:
        self.generation, self._latest, self._newest, self._stay = None, None, None, object()

    async def save(
        self,
        session: Session,
        *,
        new: bool = False,
        quiet: bool = False,
        replaces: str | None = None,
        patience: float | None = None,
    ) -> Kept:
        """Store it; after ``patience`` seconds (one) it goes on alone, and ``memory_only`` says WAITING until then.

        ``new``: over whatever is stored. ``quiet``: without a prompt. ``replaces``: the marked session that it removes.
        """
        if self.hands_off:
            return Unsaved(self.memory_only or VaultProblem.UNAVAILABLE)
        if new:  # a sign-in is the person's own word against any older record and mark
            self.forget()
            if not self._lift(session.id):
                return self._noted(Unsaved(VaultProblem.UNAVAILABLE))
        saving, begun = self._under_way(session), False
        if saving is None:
            self._newest, begun = session, True
            saving = self._latest = self._spawn(self._save(session, self._latest, self._stay, quiet, replaces))
        if await _in_time(saving, patience or _PATIENCE):
            return self._noted(saving.result()) if saving is self._latest else saving.result()
        if saving is self._latest and begun:
            self.memory_only = VaultProblem.WAITING
            saving.add_done_callback(self._saved_late)
        return Unsaved(VaultProblem.WAITING)

    def _under_way(self, session: Session) -> asyncio.Task[Kept] | None:
        """The save of this very token, if it is under way: a slow keyring is not asked for the same twice."""
        same = self._newest is not None and self._newest.refresh_token == session.refresh_token
        same = same and self._newest is not None and self._newest.user.facts == session.user.facts
        return self._latest if same and self._latest is not None and not self._latest.done() else None

    async def _save(
        self, session: Session, before: asyncio.Task[Kept] | None, stay: object, quiet: bool, replaces: str | None
    ) -> Kept:
        if before:  # each must know the generation that it is to replace
            await asyncio.wait({before})
        if stay is not self._stay:
            return Superseded()
        if session is not self._newest:  # a newer token waits for the keyring: the step in between is worth nothing
            return Unsaved(VaultProblem.WAITING)
        text, over = session.to_json(), self.generation
        kept = await self._vault.save(text, session_id=session.id, over=over, quiet=quiet)
        if isinstance(kept, Saved):  # else what a sibling has stored is still to be looked at
            self._stamp = self._vault.stamp()
        if isinstance(kept, Saved) and stay is self._stay:
            self.generation = kept.generation
            if replaces and replaces != session.id:
                self._lift(replaces)
        return kept

    def _saved_late(self, saving: asyncio.Task[Kept]) -> None:
        if saving is self._latest and not saving.cancelled():
            self._noted(saving.result())
            self._on_change()

    def _noted(self, kept: Kept) -> Kept:
        match kept:
            case Saved():
                self.memory_only = None
            case Unsaved(problem):
                self.memory_only = problem
            case Superseded():
                log.info("not saved: another copy of the app was there first")
            case _:
                assert_never(kept)
        return kept

    def lay_tombstone(self, session_id: str) -> None:
        """First step of every end: from here on neither a crash nor a late save brings that session back."""
        try:
            self._tombstones.lay(session_id)
        except OSError as error:  # a full disk must not keep anybody signed in
            log.error("the sign-out could not be marked on disk: %s", type(error).__name__)

    async def clear(self, session_id: str) -> VaultProblem | None:
        """Remove what is stored; the tombstone goes once that was read back."""
        if self._unread or session_id == self._kept_out:
            return None  # nothing of ours is in there
        problem = await self._vault.clear(session_id=session_id)
        if problem is None:
            self._lift(session_id)
            self._stamp = self._vault.stamp()
        return problem

    def confess(self) -> bool:
        """Whether the server was never told of an earlier sign-out. It is true once: who asks tells the person."""
        try:
            owed = self._tombstones.owed()
            if owed:
                self._tombstones.forgive()
        except OSError as error:
            log.warning("the marks of sign-outs cannot be read: %s", type(error).__name__)
            return False
        return owed

    def _lift(self, session_id: str) -> bool:
        try:
            self._tombstones.lift(session_id)
        except OSError as error:
            log.error("the mark of a sign-out could not be removed: %s", type(error).__name__)
            return False
        return True


async def _in_time(task: asyncio.Task[Any], patience: float) -> bool:
    done, _ = await asyncio.wait({task}, timeout=patience)
    return bool(done)
