"""What can go wrong with the demo's server, as sentences.

The demo is set up before there is a window that could explain a code, so the error itself carries what a person reads.
"""

from __future__ import annotations


class DemoError(Exception):
    """The demo's server cannot be had; ``sentence`` says what happened and what to do, and holds no secret."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
