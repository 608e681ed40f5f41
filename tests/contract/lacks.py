"""What Supabase Lite cannot do, case by case, and why; a line here that is no longer true fails the run."""

from __future__ import annotations

_FIRST_KIND = "its refresh tokens are rows; it has no counting ones"
_NO_BAN = "it ignores banned_until"
_NO_REUSE = "it ignores the reuse interval: two steps old is refused at once"
_SETTINGS = "the demo's server is set up otherwise, and has no switch for it"

LITE_LACKS: dict[str, str] = {
    # codes
    "test_the_code_of_a_sign_up_is_an_email_code_too": 'it refuses the type "email"',
    "test_the_code_of_a_sign_in_is_an_email_code_too": 'it refuses the type "email"',
    "test_a_sign_in_by_code_of_somebody_new_is_a_sign_up": "it confirms new people when the code is asked for",
    "test_after_a_minute_a_new_code_comes_and_the_old_one_is_dead": "it never sends a confirmation twice",
    "test_the_token_of_a_link_goes_with_no_address": "it takes both together",
    # passwords
    "test_a_sign_up_that_needs_no_confirmation_gives_a_session": _SETTINGS,
    "test_signing_up_again_where_nothing_is_confirmed_is_refused": _SETTINGS,
    "test_a_server_that_takes_nobody_says_so": _SETTINGS,
    "test_a_password_without_the_characters_asked_for_is_refused_with_the_reason": _SETTINGS,
    "test_all_that_a_password_lacks_is_said_at_once": _SETTINGS,
    "test_an_access_token_tells_how_the_person_came_in": "its tokens have no aal, amr and is_anonymous",
    "test_a_wrong_password_does_not_tell_whether_the_address_is_confirmed": "it looks at the confirmation first",
    "test_signing_up_again_does_not_tell_that_the_account_is_there": "it answers 429 for ever",
    # refreshing
    "test_a_token_two_steps_old_is_forgiven_for_a_moment": _NO_REUSE,
    "test_after_reuse_the_newest_token_is_honoured_for_one_more_moment": _NO_REUSE,
    "test_reuse_of_a_counted_token_destroys_the_session": _FIRST_KIND,
    "test_a_token_of_nobody_is_not_found": "it takes UUIDs for refresh tokens and nothing else",
    "test_who_was_banned_is_told_so": _NO_BAN,
    "test_a_session_beyond_its_time_has_expired_at_the_refresh": _SETTINGS,
    "test_a_session_that_nobody_used_has_expired_and_says_why": _SETTINGS,
    "test_a_newer_sign_in_ends_the_older_session_where_one_is_allowed": _SETTINGS,
    # signing out
    "test_signing_out_without_a_scope_is_signing_out_everywhere": 'it takes no scope for "local"',
    "test_who_was_banned_is_told_so_by_their_access_token": _NO_BAN,
}
