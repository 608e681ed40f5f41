"""The browser comes back: its code is taken once, and the page it ends at tells what really came of it."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

import pytest

from desktopauth.adapters.pages import LANGUAGES
from desktopauth.core.errors import ErrorKind
from desktopauth.core.redirect import Denied, Failed, Granted, Receiver, Verdict
from tests.adapters.strangers import CODE, ask, browse, followed, granting, loopback, soon
from tests.canary import Canary
from tests.scenario import Run, settled

TITLES = {verdict: title for verdict, (title, _) in LANGUAGES["en"].items()}


def test_the_code_is_received_and_the_page_tells_the_truth(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as opened:
            receiver: Receiver = opened
            browser = asyncio.create_task(browse(granting(receiver)))
            assert await receiver.wait(soon()) == Granted(CODE)
            await settled()
            assert not browser.done()
            receiver.settle(Verdict.SIGNED_IN)
            page = await browser
        assert (page.status, TITLES[Verdict.SIGNED_IN] in page.body) == (200, True)

    run(scenario)


def test_it_works_on_qts_loop_too(run_qt: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            browser = asyncio.create_task(browse(granting(receiver)))
            assert await receiver.wait(soon()) == Granted(CODE)
            receiver.settle(Verdict.SIGNED_IN)
            assert TITLES[Verdict.SIGNED_IN] in (await browser).body

    run_qt(scenario)


def test_the_browser_is_sent_on_at_once_without_the_code(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            found = await ask(granting(receiver))
            assert found is not None
            assert found.status == 303
            assert re.fullmatch(r"/done/[\w-]{22}#done", found.headers["location"])
            for secret in (CODE, *urlsplit(receiver.address).query.split("="), urlsplit(receiver.address).path):
                assert secret == "state" or secret.encode() not in found.raw
            receiver.settle(Verdict.SIGNED_IN)
            assert await ask(followed(receiver.address, found))

    run(scenario)


def test_path_and_state_are_new_each_time_and_long(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as one, loopback() as other:
            for receiver in (one, other):
                assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{22}\?state=[\w-]{22}", receiver.address)
            first, second = urlsplit(one.address), urlsplit(other.address)
            assert first.path != second.path
            assert first.query != second.query

    run(scenario)


@pytest.mark.parametrize(("verdict", "language"), [(each, spoken) for each in Verdict for spoken in LANGUAGES])
def test_each_verdict_is_told_in_the_apps_language(run: Run, verdict: Verdict, language: str) -> None:
    async def scenario() -> None:
        async with loopback(language=f"{language}_XX") as receiver:
            browser = asyncio.create_task(browse(granting(receiver)))
            await receiver.wait(soon())
            receiver.settle(verdict)
            page = await browser
        title, sentence = LANGUAGES[language][verdict]
        assert all(text in page.body for text in (f'<html lang="{language}">', f"<h1>{title}</h1>", sentence))
        assert page.headers["content-length"] == str(len(page.body.encode()))

    run(scenario)


def test_all_languages_have_a_sentence_for_every_verdict() -> None:
    assert [name for name, words in LANGUAGES.items() if set(words) != set(Verdict)] == []


@pytest.mark.parametrize("language", ["", "xx", "C", "<script>"])
def test_an_unknown_language_is_english(run: Run, language: str) -> None:
    async def scenario() -> None:
        async with loopback(language=language) as receiver:
            receiver.settle(Verdict.SIGNED_IN)
            assert '<html lang="en">' in (await browse(granting(receiver))).body

    run(scenario)


@pytest.mark.parametrize("asked", ["page", "redirect", "nothing"])
def test_every_answer_keeps_everything_else_out(run: Run, asked: str) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            receiver.settle(Verdict.SIGNED_IN)
            to = {"page": granting(receiver), "redirect": granting(receiver), "nothing": f"{receiver.address}x"}[asked]
            found = await browse(to) if asked == "page" else await ask(to)
            await browse(granting(receiver))
        assert found is not None
        policy = found.headers["content-security-policy"]
        assert re.fullmatch(
            r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; "
            r"frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            policy,
        )
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cache-control"] == "no-store"
        assert found.headers["referrer-policy"] == "no-referrer"
        assert found.headers["connection"] == "close"
        assert "access-control-allow-origin" not in found.headers

    run(scenario)


def test_a_second_callback_changes_nothing_and_sees_the_same_page(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            browsers = [asyncio.create_task(browse(granting(receiver)))]
            assert await receiver.wait(soon()) == Granted(CODE)
            browsers += [asyncio.create_task(browse(granting(receiver, code))) for code in (CODE, "another")]
            browsers.append(asyncio.create_task(browse(f"{receiver.address}&error=access_denied")))
            await settled()
            receiver.settle(Verdict.SIGNED_IN)
            pages = await asyncio.gather(*browsers)
            assert await receiver.wait(soon()) == Granted(CODE)
        assert len({page.raw for page in pages}) == 1

    run(scenario)


def test_the_page_can_be_reloaded_before_and_after_it_tells(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            found = await ask(granting(receiver))
            assert found is not None
            page = followed(receiver.address, found)
            early = [asyncio.create_task(ask(page)) for _ in range(3)]
            await settled()
            receiver.settle(Verdict.FAILED)
            receiver.settle(Verdict.SIGNED_IN)
            told = [await each for each in early] + [await ask(page)]
        assert [TITLES[Verdict.FAILED] in each.body for each in told if each] == [True] * 4

    run(scenario)


def test_there_is_no_page_before_there_is_an_outcome(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            done = receiver._done  # nobody is told it before
            where = urlsplit(receiver.address)
            found = await ask(f"http://{where.netloc}{done}")
            assert found is not None
            assert found.status == 404

    run(scenario)


def test_somebody_who_says_no_at_the_provider_is_told_at_once(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            page = await browse(f"{receiver.address}&error=access_denied&error_description=No")
            assert await receiver.wait(soon()) == Denied()
            assert TITLES[Verdict.DENIED] in page.body

    run(scenario)


def test_an_error_of_the_server_comes_with_its_kind_and_the_page_leaves_it_to_the_app(run: Run) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            told = "&error=server_error&error_code=user_banned&error_description=User+is+banned#error=server_error"
            page = await browse(receiver.address + told)
            outcome = await receiver.wait(soon())
            assert isinstance(outcome, Failed)
            assert (outcome.problem.kind, outcome.problem.code) == (ErrorKind.USER_BANNED, "user_banned")
            assert TITLES[Verdict.FAILED] in page.body
            assert "banned" not in page.body

    run(scenario)


def test_neither_code_nor_state_nor_path_is_logged_or_shown(run: Run, canary: Canary) -> None:
    async def scenario() -> None:
        async with loopback() as receiver:
            where = urlsplit(receiver.address)
            canary.learn(where.path, "path")
            canary.learn(where.query.removeprefix("state="), "state")
            await ask(f"{receiver.address}&code=a&code={canary.secret('doubled')}")
            receiver.settle(Verdict.SIGNED_IN)
            page = await browse(granting(receiver, canary.secret("code")))
            outcome = await receiver.wait(soon())
            for thing in (receiver, outcome, *receiver._visits):
                canary.scan_text(repr(thing), "repr")
            canary.scan_text(page.raw.decode(), "the page")

    run(scenario)
