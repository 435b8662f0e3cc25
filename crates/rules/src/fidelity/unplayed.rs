//! Rules that no scenario can show, and what proves them instead.
//!
//! A proof names files of the workspace and tests in them, in backticks; a test of the workspace looks whether they exist.
//! Where nothing can prove a rule, it begins with "Nothing" and says why.

/// Id of a rule, and its proof.
type Unplayed = (&'static str, &'static str);

/// In the order of the rules.
const UNPLAYED: &[Unplayed] = &[
    (
        "upload-time",
        "`crates/edge/tests/edge/limits.rs`, `a_slow_upload_is_not_charged_to_the_origin`; `crates/edge/src/fetch/upload.rs`, `a_viewer_that_stops_sending_is_given_up`.",
    ),
    (
        "connection-sharing",
        "`crates/edge/src/fetch/pool.rs`, `a_connection_is_shared_only_for_the_same_origin_port_and_sni`.",
    ),
    (
        "failover-by-cause",
        "`crates/rules/src/failover.rs`, `every_cause_needs_the_codes_that_people_would_select_for_it`; `crates/edge/tests/edge/failover.rs`, `a_post_stays_with_the_first_origin_and_the_evidence_says_why`.",
    ),
    ("other-origin-kinds", "`crates/rules/tests/distribution/notices.rs`, `kinds_of_origin`: read, and with a notice."),
    (
        "policy-generation",
        "`crates/handshake/tests/handshake/client_hellos.rs`, `each_policy_sends_its_golden_client_hello`.",
    ),
    (
        "unlisted-versions-default",
        "`crates/rules/tests/distribution/notices.rs`, `protocol_lists`: scenarios always list versions.",
    ),
    (
        "cipher-order",
        "`crates/handshake/tests/handshake/client_hellos.rs`, `each_policy_sends_its_golden_client_hello`: suites in order.",
    ),
    (
        "session-resumption",
        "`crates/handshake/tests/handshake/chains.rs`, `on_every_connection_anew`: certificates are sent each time.",
    ),
    ("blinding-delay", "`crates/handshake/tests/handshake/endings.rs`, `a_failure_is_told_without_a_pause`."),
    ("silent-refusal", "`tests/refusals.rs`, `a_refusal_is_a_close_notify_and_no_request`: as the origin sees it."),
    (
        "distrust-dates",
        "Nothing: the dates stand in Mozilla's list and not in certificates, and a trust store here has certificates only.",
    ),
    (
        "addresses-as-origin",
        "`crates/rules/tests/distribution/errors.rs`, `values_that_cannot_be_acted_on_are_refused`: there is no lab with such an origin.",
    ),
    (
        "revocation",
        "`crates/handshake/tests/handshake/client_hellos.rs`, `each_policy_sends_its_golden_client_hello`: no stapled answer is asked for. That no list is fetched follows from there being no code for it.",
    ),
    (
        "staples-and-timestamps",
        "`crates/handshake/tests/handshake/verdicts.rs`, `a_staple_is_not_demanded_and_its_lack_is_warned_of`; `crates/pki/tests/defects.rs`, `healthy_certificate_is_trusted_and_looks_public`: it has no timestamps, as no certificate of the lab has, and every fix connects.",
    ),
    (
        "viewer-host",
        "`crates/edge/src/admit/tests.rs`, `only_the_distributions_names_are_served`: the origin is not asked, so no scenario is about it.",
    ),
    (
        "viewer-scheme",
        "`crates/edge/src/admit/tests.rs`, `the_viewer_protocol_policy_decides_about_plain_http`; `tests/error_pages.rs`, `redirects_to_https_say_where_in_their_own_frame`.",
    ),
    ("allowed-methods", "`crates/edge/src/admit/tests.rs`, `methods_are_those_of_the_behaviour`, `a_get_has_no_body`."),
    (
        "unreadable-requests",
        "`crates/edge/tests/edge/viewers.rs`, `what_is_no_request_is_refused_without_a_page_or_a_line`.",
    ),
    (
        "quotas-beyond-a-lab",
        "`crates/rules/src/outcome/result_type.rs`, `every_word_is_read_back`: the words. Nothing else: it would take 50 GB.",
    ),
    (
        "via-version",
        "`crates/edge/src/request_head/tests.rs`, `lists_are_appended_and_the_version_is_the_viewers`; `crates/rules/src/response/tests.rs`, `via_differs_by_direction`.",
    ),
    (
        "cdn-loop",
        "`crates/edge/src/request_head/tests.rs`, `cloudfront_writes_its_own_headers`: every header that is sent.",
    ),
    (
        "accept-encoding-header",
        "`crates/edge/src/request_head/tests.rs`, `accept_encoding_is_brought_down_to_what_the_cache_policy_asks_for`.",
    ),
    (
        "request-header-order",
        "`crates/edge/src/request_head/tests.rs`, `cloudfront_writes_its_own_headers`; `crates/edge/tests/edge/heads.rs`, `the_request_towards_the_origin_is_cloudfronts`: the whole head, byte for byte.",
    ),
    (
        "response-header-order",
        "`crates/edge/tests/edge/heads.rs`, `a_relayed_head_keeps_the_origins_order_and_case`: the whole head, byte for byte.",
    ),
    (
        "response-policies",
        "`crates/edge/tests/edge/heads.rs`, `a_relayed_head_keeps_the_origins_order_and_case`: nothing is added, no Alt-Svc either.",
    ),
    ("incomplete-responses", "`crates/edge/tests/edge/cache.rs`, `only_what_came_whole_is_kept`."),
    (
        "revalidation",
        "`crates/edge/tests/edge/cache.rs`, `an_expired_copy_is_asked_about_and_confirmed`, `where_cookies_are_forwarded_no_condition_is_sent`, `stale_while_revalidate_serves_first_and_asks_then`.",
    ),
    (
        "two-families",
        "`tests/error_pages.rs`, `http_502_of_2019_plain_and_tls`, `http_502_of_2026_plain_and_tls`; every scenario is played with both.",
    ),
    (
        "frame-of-2019",
        "`tests/error_pages.rs`, `pages_have_their_published_lengths`, `http_502_of_2019_plain_and_tls`: typed from captures, compared byte for byte.",
    ),
    (
        "page-of-2026",
        "`tests/error_pages.rs`, `http_502_of_2026_plain_and_tls`, `http_504_in_both_families`: compared byte for byte.",
    ),
    (
        "pages-by-analogy",
        "`tests/error_pages.rs`, `redirects_to_https_say_where_in_their_own_frame`, `http_400_403_and_494_for_requests_the_edge_refuses`.",
    ),
    (
        "status-lines",
        "`crates/rules/src/response/tests.rs`, `every_page_has_a_reason_phrase`; `tests/error_pages.rs`, `http_504_in_both_families`.",
    ),
    (
        "page-headers",
        "`tests/error_pages.rs`, `http_502_of_2019_plain_and_tls`, `http_502_of_2026_plain_and_tls`: names, order and case on the socket.",
    ),
    (
        "request-ids",
        "`crates/edge/tests/edge/heads.rs`, `a_failed_connection_gets_the_page_of_2019`; `crates/edge/tests/edge/journal.rs`, `each_request_is_one_line_under_one_header`: one id in page, header, log and request.",
    ),
    ("server-names", "`tests/error_pages.rs`, `http_502_of_2019_plain_and_tls`: their form."),
    ("head-requests", "`tests/error_pages.rs`, `head_has_the_head_of_get_and_no_body`."),
    (
        "custom-error-connection",
        "`crates/edge/tests/edge/error_responses.rs`, `the_connection_is_closed_after_some_statuses_and_kept_after_others`.",
    ),
    (
        "log-format",
        "`tests/access_log.rs`, `every_line_of_the_whole_catalogue_is_as_documented`: by a reader of its own.",
    ),
    (
        "log-delivery",
        "`crates/edge/src/access_log/tests.rs`, `a_directory_gets_a_file_for_each_hour`, `a_full_disk_delays_lines_and_loses_none`.",
    ),
    ("log-encoding", "`crates/rules/src/access_log/tests.rs`, `every_code_point_is_encoded_as_documented`."),
    ("log-v2", "`crates/rules/src/access_log/tests/formats.rs`, `every_choice_of_fields_is_read_back`."),
    (
        "log-real-time",
        "`crates/rules/src/access_log/tests/formats.rs`, `the_real_time_log_has_names_and_values_of_its_own`.",
    ),
    (
        "log-unknown-fields",
        "`crates/rules/src/access_log/tests/formats.rs`, `what_cannot_be_known_is_missing_and_says_why`.",
    ),
    (
        "log-origin-latency",
        "`crates/edge/tests/edge/journal.rs`, `the_newer_fields_tell_behavior_and_latencies`, `an_origin_that_is_not_reached_has_no_latencies`.",
    ),
    (
        "log-path-pattern",
        "`crates/edge/tests/edge/journal.rs`, `the_newer_fields_tell_behavior_and_latencies`: two behaviors and their patterns.",
    ),
    ("log-of-shield-and-functions", "`crates/rules/src/outcome/result_type.rs`, `every_word_is_read_back`."),
    (
        "log-of-refused-requests",
        "`crates/edge/src/admit/tests.rs`, `methods_are_those_of_the_behaviour`, `only_the_distributions_names_are_served`; `crates/edge/tests/edge/journal.rs`, `oversized_requests_are_not_logged`.",
    ),
    (
        "log-of-lost-viewers",
        "`crates/edge/tests/edge/journal.rs`, `a_viewer_that_leaves_before_the_answer_is_logged_as_000`, `a_viewer_that_leaves_in_the_middle_is_logged_with_the_status_it_got`; `crates/edge/tests/edge/viewers.rs`, `a_viewer_that_leaves_in_the_middle_of_its_upload_is_logged_as_000`.",
    ),
    (
        "log-bytes",
        "`crates/edge/tests/edge/journal.rs`, `bytes_and_lengths_are_those_of_the_response`, `each_request_is_one_line_under_one_header`.",
    ),
    ("log-cookies", "`crates/edge/tests/edge/journal.rs`, `cookies_are_logged_where_the_distribution_asks_for_it`."),
];

/// Ids of all rules that no scenario plays, in the order of [`RULES`](super::RULES).
pub fn all_unplayed() -> impl Iterator<Item = &'static str> {
    UNPLAYED.iter().map(|(rule, _)| *rule)
}

/// What proves a rule that no scenario plays; `None` for every other rule.
pub fn unplayed(id: &str) -> Option<&'static str> {
    UNPLAYED.iter().find(|(rule, _)| *rule == id).map(|(_, proof)| *proof)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::RULES;

    #[test]
    fn each_is_a_rule_once_and_says_what_proves_it() {
        for (index, (id, proof)) in UNPLAYED.iter().enumerate() {
            assert!(RULES.iter().any(|rule| rule.id == *id), "{id}");
            assert!(UNPLAYED[..index].iter().all(|(other, _)| other != id), "{id} twice");
            assert!(proof.ends_with('.'), "{id}");
            assert!(
                proof.contains(".rs`") || proof.starts_with("Nothing"),
                "{id}: name a test, or say why there is none"
            );
        }
        let ids: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| unplayed(id).is_some()).collect();
        assert!(all_unplayed().eq(ids), "in the order of the rules");
    }
}
