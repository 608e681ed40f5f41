"""The double on a real socket: an auth server below ``/auth/v1`` with the gateway's check of the key before it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.double.api import Call, Reply, respond
from tests.double.errors import Refusal, bad_request
from tests.double.project import Project
from tests.double.settings import Settings

BASE = "/auth/v1"
# What a browser asks for; it carries no key.
_KEYLESS = ("/authorize", "/callback", "/provider", "/verify")


class DoubleServer(ThreadingHTTPServer):
    """Serves one project; requests are answered one after the other."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.project = Project(settings, url=self.url + BASE)
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: DoubleServer

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.server.lock:
            try:
                reply = self._answer(raw)
            except Refusal as refusal:
                reply = self._refused(refusal)
            date = formatdate(self.server.project.now(), usegmt=True)
        self._send(reply, date)

    def _answer(self, raw: bytes) -> Reply:
        target = urlsplit(self.path)
        path = target.path.removeprefix(BASE)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        if denied := self._denied(path):
            return denied
        headers = {name.lower(): value for name, value in self.headers.items()}
        return respond(self.server.project, Call(self.command, path, query, headers, _body(raw)))

    def _denied(self, path: str) -> Reply | None:
        """The gateway's own answer; it knows nothing of the auth server's codes."""
        key = self.headers.get("apikey")
        if path in _KEYLESS and self.command == "GET":
            return None
        if key == self.server.project.settings.key:
            return None
        text = "Invalid API key" if key else "No API key found in request"
        return Reply(401, {"message": text, "hint": "Double check your API key."})

    def _refused(self, refusal: Refusal) -> Reply:
        if self.server.project.settings.forbids_bad_requests and refusal.status == 400:
            refusal.status = 403
        version = self.headers.get("x-supabase-api-version", "")
        told = ({"x-sb-error-code": refusal.code} if refusal.code else {}) | refusal.headers
        return Reply(
            refusal.status, refusal.body(version), told | ({"x-supabase-api-version": version} if version else {})
        )

    def _send(self, reply: Reply, date: str) -> None:
        kind, payload = _written(reply.body)
        self.send_response_only(reply.status)
        self.send_header("Date", date)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing."""


def _written(body: Any) -> tuple[str, bytes]:
    """The kind of a body, and its bytes."""
    match body:
        case None:
            return "", b""
        case bytes():
            return "text/plain; charset=utf-8", body
        case _:
            return "application/json", json.dumps(body).encode()


def _body(raw: bytes) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        found = json.loads(raw)
    except ValueError:
        raise bad_request("bad_json", "Could not parse request body as JSON") from None
    if not isinstance(found, dict):
        raise bad_request("bad_json", "Could not parse request body as JSON")
    return found


@contextmanager
def double(settings: Settings | None = None) -> Iterator[DoubleServer]:
    """A running double for the length of the block."""
    with DoubleServer(settings or Settings()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
