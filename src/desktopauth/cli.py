"""The command line: ``run``, ``demo`` and ``--smoke``. What is wrong is one sentence on stderr, never a traceback."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktopauth.adapters.paths import Profile
    from desktopauth.app import Project, Story, Tell
    from desktopauth.demo.server import EmbeddedServer


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point ``desktopauth``; the exit status: 0 done, 1 it went wrong, 2 it was asked wrongly."""
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

    options = _parser().parse_args(argv)
    try:
        if options.smoke:
            from desktopauth.smoke import smoke

            return smoke(print)
        _need_screen(options)
        if options.command == "demo":
            return _demo(options)
        return _run(options)
    except (ConfigError, ProfileError) as error:
        complain(str(error))
        return 2
    except OSError as error:
        complain(f"desktopauth can't work here: {error.strerror or error}.")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("desktopauth", description="Sign-in for desktop apps, on Supabase.")
    parser.add_argument("--smoke", action="store_true", help="check that this installation is whole, and exit")
    _add_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="run | demo")
    _add_options(commands.add_parser("run", help="the app, on the configured project (the default)"))
    _add_options(demo := commands.add_parser("demo", help="the app, on its own embedded server"))
    demo.add_argument("--port", type=int, default=0, help="the server's port (default: a free one)")
    demo.add_argument("--tour", type=Path, metavar="DIR", help="no hands: play the whole story, and report in DIR")
    demo.add_argument("--no-pictures", action="store_true", help="a tour without pictures")
    demo.add_argument("--act", type=int, help=argparse.SUPPRESS)  # one process of a tour
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    # no defaults: what a subcommand does not say must not undo what was said before it
    absent = argparse.SUPPRESS
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--profile-dir", type=Path, default=absent, help="keep everything of this profile in here")
    where.add_argument("--temp-profile", action="store_true", default=absent, help="leave nothing behind")
    for name in ("url", "key"):
        parser.add_argument(
            f"--{name}", default=absent, help=f"the project's {name} (also: DESKTOPAUTH_{name.upper()})"
        )
    parser.add_argument("--store", choices=("auto", "keyring", "memory"), default=absent, help="where to keep sessions")


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


def _need_screen(options: argparse.Namespace) -> None:
    """Without a screen Qt ends the process by itself, and not with a sentence."""
    import os

    from desktopauth.adapters.config import ConfigError

    screens = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    if sys.platform.startswith("linux") and not screens & os.environ.keys() and not getattr(options, "tour", None):
        raise ConfigError('There is no screen here. "desktopauth demo --tour DIR" plays the story without one.')


def _run(options: argparse.Namespace) -> int:
    import os

    from desktopauth.adapters.config import read_config
    from desktopauth.app import Opening, configured, expects_somebody, open_app

    with _profile(options) as profile:
        given = {name: getattr(options, name, None) for name in ("url", "key", "store")}
        config = read_config(given, os.environ, profile.folder, profile_id=profile.id)
        return open_app(
            Opening(
                title=config.app_name,
                expects_somebody=expects_somebody(config),
                prepare=partial(configured, config),
                report=_complain,
                logs=profile.logs,
                temporary=profile.temporary,
            )
        )


def _demo(options: argparse.Namespace) -> int:
    from desktopauth.adapters.config import ConfigError

    if hasattr(options, "url") or hasattr(options, "key"):
        raise ConfigError("The demo has a project of its own: leave out --url and --key, or the word demo.")
    if options.tour and options.act is None:
        from desktopauth.demo.tour import tour

        return tour(options.tour, pictures=not options.no_pictures, tell=_complain)
    from desktopauth.app import Opening, open_app
    from desktopauth.demo.project import APP_NAME

    with _profile(options) as profile:
        return open_app(
            Opening(
                title=APP_NAME,
                expects_somebody=True,  # the server has to start first: there is nothing to type yet
                prepare=partial(_demo_project, options, profile),
                report=_complain,
                logs=profile.logs,
                temporary=profile.temporary,
                story=_story(options),
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

    life = TOKEN_LIFE if options.act else 3600
    try:
        place = profile.folder / "server"
        async with demo_server(place, cache_folder(), told, port=options.port, jwt_expiry=life) as server:
            config = demo_config(server.url, server.publishable_key, profile.id, getattr(options, "store", "auto"))
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
