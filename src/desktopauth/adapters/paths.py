"""Where a profile lies: the one importer of platformdirs.

Every folder is for its owner alone (0700): one that others can look into is refused, or closed, before it is used.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ID_FILE = "profile-id"
_ID = re.compile(r"[0-9a-f]{32}")


class ProfileError(Exception):
    """One sentence for a person: why this folder cannot be a profile."""


class NoProfileError(ProfileError):
    """The folder that was named holds no profile."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One person's place on this machine. ``id`` is part of the keyring entry's name and never changes."""

    folder: Path
    id: str
    temporary: bool = False

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


def default_profile(app_id: str = "desktopauth") -> Profile:
    """The profile of the app for this user. Its id is a constant, so that nothing need be read. Raises ProfileError."""
    return Profile(_private(_data_folder(app_id), known=True), "default")


def profile_at(folder: Path, app_id: str = "desktopauth") -> Profile:
    """A profile in a folder that the person names, with an id of its own from its first use. Raises ProfileError."""
    whole = folder.expanduser().absolute()
    if whole.resolve() == _data_folder(app_id).resolve():
        return default_profile(app_id)
    _private(whole, known=(whole / _ID_FILE).exists() or _empty(whole))
    return Profile(whole, _profile_id(whole / _ID_FILE))


def known_profile(folder: Path | None = None, app_id: str = "desktopauth") -> Profile:
    """The profile in ``folder`` (None: of the app), for who only looks: nothing is made.

    Raises NoProfileError for a named folder without one, and ProfileError.
    """
    usual = _data_folder(app_id)
    whole = usual if folder is None else folder.expanduser().absolute()
    if whole.resolve() == usual.resolve():
        return default_profile(app_id) if usual.exists() else Profile(usual, "default")
    if not (whole / _ID_FILE).exists():
        raise NoProfileError(f"There is no profile in {whole}.")
    return profile_at(whole, app_id)


@contextmanager
def temporary_profile() -> Iterator[Profile]:
    """A fresh profile with a random id, removed at the end with all that is in it."""
    import shutil  # these three are needed by few starts, and none of them before the first paint
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="desktopauth-"))  # 0700 by its own promise
    try:
        yield Profile(folder, _random(), temporary=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cache_folder(app_id: str = "desktopauth") -> Path:
    """What can be fetched again, shared by all profiles of the user. Raises ProfileError."""
    import platformdirs

    return _private(platformdirs.user_cache_path(app_id, appauthor=False), known=True)


def _data_folder(app_id: str) -> Path:
    import platformdirs

    return platformdirs.user_data_path(app_id, appauthor=False)


def _private(folder: Path, *, known: bool) -> Path:
    """Make the folder, or close it to others if it is ``known`` to be ours; what is not is never changed."""
    try:
        _make(folder)
        if os.name == "posix":
            _close(folder, known=known)
    except OSError as problem:
        raise ProfileError(f"The folder {folder} cannot be used: {problem.strerror}.") from None
    return folder


def _make(folder: Path) -> None:
    if not folder.parent.exists():
        _make(folder.parent)  # not mkdir(parents=True): that makes them open to others
    folder.mkdir(mode=0o700, exist_ok=True)


def _close(folder: Path, *, known: bool) -> None:
    found = folder.stat()
    if found.st_uid != os.getuid():
        raise ProfileError(f"The folder {folder} belongs to somebody else. Choose one of your own.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        if not known:
            raise ProfileError(
                f"Others can look into the folder {folder}. Choose a new one, or one that only you can open."
            )
        folder.chmod(0o700)


def _empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _profile_id(file: Path) -> str:
    try:
        if not file.exists():
            _lay(file, _random())
        found = file.read_text("ascii", errors="replace").strip()
    except OSError as problem:
        raise ProfileError(f"The file {file} cannot be used: {problem.strerror}.") from None
    if not _ID.fullmatch(found):
        raise ProfileError(f"The file {file} is damaged. Remove it to begin with a fresh profile.")
    return found


def _random() -> str:
    import secrets

    return secrets.token_hex(16)


def _lay(file: Path, text: str) -> None:
    """Write whole or not at all, and never over a sibling's that was first: it is the id from then on."""
    passing = file.with_name(f"{_ID_FILE}.{_random()}")
    with os.fdopen(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as new:
        new.write(text)
    try:
        file.hardlink_to(passing)
    except FileExistsError:
        pass
    finally:
        passing.unlink()
