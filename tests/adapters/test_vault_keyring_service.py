"""A private keyring is nobody else's, says why it cannot start, and is gone when its user is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktopauth.core.ports import Absent, Saved
from desktopauth.demo.keyring_service import (
    PROGRAMS,
    KeyringServiceError,
    PrivateKeyring,
    missing_programs,
    private_keyring,
)
from tests.adapters.vaults import InKeyring
from tests.scenario import Run, need, until

ROOT = Path(__file__).parents[2]
_KILLED = """
import sys
from desktopauth.demo.keyring_service import PrivateKeyring
service = PrivateKeyring()
service.start()
print(service.bus.pid, service.keyring.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def installed() -> None:
    for program in PROGRAMS:
        need(program)


def start_user(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _KILLED],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src", "TMPDIR": str(folder)},  # what a kill leaves behind, pytest tidies up
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_two_private_keyrings_do_not_see_each_other(
    own_keyring: PrivateKeyring, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        ours = InKeyring(tmp_path / "account")
        assert isinstance(await ours.vault.save("it", session_id="s", over=None), Saved)
        with private_keyring() as environment:
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", environment["DBUS_SESSION_BUS_ADDRESS"])
            assert await InKeyring(tmp_path / "account", ours.entry).vault.load() == Absent()
        ours.close()

    run(scenario)


def test_stopping_leaves_neither_process_nor_file() -> None:
    service = PrivateKeyring()
    service.start()
    assert service.bus is not None
    assert service.keyring is not None
    pids = [service.bus.pid, service.keyring.pid]
    folder = Path(service.environment["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path=")).parent
    assert folder.is_dir()
    service.stop()
    assert [alive(pid) for pid in pids] == [False, False]
    assert not folder.exists()
    service.stop()


def test_killing_its_user_ends_both_daemons(run: Run, tmp_path: Path) -> None:
    async def scenario() -> None:
        user = start_user(tmp_path)
        assert user.stdout is not None
        pids = [int(pid) for pid in user.stdout.readline().split()]
        assert all(map(alive, pids))
        user.send_signal(signal.SIGKILL)
        user.communicate()
        await until(lambda: not any(map(alive, pids)), what="the daemons ended")

    run(scenario)


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing_programs() == list(PROGRAMS)
    with pytest.raises(KeyringServiceError, match="gnome-keyring-daemon"), private_keyring():
        raise AssertionError


def test_a_daemon_that_ends_at_once_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, expected_logs: object
) -> None:
    for name in PROGRAMS:
        (tmp_path / name).write_text("#!/bin/sh\necho 'no, thank you' >&2\nexit 3\n")
        (tmp_path / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert callable(expected_logs)
    expected_logs("did not start: no, thank you")
    with pytest.raises(KeyringServiceError, match="did not start"), private_keyring():
        raise AssertionError
