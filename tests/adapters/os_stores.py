"""keyring's real Windows and macOS classes over stores in memory that keep the systems' rules and can crash.

The classes are loaded under names of their own, so that the imports they fail to do on another system stay out of the
way of everybody else.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import keyring.backends

from desktopauth.adapters.backends import SystemKeyring


class Crash(BaseException):
    """The process ends here, before the write that was about to happen."""


class Store:
    """What the system keeps. It counts primitive writes, and before the one it is told to it crashes or refuses."""

    def __init__(self) -> None:
        self.held: dict[Any, Any] = {}
        self.writes = 0
        self.crash_at: int | None = None
        self.refuse_at: int | None = None
        self.refusal: Exception | None = None

    def write(self) -> None:
        self.writes += 1
        if self.writes == self.crash_at:
            raise Crash
        if self.refusal and self.refuse_at is not None and self.writes >= self.refuse_at:
            raise self.refusal

    def rewind(
        self,
        held: dict[Any, Any],
        *,
        crash_at: int | None = None,
        refuse_at: int | None = None,
        refusal: Exception | None = None,
    ) -> None:
        self.held, self.writes, self.crash_at = dict(held), 0, crash_at
        self.refuse_at, self.refusal = refuse_at, refusal


class WinError(OSError):
    """As pywintypes.error: no KeyringError."""

    def __init__(self, winerror: int, funcname: str) -> None:
        super().__init__(winerror, funcname)
        self.winerror, self.funcname = winerror, funcname


class MacError(Exception):
    """As Error of keyring.backends.macOS.api."""

    __module__ = "keyring.backends.macOS.api"


class NotFound(MacError):
    """As its NotFound."""


class KeychainDenied(MacError):
    """As its KeychainDenied."""


def windows(store: Store) -> SystemKeyring:
    """keyring's WinVaultKeyring over the rules of Credential Manager: at most 2,560 bytes a value."""
    with _modules(_credential_manager(store)):
        module = _load("Windows")
    return _system(module.WinVaultKeyring(), part_size=1000)


def macos(store: Store) -> SystemKeyring:
    """keyring's macOS class over the rules of the Keychain: an overwrite is a removal, and then an addition."""
    module = _load("macOS", "macOS/__init__.py")
    module.__dict__["api"] = _keychain(store)
    return _system(module.Keyring(), part_size=None)


def _system(chosen: Any, *, part_size: int | None) -> SystemKeyring:
    ours = SystemKeyring(chosen)
    ours.part_size = part_size
    return ours


def _credential_manager(store: Store) -> dict[str, ModuleType]:
    def read(Type: int, TargetName: str) -> dict[str, Any]:  # noqa: N803 - the system's names
        if TargetName not in store.held:
            raise WinError(1168, "CredRead")
        return dict(store.held[TargetName])

    def write(credential: dict[str, Any], flags: int) -> None:
        blob = credential["CredentialBlob"].encode("utf-16-le")
        if len(blob) > 2560:
            raise WinError(1783, "CredWrite")
        store.write()
        store.held[credential["TargetName"]] = {**credential, "CredentialBlob": blob}

    def delete(Type: int, TargetName: str) -> None:  # noqa: N803 - the system's names
        if TargetName not in store.held:
            raise WinError(1168, "CredDelete")
        store.write()
        del store.held[TargetName]

    constants = {"CRED_TYPE_GENERIC": 1, "CRED_PERSIST_LOCAL_MACHINE": 2, "CRED_PERSIST_ENTERPRISE": 3}
    cred = _module("win32cred", CredRead=read, CredWrite=write, CredDelete=delete, **constants)
    errors = _module("pywintypes", error=WinError)
    package = _module("win32ctypes.pywin32", pywintypes=errors, win32cred=cred)
    return {"win32ctypes": _module("win32ctypes", pywin32=package), "win32ctypes.pywin32": package}


def _keychain(store: Store) -> ModuleType:
    def find(keychain: None, service: str, user: str) -> str:
        if (service, user) not in store.held:
            raise NotFound
        return str(store.held[service, user])

    def delete(keychain: None, service: str, user: str) -> None:
        if (service, user) not in store.held:
            raise NotFound
        store.write()
        del store.held[service, user]

    def put(keychain: None, service: str, user: str, value: str) -> None:
        if (service, user) in store.held:
            delete(keychain, service, user)
        store.write()
        store.held[service, user] = value

    errors = {"Error": MacError, "NotFound": NotFound, "KeychainDenied": KeychainDenied}
    return _module(
        "api", find_generic_password=find, delete_generic_password=delete, set_generic_password=put, **errors
    )


def _module(name: str, **contents: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(contents)
    return module


def _load(name: str, file: str = "") -> ModuleType:
    path = Path(next(iter(keyring.backends.__path__))) / (file or f"{name}.py")
    full_name = f"keyring.backends.{name}"
    search = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(full_name, path, submodule_search_locations=search)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with _modules({full_name: module}):
        spec.loader.exec_module(module)
    return module


@contextmanager
def _modules(ours: dict[str, ModuleType]) -> Iterator[None]:
    before = {name: sys.modules.get(name) for name in ours}
    sys.modules.update(ours)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
