"""Tell the server that a session is over. Nobody waits for it: what fails is logged, and the session dies by itself."""

from __future__ import annotations

import logging

from .errors import AuthError
from .models import Session
from .ports import Gateway

log = logging.getLogger("desktopauth.revocation")


async def revoke(gateway: Gateway, session: Session, server_time: float) -> None:
    """Revoke this session alone. The server wants a valid access token for it, so an expired one is refreshed first."""
    try:
        if server_time >= session.expires_at:
            session = await gateway.refresh(session.refresh_token)
        await gateway.sign_out(session.access_token, "local")
    except AuthError as error:
        log.warning("a session was not revoked on the server: %s", error.kind)
