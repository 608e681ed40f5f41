"""Signs anybody in, and answers every other request with ``[]``; its port is the one line that it prints."""

from __future__ import annotations

import asyncio
import base64
import json
import time


def _token() -> str:
    """Unsigned, and as long as a real one."""
    claims = {"sub": "ada", "session_id": "s", "exp": int(time.time()) + 3600, "app_metadata": {"filled": "x" * 400}}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims)]
    return ".".join([*parts, "x" * 43])


def _answer(target: str) -> bytes:
    if not target.startswith("/auth/v1/token"):
        return b"[]"
    session = {"access_token": _token(), "refresh_token": "r", "token_type": "bearer", "expires_in": 3600}
    return json.dumps(session | {"expires_at": int(time.time()) + 3600, "user": {"id": "ada"}}).encode()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            size = [line for line in head.lower().splitlines() if line.startswith("content-length:")]
            await reader.readexactly(int(size[0].partition(":")[2]) if size else 0)
            body = _answer(head.split()[1])
            kind = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
            writer.write(kind + str(len(body)).encode() + b"\r\n\r\n" + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
