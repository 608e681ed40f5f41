"""The app: the window first, then the session half behind it, then the two joined by the bus."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # nothing but Qt is imported before the first paint
    import asyncio

    from desktopauth.adapters.config import Config
    from desktopauth.adapters.instance import InstanceLock
    from desktopauth.adapters.project_check import Finding
    from desktopauth.adapters.statefile import StateFile
    from desktopauth.choosing import Choice
    from desktopauth.core.auth import Auth
    from desktopauth.offering import Offering
    from desktopauth.qt.bus import AuthBus
    from desktopauth.qt.shell import Shell
    from desktopauth.qt.signals import Early

Tell = Callable[[str], None]
Mailbox = Callable[[str], "str | None"]
Story = Callable[["Shell", "AuthBus"], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Project:
    """What the session half is made for; ``mailbox`` finds the newest code of an address, in the demo."""

    config: Config
    mailbox: Mailbox | None = None


Prepare = Callable[[Tell], AbstractAsyncContextManager[Project]]


class PrepareError(Exception):
    """There is no project to sign in to; the text is a sentence for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How the app begins.

    ``expects_somebody`` picks the first picture, ``prepare`` makes the project ready, or lets the person choose one
    first; ``story`` plays it without hands, ``report`` is told what went wrong before there was a session. ``folder``
    is the profile's, where it is remembered who came in last, ``logs`` that of the log file, ``log_level`` what goes in
    there (adapters/logs.py); ``temporary`` leaves nothing behind. ``entry`` is what one window at a time
    may be open for: a second start brings that one to the front instead. Empty for no such rule.
    """

    title: str
    expects_somebody: bool
    prepare: Prepare | Choice[Project]
    report: Tell
    folder: Path
    logs: Path | None = None
    log_level: str = ""
    temporary: bool = False
    story: Story | None = None
    entry: str = ""


def entry_of(config: Config) -> str:
    """What the stored session is called that this configuration leads to."""
    from desktopauth.adapters.entry import entry_name

    return entry_name(config.app_id, config.project_id, config.profile_id)


def expects_somebody(config: Config) -> bool:
    """Whether this entry was left with a session, by its state file alone: a guess for the first picture."""
    state = _state_file(config)
    return state is not None and bool(state.expects_somebody())


def _state_file(config: Config) -> StateFile | None:
    from desktopauth.adapters.entry import account_folder
    from desktopauth.adapters.statefile import StateFile

    return None if config.store == "memory" else StateFile(account_folder(), entry_of(config))


@asynccontextmanager
async def configured(config: Config, _tell: Tell) -> AsyncIterator[Project]:
    """The project that the configuration names: nothing to prepare."""
    yield Project(config)


async def check(url: str, key: str) -> Finding:
    """Whether they lead to a project. The wire is imported when somebody asks, in a worker."""
    import asyncio

    look = await asyncio.get_running_loop().run_in_executor(None, _import_check)
    return await look(url, key)


def _import_check() -> Callable[[str, str], Awaitable[Finding]]:
    from desktopauth.adapters.project_check import check_project

    return check_project


def open_app(opening: Opening) -> int:
    """Run the app to its end; its exit status. Raises TimeoutError if it is open already, but does not answer."""
    from desktopauth.qt.signals import early_signals

    with early_signals() as early:  # before Qt: Ctrl-C must not break its imports
        if not opening.entry:
            return _open(opening, early)
        from desktopauth.adapters.entry import account_folder
        from desktopauth.adapters.instance import InstanceLock

        lock = InstanceLock(account_folder(), opening.entry)
        try:
            return _open(opening, early, lock)
        finally:
            lock.release()


def _open(opening: Opening, early: Early, lock: InstanceLock | None = None) -> int:
    from desktopauth.qt import loop

    first = lock is None or lock.take()
    app = loop.start(sys.argv[:1])
    if not (first or lock is None) and (_raised(opening, lock, early) or early.number):
        return 128 + early.number if early.number else 0
    from desktopauth.qt.commands import Commands
    from desktopauth.qt.shell import Shell
    from desktopauth.qt.style import style_sheet

    app.setStyleSheet(style_sheet(app))
    app.setApplicationName("desktopauth")
    app.setApplicationDisplayName(opening.title)
    shell = Shell(opening.title, Commands(), expects_somebody=opening.expects_somebody)
    return loop.run(app, shell, lambda: _life(opening, shell, lock), [_warm_gateway], early)


def _raised(opening: Opening, lock: InstanceLock, early: Early) -> bool:
    """Whether the window that is open already came to the front; else this start is the first by now."""
    import os

    from desktopauth.qt.instance import activation_token, raise_first

    if raised := raise_first(lock.address(), activation_token(os.environ), lock.take, lambda: early.number):
        opening.report(f"{opening.title} is open already: its window was brought to the front.")
    return raised


async def _life(opening: Opening, shell: Shell, lock: InstanceLock | None = None) -> int:
    import asyncio

    closed = asyncio.Event()
    shell.closed.connect(closed.set)
    async with AsyncExitStack() as stack:
        stack.callback(_start_logging(opening.logs, opening.log_level))
        if lock:
            stack.callback(_open_door(lock, shell))
        entering = asyncio.ensure_future(_project(opening.prepare, shell, stack))
        if not await _sooner(entering, closed):
            return 0
        try:
            project = entering.result()
        except PrepareError as error:
            return await _no_project(opening, shell, closed, str(error))
        return await _with_project(opening, shell, closed, project)


async def _project(prepare: Prepare | Choice[Project], shell: Shell, stack: AsyncExitStack) -> Project:
    if not callable(prepare):
        from desktopauth.choosing import choose

        prepare = await choose(shell, prepare)
    return await stack.enter_async_context(prepare(shell.tell))


def _start_logging(folder: Path | None, level: str) -> Callable[[], None]:
    """From here on, as it costs 8 ms; what asyncio has to complain of goes to our log as well. Gives what undoes it."""
    import asyncio
    import logging

    from desktopauth.adapters.logs import set_up

    log = logging.getLogger("desktopauth.app")

    def complain(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # the exception's name only: its text may hold anything
        log.error("%s (%s)", context.get("message"), type(context.get("exception")).__name__)

    asyncio.get_running_loop().set_exception_handler(complain)
    return set_up(folder, level=level)


def _open_door(lock: InstanceLock, shell: Shell) -> Callable[[], None]:
    """From here on other starts are heard, until the window is closed. Gives what ends that."""
    import logging

    from desktopauth.qt.instance import Door, come_forward

    try:
        if lock.problem:
            raise lock.problem
        door = Door(lock.address())
        door.open()
    except OSError as problem:
        log = logging.getLogger("desktopauth.app")
        log.warning("a second start will not find this window: %s", type(problem).__name__)
        return lambda: None
    door.knocked.connect(lambda token: come_forward(shell, token))
    shell.closed.connect(door.close)  # not later: who knocks now must become the first
    return door.close


async def _with_project(opening: Opening, shell: Shell, closed: asyncio.Event, project: Project) -> int:
    import asyncio

    connect = await asyncio.get_running_loop().run_in_executor(None, _import_connect)
    async with connect(project.config, temporary=opening.temporary) as auth:
        from desktopauth.adapters.avatar import Avatars
        from desktopauth.demo.notes import TableNotes
        from desktopauth.qt.bus import AuthBus
        from desktopauth.qt.system import ALL, Nudges
        from desktopauth.qt.views.session import SessionFacts

        bus = AuthBus(auth)
        shell.commands.attach(auth)
        pictures = Avatars(auth.plain_http).fetch if project.config.avatars else None
        facts = SessionFacts(lambda: auth.expires_at, lambda: auth.storage, pictures)
        shell.attach(bus, TableNotes(auth), facts, project.mailbox)
        wanted, state = [each for each in ALL if each in project.config.nudges], _state_file(project.config)
        nudges = Nudges(auth.nudge, wanted, state_file=state.path if state else None)
        offering = asyncio.ensure_future(_offering(opening, project.config, auth, shell).run())
        try:
            return await _play(opening.story, shell, bus, closed)
        finally:
            offering.cancel()
            nudges.close()
            bus.close()
            shell.hide()  # the person is done; what is still to be tidied needs no window
            await shell.commands.close()


def _offering(opening: Opening, config: Config, auth: Auth, shell: Shell) -> Offering:
    from desktopauth.adapters.remembered import Remembered
    from desktopauth.offering import Offering

    memory = Remembered(opening.folder, entry_of(config))
    return Offering(auth, shell.offer, memory, providers=config.providers, wanted=lambda: shell.commands.remembers)


async def _play(story: Story | None, shell: Shell, bus: AuthBus, closed: asyncio.Event) -> int:
    import asyncio

    if story is None:
        await closed.wait()
        return 0
    playing = asyncio.ensure_future(story(shell, bus))
    return playing.result() if await _sooner(playing, closed) else 1


async def _no_project(opening: Opening, shell: Shell, closed: asyncio.Event, sentence: str) -> int:
    opening.report(sentence)
    if opening.story is None and not closed.is_set():
        shell.refuse(sentence)
        await closed.wait()
    return 1


async def _sooner(work: asyncio.Future[Any], closed: asyncio.Event) -> bool:
    """Whether the work ended before the window was closed; if not, it is cancelled and has tidied up."""
    import asyncio

    closing = asyncio.ensure_future(closed.wait())
    await asyncio.wait([work, closing], return_when=asyncio.FIRST_COMPLETED)
    closing.cancel()
    if work.done():
        return True
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    return False


def _import_connect() -> Callable[..., AbstractAsyncContextManager[Auth]]:
    from desktopauth.connect import connect

    return connect


def _warm_gateway() -> None:
    from desktopauth.adapters.gateway import warm

    warm()
