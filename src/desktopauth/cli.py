"""The command line: the app, and the commands beside it. What is wrong is one sentence on stderr, never a traceback.

What the app needs to start is here; what works without a screen is in ``terminal``.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktopauth.adapters.config import Config, NotConfiguredError
    from desktopauth.adapters.paths import Profile
    from desktopauth.app import Prepare, Project, Story, Tell
    from desktopauth.demo.server import EmbeddedServer


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point ``desktopauth``; the exit status: 0 done, 1 it went wrong, 2 it was asked wrongly.

    ``status`` has its own: 0 somebody, 1 nobody, 2 it cannot be told.
    """
    return _leave(_main(argv, _complain))


def windowed(argv: Sequence[str] | None = None) -> int:
    """Entry point ``desktopauth-app``: the same with no terminal, so a sentence is shown in a window."""
    return _leave(_main(argv, _show))


def _leave(status: int) -> int:
    """The status; but where a thread is in the middle of an import or a keyring's prompt, the process ends right here.

    Everything is tidied by now. An interpreter that winds up under a running thread may crash (a destructor of C++ that
    meets the end of its thread aborts the process), and no thread of ours is worth waiting for.
    """
    import threading

    if threading.active_count() > 1:
        import logging
        import os

        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # a windowed program has none
                stream.flush()
        os._exit(status)
    return status


def _main(argv: Sequence[str] | None, complain: Callable[[str], None]) -> int:
    gc.disable()  # until all is imported (qt/loop.py): a collection in between delays the first paint
    from desktopauth.adapters.config import ConfigError
    from desktopauth.adapters.paths import ProfileError
    from desktopauth.terminal.options import parser

    options = parser().parse_args(argv)
    try:
        return _do(options)
    except (ConfigError, ProfileError) as error:
        complain(str(error))
        return 2
    except OSError as error:
        complain(f"desktopauth can't work here: {error.strerror or error}.")
        return 1
    except KeyboardInterrupt:
        return 130


def _do(options: argparse.Namespace) -> int:
    if options.smoke:
        from desktopauth.smoke import smoke

        return smoke(print)
    if options.forget_session or options.command not in (None, "run", "demo"):
        from desktopauth.terminal.commands import command

        # a name that the terminal's encoding lacks must not end in a traceback
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        return command(options, print)
    _need_app(options)
    return _demo(options) if options.command == "demo" else _run(options)


@contextmanager
def _profile(options: argparse.Namespace) -> Iterator[Profile]:
    from desktopauth.adapters.paths import default_profile, profile_at, temporary_profile

    if getattr(options, "temp_profile", False):
        with temporary_profile() as profile:
            yield profile
    elif folder := getattr(options, "profile_dir", None):
        yield profile_at(folder)
    else:
        yield default_profile()


def _need_app(options: argparse.Namespace) -> None:
    """Without a screen Qt ends the process by itself, and not with a sentence. Raises ConfigError."""
    import os

    from desktopauth.adapters.config import ConfigError

    if hasattr(options, "demo"):
        raise ConfigError('The demo is started by "desktopauth demo"; --demo goes with status, sign-out and the like.')
    screens = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    if sys.platform.startswith("linux") and not screens & os.environ.keys() and not getattr(options, "tour", None):
        raise ConfigError('There is no screen here. "desktopauth demo --tour DIR" plays the story without one.')


def _run(options: argparse.Namespace) -> int:
    import os

    from desktopauth.adapters.config import NotConfiguredError
    from desktopauth.app import Opening, configured, entry_of, expects_somebody, open_app
    from desktopauth.terminal.target import config_of

    with _profile(options) as profile:
        config: Config | NotConfiguredError
        try:
            config = config_of(options, os.environ, profile.folder, profile.id)
        except NotConfiguredError as missing:
            config = missing
        if isinstance(config, NotConfiguredError):  # not up there: whatever goes wrong later is no consequence of it
            return _choose(options, profile, config)
        return open_app(
            Opening(
                title=config.app_name,
                expects_somebody=expects_somebody(config),
                prepare=partial(configured, config),
                report=_complain,
                folder=profile.folder,
                logs=profile.logs,
                log_level=getattr(options, "log_level", ""),
                temporary=profile.temporary,
                entry="" if profile.temporary else entry_of(config),
            )
        )


