"""How a project is set up: what GoTrue reads from its environment, under names of our own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """All durations are in seconds. The defaults are those of the hosted service, with everything switched on."""

    key: str = "sb_publishable_double"
    jwt_secret: str = "the double has no secrets from its tests"
    jwt_expiry: int = 3600
    allow_sign_up: bool = True
    autoconfirm: bool = False
    password_length: int = 6
    password_characters: tuple[str, ...] = ()  # of each of these sets one
    reauthenticate: bool = False  # before a new password, in a session older than a day
    current_password: bool = False  # beside a new one, unless the session began with a code
    captcha: bool = False  # before whatever sends mail, makes an account, or tries a password
    confirm_both: bool = True  # a new address is confirmed at the old one too
    otp_expiry: float = 3600
    mail_pause: float = 60
    phone: bool = True
    text_pause: float = 60
    text_expiry: float = 60
    algorithm: int = 1  # of refresh tokens
    rotation: bool = True
    reuse_interval: float = 10
    timebox: float | None = None
    inactivity: float | None = None
    single_session: bool = False
    mfa: bool = True
    anonymous: bool = True
    linking: bool = True
    providers: tuple[str, ...] = ("github",)
    provider_secret: str = "what the providers sign their ID tokens with"
    provider_denies: bool = False  # the person says no there
    provider_verifies: bool = True  # the address that it names
    # What no right server does; the mutants are made of these.
    endless_reuse: bool = False
    same_token: bool = False
    forbids_bad_requests: bool = False
