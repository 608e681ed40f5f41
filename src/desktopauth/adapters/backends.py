"""The system keyring behind the records, and the one place that knows keyring's classes and their errors.

The class is chosen by platform and never detected: detection starts D-Bus services, and a package that happens to be
installed could send the tokens into a plain file. Nothing is imported before the vault's own thread asks for it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from desktopauth.core.errors import VaultProblem

from .records import BackendError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_USER = "session"
_REFUSED = ("keyring.backends.null", "keyring.backends.fail", "keyring.backends.chainer", "keyrings.alt")
_PLACES = {
    "keyring.backends.SecretService": "GNOME Keyring / Secret Service",
    "keyring.backends.Windows": "Windows Credential Manager",
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.kwallet": "KWallet",
}
_log = logging.getLogger("desktopauth.keyring")
_T = TypeVar("_T")


def usual_place() -> str:
    """Name of this system's own keyring, known without importing anything."""
    backend = {"win32": "Windows", "darwin": "macOS"}.get(sys.platform, "SecretService")
    return _PLACES[f"keyring.backends.{backend}"]


def open_keyring() -> SystemKeyring:
    """The keyring the person chose for keyring (``PYTHON_KEYRING_BACKEND``, keyringrc.cfg), else the system's own.

    Raises BackendError(UNAVAILABLE) if there is none, or one that would not keep a secret.
    """
    return SystemKeyring(_told(_choose))


class SystemKeyring:
    """A records ``Backend`` over one keyring class. Every call may block for as long as a prompt is open."""

    def __init__(self, keyring: KeyringBackend, *, init_delay: float = 0.5) -> None:
        module = _module(keyring)
        self.class_name = class_name(type(keyring))
        self._keyring = keyring
        self._init_delay = init_delay
        self.place = next((name for key, name in _PLACES.items() if _within(module, key)), str(keyring.name))
        self.part_size = 1000 if _within(module, "keyring.backends.Windows") or sys.platform == "win32" else None

    def unlock(self, heads: Iterable[str]) -> None:
        """Let the system ask for whatever it wants to ask, before any lock of ours is taken."""
        from keyring.errors import InitError

        try:
            self._unlock(heads)
        except InitError as error:
            if "PromptDismissedException" in _names(error):
                raise _failure(error) from None  # the person said no, and is not asked again
            time.sleep(self._init_delay)  # right after login the service may still be on its way up
            _told(lambda: self._unlock(heads))
        except Exception as error:  # noqa: BLE001 - the boundary to keyring, whose back ends leak any type
            raise _failure(error) from None

    def readable(self) -> bool:
        """Whether there is anything to read, told without a prompt; of those that ask only when read: True.

        Raises BackendError, LOCKED if it would have to ask first.
        """
        standing = getattr(self._keyring, "readable", None)
        return True if standing is None else _told(standing)

    def get(self, service: str) -> str | None:
        return _told(lambda: self._keyring.get_password(service, _USER))

    def set(self, service: str, value: str) -> None:
        _told(lambda: self._keyring.set_password(service, _USER, value), _writing)

    def delete(self, service: str) -> None:
        _told(lambda: self._delete(service), _writing)

    def _unlock(self, heads: Iterable[str]) -> None:
        collection = getattr(self._keyring, "get_preferred_collection", None)
        if collection is not None:  # Secret Service; the others ask when a value is read
            with closing(collection().connection):
                return
        for service in heads:
            self._keyring.get_password(service, _USER)

    def _delete(self, service: str) -> None:
        from keyring.errors import PasswordDeleteError

        try:
            self._keyring.delete_password(service, _USER)
        except PasswordDeleteError as error:  # "not there" and "not allowed" are one type
            if not _missing(error) and (error.__cause__ or self._keyring.get_password(service, _USER) is not None):
                raise


def _choose() -> KeyringBackend:
    from keyring.core import load_config, load_env

    chosen = load_env() or load_config()
    if chosen is None:
        return _of_platform()
    module = _module(chosen)
    if any(_within(module, refused) for refused in _REFUSED):
        _log.warning("the configured keyring %s keeps no secret, and is not used", module)
        raise BackendError(VaultProblem.UNAVAILABLE)
    return _patient_secret_service()() if module == "keyring.backends.SecretService" else chosen


def platform_class() -> type[KeyringBackend]:
    """This system's own keyring class, named and not looked up, so that a bundle without metadata has it too."""
    if sys.platform == "win32":
        from keyring.backends.Windows import WinVaultKeyring

        return WinVaultKeyring
    if sys.platform == "darwin":
        from keyring.backends.macOS import Keyring as MacKeyring

        return MacKeyring
    from keyring.backends.SecretService import Keyring as SecretServiceKeyring

    return SecretServiceKeyring


def _of_platform() -> KeyringBackend:
    keyring = platform_class() if sys.platform in ("win32", "darwin") else _patient_secret_service()
    _ = keyring.priority  # raises RuntimeError when it cannot work here
    chosen = keyring()
    if sys.platform == "win32":
        chosen.persist = "local machine"  # the default roams through the domain
    return chosen


