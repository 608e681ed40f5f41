"""The way from a process to the server and back, with all that can happen on it, as an httpx transport.

It goes by real httpx exceptions and answers, so that the product's own reading of them is under test.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal

import httpx

from tests.simulation.machine import Machine, Process
from tests.simulation.server import AuthServer
from tests.simulation.verdict import Verdict

Network = Literal["good", "flaky", "offline", "captive", "intercepted"]
_PORTAL = b"<html><body>Welcome to our free Wi-Fi. Please accept the terms.</body></html>"


@dataclass
class Air:
    """The machine's network: ``moves`` counts the changes, because no connection outlives one."""

    machine: Machine
    rng: random.Random
    verdict: Verdict
    state: Network = "good"
    moves: int = 0

    def change(self, state: Network) -> None:
        self.state = state
        self.moves += 1

    def latency(self) -> float:
        return self.rng.uniform(0.2, 4.0) if self.state == "flaky" else self.rng.uniform(0.01, 0.2)


@dataclass
class Way(httpx.AsyncBaseTransport):
    """One process's connections. ``in_flight`` counts the refreshes under way."""

    process: Process
    air: Air
    server: AuthServer
    in_flight: int = field(default=0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        refreshing = b"refresh_token" in request.url.query
        if not refreshing:
            return await self._travel(request, "")
        self.in_flight += 1
        try:
            return await self._travel(request, "refresh ")
        finally:
            self.in_flight -= 1
            self.air.verdict.answered(self.process)

    async def _travel(self, request: httpx.Request, prefix: str) -> httpx.Response:
        if prefix:
            self.air.verdict.asked(self.process, request)
        self.process.step(f"{prefix}send")
        limit: float = request.extensions["timeout"]["read"]
        left_at = self.air.moves, self.process.machine.naps
        await asyncio.sleep(self.air.latency())
        if (astray := await self._network(request)) is not None:
            return astray
        if (refused := await self._front()) is not None:
            return refused
        answer = self.server.answer(request, self.process)
        self.process.step(f"{prefix}done")
        await self._back(request, left_at, limit)
        self.process.step(f"{prefix}answered")
        if prefix and answer.status_code == 400:
            self.air.verdict.told_no(self.process, request)
        return answer

    async def _network(self, request: httpx.Request) -> httpx.Response | None:
        air, rng = self.air, self.air.rng
        match air.state:
            case "offline":
                air.verdict.hit("dns_failure")
                if rng.random() < 0.3:
                    await asyncio.sleep(5.0)
                    raise httpx.ConnectTimeout("timed out", request=request)
                raise httpx.ConnectError("no address", request=request) from socket.gaierror(-3, "try again")
            case "captive":
                air.verdict.hit("captive_portal")
                kind = rng.choice((302, 200, 511))
                where = {"location": "http://portal.test/login"} if kind == 302 else {}
                return httpx.Response(kind, headers={"content-type": "text/html", **where}, content=_PORTAL)
            case "intercepted":
                air.verdict.hit("tls_failure")
                raise httpx.ConnectError("certificate", request=request) from ssl.SSLCertVerificationError(
                    1, "self-signed"
                )
            case "flaky" if rng.random() < 0.2:
                raise httpx.ConnectTimeout("timed out", request=request)
        return None

    async def _front(self) -> httpx.Response | None:
        """What stands before the server answers for it, or nobody does."""
        server, hit = self.server, self.air.verdict.hit
        match server.trouble:
            case "outage":
                hit("outage")
                if server.rng.random() < 0.3:
                    await asyncio.sleep(5.0)
                    raise httpx.ConnectTimeout("timed out")
                raise httpx.ConnectError("refused")
            case "storm" if server.rng.random() < 0.8:
                hit("storm_5xx")
                return server.out_of_order()
            case "limit" | "limit_silent" if server.rng.random() < 0.8:
                hit("rate_limit" if server.trouble == "limit" else "rate_limit_silent")
                return server.too_many(silent=server.trouble == "limit_silent")
        return None

    async def _back(self, request: httpx.Request, left_at: tuple[int, int], limit: float) -> None:
        """The answer's way home. Raises what the client sees when it gets lost."""
        air, server = self.air, self.server
        if server.trouble == "slow":
            air.verdict.hit("slow_answer")
            pause = server.rng.uniform(1.0, 20.0)
            await asyncio.sleep(min(pause, limit))
            if pause >= limit:
                self._lost(request, httpx.ReadTimeout("timed out"))
        if server.trouble == "dropping" and server.rng.random() < 0.6:
            await self._dropped(request, limit)
        if air.state == "flaky" and air.rng.random() < 0.2:
            await self._dropped(request, limit)
        await asyncio.sleep(air.latency())
        if left_at != (air.moves, self.process.machine.naps) and air.rng.random() < 0.8:
            self._lost(request, httpx.ReadError("connection reset"))

    async def _dropped(self, request: httpx.Request, limit: float) -> None:
        if self.server.rng.random() < 0.3:
            await asyncio.sleep(limit)
            self._lost(request, httpx.ReadTimeout("timed out"))
        await asyncio.sleep(self.air.latency())
        self._lost(request, httpx.RemoteProtocolError("Server disconnected without sending a response."))

    def _lost(self, request: httpx.Request, error: httpx.TransportError) -> None:
        self.air.verdict.hit("dropped_answer")
        self.air.verdict.lost_answer(self.process, request)
        error.request = request
        raise error
