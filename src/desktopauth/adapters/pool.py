"""The one connection pool of a project, made on first use, in a worker thread.

Importing httpx and reading the system's certificates take a tenth of a second, which the event loop does not have.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .transport import Route


class Pool:
    """Shared by all auth and data calls to ``url``, and closed by who made it. Nothing is imported before use."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._making = asyncio.Lock()
        self._made: Route | None = None

    async def open(self) -> Route:
        """The pool, made by the first who asks. Raises transport.UnusableProxyError."""
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(_make, self._url)
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


def _make(url: str) -> Route:
    from .transport import connection_pool

    return connection_pool(url, tls_context())
