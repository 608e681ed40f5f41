"""Which project the app signs in to, and how it is called: command line > environment > config.toml > defaults.

Whatever is wrong is told in one sentence before a window opens, and a key that must stay secret is never repeated.
Standard library only, as this runs before the first paint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .addresses import project_url, service_url

Service = Literal["auth", "rest", "storage", "functions", "realtime"]

SERVICES: tuple[Service, ...] = ("auth", "rest", "storage", "functions", "realtime")
NUDGES = frozenset({"focus", "network", "wake", "sibling", "unauthorized"})
_URLS = tuple(f"{name}_url" for name in SERVICES)
_OPTIONS = ("url", "key", "app_id", "app_name", "project_id", "store", *_URLS, "nudges")
_STORES = ("auto", "keyring", "memory")
_APP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ConfigError(Exception):
    """One sentence or two for a person, without any secret; ``option`` is what is wrong, if it is one."""

    def __init__(self, sentence: str, option: str = "") -> None:
        super().__init__(sentence)
        self.option = option


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A project and an app. Raises ConfigError for what cannot be used; ``url`` is kept without a slash at its end.

    ``app_id`` (letters, digits, ``.``, ``_``, ``-``) names folders and keyring entries and must never change;
    ``app_name`` is what a person reads. ``project_id`` tells projects apart in the keyring and is the auth URL unless
    given; ``profile_id`` tells people's profiles apart. ``store`` is ``auto``, ``keyring`` or ``memory``.

    ``auth_url``, ``rest_url``, ``storage_url``, ``functions_url`` and ``realtime_url`` are for servers that keep these
    under another path or host; ``address`` tells each, ``<url>/<name>/v1`` unless given. ``nudges`` are what makes the
    session look before its time: the window becomes active (``focus``), the network is back (``network``), the machine
    woke up (``wake``), another copy of the app stored something (``sibling``), a token was refused (``unauthorized``).
    """

    url: str
    key: str = field(repr=False)
    app_id: str = "desktopauth"
    app_name: str = "desktopauth"
    project_id: str = ""
    profile_id: str = "default"
    store: str = "auto"
    auth_url: str = ""
    rest_url: str = ""
    storage_url: str = ""
    functions_url: str = ""
    realtime_url: str = ""
    nudges: frozenset[str] = NUDGES

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _told("url", project_url, self.url))
        check_key(self.key)
        if not _APP_ID.fullmatch(self.app_id):
            raise ConfigError("The app id may hold letters, digits, dots, dashes and underscores only.", "app_id")
        if self.store not in _STORES:
            raise ConfigError(f"The store must be one of: {', '.join(_STORES)}.", "store")
        for name in SERVICES:
            if given := getattr(self, f"{name}_url"):
                object.__setattr__(self, f"{name}_url", _told(f"{name}_url", service_url, given, name))
        object.__setattr__(self, "nudges", _known_nudges(self.nudges))
        object.__setattr__(self, "project_id", self.project_id or self.address("auth"))

    def address(self, service: Service) -> str:
        """Where a service of the project is, with its path and without a slash at its end."""
        given: str = getattr(self, f"{service}_url")
        return given or f"{self.url}/{service}/v1"


def read_config(
    options: Mapping[str, str | None], environ: Mapping[str, str], folder: Path, *, profile_id: str = "default"
) -> Config:
    """The configuration by precedence: ``options`` (None: not given), ``DESKTOPAUTH_*``, ``config.toml`` in ``folder``.

    Raises ConfigError, whose sentence says where the wrong value came from.
    """
    file = folder / "config.toml"
    found: dict[str, tuple[str, str]] = {name: (text, str(file)) for name, text in _read_toml(file).items()}
    for name in _OPTIONS:
        if text := environ.get(f"DESKTOPAUTH_{name.upper()}"):
            found[name] = (text, f"DESKTOPAUTH_{name.upper()} in the environment")
        if (given := options.get(name)) is not None:
            found[name] = (given, f"--{name.replace('_', '-')}")
    for name in ("url", "key"):
        if name not in found:
            raise ConfigError(_missing(name, file, found), name)
    try:
        return Config(profile_id=profile_id, **{name: _value(name, text) for name, (text, _) in found.items()})
    except ConfigError as wrong:
        raise ConfigError(f"{wrong} (It is set by {found[wrong.option][1]}.)", wrong.option) from None


