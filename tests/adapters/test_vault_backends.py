"""Every error a keyring class is known to leak becomes a kind of trouble, and none of its text comes along."""

from __future__ import annotations

import pickle
from typing import Any

import keyring.errors
import pytest
import secretstorage.exceptions
from jeepney import DBusAddress, DBusErrorResponse, HeaderFields, new_error, new_method_call  # type: ignore[import-untyped]
from jeepney.io.blocking import DBusConnection  # type: ignore[import-untyped]

from desktopauth.adapters.backends import SystemKeyring, open_keyring, problem_of, usual_place
from desktopauth.adapters.records import BackendError, head_names
from desktopauth.core.errors import VaultProblem
from tests.adapters.os_stores import KeychainDenied, MacError, Store, WinError, macos, windows
from tests.adapters.vaults import some_entry


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def dbus_error(name: str) -> Exception:
    call = new_method_call(DBusAddress("/", "a.b", "a.b"), "Call")
    call.header.fields[HeaderFields.sender] = ":1.1"
    error: Exception = DBusErrorResponse(new_error(call, name, "s", ("hush-hush",)))
    return error


def mac_error(status: int) -> Exception:
    kind = type("Error", (Exception,), {"__module__": "keyring.backends.macOS.api"})
    error: Exception = kind(status, "Unknown Error")
    return error


LEAKED: list[tuple[Exception, VaultProblem]] = [
    (keyring.errors.KeyringLocked("Failed to unlock the collection!"), VaultProblem.LOCKED),
    (caused(keyring.errors.KeyringLocked(), KeychainDenied()), VaultProblem.DENIED),
    (caused(keyring.errors.InitError(), secretstorage.exceptions.PromptDismissedException()), VaultProblem.DENIED),
    (caused(keyring.errors.InitError(), secretstorage.exceptions.LockedException()), VaultProblem.LOCKED),
    (keyring.errors.InitError(), VaultProblem.UNAVAILABLE),
    (keyring.errors.NoKeyringError(), VaultProblem.UNAVAILABLE),
    (caused(keyring.errors.PasswordSetError(), mac_error(-25308)), VaultProblem.LOCKED),
    (caused(keyring.errors.PasswordSetError(), mac_error(-25293)), VaultProblem.DENIED),
    (caused(keyring.errors.PasswordDeleteError(), mac_error(-50)), VaultProblem.UNAVAILABLE),
    (secretstorage.exceptions.SecretServiceNotAvailableException(), VaultProblem.UNAVAILABLE),
    (secretstorage.exceptions.ItemNotFoundException(), VaultProblem.UNAVAILABLE),
    (dbus_error("org.freedesktop.Secret.Error.IsLocked"), VaultProblem.LOCKED),
    (dbus_error("org.freedesktop.DBus.Error.AccessDenied"), VaultProblem.DENIED),
    (dbus_error("org.freedesktop.DBus.Error.Failed"), VaultProblem.UNAVAILABLE),
    (WinError(5, "CredWrite"), VaultProblem.DENIED),
    (WinError(8, "CredWrite"), VaultProblem.FULL),
    (WinError(1312, "CredRead"), VaultProblem.UNAVAILABLE),
    (WinError(1783, "CredWrite"), VaultProblem.TOO_LARGE),
    (RuntimeError("Requires Windows and pywin32"), VaultProblem.UNAVAILABLE),
    (ConnectionResetError(), VaultProblem.UNAVAILABLE),
]


@pytest.mark.parametrize(("leaked", "problem"), LEAKED, ids=lambda value: type(value).__name__)
def test_a_leaked_error_is_told_by_its_kind(leaked: Exception, problem: VaultProblem) -> None:
    class Leaking:
        name = "leaking"

        def get_password(self, service: str, user: str) -> str:
            raise leaked

    ours = SystemKeyring(Leaking())  # type: ignore[arg-type] # it needs no more than this
    with pytest.raises(BackendError) as told:
        ours.get("Example/a00")
    assert told.value.problem is problem is problem_of(leaked)
    assert "hush" not in repr(told.value)
    assert b"hush" not in pickle.dumps(told.value.args)


class Slow:
    """A service that is on its way up when it is asked first."""

    name = "slow"

    def __init__(self, failures: int) -> None:
        self.failures, self.asked = failures, 0

    def get_password(self, service: str, user: str) -> str | None:
        self.asked += 1
        if self.asked <= self.failures:
            raise keyring.errors.InitError
        return None


