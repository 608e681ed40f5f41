"""``export-logs``: one file to send to whoever helps, with nothing in it that they should not know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from desktopauth.adapters.log_archive import export_logs
from desktopauth.adapters.paths import Profile


def export(profile: Profile, file: Path, say: Callable[[str], None], *, force: bool) -> int:
    """Write the zip; 0 if it is there, else 1."""
    target = file.expanduser().absolute()
    try:
        found = export_logs(profile.logs, target, force=force)
    except FileExistsError:
        say(f"{target} is there already. Choose another name, or add --force to overwrite it.")
        return 1
    except OSError as error:
        say(f"{target} can't be written: {error.strerror or error}.")
        return 1
    if not found:
        say(f"There are no log files in {profile.logs} yet: the app writes them when it runs.")
        return 1
    say(f"{found} log {'file' if found == 1 else 'files'} written to {target}.")
    say("Tokens, codes, whole e-mail addresses and your home folder were taken out. Look into it before you send it.")
    return 0
