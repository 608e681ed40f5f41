"""The faults, and what each may do: a line is a fault, met by a token of every age, at the start and in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from desktopauth.core.errors import ErrorKind
from desktopauth.core.events import AuthEvent
from desktopauth.core.state import Connection, TokenHealth
from tests.faults.proxy import Lose, Say


class Trouble(Enum):
    """What happens before a request can be sent."""

    NO_SUCH_NAME = "the name does not resolve"
    WRONG_CERTIFICATE = "nobody vouches for the certificate"


@dataclass(frozen=True)
class Window:
    """When the next attempt is due: seconds after the failure."""

    begin: float
    end: float


@dataclass(frozen=True)
class Fault:
    """What goes wrong, what the window is told of it, when the next attempt is due, how many requests go out."""

    what: Say | Lose | Trouble
    cause: ErrorKind
    connection: Connection
    again: Window
    requests: int = 1


def html(title: str) -> str:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"


PAGE = {"Content-Type": "text/html; charset=utf-8"}
TEXT = {"Content-Type": "text/plain"}
SOON = Window(0.1, 1.0)  # the first pause after a failure: full jitter of one second
A_MINUTE = Window(60.0, 60.0)
AT_ONCE_AGAIN = 2  # requests: an answer that was lost is asked for once more in the same flight

SERVER, REFUSED, OFFLINE_ = ErrorKind.SERVER, ErrorKind.REFUSED, ErrorKind.OFFLINE
DEGRADED, OFFLINE = Connection.DEGRADED, Connection.OFFLINE

END_WHILE_SIGNED_IN = AuthEvent.REAUTH_REQUIRED

FAILURE = {"code": "unexpected_failure", "message": "Unexpected failure, please check server logs"}
TOO_MANY = {"code": "over_request_rate_limit", "message": "Request rate limit reached"}
CONFLICT = {"code": "conflict", "message": "Too many concurrent token refresh requests on the same session"}

FAULTS: dict[str, Fault] = {
    "500": Fault(Say(500, FAILURE), SERVER, DEGRADED, SOON),
    "501": Fault(Say(501, {"message": "Not implemented"}), SERVER, DEGRADED, SOON),
    "502": Fault(Say(502, html("502 Bad Gateway"), PAGE), SERVER, DEGRADED, SOON),
    "503": Fault(Say(503, {"message": "name resolution failed"}), SERVER, DEGRADED, SOON),
    "520": Fault(Say(520, html("Web server is returning an unknown error"), PAGE), SERVER, DEGRADED, SOON),
    "530": Fault(Say(530, html("Error 1016"), PAGE), SERVER, DEGRADED, SOON),
    "540": Fault(Say(540, {"message": "Project paused"}), SERVER, DEGRADED, SOON),
    "408": Fault(Say(408, "Request Timeout", TEXT), SERVER, DEGRADED, SOON),
    "409": Fault(Say(409, CONFLICT), REFUSED, DEGRADED, SOON),
    "425": Fault(Say(425, "Too Early", TEXT), SERVER, DEGRADED, SOON),
    "429": Fault(Say(429, TOO_MANY), ErrorKind.RATE_LIMITED, DEGRADED, A_MINUTE),
    "401 without code": Fault(Say(401, {"message": "Invalid API key"}), ErrorKind.BAD_KEY, DEGRADED, SOON),
    "403 HTML": Fault(Say(403, html("Access denied"), PAGE), SERVER, DEGRADED, SOON),
    "407": Fault(Say(407, html("Proxy Authentication Required"), PAGE), SERVER, DEGRADED, SOON),
    "400 without code": Fault(Say(400, {"message": "Bad request"}), REFUSED, DEGRADED, SOON),
    "200 HTML": Fault(Say(200, html("Welcome to the hotel"), PAGE), ErrorKind.CAPTIVE_PORTAL, DEGRADED, SOON),
    "200 empty": Fault(Say(200), SERVER, DEGRADED, SOON),
    "200 truncated": Fault(Lose.HALF_WAY, OFFLINE_, OFFLINE, SOON, AT_ONCE_AGAIN),
    "timeout after send": Fault(Lose.IN_SILENCE, OFFLINE_, OFFLINE, SOON, AT_ONCE_AGAIN),
    "reset": Fault(Lose.BY_RESET, OFFLINE_, OFFLINE, SOON, AT_ONCE_AGAIN),
    "DNS": Fault(Trouble.NO_SUCH_NAME, OFFLINE_, OFFLINE, SOON, 0),
    "TLS": Fault(Trouble.WRONG_CERTIFICATE, ErrorKind.UNTRUSTED_CERTIFICATE, OFFLINE, SOON, 0),
}


class Moment(StrEnum):
    """When the app meets the fault."""

    AT_START = "at start"  # restored from what is stored
    RUNNING = "running"  # they signed in before, in the same run


@dataclass(frozen=True)
class Age:
    """Seconds since the token was made, of its 3,600, and what it counts as then."""

    seconds: float
    health: TokenHealth


AGES: dict[str, Age] = {
    "fresh": Age(100, TokenHealth.FRESH),
    "in margin": Age(3_100, TokenHealth.STALE),
    "expired": Age(4_000, TokenHealth.EXPIRED),
}
LIFE = 3_600.0  # seconds
# A token that is still fresh is due when it would have been: in its last fifth, or up to 5 % of its life before that.
# A second on each side, because a Date header says no more than that.
DUE_ANYWAY = Window(0.8 * LIFE - 0.05 * LIFE - 1, 0.8 * LIFE + 1)  # after it was made
