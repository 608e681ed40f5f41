"""Servers that are wrong on purpose: a contract suite that lets one of them pass proves nothing."""

from __future__ import annotations

from typing import Any

MUTANTS: dict[str, dict[str, Any]] = {
    "no_rotation": {"same_token": True},
    "reuse_always_fine": {"endless_reuse": True},
    "403_for_400": {"forbids_bad_requests": True},
}
