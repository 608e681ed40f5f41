"""How the contract suite meets its servers: `--target double|lite|env`, and by default the double and Lite.

``env`` is any GoTrue, named by DESKTOPAUTH_CONTRACT_URL (the base of its auth API) and _KEY; with _MAILBOX (a file of
JSON lines with to, subject and text, or the address of a Mailpit), _DB (a Postgres DSN; rows are aged by ``psql``) and
_FEATURES (a comma between the words of ``targets.FEATURES`` that are true of it), more of the cases are run there. Its
mail templates need ``{{ .Token }}``, and its rate limits for one address of the network must let the suite through.
With ``phone``, its texts are in the same mailbox, to the number without the plus.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.contract.lacks import LITE_LACKS
from tests.contract.target import Target
from tests.contract.targets import complaint, double_target, lite_target, named_target

#: Both kinds of refresh token are out there, so the double is met twice.
TARGETS = {
    "double": ["double", "double-counting"],
    "lite": ["lite"],
    "env": ["env"],
    "both": ["double", "double-counting", "lite"],
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--target", choices=sorted(TARGETS), help="the auth server that the contract suite is run against")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*features): what an auth server must have for this case")
    if _chosen(config) == "env" and (wrong := complaint(os.environ)):
        raise pytest.UsageError(wrong)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "target" in metafunc.fixturenames:
        metafunc.parametrize("target", TARGETS[_chosen(metafunc.config) or "both"], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Expect of Lite what it is known to lack: a case that passes all the same is a stale line in the table."""
    for item in items:
        if reason := _lacking(item):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True, raises=(AssertionError, LookupError)))
    if _chosen(config):
        others = [item for item in items if "target" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    mark = request.node.get_closest_marker("needs")
    needed = mark.args if mark else ()
    match request.param:
        case "lite":
            made = lite_target(request.getfixturevalue("lite"))
        case "env":
            made = named_target(needed)
        case kind:
            made = double_target(needed, **_KINDS[kind])
    with made as opened:
        yield opened


_KINDS = {"double": {"algorithm": 1}, "double-counting": {"algorithm": 2}}


def _chosen(config: pytest.Config) -> str | None:
    chosen: str | None = config.getoption("--target", default=None)
    return chosen


def _lacking(item: pytest.Item) -> str | None:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    name = getattr(item, "originalname", item.name)
    return LITE_LACKS.get(name) if parameters.get("target") == "lite" else None
