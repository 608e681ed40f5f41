"""From the parsed command line to the one command that was meant."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable

from desktopauth.adapters.config import ConfigError
from desktopauth.adapters.logs import set_up
from desktopauth.adapters.paths import NoProfileError
from desktopauth.terminal.target import profile_of, target_of


def command(options: Namespace, say: Callable[[str], None]) -> int:
    """Do it and give its exit status. Raises ConfigError, ProfileError, OSError for what was asked wrongly."""
    if options.forget_session and options.command:
        raise ConfigError(f'--forget-session stands alone: leave it out, or leave out "{options.command}".')
    undo = set_up(None, level=getattr(options, "log_level", ""))  # no file: they say themselves what was done
    try:
        return _forget(options, say) if options.forget_session else _COMMANDS[options.command](options, say)
    finally:
        undo()


def _forget(options: Namespace, say: Callable[[str], None]) -> int:
    from desktopauth.terminal.forget import forget

    try:
        target = target_of(options, os.environ)
    except NoProfileError as nothing:
        say(f"{nothing} So nothing is stored.")
        return 0
    return forget(target, say)


def _status(options: Namespace, say: Callable[[str], None]) -> int:
    from desktopauth.terminal.status import status

    return status(target_of(options, os.environ), say, as_json=options.json)


def _sign_out(options: Namespace, say: Callable[[str], None]) -> int:
    from desktopauth.terminal.sign_out import sign_out

    return sign_out(target_of(options, os.environ), say, everywhere=options.everywhere)


def _doctor(options: Namespace, say: Callable[[str], None]) -> int:
    from desktopauth.terminal.doctor import doctor

    return doctor(options, say)


def _export(options: Namespace, say: Callable[[str], None]) -> int:
    from desktopauth.terminal.export import export

    return export(profile_of(options), options.file, say, force=options.force)


_COMMANDS = {"status": _status, "sign-out": _sign_out, "doctor": _doctor, "export-logs": _export}
