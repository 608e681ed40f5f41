"""What one stored session is called, and the folder of the OS account that its locks and state files lie in.

Name and folder have the keyring's scope, the OS account: two apps that share a keyring must share the locks around it,
so neither the environment nor the profile may move them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
from pathlib import Path

_APP = "desktopauth"


def entry_name(app_id: str, project_id: str, profile_id: str) -> str:
    """Name of the keyring entry of one profile of one app on one project: ``"<app id> <12 hex digits>"``."""
    both = json.dumps([project_id, profile_id])  # not joined: "a" + "bc" must differ from "ab" + "c"
    return f"{app_id} {hashlib.sha256(both.encode()).hexdigest()[:12]}"


def file_stem(entry: str) -> str:
    """Begin of the names of this entry's files, safe on every file system and still recognisable by a person.

    The hash keeps two entries apart that differ only in case or in what a file name cannot hold.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", entry.lower()).strip("-")[:48]
    return f"{readable}-{hashlib.sha256(entry.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def account_folder() -> Path:
    """The private folder of this OS account, made if missing. Raises OSError if it cannot be trusted."""
    return make_private(_account_home() / _APP)


def make_private(folder: Path) -> Path:
    """Make ``folder`` ours alone (0700). Raises OSError if it is a link, somebody else's, or stays open."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.is_dir()]):
        missing.mkdir(mode=0o700, exist_ok=True)  # each of them: who may write to a parent may exchange the folder
    if sys.platform != "win32":  # there, LOCALAPPDATA is closed to others by its access list
        _check_posix(folder)
    return folder


if sys.platform == "win32":

    def _account_home() -> Path:
        local = os.environ.get("LOCALAPPDATA", "")
        if not local:
            raise OSError("This Windows account names no LOCALAPPDATA folder to keep lock files in.")
        return Path(local)

else:

    def _account_home() -> Path:
        import pwd

        try:
            home = Path(pwd.getpwuid(os.getuid()).pw_dir)
        except KeyError:
            raise OSError(f"There is no account for user number {os.getuid()} to keep lock files for.") from None
        return home / ("Library/Application Support" if sys.platform == "darwin" else ".local/state")

    def _check_posix(folder: Path) -> None:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise OSError(f"{folder} is a link to another place; it must be a folder of its own.")
        if found.st_uid != os.getuid():
            raise OSError(f"{folder} belongs to another user; it must be yours.")
        if found.st_mode & 0o077:
            folder.chmod(0o700)
        if folder.lstat().st_mode & 0o022:
            raise OSError(f"{folder} can be written to by others, and that could not be changed.")
