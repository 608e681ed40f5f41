"""A private D-Bus session with an unlocked, empty gnome-keyring in it, for a machine or a test that has none.

It is a real Secret Service that no other program sees. Its bus can start nothing by itself, so a keyring that died
stays dead instead of coming back locked with a prompt that nobody can answer.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon", "dbus-send")
_COLLECTION = "/org/freedesktop/secrets/aliases/default"
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
_PATIENCE = 15.0  # seconds for each of the two daemons
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
_log = logging.getLogger("desktopauth.keyring_service")


class KeyringServiceError(RuntimeError):
    """The private keyring could not be started; the text says why, in a sentence."""


def missing_programs() -> list[str]:
    """What is not installed of what a private keyring takes; empty if it can be started."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def private_keyring() -> Iterator[dict[str, str]]:
    """Run a private keyring; gives the environment variables that lead a program to it. Raises KeyringServiceError."""
    service = PrivateKeyring()
    try:
        service.start()
        yield service.environment
    finally:
        service.stop()


class PrivateKeyring:
    """The two daemons and their folder. What was stored outlives the keyring daemon, and ends with ``stop``."""

    def __init__(self) -> None:
        self.bus: subprocess.Popen[bytes] | None = None
        self.keyring: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._password = secrets.token_hex(16).encode()

    @property
    def environment(self) -> dict[str, str]:
        """The bus address alone: a client needs no more, and its own folders are none of our business."""
        return {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={self._place() / 'bus'}"}

    def start(self) -> None:
        if missing := missing_programs():
            raise KeyringServiceError(f"A private keyring takes {', '.join(missing)}, which is not installed.")
        self._folder = Path(tempfile.mkdtemp(prefix="desktopauth-keyring-"))
        for name in ("run", "data"):
            (self._folder / name).mkdir(mode=0o700)
        self._start_bus()
        self.start_keyring()

    def start_keyring(self) -> None:
        """Start gnome-keyring on the bus, unlocked."""
        # in the foreground, or it would fork and be out of our hands
        command = ("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
        self.keyring = self._run(*command, stdin=subprocess.PIPE)
        if self.keyring.stdin is None:
            raise KeyringServiceError("The private keyring could not be given its password.")
        with self.keyring.stdin as stdin:
            stdin.write(self._password)
        self._await(self.keyring, self._unlocked)

    def stop_keyring(self) -> None:
        """End gnome-keyring at once, as a crash would."""
        if self.keyring is not None:
            self.keyring.kill()
            self.keyring.wait()

    def stop(self) -> None:
        for process in (self.keyring, self.bus):
            if process is not None:
                _end(process)
        self.keyring = self.bus = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start_bus(self) -> None:
        config, socket = self._place() / "bus.conf", self._place() / "bus"
        config.write_text(_CONFIG.format(socket=socket), encoding="ascii")
        self.bus = self._run("dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile")
        self._await(self.bus, socket.exists)

    def _place(self) -> Path:
        if self._folder is None:
            raise KeyringServiceError("The private keyring was not started.")
        return self._folder

    def _run(self, *command: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        # the bus ends with the thread that started it, even by a kill; the keyring daemon ends when its bus does
        leash = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
        with (self._place() / "log").open("ab") as log:
            return subprocess.Popen(
                [*leash, *command],
                env=self._surroundings(),
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; they are needed until we have tidied up
            )

    def _surroundings(self) -> dict[str, str]:
        """Folders of their own, and no screen for anything to pop up on."""
        place = self._place()
        ours = {"XDG_RUNTIME_DIR": str(place / "run"), "XDG_DATA_HOME": str(place / "data"), **self.environment}
        return {key: value for key, value in os.environ.items() if key not in _SCREENS} | ours

    def _await(self, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                said = (self._place() / "log").read_text(encoding="utf-8", errors="replace").strip()
                _log.warning("the private keyring did not start: %s", said)
                raise KeyringServiceError("The private keyring did not start; the log says what its daemons said.")
            time.sleep(0.02)

    def _unlocked(self) -> bool:
        """The name may be taken before the collection can be used, so the collection is asked."""
        asked = subprocess.run(
            [
                *("dbus-send", "--session", "--print-reply=literal", "--dest=org.freedesktop.secrets", _COLLECTION),
                *("org.freedesktop.DBus.Properties.Get", "string:org.freedesktop.Secret.Collection", "string:Locked"),
            ],
            env=self._surroundings(),
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        return asked.returncode == 0 and b"boolean false" in asked.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
