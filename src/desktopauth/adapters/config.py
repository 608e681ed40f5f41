"""Which project the app signs in to, and how it is called: command line > environment > config.toml > defaults.

Whatever is wrong is told in one sentence before a window opens, and a key that must stay secret is never repeated.
Standard library only, as this runs before the first paint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

_OPTIONS = ("url", "key", "app_id", "app_name", "project_id", "store")
_STORES = ("auto", "keyring", "memory")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SERVICES = re.compile(r"/(?:auth|rest|storage|realtime|functions)/v1$")
_DASHBOARD = re.compile(r"/dashboard/project/([a-z0-9]{1,40})(?:/|$)")
_APP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEY_INSTEAD = ("sb_", "eyJ")


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
    """

    url: str
    key: str = field(repr=False)
    app_id: str = "desktopauth"
    app_name: str = "desktopauth"
    project_id: str = ""
    profile_id: str = "default"
    store: str = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", project_url(self.url))
        check_key(self.key)
        if not _APP_ID.fullmatch(self.app_id):
            raise ConfigError("The app id may hold letters, digits, dots, dashes and underscores only.", "app_id")
        if self.store not in _STORES:
            raise ConfigError(f"The store must be one of: {', '.join(_STORES)}.", "store")
        object.__setattr__(self, "project_id", self.project_id or self.auth_url)

    @property
    def auth_url(self) -> str:
        return f"{self.url}/auth/v1"


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
        return Config(profile_id=profile_id, **{name: text for name, (text, _) in found.items()})
    except ConfigError as wrong:
        raise ConfigError(f"{wrong} (It is set by {found[wrong.option][1]}.)", wrong.option) from None


def project_url(text: str) -> str:
    """The project's address in one spelling, so that it names one keyring entry. Raises ConfigError."""
    if text.startswith(_KEY_INSTEAD):
        raise ConfigError("The project's URL is a key. The URL looks like https://abcdefgh.supabase.co.", "url")
    if any(ch.isspace() or not ch.isprintable() or ch in "\"'<>\\" for ch in text):
        raise ConfigError("The project's URL has spaces, quotes or other stray characters in it.", "url")
    where = _split(text)
    if where.username is not None or where.password is not None:
        raise ConfigError("The project's URL has a user name or password in it. Leave them out.", "url")
    if where.query or where.fragment:
        raise ConfigError("The project's URL has a ? or # in it. Leave out everything from there on.", "url")
    _refuse_dashboard(where)
    host = (where.hostname or "").lower()
    if where.scheme == "http" and host not in _LOOPBACK:
        raise ConfigError(
            "The project's URL begins with http://, which anybody on the way can read. Use https://.", "url"
        )
    return f"{where.scheme}://{_authority(where, host)}{_SERVICES.sub('', where.path.rstrip('/')).rstrip('/')}"


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


def _split(text: str) -> SplitResult:
    example = "It looks like https://abcdefgh.supabase.co, or http://127.0.0.1:54321 on this machine."
    try:
        where = urlsplit(text)
        port = where.port  # raises for what is no number
    except ValueError:
        raise ConfigError(f"The project's URL cannot be read. {example}", "url") from None
    if where.scheme not in ("http", "https"):
        raise ConfigError(f"The project's URL must begin with https://. {example}", "url")
    if not where.hostname or port == 0 or not re.fullmatch(r"[\w.:-]+", where.hostname):
        raise ConfigError(f"The project's URL names no server. {example}", "url")
    return where


def _refuse_dashboard(where: SplitResult) -> None:
    if where.hostname not in ("supabase.com", "www.supabase.com", "app.supabase.com"):
        return
    named = _DASHBOARD.match(where.path)
    own = f"https://{named.group(1)}.supabase.co" if named else "https://<project>.supabase.co"
    raise ConfigError(f"The project's URL is the dashboard's. The project's own address is {own}.", "url")


def _authority(where: SplitResult, host: str) -> str:
    bracketed = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[where.scheme]
    return bracketed if where.port in (None, usual) else f"{bracketed}:{where.port}"


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
    if not isinstance(value, str):
        raise ConfigError(f'{file}: {name} must be text in quotes: {name} = "..."')
    return value
