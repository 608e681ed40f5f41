"""``Auth``, what an embedder holds: commands in, state and events out.

It joins the keeper (who is signed in) and the flows (what is being asked) into one state, and owns every task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from .attempts import Attempts
from .doors import Doors
from .errors import VaultProblem
from .events import AuthChange, EventBus, Subscription, Transition
from .flows import Flows
from .keeper import Keeper
from .mail_links import MailLinks, may_follow
from .models import User
from .parts import Parts
from .ports import DataClient, HttpClient, Scope
from .provider_tokens import ProviderAccess
from .reduce import Began, Cancelled, CutOff, Ended, Message, reduce
from .revocation import SignOut
from .state import (
    AnotherPerson,
    AuthState,
    Interrupted,
    SignedIn,
    Starting,
    Status,
    StoreWanted,
    status_of,
    user_of,
)
from .tasks import Tasks
from .watching import Watching

_FAREWELL = 0.5  # seconds that leaving waits for what is under way: a clear, a save, a refresh


class Auth(Doors):
    """One person's sign-in in one app.

    Use it as ``async with connect(config) as auth``. Leaving the block ends every task it owns.

    Commands (``sign_in``, ``sign_up``, ``verify``, ``resend``, ``sign_out`` ...) raise ``AuthError`` when they fail and
    show the same failure in ``state``, so that a window may look at the state alone. One attempt is under way at a
    time; a newer one, and ``cancel``, make the answer of an older one void.
    """

    def __init__(
        self,
        parts: Parts,
        data: DataClient,
        http: HttpClient,
        *,
        close: Callable[[], Awaitable[None]],
        expects: bool,
    ) -> None:
        self._tasks = Tasks()
        self._state = self._told = AuthState(Starting(expects))
        super().__init__(Keeper(parts, self, self._tasks.spawn), EventBus(), parts, self._tasks, data, http)
        self._clock, self._vault, self._close = parts.clock, parts.vault, close
        self._watching = Watching(self._keeper, parts)
        self._attempts = Attempts(self._keeper, self, parts.clock, self._spawn, self._arrived)
        self._providers, self._parts = ProviderAccess(parts.provider_vault), parts
        self._links = MailLinks(parts, self._spawn, lambda: may_follow(self._state.flow), self._by_link)
        self._flows = Flows(parts.gateway, parts.clock.now, self._keeper.schedule.now, self._links.way_back)
        self._work: dict[object, Callable[[], bool]] = {}
        self._started = asyncio.Event()

    # ---- state and events

    @property
    def state(self) -> AuthState:
        return self._state

    @property
    def status(self) -> Status:
        """``loading``, ``authenticated`` or ``unauthenticated``."""
        return status_of(self._state)

    @property
    def user(self) -> User | None:
        return user_of(self._state)

    @property
    def expires_at(self) -> float | None:
        """When the access token ends, in seconds since the epoch on this machine's clock; None for nobody."""
        return self._keeper.expires_at

    @property
    def storage(self) -> str:
        """Where a session is kept, in the system's own name."""
        return self._vault.place

    def subscribe(self, callback: Callable[[AuthChange], None]) -> Subscription:
        """Hear of every event: first, exactly once, INITIAL_SESSION, even for those who come late."""
        return self._bus.subscribe(callback)

    def watch(self, callback: Callable[[Transition], None]) -> Subscription:
        """Hear of every step of ``state`` from now on."""
        return self._bus.watch(callback)

    def nudge(self) -> None:
        """Say that the network may be back, or the person: a refresh that is due happens now."""
        self._watching.nudge()

    # ---- commands

    def sign_out(self, scope: Scope = "local") -> SignOut:
        """Sign out here, at once, offline too; the keyring and the server follow behind, and the answer says how far.

        ``global`` ends this person's sessions everywhere, ``others`` all but this one, which goes on here.
        """
        if scope == "others":
            return self._keeper.sign_out(scope)  # what is asked here goes on
        self._attempts.void()
        handle = self._keeper.sign_out(scope)
        self.changed(Cancelled())  # a form whose attempt is void does not wait for it
        self.happened()
        return handle

    async def save_over(self) -> None:
        """The keyring holds somebody else's session (``VaultProblem.OCCUPIED``): this person's takes its place."""
        await self._keeper.save_over()

    def guard_work(self, is_open: Callable[[], bool]) -> Subscription:
        """Have ``is_open`` asked whether there is unsaved work here when a sign-out comes from elsewhere.

        If there is, the session becomes ``Interrupted`` and the work stays; what the server ends is always that.
        """
        key = object()
        self._work[key] = is_open
        return Subscription(lambda: self._work.pop(key, None) and None)

    def retry_store(self) -> None:
        """Ask the keyring again, which may make it prompt."""
        session = self._state.session
        if isinstance(session, StoreWanted) and session.problem is not VaultProblem.WAITING:  # never a second prompt
            self.changed(Began())
            self.happened()
            self._spawn(self._keeper.restore())

    def go_on_without_saving(self) -> None:
        """Do not wait for the keyring: sign in for this run only. What is stored is not touched."""
        if isinstance(session := self._state.session, StoreWanted):
            self._keeper.go_on_without_saving(session.problem)

    # ---- Listener: the keeper and the attempts speak through these

    def changed(self, message: Message) -> None:
        before, self._state = self._state, reduce(self._state, message)
        if isinstance(message, Ended | CutOff) or _is_over(before, self._state):
            self._attempts.void()
        self._links.look()
        if isinstance(self._state.session, Starting):
            self._started.clear()
        else:
            self._started.set()

    def happened(self, change: AuthChange | None = None) -> None:
        session = self._keeper.session
        self._providers.belong_to(session.id if session else "")
        before, self._told = self._told, self._state
        if change or before != self._state:
            self._bus.publish(Transition(before, self._state, change))

    def work_is_open(self) -> bool:
        return any(is_open() for is_open in list(self._work.values()))

    # ---- life

    async def _at_the_door(self) -> None:
        """A sign-in waits for the keyring's answer; if there is none to be had, it is for this run only."""
        await self._started.wait()
        self.go_on_without_saving()

    async def __aenter__(self) -> Self:
        self._spawn(self._keeper.restore())
        self._watch_task = self._spawn(self._watching.watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._attempts.void()
        self._links.close()
        self._watch_task.cancel()
        self._spawn(self._keeper.save_again())
        try:  # a clear or a save under way is worth a moment; a sign-in is not worth more than that
            await self._tasks.wind_up(_FAREWELL)
        finally:
            await self._close()


def _is_over(before: AuthState, after: AuthState) -> bool:
    """Whether what was asked has no answer any more that counts: whoever waits aside, or is on the way, does in vain.

    The one who was cut off is back, by another copy of the app as well; nobody may sweep their work away unasked.
    """
    back = isinstance(before.session, Interrupted) and isinstance(after.session, SignedIn)
    return back or (isinstance(before.flow, AnotherPerson) and not isinstance(after.flow, AnotherPerson))
