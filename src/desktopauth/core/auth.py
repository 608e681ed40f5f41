"""``Auth``, what an embedder holds: commands in, state and events out.

It joins the keeper (who is signed in) and the flows (what is being asked) into one state, and owns every task.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from .errors import AuthError, VaultProblem
from .events import AuthChange, EventBus, Subscription, Transition
from .flows import Flows, later
from .keeper import Keeper
from .models import Session, User
from .parts import Parts
from .ports import DataClient, HttpClient
from .reduce import Asked, Began, Cancelled, CodeMailed, Failed, FormOpened, Message, reduce
from .revocation import revoke
from .state import (
    AuthState,
    CodeWanted,
    FormPurpose,
    PasswordForm,
    SignedOut,
    Starting,
    Status,
    StoreWanted,
    status_of,
    user_of,
)
from .tokens import LiveTokens

log = logging.getLogger("desktopauth.auth")

_FAREWELL = 0.5  # seconds that leaving waits for what is under way: a clear, a save, a refresh


class Auth:
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
        self._bus = EventBus()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._state = self._told = AuthState(Starting(expects))
        self._gateway, self._clock, self._vault = parts.gateway, parts.clock, parts.vault
        self._keeper = Keeper(parts, self, self._spawn)
        self._tokens = LiveTokens(self._keeper, parts.clock, parts.server_clock, self._spawn)
        self._flows = Flows(parts.gateway, parts.clock.now)
        self._attempt = 0
        self._started = asyncio.Event()
        self._data, self._http, self._close = data, http, close
        self._client: asyncio.Task[Any] | None = None

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

    # ---- tokens and clients

    async def access_token(self) -> str | None:
        """The live access token, or None. Raises AuthError when it has expired and cannot be refreshed now."""
        return await self._tokens.access_token()

    async def refresh(self) -> None:
        """Refresh now, once for all who ask. Raises AuthError."""
        await self._keeper.refresh()

    def nudge(self) -> None:
        """Say that the network may be back, or the person: a refresh that is due happens now."""
        self._keeper.nudge()

    async def supabase(self) -> Any:
        """The stock ``supabase.AsyncClient`` of this project, which always carries the live token; one for all."""
        if self._client is None or (self._client.done() and (self._client.cancelled() or self._client.exception())):
            self._client = self._spawn(_awaited(self._data(self._tokens)))
        return await asyncio.shield(self._client)

    async def http(self, *origins: str) -> Any:
        """A plain ``httpx.AsyncClient`` for your own API, which carries the live token to exactly these origins.

        Origins are ``https://host[:port]``, or http on this machine. An Authorization of your own is left alone. A
        token that is refused as stale is renewed and the request sent once more. Raises ValueError for no origin.
        """
        return await self._http(self._tokens, origins)

    async def plain_http(self) -> Any:
        """The same, with no token to anywhere. Both end with ``Auth``, and keep no cookies."""
        return await self._http(None, ())

    # ---- commands

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in by password; an address that is not confirmed yet leads to the code view."""
        await self._at_the_door()
        self.changed(Asked(email.strip()))
        await self._try(self._flows.sign_in(email.strip(), password))

    async def sign_up(self, email: str, password: str) -> None:
        """Create an account; leads to the code view where the project confirms addresses."""
        await self._at_the_door()
        self.changed(Asked(email.strip()))
        await self._try(self._flows.sign_up(email.strip(), password))

    async def verify(self, code: str) -> None:
        """Redeem the code that the current flow waits for."""
        if isinstance(flow := self._state.flow, CodeWanted):
            self.changed(Asked())
            await self._try(self._flows.verify(flow.email, code))

    async def resend(self) -> None:
        """Mail another code."""
        if isinstance(flow := self._state.flow, CodeWanted) and self._clock.now() >= flow.resend_at:
            self.changed(Asked())
            await self._try(self._flows.resend(flow.email, flow.purpose))

    def open_form(self, purpose: FormPurpose, email: str | None = None) -> None:
        """Show the sign-in or sign-up form; what was under way is void."""
        if isinstance(self._state.session, SignedOut):
            self._attempt += 1
            self.changed(FormOpened(purpose, email))
            self.happened()

    def cancel(self) -> None:
        """Stop waiting: a busy form becomes free again, a code view goes back to the form."""
        self._attempt += 1
        match self._state.flow:
            case PasswordForm(busy=True) | CodeWanted(busy=True):
                self.changed(Cancelled())
            case CodeWanted(email=email, purpose=purpose):
                self.changed(FormOpened("sign_up" if purpose == "confirm" else "sign_in", email))
            case _:
                pass
        self.happened()

    def sign_out(self) -> None:
        """Sign out here, at once, offline too; the keyring and the server follow behind."""
        self._attempt += 1
        self._keeper.sign_out()
        self.changed(Cancelled())  # a form whose attempt is void does not wait for it
        self.happened()

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

    # ---- Listener: the keeper and the attempts speak through these two

    def changed(self, message: Message) -> None:
        self._state = reduce(self._state, message)
        if isinstance(self._state.session, Starting):
            self._started.clear()
        else:
            self._started.set()

    def happened(self, change: AuthChange | None = None) -> None:
        before, self._told = self._told, self._state
        if change or before != self._state:
            self._bus.publish(Transition(before, self._state, change))

    # ---- attempts and tasks

    async def _at_the_door(self) -> None:
        """A sign-in waits for the keyring's answer; if there is none to be had, it is for this run only."""
        await self._started.wait()
        self.go_on_without_saving()

    async def _try(self, flow: Coroutine[Any, Any, Session | CodeMailed]) -> None:
        self._attempt = attempt = self._attempt + 1
        self.happened()
        await asyncio.shield(self._spawn(self._run(flow, attempt)))

    async def _run(self, flow: Coroutine[Any, Any, Session | CodeMailed], attempt: int) -> None:
        try:
            came = await flow
        except AuthError as error:
            if attempt == self._attempt:
                self.changed(Failed(error.problem, later(error.problem, self._clock.now())))
                self.happened()
            raise
        if attempt == self._attempt:
            await self._arrive(came)
        elif isinstance(came, Session):  # nobody waits for it any more: it must not live on unseen
            await revoke(self._gateway, came, came.expires_at - came.expires_in)  # it has just been made

    async def _arrive(self, came: Session | CodeMailed) -> None:
        if isinstance(came, Session):
            await self._keeper.adopt(came)
        else:
            self.changed(came)
            self.happened()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None or isinstance(error, AuthError):
            return  # an AuthError is in the state already
        log.error("a task of Auth failed: %s", type(error).__name__)
        asyncio.get_running_loop().call_exception_handler({"message": "a task of Auth failed", "exception": error})

    async def __aenter__(self) -> Self:
        self._spawn(self._keeper.restore())
        self._watching = self._spawn(self._keeper.watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._attempt += 1
        self._watching.cancel()
        try:
            if self._tasks:  # a clear or a save under way is worth a moment; a sign-in is not worth more than that
                await asyncio.wait(set(self._tasks), timeout=_FAREWELL)
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._close()


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
