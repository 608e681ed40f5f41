"""A small HTTP server on loopback that plays scripted answers and remembers what it was asked, for faults and counts.

Real sockets and real TLS, so that what is tested is what a person's machine does.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Seen:
    """One request as it came: header names in lower case, in order, duplicates kept."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def header(self, name: str) -> str:
        return ", ".join(self.all(name))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One answer. A ``body`` that is no bytes goes out as JSON; ``raw`` goes out instead of all, then it hangs up."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    wait: threading.Event | None = None  # until then no answer comes
    date: bool = True


Script = Callable[[Seen], Reply]


class ScriptedServer(ThreadingHTTPServer):
    """Answers by the queue of ``play``, then by ``always``; a request that nobody expected gets 418."""

    daemon_threads = True
    request_queue_size = 128  # a storm of connections must not wait for the kernel to try again
    block_on_close = False

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Seen] = []
        self.always: Script = lambda _: Reply(418, {"message": "nobody expected this"})
        self._queue: deque[Reply] = deque()
        self._tls = tls

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.server_address[1]}"

    def play(self, *replies: Reply) -> None:
        self._queue.extend(replies)

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        return self._queue.popleft() if self._queue else self.always(seen)

    def get_request(self) -> Any:
        found, address = super().get_request()
        # the handshake is made by the connection's own thread, at its first read
        wrap = self._tls and self._tls.wrap_socket
        return (wrap(found, server_side=True, do_handshake_on_connect=False) if wrap else found), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes, and the second must not wait for the first's receipt
    server: ScriptedServer

    def _play(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        named = tuple((name.lower(), value) for name, value in self.headers.items())
        reply = self.server.answer(Seen(self.command, self.path, named, body))
        if reply.wait is not None:
            reply.wait.wait(30)
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        plain = isinstance(reply.body, bytes)
        payload = reply.body if plain else json.dumps(reply.body).encode()
        self.send_response_only(reply.status)
        if reply.date:
            self.send_header("Date", reply.headers.get("Date") or self.date_time_string())
        if not plain:
            self.send_header("Content-Type", "application/json")
        for name, value in reply.headers.items():
            if name != "Date":
                self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if reply.status != 204 and self.command != "HEAD":
            self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _play  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: the requests are kept in ``seen``."""


@contextmanager
def scripted_server(tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """A running server for the length of the block."""
    with ScriptedServer(tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def self_made_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate for 127.0.0.1 that nobody has signed, and the file that would vouch for it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self-made")])
    now, here = datetime.datetime.now(datetime.UTC), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([here]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = serialization.Encoding.PEM
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return context, certificate
