"""The verifier is what RFC 7636 asks for, its challenge is the one the server computes, and nobody sees it."""

from __future__ import annotations

import re

import pytest

from desktopauth.core.pkce import Proof
from tests.canary import Canary


def test_the_challenge_is_that_of_the_rfc() -> None:
    """RFC 7636, appendix B."""
    proof = Proof("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert proof.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_attempt_has_its_own_long_verifier() -> None:
    verifiers = {Proof.new().verifier for _ in range(100)}
    assert len(verifiers) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) for verifier in verifiers)


def test_the_challenge_is_of_the_form_that_the_server_asks_for() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", Proof.new().challenge) for _ in range(100))


@pytest.mark.parametrize("length", [43, 128])
def test_the_shortest_and_the_longest_verifier_are_taken(length: int) -> None:
    assert Proof("a" * length).verifier == "a" * length


@pytest.mark.parametrize("wrong", ["", "a" * 42, "a" * 129, "a" * 42 + "+", "a" * 42 + "é", "a" * 43 + "\n"])
def test_another_verifier_is_refused_without_being_repeated(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^a code verifier has 43 to 128 characters out of A-Z a-z 0-9 - \. _ ~$"):
        Proof(wrong)


def test_neither_verifier_nor_challenge_is_in_its_repr(canary: Canary) -> None:
    proof = Proof.new()
    canary.learn(proof.verifier, "verifier")
    assert repr(proof) == str(proof) == "Proof()"
