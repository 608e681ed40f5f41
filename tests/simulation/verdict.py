"""What really happened, beside what the apps said: every stay of the person, and every promise that was broken."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx

from tests.simulation.machine import Machine, Process
from tests.simulation.stay import Stay

SHORT = 120  # seconds: an access token that lives no longer is a short one
_SOON = 90.0  # seconds in which a person must have heard that their session is over
_ANOTHER_TRY = 90.0  # seconds after which what could not be saved must have been tried again
_AT_ONCE = 3.0  # seconds in which a lost answer is asked for again by who retries at once


class Verdict:
    """``broken`` counts broken promises by column, ``chaos`` what happened to the world by kind."""

    def __init__(self, machine: Machine, say: Callable[[str], None] | None) -> None:
        self.machine, self._say = machine, say
        self.broken: Counter[str] = Counter()
        self.chaos: Counter[str] = Counter()
        self.apart: list[str] = []  # what was excluded, in words
        self._read_too_soon: set[str] = set()  # spent when the keyring had taken neither of the last two
        self._let_off: set[str] = set()  # sessions that were lost by that
        self.stays: dict[str, Stay] = {}
        self.owner: dict[str, str] = {}
        self.refreshes = self.requests = self.short_refreshes = 0
        self.hours = self.short_hours = 0.0
        self.honours: Callable[[str], bool] = lambda _: True
        self.refuses: Callable[[], bool] = lambda: False
        self.troubled: Callable[[], bool] = lambda: False
        self.peek: Callable[[], tuple[str, str] | None] = lambda: None  # session id and refresh token that are stored
        self.life: Callable[[], int] = lambda: 3600
        self._lost: dict[Process, tuple[str, float]] = {}
        self._holder: dict[str, Process] = {}  # who got it
        self._asking: dict[Process, str] = {}  # with which token
        self._present: dict[Process, str] = {}
        self._amid: set[Process] = set()  # who asked while the keyring refused
        self._awaited: dict[Process, list[asyncio.Future[None]]] = {}
        self._counted_at = 0.0

    # ---- the story

    def say(self, text: str, *given: object) -> None:
        if self._say:
            seconds = self.machine.loop.time() + self.machine.slept
            day, rest = divmod(seconds, 86_400)
            hour, rest = divmod(rest, 3600)
            self._say(f"{int(day):2}d {int(hour):02}:{rest // 60:02.0f}:{rest % 60:06.3f}  {text % given}")

    def hit(self, kind: str) -> None:
        self.chaos[kind] += 1

    def breach(self, column: str, text: str, *given: object) -> None:
        self.broken[column] += 1
        if column == "excluded":
            self.apart.append(text % given)
        self.say(f"*** {column}: {text}", *given)

    def named(self, session_id: str | None) -> str:
        stay = self.stays.get(session_id or "")
        return f"s{stay.number}" if stay else "nobody"

    def token_named(self, token: str) -> str:
        stay = self.stays.get(self.owner.get(token, ""))
        return f"s{stay.number}/{stay.tokens.index(token)}" if stay else "?"

    # ---- told by the server

    def issued(self, session_id: str, token: str, spent: str, by: Process) -> None:
        stay = self.stays.get(session_id)
        if stay is None:
            stay = self.stays[session_id] = Stay(len(self.stays) + 1, session_id)
        if token not in stay.tokens:
            stay.tokens.append(token)
            self.owner[token] = session_id
            self._holder[token] = by
            if spent:
                self._rotated()
            if self.refuses() or by in self._amid:
                stay.unwelcome.add(token)
            if not self.refuses():  # it could be stored from now on
                self.machine.loop.call_later(_ANOTHER_TRY, self._no_excuse, [(token, by)])
        self.say("server: %s -> %s", self.token_named(spent) if spent else "sign-in", self.token_named(token))

    def _rotated(self) -> None:
        self.refreshes += 1
        self.short_refreshes += self.life() <= SHORT

    def ended_by_server(self, session_id: str) -> bool:
        """An administrator's word, a new password, a ban; whether that is what ends it."""
        stay = self.stays.get(session_id)
        if stay is None or stay.ended:
            return False
        stay.ended = "server"
        return True

    def refused(self, spent: str, code: str) -> None:
        """The server said no to a refresh (``spent``), or to anything else."""
        if not spent:
            return
        stay = self.stays.get(self.owner.get(spent, ""))
        self.say("server: %s refused, %s", self.token_named(spent), code)
        if code != "refresh_token_already_used" or stay is None or stay.revoked or stay.ended == "user":
            return  # whoever signs out wanted this end, by another way
        stay.revoked = True
        self._note_stored()
        if stay.excluded or spent in self._read_too_soon:
            self._let_off.add(stay.session_id)
            self.breach("excluded", "%s: the keyring took neither of its last two tokens", self.named(stay.session_id))
        else:
            self.breach("family_revocations", "%s was spent too late", self.token_named(spent))

    # ---- told by the wire

    def asked(self, process: Process, request: httpx.Request) -> None:
        token = str(json.loads(request.content)["refresh_token"])
        self.requests += 1
        for told in self._awaited.pop(process, []):
            if not told.done():
                told.set_result(None)
        self.say("%s: asks with %s", process.name, self.token_named(token))
        self._compare(process, token)
        lost = self._lost.pop(process, None)
        if lost and lost[0] == token and self.machine.loop.time() - lost[1] > _AT_ONCE:
            self.breach("waits_after_lost_answers", "%s: %.0f s", process.name, self.machine.loop.time() - lost[1])

    def _compare(self, process: Process, token: str) -> None:
        """Whether somebody else asks with the same token at this moment, or has stored a newer one already."""
        if any(one is not process and other == token for one, other in self._asking.items()):
            self.broken["overlapping_refreshes"] += 1
        self._asking[process] = token
        (self._amid.add if self.refuses() else self._amid.discard)(process)
        if (stay := self.stays.get(self.owner.get(token, ""))) and stay.excluded:
            self._read_too_soon.add(token)
        if (stay := self.stays.get(self.owner.get(token, ""))) and not (stay.ended or self.troubled()):
            newer = stay.tokens[stay.tokens.index(token) + 1 :]
            self.broken["needless_refreshes"] += any(one in stay.saved for one in newer)

    def answered(self, process: Process) -> None:
        """The refresh of this process has come to an end, whichever."""
        self._asking.pop(process, None)

    def next_request(self, process: Process) -> asyncio.Future[None]:
        """Done when this process asks for a refresh the next time."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.setdefault(process, []).append(told)
        return told

    def lost_answer(self, process: Process, request: httpx.Request) -> None:
        self.say("the answer to %s is lost", process.name)
        if request.url.query == b"grant_type=refresh_token":
            self._lost[process] = str(json.loads(request.content)["refresh_token"]), self.machine.loop.time()

    def told_no(self, process: Process, request: httpx.Request) -> None:
        """The server's no to a refresh has arrived: if it is the last word, the person must hear of it soon."""
        session_id = self.owner.get(str(json.loads(request.content)["refresh_token"]), "")
        self.machine.loop.call_later(_SOON, self._must_know, process, session_id)

    def _must_know(self, process: Process, session_id: str) -> None:
        shows = process.alive and self._present.get(process) == session_id
        if shows and session_id not in self._let_off and not self.honours(session_id):
            self.breach("untold_ends", "%s: still shows %s", process.name, self.named(session_id))

    # ---- told by the keyring

    def kept(self, session_id: str, token: str, *, saved: bool) -> None:
        if stay := self.stays.get(session_id):
            (stay.saved if saved else stay.unwelcome).add(token)
            if saved:
                self._replaces(stay)
            self.say("keyring: %s %s", self.token_named(token), "stored" if saved else "refused")

    def keyring_well(self) -> None:
        """Its trouble is over: whoever lives on with a token that it refused has a minute to try again."""
        held = [(token, by) for token, by in self._holder.items() if self._present.get(by) == self.owner[token]]
        self.machine.loop.call_later(_ANOTHER_TRY, self._no_excuse, held)

    def _no_excuse(self, held: list[tuple[str, Process]]) -> None:
        for token, by in held if not self.refuses() else ():
            if by.alive and self._present.get(by) == self.owner[token]:
                self.stays[self.owner[token]].unwelcome.discard(token)

    def _note_stored(self) -> None:
        if (stored := self.peek()) and (stay := self.stays.get(stored[0])):
            stay.stored_in(stored[1])
            self._replaces(stay)

    def _replaces(self, there: Stay) -> None:
        """What is stored has taken the place of every other."""
        for stay in self.stays.values():
            if stay is not there:
                stay.ended = stay.ended or "replaced"

    # ---- told by the processes

    def entered(self, process: Process, session_id: str) -> None:
        """Nobody was signed in, and now this session is."""
        self._count()
        self._present[process] = session_id
        self.say("%s: signed in as %s", process.name, self.named(session_id))
        stay = self.stays.get(session_id)
        if stay and stay.ended == "user":
            self.breach("resurrections", "%s: %s is back", process.name, self.named(session_id))
        elif stay and stay.ended in ("replaced", "leaving"):
            stay.ended = ""

    def moved(self, process: Process, session_id: str) -> None:
        """Somebody was signed in, and now it is this session."""
        if self._present.get(process) != session_id and (stay := self.stays.get(session_id)) and stay.ended == "user":
            self.breach("resurrections", "%s: went over to %s", process.name, self.named(session_id))
        self._present[process] = session_id

    def left(self, process: Process) -> None:
        self._count()
        self._present.pop(process, None)

    def signed_in(self, session_id: str) -> None:
        """A sign-in was told: it takes the place of whatever was there."""
        if there := self.stays.get(session_id):
            self._replaces(there)

    def leaving(self, session_id: str) -> None:
        """The person has said the word; until it is told that it was heard, both is right."""
        if stay := self.stays.get(session_id):
            stay.ended = stay.ended or "leaving"

    def staying(self, session_id: str) -> None:
        """It was not heard: the client said so."""
        if (stay := self.stays.get(session_id)) and stay.ended == "leaving":
            stay.ended = ""

    def signed_out(self, session_id: str) -> None:
        """By the person's word, which holds for all copies."""
        if (stay := self.stays.get(session_id)) and stay.ended != "user":
            stay.ended = "user"
            self.machine.loop.call_later(_SOON, self._must_be_gone, session_id)

    def _must_be_gone(self, session_id: str) -> None:
        for process, present in self._present.items():
            if process.alive and present == session_id:
                self.breach("stayed_behind", "%s: still shows %s", process.name, self.named(session_id))

    def told_end(self, process: Process, session_id: str, reason: str) -> None:
        """A process says that this session is over, and not by the word of the person at it."""
        self.say("%s: told that %s is over: %s", process.name, self.named(session_id), reason)
        self._note_stored()
        if stay := self.stays.get(session_id):
            self._judge(stay, f"{process.name} said {reason}")

    def found_nobody(self, process: Process) -> None:
        """A process has read the keyring and says that nobody is signed in."""
        self.say("%s: nobody", process.name)
        for stay in list(self.stays.values()):
            if stay.saved and not stay.ended:
                self._judge(stay, f"{process.name} found nobody")

    def _judge(self, stay: Stay, why: str) -> None:
        if stay.ended or stay.revoked or not stay.saved or not self.honours(stay.session_id):
            stay.ended = stay.ended or "over"
            return
        stay.ended = "lost"
        column = "excluded" if stay.excluded else "lost_sessions"
        self.breach(column, "%s, which the server would honour: %s", self.named(stay.session_id), why)

    def died(self, process: Process) -> None:
        self.left(process)
        self._lost.pop(process, None)
        self._note_stored()

    # ---- time

    def _count(self) -> None:
        """Time with somebody signed in somewhere, since the last look."""
        now = self.machine.loop.time()
        if self._present:
            hours = (now - self._counted_at) / 3600
            self.hours += hours
            self.short_hours += hours if self.life() <= SHORT else 0.0
        self._counted_at = now

    def summary(self) -> dict[str, Any]:
        self._count()
        return {
            "broken": dict(self.broken),
            "chaos": dict(self.chaos),
            "apart": self.apart,
            "refreshes": self.refreshes,
            "requests": self.requests,
            "hours": self.hours,
            "short_refreshes": self.short_refreshes,
            "short_hours": self.short_hours,
        }
