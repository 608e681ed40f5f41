"""What a browser is shown on loopback: static pages that say what came of it, with headers that let nothing else in.

Nothing of a request ever gets into an answer, so there is nothing to escape.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from desktopauth.core.redirect import Verdict

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto 0;padding:0 1.5rem}"
    "h1{font-size:1.5rem;font-weight:600}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}

_Words = Mapping[Verdict, tuple[str, str]]
_ENGLISH: _Words = {
    Verdict.SIGNED_IN: ("You are signed in", "You can close this page and go back to the app."),
    Verdict.DENIED: (
        "You were not signed in",
        "Access was not granted. Go back to the app to try again, or to choose another way.",
    ),
    Verdict.FAILED: ("You were not signed in", "Something went wrong. The app says what, and what to do."),
    Verdict.TIMED_OUT: ("This took too long", "You were not signed in. Go back to the app and start again."),
    Verdict.ABANDONED: (
        "The app no longer waits for this page",
        "Signing in was not finished here. Go back to the app and start again.",
    ),
}
_KOREAN: _Words = {
    Verdict.SIGNED_IN: ("로그인했어요", "이 페이지를 닫고 앱으로 돌아가세요."),
    Verdict.DENIED: (
        "로그인하지 않았어요",
        "접근이 허용되지 않았어요. 앱으로 돌아가 다시 시도하거나 다른 방법을 선택해 주세요.",
    ),
    Verdict.FAILED: ("로그인하지 못했어요", "문제가 생겼어요. 무엇을 하면 되는지 앱에서 알려 드려요."),
    Verdict.TIMED_OUT: ("시간이 너무 오래 걸렸어요", "로그인하지 못했어요. 앱으로 돌아가 다시 시작해 주세요."),
    Verdict.ABANDONED: (
        "앱이 더 이상 이 페이지를 기다리지 않아요",
        "여기서는 로그인을 마치지 못했어요. 앱으로 돌아가 다시 시작해 주세요.",
    ),
}
LANGUAGES: Mapping[str, _Words] = {"en": _ENGLISH, "ko": _KOREAN}


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: status, headers, and the body as it goes over the wire."""

    status: HTTPStatus
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def outcome_page(verdict: Verdict, language: str) -> Page:
    """The page that tells ``verdict`` in ``language`` ("ko", "ko_KR", "ko-KR"), in English if we do not speak it."""
    known = language.replace("_", "-").partition("-")[0].lower()
    spoken = known if known in LANGUAGES else "en"
    title, sentence = LANGUAGES[spoken][verdict]
    return _page(HTTPStatus.OK, "text/html; charset=utf-8", _html(spoken, title, sentence))


def refusal_page(status: int) -> Page:
    """A few words for whoever asked for something else: 400, 404, 405, 421, 431, or what the parser hints at."""
    known = HTTPStatus(status) if status in set(HTTPStatus) else HTTPStatus.BAD_REQUEST
    extra = {"Allow": "GET"} if known is HTTPStatus.METHOD_NOT_ALLOWED else {}
    return _page(known, "text/plain; charset=utf-8", f"{known.phrase}\n", extra)


def moved_page(path: str) -> Page:
    """Send the browser on by GET (RFC 9110 §15.4.4), so that the address with the code stays in no history.

    The fragment is there because a browser would else carry the old one on, which may hold the server's error text.
    """
    return _page(HTTPStatus.SEE_OTHER, "text/plain; charset=utf-8", "See other\n", {"Location": f"{path}#done"})


def _page(status: HTTPStatus, kind: str, text: str, extra: Mapping[str, str] | None = None) -> Page:
    body = text.encode()
    headers = {"Content-Type": kind, "Content-Length": str(len(body)), **(extra or {}), **_HEADERS}
    return Page(status, headers, body)


def _html(language: str, title: str, sentence: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1><p>{sentence}</p></main></body></html>\n"
    )
