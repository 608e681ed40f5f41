"""What the keeper has done, put into words for the state and for those who listen."""

from __future__ import annotations

from .errors import ErrorKind, VaultProblem
from .events import AuthChange, AuthEvent
from .models import Session, User
from .parts import Listener
from .reduce import Admitted, CutOff, Ended, NobodyThere, StoreTrouble
from .schedule import Schedule
from .state import Reason
from .store import Store

# What the server decided ends a session over somebody's head, and their work stays on the screen beneath the question
# who they are. A sign-out in another copy of the app was meant to end it here as well.
_OVER_THEIR_HEAD = {Reason.BANNED, Reason.EXPIRED, Reason.REVOKED}


class Telling:
    """Speaks for the keeper, in two steps: the state moves at once, the event goes out when every lock is released."""

    def __init__(self, listener: Listener, schedule: Schedule, store: Store) -> None:
        self._listener, self._schedule, self._store = listener, schedule, store
        self.say = listener.happened
        self._admitted = False

    def trouble(self, problem: VaultProblem) -> None:
        """The keyring does not say who is there."""
        self._listener.changed(StoreTrouble(problem))
        self.say()

    def nobody(self, problem: VaultProblem | None) -> None:
        self._listener.changed(NobodyThere(problem, self._store.confess()))
        self.say(AuthChange(AuthEvent.INITIAL_SESSION))

    def health(self, session: Session) -> None:
        """Nothing has happened but time, or a save. Who is not admitted yet is not let in by it."""
        if self._admitted:
            self._admit(session)
            self.say()

    def unsaved(self) -> None:
        """If the session is in memory only, and not because the person wants it so: say so."""
        if (problem := self._store.memory_only) and problem is not VaultProblem.UNWANTED:
            self.storage_problem(problem)

    def storage_problem(self, problem: VaultProblem) -> None:
        self.say(AuthChange(AuthEvent.STORAGE_PROBLEM, cause=problem))

    def admitted(self, session: Session, event: AuthEvent) -> AuthChange:
        self._admit(session)
        return AuthChange(event, user=session.user)

    def updated(self, user: User) -> AuthChange:
        """They have changed something about themselves."""
        return AuthChange(AuthEvent.USER_UPDATED, user=user)

    def failed(self, session: Session, cause: ErrorKind, retry_at: float) -> AuthChange:
        self._admit(session)
        return AuthChange(AuthEvent.REFRESH_FAILED, user=session.user, cause=cause, retry_at=retry_at)

    def interrupts(self, reason: Reason) -> bool:
        """Whether this end leaves what they were doing where it is."""
        return reason in _OVER_THEIR_HEAD or (reason is not Reason.USER and self._listener.work_is_open())

    def cut_off(self, user: User, reason: Reason, code: str) -> AuthChange:
        self._admitted = False
        self._listener.changed(CutOff(user, reason, code, self._store.memory_only))
        return AuthChange(AuthEvent.REAUTH_REQUIRED, user=user, reason=reason)

    def ended(self, reason: Reason, code: str = "") -> AuthChange:
        self._admitted = False
        self._listener.changed(Ended(reason, code, self._store.memory_only))
        return AuthChange(AuthEvent.SIGNED_OUT, reason=reason)

    def _admit(self, session: Session) -> None:
        self._admitted = True
        self._listener.changed(Admitted(session.user, self._schedule.health(session, self._store.memory_only)))
