"""The program that shows gnome-keyring's password prompts, played by a test: it answers, refuses, or lets them stand.

gnome-keyring asks whoever owns ``org.gnome.keyring.SystemPrompter`` on the bus, and takes the password encrypted for it
(gcr: gcr-dbus-constants.h, gcr-secret-exchange.c).
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import hmac
import io
import os
import queue
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from jeepney import (  # type: ignore[import-untyped]
    DBusAddress,
    HeaderFields,
    MessageType,
    message_bus,
    new_method_call,
    new_method_return,
)
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

_NAME = "org.gnome.keyring.SystemPrompter"
_CALLBACK = "org.gnome.keyring.internal.Prompter.Callback"
_GROUP = "sx-aes-1"
_PRIME = int(  # RFC 3526, section 2
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
    16,
)
_SIZE = 192  # bytes of a number below the prime

Answer = Callable[[], bytes | None]  # the password, or None for "no"; it may block, as a person does


class Prompter:
    """Prompts that came, and how each is answered: with ``answer()``, on a thread of this object's own."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.shown: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.count = 0
        self._bus = open_dbus_connection()
        self._exchange: dict[str, _Exchange] = {}
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._bus.send_and_get_reply(message_bus.RequestName(_NAME, 4))
        threading.Thread(target=self._serve, name="prompter", daemon=True).start()

    def close(self) -> None:
        self._done.set()
        with self._lock:
            self._bus.close()

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                message = self._bus.receive(timeout=0.05)
            except TimeoutError:
                continue
            except (OSError, ConnectionError):
                return
            if message.header.message_type is MessageType.method_call:
                self._heard(message)

    def _heard(self, call: Any) -> None:
        self._send(new_method_return(call))
        who = DBusAddress(call.body[0], call.header.fields[HeaderFields.sender], _CALLBACK)
        match call.header.fields[HeaderFields.member], call.body:
            case "BeginPrompting", (path,):
                self._exchange[path] = _Exchange()
                self._ready(who, "", self._exchange[path].begin())
            case "PerformPrompt", (path, _kind, properties, theirs):
                self.count += 1
                self.shown.put(properties.get("message", ("s", ""))[1])
                answering = (who, self._exchange[path], theirs)
                threading.Thread(target=self._answer, args=answering, name="prompter", daemon=True).start()
            case "StopPrompting", _:
                self._send(new_method_call(who, "PromptDone"))

    def _answer(self, who: DBusAddress, exchange: _Exchange, theirs: str) -> None:
        exchange.receive(theirs)
        password = self.answer()
        if password is None:
            self._ready(who, "no", exchange.begin())
        else:
            self._ready(who, "yes", exchange.send(password))

    def _ready(self, who: DBusAddress, reply: str, exchange: str) -> None:
        self._send(new_method_call(who, "PromptReady", "sa{sv}s", (reply, {}, exchange)))

    def _send(self, message: Any) -> None:
        with self._lock:
            if not self._done.is_set():
                self._bus.send(message)


class _Exchange:
    """Our half of the key agreement that the password travels under."""

    def __init__(self) -> None:
        self._private = secrets.randbelow(_PRIME - 2) + 1
        self._key = b""

    def begin(self) -> str:
        return _written(public=pow(2, self._private, _PRIME).to_bytes(_SIZE, "big"))

    def receive(self, theirs: str) -> None:
        parser = configparser.ConfigParser()
        parser.read_string(theirs)
        public = int.from_bytes(base64.b64decode(parser[_GROUP]["public"]), "big")
        shared = pow(public, self._private, _PRIME).to_bytes(_SIZE, "big")
        self._key = _hkdf(shared)

    def send(self, password: bytes) -> str:
        iv, pad = os.urandom(16), 16 - len(password) % 16
        encryptor = Cipher(AES(self._key), CBC(iv)).encryptor()
        secret = encryptor.update(password + bytes([pad]) * pad) + encryptor.finalize()
        return _written(public=pow(2, self._private, _PRIME).to_bytes(_SIZE, "big"), secret=secret, iv=iv)


def _hkdf(shared: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt and no info: 16 bytes."""
    extracted = hmac.digest(bytes(hashlib.sha256().digest_size), shared, "sha256")
    return hmac.digest(extracted, b"\x01", "sha256")[:16]


def _written(**values: bytes) -> str:
    parser = configparser.ConfigParser()
    parser[_GROUP] = {name: base64.b64encode(value).decode() for name, value in values.items()}
    text = io.StringIO()
    parser.write(text, space_around_delimiters=False)
    return text.getvalue()


@contextmanager
def prompter(answer: Answer) -> Iterator[Prompter]:
    """Whoever asks for a password on the bus of ``DBUS_SESSION_BUS_ADDRESS`` is answered so."""
    shows = Prompter(answer)
    try:
        yield shows
    finally:
        shows.close()
