"""Sign-in for Python desktop apps, on Supabase: one window, one session, tokens in the OS keyring.

    from desktopauth import Config, connect

Importing this package imports neither Qt nor the Supabase SDK: public names are looked up when they are first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .adapters.config import Config as Config
    from .adapters.config import ConfigError as ConfigError
    from .connect import connect as connect
    from .core.auth import Auth as Auth
    from .core.errors import AuthError as AuthError
    from .core.errors import ErrorKind as ErrorKind
    from .core.events import AuthChange as AuthChange
    from .core.events import AuthEvent as AuthEvent
    from .core.models import ProviderTokens as ProviderTokens
    from .core.models import User as User
    from .core.models import UserChange as UserChange
    from .core.state import AuthState as AuthState
    from .qt.bus import AuthBus as AuthBus

_HOMES = {
    "Auth": ".core.auth",
    "AuthBus": ".qt.bus",
    "AuthChange": ".core.events",
    "AuthError": ".core.errors",
    "AuthEvent": ".core.events",
    "AuthState": ".core.state",
    "Config": ".adapters.config",
    "ConfigError": ".adapters.config",
    "ErrorKind": ".core.errors",
    "ProviderTokens": ".core.models",
    "User": ".core.models",
    "UserChange": ".core.models",
    "connect": ".connect",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 - the table above is the list
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if home := _HOMES.get(name):
        return getattr(import_module(home, __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Door(ModuleType):
    """This package: importing a module of it must not hide the public name that is spelled like the module."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Door
