"""What can be written on the command line: imported before the first paint, so it parses and knows nothing else."""

from __future__ import annotations

import argparse
from pathlib import Path

_LEVELS = ("debug", "info", "warning", "error")
_STORES = ("auto", "keyring", "memory")
# no defaults: what a subcommand does not say must not undo what was said before it
_ABSENT = argparse.SUPPRESS


def parser() -> argparse.ArgumentParser:
    """The parser. ``command`` is None for ``run``; options that were not given are not in the result."""
    whole = argparse.ArgumentParser("desktopauth", description="Sign-in for desktop apps, on Supabase.")
    only = whole.add_mutually_exclusive_group()
    only.add_argument("--smoke", action="store_true", help="check that this installation is whole, and exit")
    only.add_argument(
        "--forget-session",
        action="store_true",
        help="remove what is stored for this profile and project, without the network, and exit",
    )
    _add_common(whole, temporary=True)
    _add_demo(whole)
    commands = whole.add_subparsers(dest="command", metavar="command")
    _add_app(commands)
    _add_tools(commands)
    return whole


def _add_app(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="the app, on the configured project (the default)")
    demo = commands.add_parser("demo", help="the app, on its own embedded server")
    for command in (run, demo):
        _add_common(command, temporary=True)
    demo.add_argument("--port", type=int, default=0, help="the server's port (default: a free one)")
    demo.add_argument("--tour", type=Path, metavar="DIR", help="no hands: play the whole story, and report in DIR")
    demo.add_argument("--no-pictures", action="store_true", help="a tour without pictures")
    demo.add_argument("--act", type=int, help=argparse.SUPPRESS)  # one process of a tour
    demo.add_argument("--visit", metavar="URL", help=argparse.SUPPRESS)  # a tour's browser


def _add_tools(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    told = "Exit status: 0 somebody, 1 nobody, 2 it cannot be told. Asks no server. A macOS Keychain may prompt."
    status = commands.add_parser("status", help="who is signed in here", description=told)
    ending = "Signs out on this machine first, then on the server. A locked keyring may prompt."
    sign_out = commands.add_parser("sign-out", help="sign out here and on the server", description=ending)
    sign_out.add_argument("--everywhere", action="store_true", help="on all of this person's devices")
    doctor = commands.add_parser("doctor", help="check project, clock, keyring and folders, and say what to do")
    for command in (status, doctor):
        command.add_argument("--json", action="store_true", help="for programs")
    export = commands.add_parser("export-logs", help="the log files as one zip, without secrets, to send to somebody")
    export.add_argument("file", type=Path, metavar="FILE", help="the zip file to write")
    export.add_argument("--force", action="store_true", help="overwrite FILE")
    for command in (status, sign_out, doctor, export):
        _add_common(command)
        _add_demo(command)


def _add_common(command: argparse.ArgumentParser, *, temporary: bool = False) -> None:
    where = command.add_mutually_exclusive_group()
    where.add_argument("--profile-dir", type=Path, default=_ABSENT, help="keep everything of this profile in here")
    if temporary:
        where.add_argument("--temp-profile", action="store_true", default=_ABSENT, help="leave nothing behind")
    for name in ("url", "key"):
        told = f"the project's {name} (also: DESKTOPAUTH_{name.upper()})"
        command.add_argument(f"--{name}", default=_ABSENT, help=told)
    command.add_argument("--store", choices=_STORES, default=_ABSENT, help="where to keep sessions")
    told = "what to log, to the terminal and to the file (usually: warnings, and info)"
    command.add_argument("--log-level", choices=_LEVELS, default=_ABSENT, help=told)


def _add_demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--demo", action="store_true", default=_ABSENT, help="the demo's account is meant")
