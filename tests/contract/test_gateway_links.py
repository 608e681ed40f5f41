"""The links of the gateway's mails at every target: back to where they were asked from, and with nothing but a code."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from desktopauth.core.errors import ErrorKind
from desktopauth.core.models import Session
from desktopauth.core.pkce import Proof
from desktopauth.core.ports import WayBack
from desktopauth.core.redirect import Failed, Granted, Redirected, read_redirect
from tests.contract.gate import Gate, Use, gate
from tests.contract.target import PASSWORD, Person, Target, browse, needs

OLD = 301.0  # seconds: longer than a sign-in may take
Mailing = Callable[[str, WayBack], Use[object]]


@dataclass
class Waiting:
    """Where somebody waits for a mail's link, and what they redeem its code with."""

    server: Gate
    target: Target
    proof: Proof = field(default_factory=Proof.new)
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def back(self) -> WayBack:
        # nobody listens there, and nobody goes there
        return WayBack(f"http://127.0.0.1:1/secret?state={self.state}", self.proof.challenge)

    def follow(self, link: str) -> Redirected:
        """Where the browser ends, which nobody has to look at the fragment of."""
        found = read_redirect(urlsplit(browse(link)).query, self.state)
        assert found
        return found

    def followed(self, email: str, number: int) -> str:
        found = self.follow(self.target.mail(email, number).link)
        assert isinstance(found, Granted)
        return found.code

    def redeem(self, code: str) -> Session:
        return self.server.ask(lambda g: g.exchange(code, self.proof.verifier)).session


def forgetful(target: Target, server: Gate) -> tuple[Waiting, Person, int]:
    """Somebody who has forgotten their password and waits for a link, and the number of the mail that it is in."""
    person, waiting = target.somebody(), Waiting(server, target)
    before = len(target.mails(person.email))
    server.ask(lambda g: g.recover(person.email, back=waiting.back))
    return waiting, person, before + 1


MAILINGS: dict[str, Mailing] = {
    "a code": lambda email, back: lambda g: g.send_code(email, create=False, back=back),
    "a forgotten password": lambda email, back: lambda g: g.recover(email, back=back),
}


@needs("mail")
def test_the_gateways_link_of_a_sign_in_leads_back_and_signs_in(target: Target) -> None:
    _leads_in(target, MAILINGS["a code"])


@needs("mail")
def test_the_gateways_link_of_a_forgotten_password_leads_back_and_signs_in(target: Target) -> None:
    _leads_in(target, MAILINGS["a forgotten password"])


@needs("no-autoconfirm", "mail")
def test_the_gateways_link_of_a_sign_up_leads_back_and_signs_in(target: Target) -> None:
    email = target.stranger()
    with gate(target) as server:
        waiting = Waiting(server, target)
        assert server.ask(lambda g: g.sign_up(email, PASSWORD, back=waiting.back)) is None
        assert waiting.redeem(waiting.followed(email, 1)).user.email == email


@needs("no-autoconfirm", "mail", "ageing")
def test_the_gateways_link_of_a_second_confirmation_leads_back_too(target: Target) -> None:
    email = target.stranger()
    with gate(target) as server:
        waiting = Waiting(server, target)
        user = target.sign_up(email).json()
        target.age(Person(email, {"user": user}), OLD)
        server.ask(lambda g: g.resend_confirmation(email, back=waiting.back))
        assert waiting.redeem(waiting.followed(email, 2)).user.email == email


@needs("mail")
def test_the_gateways_link_leaves_the_code_beside_it_good(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    with gate(target) as server:
        waiting = Waiting(server, target)
        server.ask(lambda g: g.send_code(person.email, create=False, back=waiting.back))
        assert server.verified(person.email, target.code(person.email, before + 1)).user.id == person.id


@needs("mail")
def test_the_gateways_link_tells_there_that_it_was_used(target: Target) -> None:
    with gate(target) as server:
        waiting, person, number = forgetful(target, server)
        waiting.followed(person.email, number)
        found = waiting.follow(target.mail(person.email, number).link)
    assert isinstance(found, Failed)
    assert found.problem.kind is ErrorKind.CODE_REFUSED


@needs("mail", "ageing")
def test_the_gateways_link_of_a_sign_up_is_told_as_late_and_has_confirmed(target: Target) -> None:
    email = target.stranger()
    with gate(target) as server:
        waiting = Waiting(server, target)
        server.ask(lambda g: g.sign_up(email, PASSWORD, back=waiting.back))
        code = waiting.followed(email, 1)
        person = Person(email, {"user": target.sign_in(email).json()["user"]})
        target.age(person, OLD)
        server.refusal(lambda g: g.exchange(code, waiting.proof.verifier), ErrorKind.BROWSER_STALE)


@needs("mail")
def test_the_gateways_link_is_redeemed_by_its_own_verifier_alone(target: Target) -> None:
    with gate(target) as server:
        waiting, person, number = forgetful(target, server)
        code = waiting.followed(person.email, number)
        server.refusal(lambda g: g.exchange(code, Proof.new().verifier), ErrorKind.BROWSER_STALE)
        assert waiting.redeem(code).user.id == person.id


def _leads_in(target: Target, mailing: Mailing) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    with gate(target) as server:
        waiting = Waiting(server, target)
        server.ask(mailing(person.email, waiting.back))
        session = waiting.redeem(waiting.followed(person.email, before + 1))
        assert session.user.id == person.id
        assert server.ask(lambda g: g.refresh(session.refresh_token)).user.id == person.id
