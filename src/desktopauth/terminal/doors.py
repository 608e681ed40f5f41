"""The doors of a project as a doctor sees them: what it offers, what the app shows of it, and what mails must hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from desktopauth.adapters.config import Config
from desktopauth.core.models import Project
from desktopauth.terminal.findings import Finding, note, ok, warn

_SWITCH = "Switch it on in the project's dashboard, under Authentication"
_TEMPLATES = '"Confirm sign up", "Magic link", "Reset password", "Change email address" and "Reauthentication"'


def examine_doors(config: Config, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """By the answer of ``/settings``: e-mail and phone, the providers, and the mails where there are codes in them."""
    try:
        project = Project.from_wire(settings)
    except (LookupError, TypeError, AttributeError):
        project = Project(email=False)
    yield _ways_in(project)
    yield from _providers(config, project)
    if project.email:
        yield _mail(settings)


def _ways_in(project: Project) -> Finding:
    ways = " and ".join(way for way, on in (("by e-mail", project.email), ("by phone", project.phone)) if on)
    if not project.email and not project.phone and not project.providers:
        return warn("sign-in", "by e-mail is switched off in the project", f"{_SWITCH}: the Email provider.")
    if not project.email:
        others = ways or "through the providers alone"
        return note("sign-in", f"{others}; by e-mail is switched off in the project")
    if not project.sign_up:
        return note("sign-in", f"{ways}; the project takes no new accounts")
    return ok("sign-in", f"{ways}, and new accounts can be created")


def _providers(config: Config, project: Project) -> Iterator[Finding]:
    """Custom ones are in no list that a server gives to who only asks."""
    custom = [name for name in config.providers if name.startswith("custom:")]
    shown = [name for name in config.providers or project.providers if name in project.providers]
    yield _shown(shown, [name for name in project.providers if name not in shown])
    if missing := [name for name in config.providers if name not in (*project.providers, *custom)]:
        text = f"{_listed(missing)} in the app's settings, and switched off in the project"
        advice = f"{_SWITCH}, Sign In / Providers; or take it out of providers in the settings."
        yield warn("provider off", text, advice)
    if custom:
        yield note(
            "custom", f"{_listed(custom)} in the app's settings; only a sign-in tells whether the project agrees"
        )
    if idle := [name for name in config.provider_scopes if name not in (*shown, *custom, *missing)]:
        advice = "Name the provider in providers, or take it out of provider_scopes."
        yield warn("scopes", f"{_listed(idle)} given scopes, and not shown", advice)


def _shown(shown: list[str], hidden: list[str]) -> Finding:
    first = f"{', '.join(shown)}: offered by the project, and shown" if shown else "none is shown"
    return ok("providers", f"{first}; the project offers {', '.join(hidden)} as well" if hidden else first)


def _listed(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _mail(settings: Mapping[str, Any]) -> Finding:
    new = "new accounts need no mail; " if settings.get("mailer_autoconfirm") is True else ""
    return note(
        "mail",
        f"{new}whether mails hold a code can't be seen without sending one",
        "The app asks for the code, and the usual mails hold a link alone. Put it into the project's templates "
        f"(dashboard, Authentication, Emails: {_TEMPLATES}), for example: <p>Your code: {{{{ .Token }}}}</p> "
        "By hand: create an account in the app and look at its mail.",
    )
