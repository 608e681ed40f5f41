"""What Supabase Lite cannot do, case by case, and why; a line here that is no longer true fails the run."""

from __future__ import annotations

_FIRST_KIND = "its refresh tokens are rows; it has no counting ones"
_NO_BAN = "it ignores banned_until"
_NO_REUSE = "it ignores the reuse interval: two steps old is refused at once"
_NO_ANONYMOUS = "it signs in nobody anonymously"
_NO_FACTORS = "it has no second factors"
_NO_LINKING = "it links and unlinks nothing"
_NO_PROVIDER = "the demo's server has no provider"
_NO_PAUSE = "it sends these mails at any pace"
_NO_WAY_BACK = "its links lead to its own address, with tokens, whatever was asked for"
_NO_PHONE = "it knows no phones"
_NO_ID_TOKEN = "it takes no ID tokens"
_NO_REAUTHENTICATION = "it asks for no proof before a new password"
_SETTINGS = "the demo's server is set up otherwise, and has no switch for it"

LITE_LACKS: dict[str, str] = {
    # codes
    "test_the_code_of_a_sign_up_is_an_email_code_too": 'it refuses the type "email"',
    "test_the_code_of_a_sign_in_is_an_email_code_too": 'it refuses the type "email"',
    "test_a_sign_in_by_code_of_somebody_new_is_a_sign_up": "it confirms new people when the code is asked for",
    "test_after_a_minute_a_new_code_comes_and_the_old_one_is_dead": "it never sends a confirmation twice",
    "test_the_token_of_a_link_goes_with_no_address": "it takes both together",
    "test_a_second_recovery_within_the_minute_is_refused_too": _NO_PAUSE,
    "test_a_code_has_one_form": "it takes both together",
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
    # the user
    "test_what_the_app_says_of_a_person_is_not_theirs_to_change": "it passes over app_metadata in silence",
    "test_a_new_password_ends_every_other_session": "it ends none",
    "test_a_second_new_address_within_the_minute_is_refused": _NO_PAUSE,
    "test_the_first_of_two_confirmations_gives_no_session": "it mails one of the two addresses only",
    "test_a_session_older_than_a_day_has_to_prove_itself_for_a_new_password": _NO_REAUTHENTICATION,
    "test_a_mailed_nonce_lets_an_old_session_set_a_password_and_a_wrong_one_does_not": _NO_REAUTHENTICATION,
    "test_a_new_password_goes_with_the_one_so_far": _NO_REAUTHENTICATION,
    # phones
    "test_a_number_nobody_has_used_is_an_account_by_its_code": _NO_PHONE,
    "test_no_account_is_made_for_a_number_when_told_so": _NO_PHONE,
    "test_a_project_without_texts_says_so": _NO_PHONE,
    "test_a_second_text_within_the_minute_is_refused_with_the_seconds": _NO_PHONE,
    "test_a_wrong_code_of_a_text_is_refused_and_the_right_one_still_works": _NO_PHONE,
    "test_a_text_is_redeemed_as_what_it_is": _NO_PHONE,
    "test_a_new_number_counts_once_its_code_was_typed_in": _NO_PHONE,
    "test_a_number_of_somebody_else_is_refused": _NO_PHONE,
    # ID tokens
    "test_an_id_token_is_a_session_and_the_same_account_each_time": _NO_ID_TOKEN,
    "test_the_token_has_the_hash_of_what_the_app_says": _NO_ID_TOKEN,
    "test_a_token_for_another_app_or_of_nobody_is_refused": _NO_ID_TOKEN,
    "test_an_id_token_of_a_provider_that_is_off_is_refused": _NO_ID_TOKEN,
    # second factors
    "test_a_new_factor_comes_with_a_picture_a_secret_and_an_address": _NO_FACTORS,
    "test_a_factor_of_no_kind_is_refused": _NO_FACTORS,
    "test_a_right_code_lifts_the_session_and_rotates_its_token": _NO_FACTORS,
    "test_a_refresh_keeps_the_second_factor": _NO_FACTORS,
    "test_a_new_sign_in_has_one_factor_and_shows_that_there_is_another": _NO_FACTORS,
    "test_the_refresh_token_from_before_the_code_gives_the_one_after_it": _NO_FACTORS,
    "test_a_counted_refresh_token_from_before_the_code_destroys_the_session": _NO_FACTORS,
    "test_a_right_code_ends_every_session_with_one_factor": _NO_FACTORS,
    "test_a_wrong_code_is_refused_and_the_challenge_stays": _NO_FACTORS,
    "test_a_challenge_is_used_once": _NO_FACTORS,
    "test_after_a_lost_answer_a_new_challenge_works_by_the_old_access_token": _NO_FACTORS,
    "test_a_challenge_of_nobody_is_not_found": _NO_FACTORS,
    "test_a_challenge_that_is_too_old_says_so": _NO_FACTORS,
    "test_two_factors_cannot_have_one_name": _NO_FACTORS,
    "test_a_factor_that_was_never_verified_makes_way_for_the_next": _NO_FACTORS,
    "test_one_factor_does_not_let_in_another": _NO_FACTORS,
    "test_one_factor_changes_no_password_and_no_address": _NO_FACTORS,
    "test_one_factor_removes_no_other": _NO_FACTORS,
    "test_after_removing_a_factor_only_a_refresh_tells": _NO_FACTORS,
    # nobody
    "test_nobody_gets_a_session_like_anybody_else": _NO_ANONYMOUS,
    "test_nobody_becomes_somebody_by_an_address_and_its_code": _NO_ANONYMOUS,
    "test_only_a_new_token_says_that_nobody_has_become_somebody": _NO_ANONYMOUS,
    "test_nobody_has_no_use_for_a_password_alone": _NO_ANONYMOUS,
    "test_nobody_cannot_have_a_second_factor_and_stays_signed_in": _NO_ANONYMOUS,
    "test_nobody_cannot_come_back_after_signing_out": _NO_ANONYMOUS,
    # providers
    "test_a_provider_brings_a_code_and_the_code_a_session": _NO_PROVIDER,
    "test_the_same_person_comes_back_to_the_same_account": _NO_PROVIDER,
    "test_a_code_is_good_for_one_exchange": _NO_PROVIDER,
    "test_a_wrong_verifier_is_refused_and_spends_nothing": _NO_PROVIDER,
    "test_a_code_that_comes_too_late_has_expired": _NO_PROVIDER,
    "test_without_a_challenge_the_session_itself_goes_by_the_browser": _NO_PROVIDER,
    "test_a_no_at_the_provider_is_told_without_a_code": _NO_PROVIDER,
    "test_an_address_that_the_provider_has_not_verified_lets_nobody_in": _NO_PROVIDER,
    "test_what_is_linked_already_is_told_at_the_end_of_the_walk": _NO_PROVIDER,
    "test_linking_is_not_found_where_it_is_switched_off": _NO_LINKING,
    "test_linking_gives_a_new_session_and_leaves_the_old_one": _NO_LINKING,
    "test_the_only_way_in_cannot_be_unlinked": _NO_LINKING,
    "test_a_second_way_in_is_unlinked_by_our_id_of_it": _NO_LINKING,
    # the gateway's doors
    "test_the_gateway_is_told_the_seconds_to_the_next_mail": _NO_PAUSE,
    "test_the_gateway_moves_an_address_by_two_codes": "it mails one of the two addresses only",
    "test_the_gateway_signs_in_by_a_texted_code": _NO_PHONE,
    "test_the_gateway_moves_a_number_by_a_texted_code": _NO_PHONE,
    "test_the_gateway_tells_that_a_project_sends_no_texts": _NO_PHONE,
    "test_the_gateway_tells_that_a_captcha_is_wanted": _SETTINGS,
    "test_the_gateway_goes_through_the_browser_and_brings_the_providers_tokens": _NO_PROVIDER,
    "test_the_gateway_redeems_a_browsers_code_once_and_by_its_own_verifier": _NO_PROVIDER,
    "test_the_gateway_tells_a_browser_that_came_back_too_late": _NO_PROVIDER,
    "test_the_gateways_way_round_tells_a_no_at_the_provider": _NO_PROVIDER,
    "test_the_gateways_way_round_tells_an_address_that_was_not_verified": _NO_PROVIDER,
    "test_the_gateway_tells_the_providers_that_are_on": _NO_PROVIDER,
    "test_the_gateway_signs_in_by_a_token_from_elsewhere": _NO_ID_TOKEN,
    "test_the_gateway_sets_a_password_beside_the_one_so_far": _NO_REAUTHENTICATION,
    "test_the_gateway_sets_a_password_by_a_code_that_proves_the_person": _NO_REAUTHENTICATION,
    "test_the_gateways_link_of_a_sign_in_leads_back_and_signs_in": _NO_WAY_BACK,
    "test_the_gateways_link_of_a_forgotten_password_leads_back_and_signs_in": _NO_WAY_BACK,
    "test_the_gateways_link_of_a_sign_up_leads_back_and_signs_in": _NO_WAY_BACK,
    "test_the_gateways_link_of_a_second_confirmation_leads_back_too": _NO_WAY_BACK,
    "test_the_gateways_link_tells_there_that_it_was_used": _NO_WAY_BACK,
    "test_the_gateways_link_of_a_sign_up_is_told_as_late_and_has_confirmed": _NO_WAY_BACK,
    "test_the_gateways_link_is_redeemed_by_its_own_verifier_alone": _NO_WAY_BACK,
    # answers
    "test_what_wants_a_captcha_says_so_without_one": _SETTINGS,
    "test_a_new_client_gets_the_word_as_code": "it writes the old body for clients of every age",
    "test_the_version_comes_back_with_a_refusal_and_not_with_a_success": "it does not know the header",
    "test_a_path_that_is_none_is_not_found_without_a_word": "it asks for a bearer before it looks at the path",
}
