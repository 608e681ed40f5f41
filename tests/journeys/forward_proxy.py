"""A forward proxy on loopback that wants a name and a password: tunnels (RFC 9110 §9.3.6) and plain requests alike.

It knows every host, and all of them are this machine: so what is reached through it cannot have been reached without.
"""

from __future__ import annotations

import base64
import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_REFUSAL = (
    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=office\r\n"
    b"Content-Type: text/html\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<html>Who are you?\r\n"
)


@dataclass(frozen=True)
class Passed:
    """One request to the proxy; ``let_in`` says whether it came with the right name and password."""

    method: str
    target: str
    let_in: bool


class ForwardProxy(socketserver.ThreadingTCPServer):
    """``passed`` is what it was asked; ``name`` and ``password`` are what it wants to be told."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, name: str, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Client)
        self.passed: list[Passed] = []
        self._name, self._password = name, password

    def address(self, password: str | None = None) -> str:
        """As it stands in the environment, where what is no letter is written as RFC 3986 §2.1 has it."""
        who = f"{quote(self._name, safe='')}:{quote(password or self._password, safe='')}"
        return f"http://{who}@127.0.0.1:{self.server_address[1]}"

    def let_in(self, said: str) -> bool:
        wanted = base64.b64encode(f"{self._name}:{self._password}".encode()).decode()
        return said == f"Basic {wanted}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the play."""


class _Client(socketserver.StreamRequestHandler):
    server: ForwardProxy

    def handle(self) -> None:
        method, target, version = self.rfile.readline().decode("ascii").split()
        headers = dict(self._headers())
        allowed = self.server.let_in(headers.pop("proxy-authorization", ""))
        self.server.passed.append(Passed(method, target, allowed))
        if not allowed:
            self.wfile.write(_REFUSAL)
        elif method == "CONNECT":
            with self._reached(int(target.rpartition(":")[2])) as there:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _relay(self.connection, there)
        else:
            self._forward(method, target, version, headers)

    def _headers(self) -> Iterator[tuple[str, str]]:
        while line := self.rfile.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            yield name.lower(), value.strip()

    def _forward(self, method: str, target: str, version: str, headers: dict[str, str]) -> None:
        where = urlsplit(target)
        body = self.rfile.read(int(headers.get("content-length", 0)))
        lines = [f"{method} {where.path or '/'} {version}"]
        lines += [f"{name}: {value}" for name, value in (headers | {"connection": "close"}).items()]
        with self._reached(where.port or 80) as there:
            there.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            while part := there.recv(65536):
                self.wfile.write(part)

    @staticmethod
    def _reached(port: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=30)


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until either side ends."""
    with suppress(OSError):
        while True:
            for ready in select.select([one, other], [], [])[0]:
                if not (part := ready.recv(65536)):
                    return
                (other if ready is one else one).sendall(part)


@contextmanager
def forward_proxy(name: str, password: str) -> Iterator[ForwardProxy]:
    with ForwardProxy(name, password) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
