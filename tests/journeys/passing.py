"""A server between the app and Supabase Lite, to count what passes and to hold an answer back on its way."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from desktopauth.demo.server import EmbeddedServer
from tests.scripted_server import Reply, ScriptedServer, Seen, scripted_server


class Passage:
    """``hold`` picks the requests whose answers wait for ``let_go``; ``held`` is set once one does."""

    def __init__(self, server: ScriptedServer, lite: EmbeddedServer) -> None:
        self.url, self.seen = server.url, server.seen
        self.hold: Callable[[Seen], bool] = lambda _: False
        self.broken = False
        self.held, self.let_go = threading.Event(), threading.Event()
        self._port = int(lite.url.rpartition(":")[2])
        server.always = self._pass_on

    def count(self, words: str) -> int:
        return sum(words in seen.path for seen in self.seen)

    def _pass_on(self, seen: Seen) -> Reply:
        if self.broken:
            return Reply(raw=b"")
        asked = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        ours = {name: value for name, value in seen.headers if name not in ("host", "accept-encoding", "connection")}
        asked.request(seen.method, seen.path, seen.body or None, ours)
        answer = asked.getresponse()
        body = answer.read()
        asked.close()
        wait = None
        if self.hold(seen):
            wait = self.let_go
            self.held.set()  # the server has done its part, and nobody knows it yet
        theirs = {name: value for name, value in answer.getheaders() if name.lower() in ("date", "content-type")}
        return Reply(answer.status, body, theirs, wait=wait)


@contextmanager
def passage(lite: EmbeddedServer) -> Iterator[Passage]:
    with scripted_server() as server:
        made = Passage(server, lite)
        try:
            yield made
        finally:
            made.let_go.set()
