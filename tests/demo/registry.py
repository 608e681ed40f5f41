"""A package registry on loopback that misbehaves, for what npm and we make of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from desktopauth.resources import resource


def locked_versions() -> dict[str, str]:
    """Name and version of every package in our lock."""
    lock = json.loads(resource("demo/package-lock.json").read_text(encoding="utf-8"))
    entries = {path: entry for path, entry in lock["packages"].items() if path}
    return {entry.get("name", path.rpartition("node_modules/")[2]): entry["version"] for path, entry in entries.items()}


@contextmanager
def refusing(status: int) -> Iterator[str]:
    """A registry that answers everything with ``status``."""
    with _serving(lambda _url, _path: (status, b"{}")) as url:
        yield url


@contextmanager
def lying() -> Iterator[str]:
    """A registry that knows every package, and hands out archives which are not the ones that our lock names."""
    versions = locked_versions()

    def answer(url: str, path: str) -> tuple[int, bytes]:
        name = unquote(path.lstrip("/"))
        if name not in versions:
            return 200, b"not what was published"
        dist = {"tarball": f"{url}/archives/{name}.tgz"}
        version = versions[name]
        return 200, json.dumps(
            {"name": name, "versions": {version: {"name": name, "version": version, "dist": dist}}}
        ).encode()

    with _serving(answer) as url:
        yield url


@contextmanager
def silent() -> Iterator[tuple[str, threading.Event]]:
    """A registry that takes every request and never answers; the event says that one has come."""
    asked, over = threading.Event(), threading.Event()

    def answer(_url: str, _path: str) -> tuple[int, bytes]:
        asked.set()
        over.wait()
        return 503, b""

    with _serving(answer) as url:
        try:
            yield url, asked
        finally:
            over.set()


@contextmanager
def _serving(answer: Callable[[str, str], tuple[int, bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(url, self.path)
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                pass  # npm has been killed meanwhile, which is what the test is about

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
