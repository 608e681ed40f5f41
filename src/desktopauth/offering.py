"""What the window offers at the door: the ways in that the project has, and what is remembered of the last time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError
from desktopauth.core.events import AuthChange, AuthEvent, Transition
from desktopauth.core.models import Project
from desktopauth.core.state import Interrupted, PasswordForm, SignedIn, SignedOut, Starting, StoreWanted

_FIRST, _LONGEST = 2.0, 60.0  # seconds between two questions to a server that does not answer


class Memory(Protocol):
    """What is remembered of last time (adapters/remembered.py)."""

    @property
    def door(self) -> str: ...

    @property
    def email(self) -> str: ...

    def note(self, door: str, email: str) -> None: ...

    def forget(self) -> None: ...


class Offering:
    """Tells ``show(project, last door)`` what there is to choose from; ``run`` it as long as the window is open.

    ``providers`` are the configured ones, in place of all that the server has. ``wanted()`` says whether who signs in
    is to be remembered.
    """

    def __init__(
        self,
        auth: Auth,
        show: Callable[[Project, str], None],
        memory: Memory,
        *,
        providers: tuple[str, ...],
        wanted: Callable[[], bool],
    ) -> None:
        self._auth, self._show, self._memory = auth, show, memory
        self._providers, self._wanted = providers, wanted
        self._asked_in = asyncio.Event()  # somebody is at the door
        self._offered: Project | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        if self._providers:
            self._offer(Project(self._providers))
        with self._auth.watch(self._stepped), self._auth.subscribe(self._heard):
            self._look()
            await self._asked_in.wait()  # who is restored needs no door, and the server no question
            project = await self._learn()
            if self._providers:
                project = replace(project, providers=self._providers)
            self._offer(project)
            await asyncio.Event().wait()

    async def _learn(self) -> Project:
        pause = _FIRST
        while True:
            try:
                return await self._auth.project()
            except AuthError:  # the doors that need no list are there, and say the same when they are tried
                await asyncio.sleep(pause)
                pause = min(_LONGEST, pause * 2)

    def _offer(self, project: Project) -> None:
        self._offered = project
        self._show(project, self._memory.door)

    def _stepped(self, step: Transition) -> None:
        back = isinstance(step.before.session, Interrupted) and isinstance(step.after.session, SignedIn)
        if back and not self._wanted():  # the same person goes on, which is no new sign-in, but it is their word
            self._remember("", "")
        self._look()

    def _look(self) -> None:
        if not isinstance(self._auth.state.session, SignedIn | Starting | StoreWanted):
            self._asked_in.set()

    def _heard(self, change: AuthChange) -> None:
        match change.event:
            case AuthEvent.INITIAL_SESSION if self._memory.email and self._untouched():
                self._auth.open_form("sign_in", self._memory.email)
            case AuthEvent.SIGNED_IN if not self._wanted():
                self._remember("", "")
            case AuthEvent.SIGNED_IN if change.user:
                self._remember(self._auth.door, change.user.email)
            case _:
                pass

    def _remember(self, door: str, email: str) -> None:
        """And mark the door anew: it is seen at the next sign-out."""
        if email:
            self._memory.note(door, email)
        else:
            self._memory.forget()
        if self._offered:
            self._offer(self._offered)

    def _untouched(self) -> bool:
        return isinstance(self._auth.state.session, SignedOut) and self._auth.state.flow == PasswordForm()