def _patient_secret_service() -> type[KeyringBackend]:
    """keyring's Secret Service class, connecting in a way that gnome-keyring survives, and leaking no connection.

    keyring opens a connection for every call. If the first thing asked on a new one needs to know the caller, a busy
    gnome-keyring (42 and later) may look the caller up before it has noted it, and aborts, and with it goes everybody's
    unlocked keyring. The list of collections is what it tells without, so we ask that first.
    """
    from keyring.backends import SecretService
    from keyring.errors import InitError, KeyringLocked

    storage: Any = SecretService.secretstorage  # type: ignore[attr-defined]

    class Patient(SecretService.Keyring):
        def readable(self) -> bool:
            with closing(storage.dbus_init()) as bus:
                try:
                    collection = self._collection(bus, storage.Collection)
                except storage.ItemNotFoundException:
                    return False  # the first save will make one, and ask for its password then
                if collection.is_locked():
                    raise KeyringLocked("locked")
                return True

        def get_preferred_collection(self) -> Any:
            bus = storage.dbus_init()
            try:
                return self._unlocked(bus)
            except BaseException:
                bus.close()
                raise

        def _unlocked(self, bus: Any) -> Any:
            try:
                collection = self._collection(bus, storage.get_default_collection)
            except storage.SecretStorageException as error:
                raise InitError("no collection") from error
            if collection.is_locked() and (collection.unlock() or collection.is_locked()):
                raise KeyringLocked("not unlocked")
            return collection

        def _collection(self, bus: Any, usual: Callable[[Any], Any]) -> Any:
            next(storage.get_all_collections(bus), None)
            path = getattr(self, "preferred_collection", None)
            return storage.Collection(bus, path) if path else usual(bus)

    return Patient


def _told(call: Callable[[], _T], judge: Callable[[BaseException], VaultProblem] | None = None) -> _T:
    """Make a keyring call, with whatever it raises turned into BackendError."""
    try:
        return call()
    except BackendError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary to keyring, whose back ends leak any type
        raise _failure(error, judge) from None  # not chained: their texts are not ours to vouch for


def _failure(error: Exception, judge: Callable[[BaseException], VaultProblem] | None = None) -> BackendError:
    problem = (judge or problem_of)(error)
    _log.info("keyring: %s after %s", problem, "/".join(_names(error)))
    return BackendError(problem)


def problem_of(error: BaseException) -> VaultProblem:
    """The kind of trouble that any exception from a keyring back end stands for."""
    names = _names(error)
    if "KeychainDenied" in names or "SecAuthFailure" in names or "AccessDenied" in names:
        return VaultProblem.DENIED
    if "KeyringLocked" in names or "LockedException" in names or "IsLocked" in names:
        return VaultProblem.LOCKED
    if "PromptDismissedException" in names:  # to create the first collection
        return VaultProblem.DENIED
    codes = {_code(link) for link in _chain(error)}
    if 5 in codes or -25293 in codes:  # ERROR_ACCESS_DENIED, errSecAuthFailed
        return VaultProblem.DENIED
    if -25308 in codes:  # errSecInteractionNotAllowed: locked, and no screen to ask on
        return VaultProblem.LOCKED
    if 1783 in codes:  # RPC_X_BAD_STUB_DATA: how Credential Manager says that a value is too long
        return VaultProblem.TOO_LARGE
    if 8 in codes:  # ERROR_NOT_ENOUGH_MEMORY: Credential Manager's store, which all apps share, has no room
        return VaultProblem.FULL
    # Windows 1312 (no logon session keeps credentials), no bus, no service, ...
    return VaultProblem.UNAVAILABLE


def _writing(error: BaseException) -> VaultProblem:
    """The same for a write: gnome-keyring calls it "Failed" when its disk is full, and goes on reading."""
    problem = problem_of(error)
    return VaultProblem.FULL if problem is VaultProblem.UNAVAILABLE and "Failed" in _names(error) else problem


def _chain(error: BaseException) -> list[BaseException]:
    return [error] + ([error.__cause__] if error.__cause__ is not None else [])


def _names(error: BaseException) -> list[str]:
    """Type names down the chain, and the last word of a D-Bus error's name; no message, which may hold anything."""
    names = []
    for link in _chain(error):
        names.append(type(link).__name__)
        if type(link).__name__ == "DBusErrorResponse":
            names.append(str(getattr(link, "name", "")).rpartition(".")[2])
    return names


def _code(error: BaseException) -> int | None:
    """The status number of Windows (pywintypes.error) or macOS (keyring's api.Error)."""
    code = getattr(error, "winerror", None)
    if code is None and type(error).__module__.startswith("keyring.backends.macOS") and error.args:
        code = error.args[0]
    return code if isinstance(code, int) else None


def _missing(error: BaseException) -> bool:
    return type(error.__cause__).__name__ == "NotFound"  # keyring's macOS api


def _module(keyring: KeyringBackend) -> str:
    """The module of the class that does the work."""
    return class_name(type(keyring)).rpartition(".")[0]


def class_name(kind: type) -> str:
    """The class that does the work, with its module; ours only stands before keyring's."""
    works = next(base for base in kind.__mro__ if base.__module__ != __name__)
    return f"{works.__module__}.{works.__name__}"


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
