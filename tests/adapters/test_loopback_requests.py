"""Requests that are not the right browser's are turned away, nothing of them comes back, and the right one gets in."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from desktopauth.adapters.loopback import Loopback
from desktopauth.core.redirect import Verdict
from tests.adapters.strangers import CODE, ask, bare, browse, granting, loopback, request, say, status_of, suffers
from tests.canary import Canary
from tests.scenario import Run


def elsewhere(receiver: Loopback, path: str) -> str:
    where = urlsplit(receiver.address)
    return f"http://{where.netloc}{path}?{where.query}&code={CODE}"


@pytest.mark.parametrize(
    "path", ["/", "/callback", "/favicon.ico", "/done/", "/done/x", "//", "/..", "/%00", "/x" * 999]
)
def test_a_wrong_path_finds_nothing(run: Run, path: str) -> None:
    async def accident(receiver: Loopback) -> None:
        assert await status_of(elsewhere(receiver, path)) == 404

    suffers(run, accident)


@pytest.mark.parametrize("end", ["/", "x", "%20", "/..", ";x"])
def test_nearly_the_right_path_is_a_wrong_one(run: Run, end: str) -> None:
    async def accident(receiver: Loopback) -> None:
        assert await status_of(elsewhere(receiver, urlsplit(receiver.address).path + end)) == 404

    suffers(run, accident)


@pytest.mark.parametrize(
    "query",
    [
        "",
        f"?code={CODE}",
        f"?state=&code={CODE}",
        f"?state=wrong&code={CODE}",
        "?error=access_denied",
        "?error=access_denied&state=wrong",
        "?error_description=%3Cscript%3E",
    ],
)
def test_a_missing_or_wrong_state_is_turned_away(run: Run, query: str) -> None:
    async def accident(receiver: Loopback) -> None:
        assert await status_of(bare(receiver) + query) == 400

    suffers(run, accident)


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "&code=",
        f"&code={CODE}&code={CODE}",
        f"&code={CODE}&code=other",
        f"&code={CODE}&state=other",
        "&access_token=eyJ&token_type=bearer",
        f"&code={CODE}&access_token=eyJ",
        f"&code={CODE}%0d%0aSet-Cookie:x",
        f"&code={'c' * 600}",
        "&code=%ff",
    ],
)
def test_a_query_that_the_server_never_writes_is_turned_away(run: Run, rest: str) -> None:
    async def accident(receiver: Loopback) -> None:
        assert await status_of(receiver.address + rest) == 400

    suffers(run, accident)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:{port}", "evil.test", "evil.test:{port}", "127.0.0.1", "[::1]:{port}"]
)
def test_a_foreign_host_is_turned_away(run: Run, host: str) -> None:
    """DNS rebinding: a page of anybody's whose name suddenly means this machine."""

    async def accident(receiver: Loopback) -> None:
        named = host.format(port=urlsplit(receiver.address).port)
        assert await status_of(granting(receiver), host=named) == 421

    suffers(run, accident)


def test_no_host_and_two_hosts_are_turned_away(run: Run) -> None:
    async def accident(receiver: Loopback) -> None:
        target = granting(receiver).partition(urlsplit(receiver.address).netloc)[2]
        own = f"Host: {urlsplit(receiver.address).netloc}\r\n"
        for head in (f"GET {target} HTTP/1.1\r\n\r\n", f"GET {target} HTTP/1.1\r\n{own}{own}\r\n"):
            found = await say(receiver.address, head.encode())
            assert found is not None
            assert found.status == 400
        old = await say(receiver.address, f"GET {target} HTTP/1.0\r\n\r\n".encode())
        assert old is not None
        assert old.status == 421

    suffers(run, accident)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"])
def test_another_method_is_turned_away(run: Run, method: str) -> None:
    async def accident(receiver: Loopback) -> None:
        found = await ask(granting(receiver), method=method)
        assert found is not None
        assert (found.status, found.headers["allow"]) == (405, "GET")
        assert found.body == ("" if method == "HEAD" else "Method Not Allowed\n")

    suffers(run, accident)


def test_a_posted_form_is_turned_away_with_an_answer(run: Run) -> None:
    async def accident(receiver: Loopback) -> None:
        form = b"state=x&code=y&" + b"z" * 100_000
        head = request(granting(receiver), method="POST", extra=f"Content-Length: {len(form)}\r\n".encode())
        found = await say(receiver.address, head + form)
        assert found is not None
        assert found.status == 405

    suffers(run, accident)


@pytest.mark.parametrize("field", ["error", "error_code", "error_description", "code", "x"])
def test_nothing_of_the_query_is_ever_in_an_answer(run: Run, field: str) -> None:
    async def scenario() -> None:
        script = "%3Cscript%3Ealert(1)%3C/script%3E"
        async with loopback() as receiver:
            receiver.settle(Verdict.FAILED)
            for address in (receiver.address, bare(receiver), elsewhere(receiver, f"/{script}")):
                joint = "&" if "?" in address else "?"
                found = await ask(f"{address}{joint}{field}={script}")
                assert found is not None
                for part in (b"script", b"alert", b"%3C"):
                    assert part not in found.raw.replace(b"default-src", b"")
            page = await browse(f"{receiver.address}&error=x&{field}y={script}")
            assert "alert" not in page.body

    run(scenario)


def test_a_token_in_the_query_is_neither_taken_nor_logged(run: Run, canary: Canary) -> None:
    async def accident(receiver: Loopback) -> None:
        token = canary.secret("access token")
        assert await status_of(f"{receiver.address}&access_token={token}&refresh_token={token}") == 400

    suffers(run, accident)
