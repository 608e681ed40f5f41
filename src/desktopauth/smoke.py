"""``--smoke``: does this installation, or this bundle, have everything? It looks, and asks neither network nor keyring.

Look-up faults (a plugin, a resource, a module imported by name) show in a freeze only, and there on the first click.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module

import desktopauth

_RESOURCES = (
    *("style/app.qss", "icons/neutral.svg", "demo/server.mjs", "demo/package-lock.json", "demo/schema.sql"),
    *("demo/provider/provider.mjs", "demo/provider/package-lock.json"),
)
_NEEDED = {"platforms": 1, "input contexts": 1, "network backends": 1}  # at least so many of each
_PICTURES = {"gif", "jpeg", "png", "svg", "webp"}  # people's, and the marks of the doors


def smoke(say: Callable[[str], None]) -> int:
    """Run every check and ``say`` what each found; 0 if all held, else 1."""
    failures = 0
    for name, check in _CHECKS.items():
        try:
            say(f"{name}: {check()}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this command is there to find
            failures += 1
            say(f"{name}: FAILED, {type(error).__name__}: {error}")
    say("smoke: ok" if not failures else f"smoke: {failures} of {len(_CHECKS)} checks failed")
    return 1 if failures else 0


def _first_paint() -> str:
    from desktopauth.qt import loop
    from desktopauth.qt.commands import Commands
    from desktopauth.qt.picture import paint
    from desktopauth.qt.shell import Shell
    from desktopauth.qt.style import style_sheet

    app = loop.start(sys.argv[:1])
    app.setStyleSheet(style_sheet(app))
    shell = Shell("desktopauth", Commands(), expects_somebody=False)
    colours = paint(app, shell)
    if colours < 3:  # background, card and text at the least
        raise RuntimeError(f"the sign-in view is blank ({colours} colours)")
    return f"the sign-in view, {shell.width()} x {shell.height()}"


def _imports() -> str:
    names = [found.name for found in pkgutil.walk_packages(desktopauth.__path__, "desktopauth.")]
    names = [name for name in names if not name.endswith("__main__")]
    for name in names:
        import_module(name)
    if len(names) < 40:  # a bundle that lost our own modules finds few, and imports those
        raise RuntimeError(f"only {len(names)} modules found")
    return f"{len(names)} modules"


def _libraries() -> str:
    from desktopauth.adapters.data import warm as warm_data
    from desktopauth.adapters.gateway import warm as warm_gateway

    warm_gateway()
    warm_data()
    return "the auth client and the data client"


def _resources() -> str:
    from desktopauth.resources import resource

    return ", ".join(resource(name).name for name in _RESOURCES)


def _keyring() -> str:
    from desktopauth.adapters.backends import platform_class

    found = platform_class()
    return f"{found.__module__}.{found.__qualname__}"


def _trust() -> str:
    from desktopauth.adapters.pool import tls_context

    return type(tls_context()).__module__


def _qt() -> str:
    from desktopauth.qt.inventory import inventory

    found = inventory()
    if lacking := [kind for kind, least in _NEEDED.items() if len(found[kind]) < least]:
        raise RuntimeError(f"Qt has none of: {', '.join(lacking)}")
    if unreadable := _PICTURES - set(found["pictures"]):
        raise RuntimeError(f"Qt reads no {', '.join(sorted(unreadable))}")
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in found.items())


_CHECKS: dict[str, Callable[[], str]] = {
    "paint": _first_paint,
    "imports": _imports,
    "libraries": _libraries,
    "resources": _resources,
    "keyring class": _keyring,
    "tls": _trust,
    "qt": _qt,
}
