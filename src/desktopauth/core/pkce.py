"""Proof Key for Code Exchange (RFC 7636): a secret that ties an authorization code to the attempt that asked for it.

Whoever else gets hold of the code, by the browser's history or another program on this machine, cannot redeem it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Self

METHOD = "s256"  # RFC 7636 §4.3 writes it in capitals; supabase/auth takes either, and its own clients send this one
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.1
_BYTES = 64  # 86 characters; §7.1 asks for 32 bytes at least


@dataclass(frozen=True, slots=True)
class Proof:
    """One attempt's ``verifier``: 43 to 128 unreserved characters, for the exchange alone, and never used again.

    Raises ValueError for any other.
    """

    verifier: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _VERIFIER.fullmatch(self.verifier):
            raise ValueError("a code verifier has 43 to 128 characters out of A-Z a-z 0-9 - . _ ~")

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_urlsafe(_BYTES))

    @property
    def challenge(self) -> str:
        """What goes with the authorize request: 43 characters that do not give the verifier away (RFC 7636 §4.2)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
