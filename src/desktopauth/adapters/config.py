"""Which project the app signs in to, and how it is called: command line > environment > config.toml > defaults.

Whatever is wrong is told in one sentence before a window opens, and a key that must stay secret is never repeated.
Standard library only, as this runs before the first paint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from .addresses import project_url, service_url
from .config_file import NAME, read_settings
from .settings import NAMES, as_text, meaning

Service = Literal["auth", "rest", "storage", "functions", "realtime"]

SERVICES: tuple[Service, ...] = ("auth", "rest", "storage", "functions", "realtime")
NUDGES = frozenset({"focus", "network", "wake", "sibling", "unauthorized"})
_STORES = ("auto", "keyring", "memory")
_APP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_:.-]{0,63}")
_SCOPES = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")  # RFC 6749 §3.3


class ConfigError(ValueError):
    """One sentence or two for a person, without any secret; ``option`` is what is wrong, if it is one."""

    def __init__(self, sentence: str, option: str = "") -> None:
        super().__init__(sentence)
        self.option = option


class NotConfiguredError(ConfigError):
    """The project is not named: its URL, its key, or both; ``url`` and ``key`` are what is known of it."""

    def __init__(self, sentence: str, option: str, *, url: str = "", key: str = "") -> None:
        super().__init__(sentence, option)
        self.url, self.key = url, key


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

    ``providers`` are the doors through the browser, by the server's names (``github``, ``custom:acme``), in the order
    in which they are shown; empty for what the server offers. ``provider_scopes`` says what to ask a provider for
    beyond its usual, separated by spaces. ``avatars``: whether people's pictures are fetched from where they lie.
    ``mail_links``: whether the link of a mail leads back to the app that waits for its code, and not to the project's
    own site; it does so on the same machine only.
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
    providers: tuple[str, ...] = ()
    provider_scopes: Mapping[str, str] = field(default_factory=dict, hash=False)
    avatars: bool = False
    mail_links: bool = False

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
        object.__setattr__(self, "providers", _checked_providers(self.providers))
        object.__setattr__(self, "provider_scopes", _checked_scopes(self.provider_scopes))
        object.__setattr__(self, "project_id", self.project_id or self.address("auth"))

    def address(self, service: Service) -> str:
        """Where a service of the project is, with its path and without a slash at its end."""
        given: str = getattr(self, f"{service}_url")
        return given or f"{self.url}/{service}/v1"


def read_config(
    options: Mapping[str, str | None],
    environ: Mapping[str, str],
    folder: Path,
    *,
    profile_id: str = "default",
    packaged: Path | None = None,
) -> Config:
    """The configuration by precedence: ``options`` (None: not given), ``DESKTOPAUTH_*``, ``config.toml`` in ``folder``.

    ``packaged`` is a file of the same form that comes with the app, and gives way to all of these. Raises ConfigError,
    whose sentence says where the wrong value came from; NotConfiguredError where no project is named.
    """
    file = folder / NAME
    found = _in_file(packaged) | _in_file(file) if packaged else _in_file(file)
    for name in NAMES:
        if text := environ.get(f"DESKTOPAUTH_{name.upper()}"):
            found[name] = (text, f"DESKTOPAUTH_{name.upper()} in the environment")
        if (given := options.get(name)) is not None:
            found[name] = (given, f"--{name.replace('_', '-')}")
    for name in ("url", "key"):
        if name not in found:
            known = {other: found[other][0] for other in ("url", "key") if other in found}
            raise NotConfiguredError(_missing(name, file, found), name, **known)
    try:
        return Config(
            profile_id=profile_id, **{name: _told(name, meaning, name, text) for name, (text, _) in found.items()}
        )
    except ConfigError as wrong:
        raise ConfigError(f"{wrong} (It is set by {found[wrong.option][1]}.)", wrong.option) from None


def _in_file(file: Path) -> dict[str, tuple[str, str]]:
    """What a file sets, each as text and with the file as its source."""
    try:
        return {name: (as_text(file, name, value), str(file)) for name, value in read_settings(file).items()}
    except ValueError as wrong:
        raise ConfigError(str(wrong)) from None


def _told(option: str, check: Callable[..., Any], *given: str) -> Any:
    try:
        return check(*given)
    except ValueError as wrong:
        raise ConfigError(str(wrong), option) from None


def _known_nudges(wanted: frozenset[str]) -> frozenset[str]:
    if not set(wanted) <= NUDGES:
        raise ConfigError(f"The nudges may be: {', '.join(sorted(NUDGES))}; or none.", "nudges")
    return frozenset(wanted)


def _checked_providers(names: Iterable[str], option: str = "providers") -> tuple[str, ...]:
    """In order, each once. A name that is none is not repeated: it may be anything."""
    known = tuple(dict.fromkeys(names))
    if not all(_PROVIDER.fullmatch(name) for name in known):
        raise ConfigError("A provider is called as its server calls it: github, google, custom:acme.", option)
    return known


def _checked_scopes(scopes: Mapping[str, str]) -> Mapping[str, str]:
    _checked_providers(scopes, "provider_scopes")
    for name, text in scopes.items():
        if not _SCOPES.fullmatch(text):
            raise ConfigError(f"The scopes of {name} are words with one space between.", "provider_scopes")
    return MappingProxyType(dict(scopes))


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
