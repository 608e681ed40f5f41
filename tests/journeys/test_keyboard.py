"""The ways in and out with the keyboard alone: every step leaves the focus where a person goes on."""

from __future__ import annotations

from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.demo.people import somebody
from tests.journeys.keyboard import Seated, code_from, make_account, screen, seated, started
from tests.scenario import Run

__all__ = ["screen", "seated", "started"]  # fixtures

FORM = ["Email", "Password", "Show password", "Keep me signed in on this computer"]
SIGN_IN = [*FORM, "Sign in", "Email me a code instead", "Forgot password?", "Create an account"]
SIGN_UP = [*FORM, "Create account", "Email me a code instead", "I have an account already"]
HOME = ["New note", "Add", "Last events", "Account", "Sign out", "More ways to sign out", "Your notes"]


def test_from_no_project_to_an_account_and_out_again(
    seated: Seated, lite: EmbeddedServer, canary: Canary, run: Run
) -> None:
    email, password = somebody(), canary.secret("password")

    async def scenario() -> None:
        async with seated(None) as (app, keys):
            await keys.on("Project URL")
            assert await keys.round() == [
                *("Project URL", "Publishable key", "Check and connect", "Try the demo instead")
            ]
            await keys.hit("Return", "Return")
            await app.do("sees", "Enter the project's URL")
            await keys.on("Project URL")
            await keys.type(lite.url)
            await keys.hit("Return")
            await keys.on("Publishable key")
            await keys.type(lite.publishable_key)
            await keys.hit("Return")
            await app.do("sees", "Welcome")
            await keys.on("Email")
            assert await keys.round() == SIGN_IN
            await keys.hits_until("Create an account")
            await keys.hit("Return")
            await app.do("sees", "confirm your email")
            await keys.on("Email")
            assert await keys.round() == SIGN_UP
            await keys.type(email)
            await keys.hit("Return")
            await keys.on("Password")
            await keys.type(password)
            await keys.hit("Return")
            await app.do("sees", "We sent a code")
            await keys.on("Six-digit code")
            assert await keys.round() == ["Six-digit code", "Confirm", "Use another email"]
            await keys.type(await code_from(lite, email, nth=1))
            await app.do("sees", f"Hello, {email}")
            await keys.on("New note")
            assert await keys.round() == HOME
            await keys.hits_until("Sign out")
            await keys.hit("Return")
            await app.do("sees", "You're signed out.")
            await keys.on("Password")  # the address is there

    run(scenario, deadline=90)


def test_the_ways_out_of_the_menu(seated: Seated, lite: EmbeddedServer, canary: Canary, run: Run) -> None:
    async def scenario() -> None:
        email, password = await make_account(lite, canary)
        async with seated(lite) as (app, keys):
            await keys.on("Email")
            await keys.type(email)
            await keys.hit("Tab")
            await keys.type(password[::-1])
            await keys.hit("Return")
            await app.do("sees", "don't match")
            await keys.on("Password")
            await keys.type(password)  # what was wrong is marked, and goes
            await keys.hit("Return")
            await app.do("sees", f"Hello, {email}")
            for opening in ("space", "Return"):
                await keys.hits_until("More ways to sign out")
                await keys.hit(opening)
                await keys.hit("Down", "Down")
                assert (await app.do("menu")).startswith("Sign out other devices")
                await keys.hit("Escape")
                assert await app.do("menu") == "no menu"
                await keys.on("More ways to sign out")
            await keys.hit("space")
            await keys.hit("Down", "Down", "Return")
            await app.do("sees", "Your other devices are signed out.")
            await keys.on("More ways to sign out")
            await keys.hit("space")
            await keys.hit("Up", "Return")
            await app.do("sees", "You're signed out.")
            await keys.on("Password")  # the address is there

    run(scenario, deadline=90)


def test_by_a_code_and_by_a_new_password(seated: Seated, lite: EmbeddedServer, canary: Canary, run: Run) -> None:
    new = canary.secret("new password")

    async def scenario() -> None:
        email, _ = await make_account(lite, canary)
        async with seated(lite) as (app, keys):
            await keys.type(email)
            await keys.hits_until("Email me a code instead")
            await keys.hit("Return")
            await app.do("sees", "Sign in with a code")
            await keys.on("Email")
            assert await app.do("value") == email
            assert await keys.round() == ["Email", "Send code", "Back"]
            await keys.hit("Escape")
            await app.do("sees", "Welcome")
            await keys.on("Password")
            await keys.hits_until("Email me a code instead")
            await keys.hit("space")
            await keys.on("Email")
            await keys.hit("Return")
            await app.do("sees", "Check your email")
            await keys.on("Six-digit code")
            code = await code_from(lite, email, nth=2)
            await keys.type(f"{(int(code) + 1) % 1_000_000:06d}")
            await app.do("sees", "That code is wrong or has expired.")
            await keys.on("Six-digit code")
            await keys.type(code)
            await app.do("sees", f"Hello, {email}")
            await keys.on("New note")
            await keys.hits_until("Sign out")
            await keys.hit("space")
            await app.do("sees", "You're signed out.")
            await keys.on("Password")
            await keys.hits_until("Forgot password?")
            await keys.hit("Return")
            await app.do("sees", "Forgot your password?")
            await keys.on("Email")
            assert await app.do("value") == email
            await keys.hit("Tab", "Return")
            await app.do("sees", "Check your email")
            await keys.on("Six-digit code")
            await keys.type(await code_from(lite, email, nth=3))
            await app.do("sees", "Choose a new password")
            await keys.on("New password")
            assert await keys.round() == ["New password", "Show password", "Save the new password", "Cancel"]
            await keys.type("short")
            await keys.hit("Return")
            await app.do("sees", "This is asked for here:")
            await keys.on("New password")
            await keys.type(new)
            await keys.hit("Return")
            await app.do("sees", f"Hello, {email}")
            await keys.on("New note")

    run(scenario, deadline=90)
