"""What a view may ask for. Asked before the loop or the session is there, it waits; answers come back as state only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the window paints before asyncio is imported, and before there is any state
    import asyncio

    from desktopauth.core.auth import Auth
    from desktopauth.core.events import Subscription, Transition
    from desktopauth.core.models import UserChange
    from desktopauth.core.ports import Scope
    from desktopauth.core.revocation import SignOut, SignOutStatus
    from desktopauth.core.state import AddressPurpose, FormPurpose

log = logging.getLogger("desktopauth.window")
Ask = Callable[["Auth"], "Coroutine[Any, Any, None] | None"]


class Commands:
    """The window's line to ``Auth``, and the owner of the tasks that the window starts."""

    def __init__(self) -> None:
        self._auth: Auth | None = None
        self._early: list[Ask] = []
        self._guard: Subscription | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.remembers = True  # who signs in next: what the box says in every view that has one

    def attach(self, auth: Auth) -> None:
        """The session half is there: from now on it is asked at once."""
        self._auth = auth
        auth.watch(self._settled)

    def sign_in(self, email: str, password: str) -> None:
        self._ask(lambda auth: auth.sign_in(email, password))

    def sign_up(self, email: str, password: str) -> None:
        self._ask(lambda auth: auth.sign_up(email, password))

    def verify(self, code: str) -> None:
        self._ask(lambda auth: auth.verify(code))

    def resend(self) -> None:
        self._ask(lambda auth: auth.resend())

    def sign_in_with(self, provider: str) -> None:
        self._ask(lambda auth: auth.sign_in_with(provider))

    def open_again(self) -> None:
        self._ask(lambda auth: auth.open_again())

    def paste(self, address: str) -> bool:
        """Whether the address that a browser ended at elsewhere is the answer to this attempt."""
        return self._auth is not None and self._auth.paste(address)

    def remember(self, on: bool) -> None:
        """Whether who signs in next is kept in the keyring, and their door and address at hand."""
        self.remembers = on
        self._ask(lambda auth: auth.remember(on))

    def sign_in_with_code(self, to: str) -> None:
        self._ask(lambda auth: auth.sign_in_with_code(to))

    def forgot_password(self, email: str) -> None:
        self._ask(lambda auth: auth.forgot_password(email))

    def set_password(self, password: str, proof: str = "") -> None:
        """``proof``: the current password, or the mailed code, whichever the flow asks for."""
        self._ask(lambda auth: auth.set_password(password, proof))

    def change_email(self, email: str) -> None:
        self._ask(lambda auth: auth.change_email(email))

    def open_address(self, purpose: AddressPurpose, email: str) -> None:
        self._ask(lambda auth: auth.open_address(purpose, email))

    def open_new_password(self) -> None:
        self._ask(lambda auth: auth.open_new_password())

    def open_new_email(self) -> None:
        self._ask(lambda auth: auth.open_new_email())

    async def update_user(self, change: UserChange) -> None:
        """Raises AuthError, for the view that asked."""
        if self._auth:
            await self._auth.update_user(change)

    def open_form(self, purpose: FormPurpose, email: str) -> None:
        self._ask(lambda auth: auth.open_form(purpose, email))

    def cancel(self) -> None:
        self._early.clear()
        if self._auth:
            self._auth.cancel()

    def let_in(self) -> None:
        self._ask(lambda auth: auth.let_in())

    def save_over(self) -> None:
        self._ask(lambda auth: auth.save_over())

    def sign_out(self, scope: Scope = "local", told: Callable[[SignOutStatus], None] | None = None) -> None:
        """``told`` hears how far the server's side is: at once, and when that has changed for good."""

        def ask(auth: Auth) -> Coroutine[Any, Any, None] | None:
            handle = auth.sign_out(scope)
            return _follow(handle, told) if told else None

        self._ask(ask)

    def guard_work(self, is_open: Callable[[], bool]) -> None:
        """Have a sign-out in another copy of the app leave the work here while ``is_open()`` says there is some."""
        if self._auth:
            self._guard = self._auth.guard_work(is_open)

    def retry_store(self) -> None:
        if self._auth:
            self._auth.retry_store()

    def go_on_without_saving(self) -> None:
        if self._auth:
            self._auth.go_on_without_saving()

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a view's own work; an AuthError in it is in the state, or on the view, already."""
        import asyncio

        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """End what is still under way; a window that is gone holds no work."""
        import asyncio

        if self._guard:
            self._guard.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ask(self, ask: Ask) -> None:
        if self._auth is None or self._auth.status == "loading":
            self._early.append(ask)  # typed faster than the keyring was read
            return
        if work := ask(self._auth):
            self.start(work)

    def _settled(self, transition: Transition) -> None:
        from desktopauth.core.state import Interrupted, SignedIn, SignedOut, Starting, StoreWanted

        match transition.after.session:
            case SignedOut():
                early, self._early = self._early, []
                for ask in early:
                    self._ask(ask)
            case SignedIn() | StoreWanted() | Interrupted():
                self._early.clear()  # it was asked of a form that is no longer there
            case Starting():
                pass

    def _ended(self, task: asyncio.Task[Any]) -> None:
        from desktopauth.core.errors import AuthError

        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, AuthError):
            log.error("work of the window failed: %s", type(error).__name__)
            raise error


async def _follow(handle: SignOut, told: Callable[[SignOutStatus], None]) -> None:
    told(handle.status)
    if handle.status == "pending":
        told(await handle.settled())
