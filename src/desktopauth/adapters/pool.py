"""The connections of a project, or of a developer's own API, made on first use, in a worker thread.

Importing httpx and reading the system's certificates take a tenth of a second, which the event loop does not have.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .routes import Routes


class Pool:
    """Shared by all calls that are to share connections, and closed by who made it. Nothing is imported before use."""

    def __init__(self, *urls: str) -> None:
        self._urls = urls
        self._making = asyncio.Lock()
        self._made: Routes | None = None

    async def open(self, *urls: str) -> Routes:
        """The connections, made by the first who asks. Raises routes.UnusableProxyError if no way leads to a url."""
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(_make, (*self._urls, *urls))
            for url in urls:
                await self._made.prepare(url)
            return self._made

    async def aclose(self) -> None:
        """Close every connection. A later ``open`` begins anew."""
        made, self._made = self._made, None
        if made is not None:
            await made.aclose()


def tls_context() -> ssl.SSLContext:
    """TLS by the system's own roots, so that what the browser trusts is trusted here (about 20 ms: not on the loop).

    On Linux truststore reads all roots again for every connection, on the event loop; where OpenSSL knows their place
    they are read once, here. It remains for bundles that were built on another distribution than they run on.
    """
    if sys.platform == "linux":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
        if context.cert_store_stats()["x509_ca"]:
            return context
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _make(urls: tuple[str, ...]) -> Routes:
    from .routes import Routes

    made = Routes(tls_context())
    for url in urls:
        made.learn(url)
    return made