def _choose(options: argparse.Namespace, profile: Profile, missing: NotConfiguredError) -> int:
    """No project is named: the window asks for it."""
    import os

    from desktopauth.adapters.config_file import save_project
    from desktopauth.app import Opening, check, configured, open_app
    from desktopauth.choosing import Choice
    from desktopauth.terminal.target import config_of

    def keep(url: str, key: str) -> Prepare:
        given = argparse.Namespace(**{**vars(options), "url": url, "key": key})  # before all that the environment says
        config = config_of(given, os.environ, profile.folder, profile.id)
        save_project(profile.folder, url, key)
        return partial(configured, config)

    choice = Choice(check, keep, partial(_demo_project, options, profile), missing.url, missing.key)
    return open_app(
        Opening(
            title="desktopauth",
            expects_somebody=True,  # so that no form is shown that nobody could sign in by
            prepare=choice,
            report=_complain,
            folder=profile.folder,
            logs=profile.logs,
            log_level=getattr(options, "log_level", ""),
            temporary=profile.temporary,
        )
    )


def _demo(options: argparse.Namespace) -> int:
    from desktopauth.adapters.config import ConfigError

    if hasattr(options, "url") or hasattr(options, "key"):
        raise ConfigError("The demo has a project of its own: leave out --url and --key, or the word demo.")
    if options.tour and options.visit:
        from desktopauth.demo.visitor import allow

        return allow(options.visit, options.tour)
    if options.tour and options.act is None:
        from desktopauth.demo.tour import tour

        return tour(options.tour, pictures=not options.no_pictures, tell=_complain)
    from desktopauth.adapters.entry import entry_name
    from desktopauth.app import Opening, open_app
    from desktopauth.demo.project import APP_ID, APP_NAME, PROJECT_ID

    with _profile(options) as profile:
        return open_app(
            Opening(
                title=APP_NAME,
                expects_somebody=True,  # the server has to start first: there is nothing to type yet
                prepare=partial(_demo_project, options, profile),
                report=_complain,
                folder=profile.folder,
                logs=profile.logs,
                log_level=getattr(options, "log_level", ""),
                temporary=profile.temporary,
                story=_story(options),
                entry="" if profile.temporary or options.act else entry_name(APP_ID, PROJECT_ID, profile.id),
            )
        )


@asynccontextmanager
async def _demo_project(options: argparse.Namespace, profile: Profile, tell: Tell) -> AsyncIterator[Project]:
    import asyncio

    from desktopauth.adapters.paths import cache_folder
    from desktopauth.app import PrepareError, Project
    from desktopauth.demo.errors import DemoError
    from desktopauth.demo.project import demo_config, demo_server
    from desktopauth.demo.tour import TOKEN_LIFE

    def told(sentence: str) -> None:
        tell(sentence)
        _complain(sentence)

    life = TOKEN_LIFE if getattr(options, "act", None) else 3600
    try:
        place = profile.folder / "server"
        port = getattr(options, "port", 0)
        async with demo_server(place, cache_folder(), told, port=port, jwt_expiry=life) as server:
            store = getattr(options, "store", "auto")
            config = demo_config(server.url, server.publishable_key, profile.id, store, server.providers)
            watching = asyncio.ensure_future(_tell_its_end(server, told))
            try:
                yield Project(config, server.mailbox.latest_code)
            finally:
                watching.cancel()
    except DemoError as error:
        raise PrepareError(error.sentence) from None


async def _tell_its_end(server: EmbeddedServer, tell: Tell) -> None:
    if error := await server.ended():
        tell(error.sentence)


def _story(options: argparse.Namespace) -> Story | None:
    if options.act is None:
        return None
    from desktopauth.qt.tour import Tour

    return Tour(options.act, options.tour, pictures=not options.no_pictures).play


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _show(sentence: str) -> None:
    from desktopauth.qt.notice import show

    show(sentence)
