"""A Realtime server on loopback: Phoenix' protocol over a real WebSocket, as supabase/realtime speaks it.

It checks the token of every join and of every ``access_token`` message, tells of what it saw, and does on demand what
servers do: hang up, close a channel whose token ended, refuse a join, send everybody elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response


@dataclass
class Phoenix:
    """``heard`` are (event, topic, token) of joins, leaves and token messages, in order; ``valid`` who may come in."""

    valid: set[str]
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    elsewhere: str = ""
    port: int = 0
    _joined: dict[str, ServerConnection] = field(default_factory=dict)
    _server: Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/realtime/v1"

    def of(self, event: str) -> list[tuple[str, str]]:
        return [(topic, token) for heard, topic, token in self.heard if heard == event]

    @property
    def joined(self) -> set[str]:
        return set(self._joined)

    @property
    def connections(self) -> int:
        return len(self._server.connections) if self._server else 0

    async def start(self) -> None:
        listening = await serve(
            self._serve, "127.0.0.1", self.port, process_request=self._request, close_timeout=0.2, ping_interval=None
        )
        self._server, self.port = listening, next(iter(listening.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Gone, with every connection; ``start`` brings it back to the same port."""
        if self._server is not None:
            self._server.close()
            for connection in set(self._server.connections):
                connection.transport.abort()
            await self._server.wait_closed()
        self._server = None

    def fall_silent(self) -> None:
        """Take nothing more from those who are here, as when their network is a dead end."""
        for connection in set(self._server.connections if self._server else ()):
            connection.transport.pause_reading()

    async def end_token(self, topic: str) -> None:
        """As supabase/realtime closes a channel whose token has expired."""
        connection = self._joined.pop(f"realtime:{topic}")
        said = {"channel": topic, "extension": "system", "message": "Token has expired 3 seconds ago"}
        await self._send(connection, "system", f"realtime:{topic}", {**said, "status": "error"})
        await self._send(connection, "phx_close", f"realtime:{topic}", {})

    async def close_channel(self, topic: str) -> None:
        """For a reason of its own."""
        await self._send(self._joined.pop(f"realtime:{topic}"), "phx_close", f"realtime:{topic}", {})

    async def broadcast(self, topic: str, text: str) -> None:
        payload = {"type": "broadcast", "event": "news", "payload": {"text": text}}
        await self._send(self._joined[f"realtime:{topic}"], "broadcast", f"realtime:{topic}", payload)

    def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        self.paths.append(parts.path)
        self.keys += parse_qs(parts.query).get("apikey", [])
        if not self.elsewhere:
            return None
        answer = connection.respond(HTTPStatus.TEMPORARY_REDIRECT, "")
        answer.headers["Location"] = self.elsewhere
        return answer

    async def _serve(self, connection: ServerConnection) -> None:
        try:
            async for text in connection:
                await self._answer(connection, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self._joined = {topic: there for topic, there in self._joined.items() if there is not connection}

    async def _answer(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        event, topic, ref = message["event"], message["topic"], message["ref"]
        token = str(message["payload"].get("access_token", ""))
        if event != "heartbeat":
            self.heard.append((event, topic, token))
        match event:
            case "phx_join" if token in self.valid:
                self._joined[topic] = connection
                await self._reply(connection, topic, ref, "ok", {"postgres_changes": []})
            case "phx_join":
                await self._reply(connection, topic, ref, "error", {"reason": "InvalidJWTToken: Token has expired"})
            case "phx_leave":
                self._joined.pop(topic, None)
                await self._reply(connection, topic, ref, "ok", {})
                await self._send(connection, "phx_close", topic, {})
            case "access_token" if token not in self.valid:
                await self.end_token(topic.removeprefix("realtime:"))
            case "heartbeat":
                await self._reply(connection, topic, ref, "ok", {})

    async def _reply(self, connection: ServerConnection, topic: str, ref: str, status: str, response: Any) -> None:
        await self._send(connection, "phx_reply", topic, {"status": status, "response": response}, ref)

    @staticmethod
    async def _send(connection: ServerConnection, event: str, topic: str, payload: Any, ref: str | None = None) -> None:
        await connection.send(json.dumps({"event": event, "topic": topic, "payload": payload, "ref": ref}))


@asynccontextmanager
async def phoenix(*valid: str) -> AsyncIterator[Phoenix]:
    """A running one, for the length of the block."""
    server = Phoenix(set(valid))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