def _told(option: str, check: Callable[..., str], *given: str) -> str:
    try:
        return check(*given)
    except ValueError as wrong:
        raise ConfigError(str(wrong), option) from None


def _value(name: str, text: str) -> Any:
    """What a setting's text means: nudges are a list, with commas or blanks between; ``none`` is an empty one."""
    if name != "nudges":
        return text
    return frozenset(text.replace(",", " ").split()) - {"none"}


def _known_nudges(wanted: frozenset[str]) -> frozenset[str]:
    if not set(wanted) <= NUDGES:
        raise ConfigError(f"The nudges may be: {', '.join(sorted(NUDGES))}; or none.", "nudges")
    return frozenset(wanted)


def check_key(key: str) -> None:
    """Raises ConfigError unless ``key`` may lie on a person's machine: a publishable key, or an ``anon`` JWT."""
    publishable = "The right one begins with sb_publishable_, or is called anon in the project's API settings."
    if not key:
        raise ConfigError(f"The project's key is empty. {publishable}", "key")
    if key.lower().startswith(("http:", "https:")):
        raise ConfigError(f"The project's key is a URL. {publishable}", "key")
    if "sb_secret_" in key.lower() or _powerful(key):
        sentence = "This key can do anything in the project and must never be in an app. Replace it in the dashboard"
        raise ConfigError(f"{sentence}, as it has left its place. {publishable}", "key")
    if not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", key):
        raise ConfigError("The project's key has spaces, quotes or other stray characters in it. Copy it again.", "key")
    if key.startswith("eyJ") and not _claims(key):
        raise ConfigError("The project's key is cut off or damaged. Copy it again, whole.", "key")


def _claims(key: str) -> Mapping[str, Any]:
    from desktopauth.core.models import claims  # not above: few keys are JWTs, and this is read before the first paint

    return claims(key)


def _powerful(key: str) -> bool:
    """Whether a JWT's role goes round row-level security (the roles of a Supabase project's own services)."""
    role = str(_claims(re.sub(r"[\s\"']", "", key)).get("role", ""))
    return role in ("service_role", "postgres") or role.startswith("supabase_")


def _missing(name: str, file: Path, found: Mapping[str, object]) -> str:
    lacks = f"The project's {name} is missing" if {"url", "key"} & found.keys() else "No Supabase project is configured"
    ways = 'set DESKTOPAUTH_URL and DESKTOPAUTH_KEY, or write url = "..." and key = "..." into'
    return f'{lacks}. To name yours, {ways} {file}. To try it without one, run "desktopauth demo".'


def _read_toml(file: Path) -> dict[str, str]:
    try:
        text = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as problem:
        raise ConfigError(f"{file} cannot be read: {problem.strerror}.") from None
    return {name: _option(file, name, value) for name, value in _parse_toml(file, text).items()}


def _parse_toml(file: Path, text: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        line = re.search(r"at line (\d+)", str(problem))  # the rest of the message may repeat a key
        where = f"line {line.group(1)}" if line else "its end"
        raise ConfigError(f'{file} is not valid TOML: look at {where}. A line reads: url = "https://..."') from None


def _option(file: Path, name: str, value: object) -> str:
    if name not in _OPTIONS:
        # a name that is no plain word may be a key that slipped to the wrong side of "="
        shown = f'"{name}"' if re.fullmatch(r"[a-z][a-z_-]{0,19}", name) and not name.startswith("sb_") else "something"
        raise ConfigError(f"{file} sets {shown}, which is no setting. There are: {', '.join(_OPTIONS)}.")
    if name == "nudges" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "none"
    if not isinstance(value, str):
        shape = '["focus", "wake"]' if name == "nudges" else '"..."'
        raise ConfigError(f"{file}: {name} must be text in quotes: {name} = {shape}")
    return value
