"""What is somebody's own, with the keyboard alone: the account's forms, and the way back to where they were."""

from __future__ import annotations

import pytest

from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.demo.people import bearer, client
from tests.journeys.keyboard import Keyboard, Seated, code_from, make_account, screen, seated, started
from tests.journeys.processes import App
from tests.scenario import Run

__all__ = ["screen", "seated", "started"]  # fixtures

OUT = ["Sign out here", "Sign out other devices", "Sign out everywhere"]
HEAD = ["Back", "Sign out", "More ways to sign out"]


async def signs_in(app: App, keys: Keyboard, email: str, password: str) -> None:
    await keys.on("Email")
    await keys.type(email)
    await keys.hit("Return")
    await keys.on("Password")
    await keys.type(password)
    await keys.hit("Return")
    await app.do("sees", f"Hello, {email}")
    await keys.on("New note")


def test_whatever_is_begun_in_the_account_leads_back_to_where_it_was_begun(
    seated: Seated, lite: EmbeddedServer, canary: Canary, run: Run
) -> None:
    async def scenario() -> None:
        email, password = await make_account(lite, canary)
        async with seated(lite) as (app, keys):
            await signs_in(app, keys, email, password)
            await keys.type("half a thought")
            await keys.hits_until("Account")
            await keys.hit("Return")
            await keys.on("Back")
            assert await keys.round() == [*HEAD, "Name", "Change email", "Change password", *OUT]
            for words, field in (("Change email", "New email"), ("Change password", "New password")):
                await keys.hits_until(words)
                for leaving in (("Escape",), ("shift+Tab", "Return"), ("shift+Tab", "space")):
                    await keys.hit("Return")
                    await keys.on(field)
                    await keys.hit(*leaving)
                    await keys.on(words)
            await keys.hit("Escape")
            await keys.on("New note")
            assert await app.do("value") == "half a thought"
            await keys.type(", and the rest")
            await keys.hit("Return")
            await app.do("sees", "half a thought, and the rest")
            await keys.on("New note")

    run(scenario, deadline=90)


def test_name_password_and_address_are_changed(seated: Seated, lite: EmbeddedServer, canary: Canary, run: Run) -> None:
    new = canary.secret("new password")

    async def scenario() -> None:
        email, password = await make_account(lite, canary)
        other = f"new-{email}"
        async with seated(lite) as (app, keys):
            await signs_in(app, keys, email, password)
            await keys.hits_until("Account")
            await keys.hit("space")
            await keys.hits_until("Name")
            await keys.type("Ada King")
            assert "Save the name" in await keys.round()
            await keys.hit("Return")
            await app.do("sees", "Saved.")
            await keys.on("Name")
            await keys.hit("End")
            await keys.type(" X")
            await keys.hit("Tab", "space")
            await app.do("sees", "Hello, Ada King X")
            await keys.on("Name")
            await keys.hits_until("Change password")
            await keys.hit("Return")
            await keys.on("New password")
            await keys.hit("Return")
            await app.do("sees", "Enter a new password.")
            await keys.type("short")
            await keys.hit("Return")
            await app.do("sees", "This is asked for here:")
            await keys.on("New password")
            await keys.type(new)
            await keys.hit("Return")
            await app.do("sees", "Your password is changed.")
            await keys.on("Change password")
            await keys.hits_until("Change email", "shift+Tab")
            await keys.hit("Return")
            await keys.on("New email")
            assert await keys.round() == ["New email", "Send a code", "Cancel"]
            await keys.type(email)
            await keys.hit("Return")
            await app.do("sees", "That is your address already.")
            await keys.on("New email")
            await keys.type(other)
            await keys.hit("Return")
            await app.do("sees", f"We sent a code to {other}")
            await keys.on("Six-digit code")
            assert await keys.round() == ["Six-digit code", "Confirm", "Back"]
            await keys.hit("Escape")
            await keys.on("Change email")
            await keys.hit("Return")
            await keys.on("New email")
            await keys.type(other)
            await keys.hit("Return")
            await keys.on("Six-digit code")
            await keys.type(await code_from(lite, other, nth=2))
            await app.do("sees", "Your email is changed.")
            await keys.on("Change email")

    run(scenario, deadline=90)


def test_asked_in_again_over_the_work(seated: Seated, lite: EmbeddedServer, canary: Canary, run: Run) -> None:
    async def scenario() -> None:
        email, password = await make_account(lite, canary)
        async with seated(lite) as (app, keys):
            await signs_in(app, keys, email, password)
            await keys.type("half a thought")
            async with client(lite) as http:
                grant = {"email": email, "password": password}
                answer = await http.post("/auth/v1/token", params={"grant_type": "password"}, json=grant)
                session = answer.raise_for_status().json()
                await http.post("/auth/v1/logout", params={"scope": "global"}, headers=bearer(session))
            await app.do("refresh")
            await app.do("sees", "Sign in again")
            await keys.on("Password")
            assert (await keys.round())[-1] == "Email"
            await keys.type(password)
            await keys.hit("Return")
            await app.do("sees", f"Hello, {email}")
            await keys.on("New note")
            assert await app.do("value") == "half a thought"

    run(scenario, deadline=90)


@pytest.mark.parametrize("size", [(360, 480)], ids=["small"])
def test_in_a_small_window_every_stop_comes_into_sight(
    seated: Seated, lite: EmbeddedServer, canary: Canary, run: Run, size: tuple[int, int]
) -> None:
    async def scenario() -> None:
        email, password = await make_account(lite, canary)
        async with seated(lite, size=size) as (app, keys):
            await keys.on("Email")
            assert len(await keys.round()) == 8
            await signs_in(app, keys, email, password)
            assert len(await keys.round()) == 6
            await keys.hits_until("Account")
            await keys.hit("Return")
            await keys.hits_until("Name")
            await keys.type("Ada")
            assert len(await keys.round()) == 10
            for words in ("Change email", "Change password"):
                await keys.hits_until(words)
                await keys.hit("Return")
                await app.do("sees", "Cancel")
                await keys.round()
                await keys.hit("Escape")
                await keys.on(words)

    run(scenario, deadline=90)
