"""All cases of the suite as plain functions, for those who run it against a server of their own making."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.contract import (
    test_anonymous,
    test_bodies,
    test_codes,
    test_gateway_codes,
    test_gateway_doors,
    test_gateway_links,
    test_id_token,
    test_linking,
    test_mfa,
    test_password,
    test_phone,
    test_refresh,
    test_sign_out,
    test_user,
)
from tests.contract.target import Target, needed_by
from tests.contract.targets import double_target

_MODULES = (
    test_anonymous,
    test_bodies,
    test_codes,
    test_gateway_codes,
    test_gateway_doors,
    test_gateway_links,
    test_id_token,
    test_linking,
    test_mfa,
    test_password,
    test_phone,
    test_refresh,
    test_sign_out,
    test_user,
)
Case = Callable[[Target], None]


def cases() -> Iterator[tuple[str, Case]]:
    """The name of every case, and the case."""
    for module in _MODULES:
        yield from ((name, case) for name, case in vars(module).items() if name.startswith("test_"))


def failing(**settings: Any) -> set[str]:
    """The cases that a double with these settings fails."""
    return {name for name, case in cases() if not _passes(case, settings)}


def _passes(case: Case, settings: dict[str, Any]) -> bool:
    with double_target(needed_by(case), **settings) as target:
        try:
            case(target)
        except (AssertionError, LookupError):
            return False
    return True
