"""What a command is about: one stored session, of one profile on one project, and nothing is made by looking."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktopauth.adapters.config import Config, ConfigError, read_config
from desktopauth.adapters.entry import account_folder, entry_name
from desktopauth.adapters.paths import Profile, known_profile
from desktopauth.resources import packaged_config
from desktopauth.terminal.patience import in_time

if TYPE_CHECKING:
    from desktopauth.adapters.glance import Glance

_APP_ID = "desktopauth"
_ANSWER = 10.0  # seconds that a keyring has which is not asked to unlock


@dataclass(frozen=True, slots=True)
class Target:
    """The keyring entry, and the project that it belongs to.

    ``config`` is None for the demo, whose server runs while the demo is open, each time on another port.
    """

    entry: str
    profile: Profile
    config: Config | None
    in_memory: bool

    def glance(self) -> Glance:
        """What is stored. Raises TimeoutError, OSError."""
        from desktopauth.adapters.glance import glance  # not above: the app reads its settings before the first paint

        folder = account_folder()
        return in_time(lambda: glance(self.entry, folder), _ANSWER)


def profile_of(options: Namespace) -> Profile:
    """The profile that is named. Raises ConfigError, ProfileError."""
    if getattr(options, "temp_profile", False):
        raise ConfigError("A profile of --temp-profile is gone with its window: there is nothing to look at.")
    return known_profile(getattr(options, "profile_dir", None))


def target_of(options: Namespace, environ: Mapping[str, str]) -> Target:
    """What is meant by the options, the environment and the profile's settings. Raises ConfigError, ProfileError."""
    profile = profile_of(options)
    if getattr(options, "demo", False):
        return _demo(options, profile)
    config = config_of(options, environ, profile.folder, profile.id)
    entry = entry_name(config.app_id, config.project_id, config.profile_id)
    return Target(entry, profile, config, config.store == "memory")


def _demo(options: Namespace, profile: Profile) -> Target:
    from desktopauth.demo.project import PROJECT_ID  # it knows how to start a server, which few of us need

    if hasattr(options, "url") or hasattr(options, "key"):
        raise ConfigError("The demo has a project of its own: leave out --url and --key, or --demo.")
    entry = entry_name(_APP_ID, PROJECT_ID, profile.id)
    return Target(entry, profile, None, getattr(options, "store", "auto") == "memory")


def config_of(options: Namespace, environ: Mapping[str, str], folder: Path, profile_id: str) -> Config:
    """The project that is configured. Raises ConfigError."""
    given = {name: getattr(options, name, None) for name in ("url", "key", "store")}
    return read_config(given, environ, folder, profile_id=profile_id, packaged=packaged_config())
