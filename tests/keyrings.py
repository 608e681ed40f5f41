"""The fixtures of a real gnome-keyring on a bus of its own; the developer's own keyring is never touched."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from desktopauth.demo.keyring_service import PROGRAMS, PrivateKeyring, private_keyring
from tests.scenario import lacking, need


def lock_keyring() -> None:
    """Lock the keyring on this process's bus, as the desktop does."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        secretstorage.get_default_collection(bus).lock()


def empty_keyring() -> None:
    """Remove everything from it, as a person does who deletes entries by hand."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        for item in list(secretstorage.get_default_collection(bus).get_all_items()):
            item.delete()


@contextmanager
def full_disk(service: PrivateKeyring) -> Iterator[None]:
    """The keyring's disk has no room: what is stored can be read, and nothing can be written.

    Who may not mount (root may) closes the folder for writing instead, which the keyring answers in the same words.
    """
    files = service._place() / "data" / "keyrings"
    if os.getuid() != 0:
        files.chmod(0o500)
        yield
        files.chmod(0o700)
        return
    copies = shutil.copytree(files, files.with_name("copies"))
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", files], check=True)
    except subprocess.CalledProcessError:
        lacking("no file system may be mounted here")
    try:
        shutil.copytree(copies, files, dirs_exist_ok=True)
        with suppress(OSError), (files / "filling").open("wb", buffering=0) as filling:
            while filling.write(bytes(512)):
                pass
        yield
    finally:
        subprocess.run(["umount", files], check=True)
        shutil.rmtree(copies)


class Backup:
    """A copy of a keyring's files, taken and put back as a backup of the home folder does."""

    def __init__(self, service: PrivateKeyring) -> None:
        self._service = service
        files = service._place() / "data" / "keyrings"
        self._files, self._copy = files, files.with_name("backup")

    def take(self) -> None:
        shutil.copytree(self._files, self._copy)

    def restore(self) -> None:
        """Put them back, and start the keyring anew: it reads its files when it is unlocked."""
        self._service.stop_keyring()
        shutil.rmtree(self._files)
        shutil.copytree(self._copy, self._files)
        self._service.start_keyring()


@pytest.fixture(scope="session")
def keyring_service() -> Iterator[dict[str, str]]:
    """The environment of one unlocked keyring for the whole test session. Entries are told apart by their names."""
    for program in PROGRAMS:
        need(program)
    with private_keyring() as environment:
        yield environment


@pytest.fixture
def only_our_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No keyring is chosen by the developer's configuration, and no bus is there unless a test says so."""
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'no-bus'}")


@pytest.fixture
def keyring(keyring_service: dict[str, str], only_our_keyring: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """This process finds the session's keyring; the environment for a child that shall find it too."""
    for name, value in keyring_service.items():
        monkeypatch.setenv(name, value)
    return keyring_service


@pytest.fixture
def own_keyring(only_our_keyring: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateKeyring]:
    """A keyring of this test's own, that it may lock and kill."""
    for program in PROGRAMS:
        need(program)
    service = PrivateKeyring()
    try:
        service.start()
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service
    finally:
        service.stop()