@pytest.mark.parametrize(("failures", "asked"), [(0, 1), (1, 2)])
def test_a_service_on_its_way_up_is_asked_once_more(failures: int, asked: int) -> None:
    slow = Slow(failures)
    SystemKeyring(slow, init_delay=0).unlock(["Example/a00"])  # type: ignore[arg-type]
    assert slow.asked == asked


def test_a_person_who_dismissed_the_prompt_is_not_asked_again() -> None:
    class Dismissed(Slow):
        def get_password(self, service: str, user: str) -> str | None:
            self.asked += 1
            raise caused(keyring.errors.InitError(), secretstorage.exceptions.PromptDismissedException())

    dismissed = Dismissed(0)
    with pytest.raises(BackendError) as told:
        SystemKeyring(dismissed, init_delay=0).unlock(["Example/a00"])  # type: ignore[arg-type]
    assert (dismissed.asked, told.value.problem) == (1, VaultProblem.DENIED)


def test_a_service_that_does_not_come_up_is_not_asked_a_third_time() -> None:
    slow = Slow(9)
    with pytest.raises(BackendError):
        SystemKeyring(slow, init_delay=0).unlock(["Example/a00"])  # type: ignore[arg-type]
    assert slow.asked == 2


@pytest.mark.parametrize("system", [windows, macos])
def test_deleting_what_is_not_there_is_no_error(system: Any) -> None:
    system(Store()).delete("Example/a00")


def test_a_denied_delete_is_an_error_although_keyring_gives_both_one_type(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    ours = macos(store)
    ours.set("Example/a00", "it")

    def denied() -> None:
        raise KeychainDenied

    monkeypatch.setattr(store, "write", denied)
    with pytest.raises(BackendError) as told:
        ours.delete("Example/a00")
    assert told.value.problem is VaultProblem.DENIED


def test_a_delete_that_changed_nothing_is_an_error() -> None:
    class Stubborn:
        name = "stubborn"

        def delete_password(self, service: str, user: str) -> None:
            raise keyring.errors.PasswordDeleteError

        def get_password(self, service: str, user: str) -> str:
            return "still there"

    with pytest.raises(BackendError):
        SystemKeyring(Stubborn()).delete("Example/a00")  # type: ignore[arg-type]


def test_a_value_too_long_for_windows_is_refused_by_the_fake_as_by_windows() -> None:
    ours = windows(Store())
    ours.set("Example/a00", "x" * 1280)
    with pytest.raises(BackendError) as told:
        ours.set("Example/a01", "x" * 1281)
    assert told.value.problem is VaultProblem.TOO_LARGE


def test_a_new_connection_asks_first_what_gnome_keyring_tells_anybody(
    keyring: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything else may abort it: it may look the caller up before it has noted the caller."""
    asked: dict[str, list[tuple[str, str]]] = {}
    send = DBusConnection.send_and_get_reply

    def noting(connection: Any, message: Any, **options: Any) -> Any:
        fields = message.header.fields
        if fields.get(HeaderFields.destination) == "org.freedesktop.secrets":
            what = message.body[1] if fields[HeaderFields.member] == "Get" else fields[HeaderFields.member]
            asked.setdefault(connection.unique_name, []).append((fields[HeaderFields.path], what))
        return send(connection, message, **options)

    monkeypatch.setattr(DBusConnection, "send_and_get_reply", noting)
    ours, entry = open_keyring(), some_entry()
    ours.unlock(head_names(entry))
    ours.set(f"{entry}/a00", "it")
    assert ours.get(f"{entry}/a00") == "it"
    ours.delete(f"{entry}/a00")
    assert len(asked) == 4
    assert {calls[0] for calls in asked.values()} == {("/org/freedesktop/secrets", "Collections")}


def test_every_system_has_a_name_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for platform in ("linux", "win32", "darwin"):
        monkeypatch.setattr("sys.platform", platform)
        names.append(usual_place())
    assert names == ["GNOME Keyring / Secret Service", "Windows Credential Manager", "macOS Keychain"]
    monkeypatch.undo()
    assert (windows(Store()).place, macos(Store()).place) == tuple(names[1:])
    assert issubclass(MacError, Exception)
