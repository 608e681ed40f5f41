"""What a provider is called, and its mark; a name that we do not know is anybody's, and is shown as it is."""

from __future__ import annotations

import re

from PySide6.QtGui import QIcon

from desktopauth.resources import resource

# By the names that the server has for them (supabase/auth, internal/api/settings.go).
_NAMES = {
    "azure": "Microsoft",
    "fly": "Fly.io",
    "github": "GitHub",
    "gitlab": "GitLab",
    "linkedin": "LinkedIn",
    "linkedin_oidc": "LinkedIn",
    "slack_oidc": "Slack",
    "workos": "WorkOS",
    "x": "X",
}
_MARKS = frozenset({"azure", "discord", "github", "gitlab", "google", "kakao", "keycloak", "spotify"})
_OF_TWO_COLOURS = frozenset({"github", "neutral"})
_LONGEST = 60  # letters


def name_of(provider: str) -> str:
    """As its owner writes it: ``GitHub`` for ``github``, ``Acme`` for ``custom:acme``."""
    if known := _NAMES.get(provider):
        return known
    printable = "".join(letter for letter in provider if letter.isprintable())  # and none that turns the direction
    words = re.sub(r"[\s_-]+", " ", printable.removeprefix("custom:")).strip() or printable
    return (words[:1].upper() + words[1:])[:_LONGEST]


def icon_of(provider: str, *, dark: bool) -> QIcon:
    """Its mark, or a neutral one; resources/icons/NOTICE says where each comes from."""
    mark = provider if provider in _MARKS else "neutral"
    shade = "-dark" if dark and mark in _OF_TWO_COLOURS else ""
    return QIcon(str(resource(f"icons/{mark}{shade}.svg")))
