"""The window with the real receiver behind it: whatever comes back, they get one sentence and are where they were."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pytest

from desktopauth.adapters import loopback as loopback_module
from desktopauth.adapters.loopback import Loopback
from desktopauth.adapters.pages import LANGUAGES
from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.models import Project
from desktopauth.core.redirect import LIFE, Receiver, Verdict
from desktopauth.core.state import BrowserWait, PasswordForm, SignedIn
from desktopauth.qt import messages
from desktopauth.qt.views.sign_in import PasswordCard
from tests.adapters.strangers import ask, browse, followed, granting, refuses
from tests.core.conftest import ADA
from tests.core.fakes import Gate, offline, refused
from tests.qt.conftest import Room
from tests.scenario import Run, settled, until

TITLES = {verdict: title for verdict, (title, _) in LANGUAGES["en"].items()}
SENTENCES = {kind: messages.sentence(Problem(kind)) for kind in ErrorKind}


@dataclass(frozen=True)
class Street:
    """The way from the browser to the window: each receiver that was opened so far."""

    room: Room
    receivers: list[Loopback]

    @property
    def receiver(self) -> Receiver:
        return self.receivers[-1]

    async def closed(self) -> bool:
        """Nobody knocks before: whoever is let in at the last moment would be dropped by the loop with a warning."""
        await until(lambda: all(each._closed for each in self.receivers), what="the port closed")
        await settled()
        return all(refuses(urlsplit(each.address).port or 0) for each in self.receivers)

    async def home_again(self, kind: ErrorKind) -> None:
        """They are at the form, with what they had typed; one thing is said, and it is this."""
        await self.room.hands.sees(SENTENCES[kind])
        said = [words for words in self.room.hands.texts() if words in SENTENCES.values()]
        assert said == [SENTENCES[kind]]
        assert self.typed() == "grace@example.com"
        assert isinstance(self.room.world.flow(), PasswordForm)
        assert await self.closed()

    def typed(self) -> str:
        view = self.room.shell.view()
        assert isinstance(view, PasswordCard)
        return view.email.value()


@pytest.fixture
def street(room: Room, monkeypatch: pytest.MonkeyPatch) -> Street:
    monkeypatch.setattr(loopback_module, "_TO_FETCH", 15.0)  # where a busy machine takes its time over a page
    made: list[Loopback] = []

    def receive() -> Loopback:
        made.append(Loopback(room.world.clock))
        return made[-1]

    room.world.parts = replace(room.world.parts, receive=receive)
    return Street(room, made)


@asynccontextmanager
async def out(street: Street) -> AsyncIterator[None]:
    """They have typed an address, thought better of it, and gone to GitHub."""
    room = street.room
    async with room.open():
        room.shell.offer(Project(("github",)))
        await room.hands.type_in("grace@example.com")
        await leave(street)
        yield


async def leave(street: Street) -> None:
    sent = len(street.room.world.browser.opened)
    await street.room.hands.press("Continue with GitHub")
    await until(lambda: len(street.room.world.browser.opened) > sent, what="the browser")
    await street.room.hands.sees("Waiting for your browser")


BACK = [
    ("error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E", ErrorKind.BROWSER_DENIED, "DENIED"),
    ("error=server_error&error_code=unexpected_failure", ErrorKind.SERVER, "FAILED"),
    ("error=invalid_request&error_code=bad_oauth_state", ErrorKind.BROWSER_STALE, "FAILED"),
    ("error=access_denied&error_code=user_banned", ErrorKind.USER_BANNED, "FAILED"),
    ("error=access_denied&error_code=provider_email_needs_verification", ErrorKind.PROVIDER_UNVERIFIED, "FAILED"),
]


@pytest.mark.parametrize(("query", "kind", "verdict"), BACK)
def test_a_refusal_is_one_sentence_and_the_form_as_they_left_it(
    street: Street, run_qt: Run, query: str, kind: ErrorKind, verdict: str
) -> None:
    async def scenario() -> None:
        async with out(street):
            page = await browse(f"{street.receiver.address}&{query}")
            assert TITLES[Verdict[verdict]] in page.body
            await street.home_again(kind)
            shown = "\n".join([page.raw.decode(), *street.room.hands.texts()])
            assert not any(part in shown for part in ("alert", "access_denied", "unexpected_failure"))

    run_qt(scenario)


EXCHANGES: list[tuple[Callable[[], AuthError], ErrorKind]] = [
    (lambda: offline("exchange"), ErrorKind.OFFLINE),
    (lambda: AuthError(Problem(ErrorKind.OFFLINE, "exchange", Outcome.LOST)), ErrorKind.OFFLINE),
    (lambda: refused("exchange", "flow_state_expired", ErrorKind.BROWSER_STALE), ErrorKind.BROWSER_STALE),
    (lambda: refused("exchange", "", ErrorKind.SERVER), ErrorKind.SERVER),
]


@pytest.mark.parametrize(("trouble", "kind"), EXCHANGES, ids=["offline", "lost", "too late", "server"])
def test_a_code_that_cannot_be_redeemed_is_one_sentence_too_and_no_lie_in_the_browser(
    street: Street, run_qt: Run, trouble: Callable[[], AuthError], kind: ErrorKind
) -> None:
    street.room.world.gateway.script.plan("exchange", trouble())

    async def scenario() -> None:
        async with out(street):
            page = await browse(granting(street.receiver))
            assert TITLES[Verdict.FAILED] in page.body
            await street.home_again(kind)
            assert street.room.world.gateway.count("exchange") == 1

    run_qt(scenario)


def test_who_closed_the_tab_or_waits_too_long_hears_of_the_allow_list_and_the_page_of_the_end(
    street: Street, run_qt: Run
) -> None:
    async def scenario() -> None:
        async with out(street):
            address = granting(street.receiver)
            street.room.world.clock.advance(LIFE - 1)
            await settled()
            assert isinstance(street.room.world.flow(), BrowserWait)
            street.room.world.clock.advance(1)
            await street.home_again(ErrorKind.BROWSER_SILENT)
            assert "allow-list" in SENTENCES[ErrorKind.BROWSER_SILENT]
            with pytest.raises(ConnectionRefusedError):
                await ask(address)
            assert street.room.world.gateway.count("exchange") == 0

    run_qt(scenario)


def test_a_callback_after_cancel_reaches_nobody_and_says_nothing(street: Street, run_qt: Run) -> None:
    async def scenario() -> None:
        async with out(street):
            first = granting(street.receiver)
            await street.room.hands.press("Cancel")
            assert await street.closed()
            with pytest.raises(ConnectionRefusedError):
                await ask(first)
            assert street.typed() == "grace@example.com"
            assert not [words for words in street.room.hands.texts() if words in SENTENCES.values()]
            await leave(street)
            await browse(granting(street.receiver))
            await street.room.hands.sees(f"Hello, {ADA.email}")

    run_qt(scenario)


def test_who_comes_back_twice_is_in_once(street: Street, run_qt: Run) -> None:
    gate = Gate()
    street.room.world.gateway.script.plan("exchange", gate)

    async def scenario() -> None:
        async with out(street):
            address = street.receiver.address
            tabs = [asyncio.create_task(browse(f"{address}&{query}")) for query in ("code=c1", "code=c2")]
            tabs.append(asyncio.create_task(browse(f"{address}&error=access_denied")))
            await gate.reached.wait()
            await until(lambda: len(street.receivers[-1]._held) == len(tabs), what="three tabs that wait")
            gate.open()
            pages = await asyncio.gather(*tabs)
            assert [TITLES[Verdict.SIGNED_IN] in page.body for page in pages] == [True] * len(tabs)
            await street.room.hands.sees(f"Hello, {ADA.email}")
            assert await street.closed()
            with pytest.raises(ConnectionRefusedError):
                await ask(f"{address}&code=c3")
            assert street.room.world.gateway.count("exchange") == 1
            assert isinstance(street.room.world.who(), SignedIn)
            assert not [words for words in street.room.hands.texts() if words in SENTENCES.values()]

    run_qt(scenario)


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What the receivers log: no code, no state, no word of the provider's."""
    heard: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("desktopauth").addHandler(handler)
    yield heard
    logging.getLogger("desktopauth").removeHandler(handler)


def test_quitting_while_the_code_is_redeemed_closes_the_port_and_tells_the_page_nothing_false(
    street: Street, run_qt: Run, said: list[str]
) -> None:
    gate = Gate()
    street.room.world.gateway.script.plan("exchange", gate)
    pages: list[str] = []

    async def scenario() -> None:
        async with out(street):
            address = street.receiver.address
            found = await ask(granting(street.receiver))
            assert found is not None
            tab = asyncio.create_task(ask(followed(address, found)))
            await gate.reached.wait()
            await until(lambda: street.receivers[-1]._held, what="a tab that waits")
        page = await tab
        pages.append(page.body if page else "")
        assert await street.closed()

    run_qt(scenario)
    assert TITLES[Verdict.ABANDONED] in pages[0]
    where = urlsplit(street.receivers[0].address)
    assert not [words for words in said if where.path in words or where.query in words]
