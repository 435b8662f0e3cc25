//! Whether the second origin of a group is asked after the first one's turn.
//!
//! AWS's page on failover names three triggers: a selected status, a failed connection, a timeout
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html>). It
//! files a failed connection under 503 although the viewer would get 502
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>), so here either of
//! the two codes will do. Nothing is remembered: every request starts at the first origin.

use crate::distribution::{Behavior, OriginGroup};
use crate::{Cause, Phase};

/// How the turn of a group's first origin ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// With a response of this status.
    Answered(u16),
    /// Without one.
    Failed(Cause),
}

/// What of the selected codes makes a turn count as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trigger {
    /// This one.
    Code(u16),
    /// The connection failed: 502 or 503.
    Connection,
    /// It took too long: 504.
    Timeout,
    /// None.
    Never,
}

impl Turn {
    fn trigger(self) -> Trigger {
        match self {
            Self::Answered(status) => Trigger::Code(status),
            Self::Failed(Cause::ConnectionTimeout | Cause::HandshakeTimeout | Cause::ResponseTimeout) => {
                Trigger::Timeout
            }
            // Its head has been passed on, so it is too late for another answer.
            Self::Failed(Cause::ResponseTruncated) => Trigger::Never,
            Self::Failed(cause) => match cause.phase() {
                Phase::Resolve | Phase::Connect | Phase::Handshake | Phase::Certificate | Phase::Chain => {
                    Trigger::Connection
                }
                // The connection was good and the answer was not: what the viewer would get.
                Phase::Exchange => Trigger::Code(502),
                // A function's failure is not the origin's, and a relayed error is an answer.
                Phase::EdgeFunction | Phase::BehindOrigin => Trigger::Never,
            },
        }
    }
}

/// Whether a request with this (upper-case) method goes to the group's second origin after `turn` of the first.
///
/// Only GET, HEAD and cached OPTIONS do ([`Behavior::fails_over`]).
pub fn asks_second(group: &OriginGroup, behavior: &Behavior, method: &str, turn: Turn) -> bool {
    behavior.fails_over(method)
        && match turn.trigger() {
            Trigger::Code(status) => group.fails_over_on_status(status),
            Trigger::Connection => group.fails_over_on_connection_failure(),
            Trigger::Timeout => group.fails_over_on_timeout(),
            Trigger::Never => false,
        }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;
    use crate::distribution::{Distribution, SelectionCriteria};
    use crate::outcome::Outcome;

    const METHODS: [&str; 8] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "get"];
    const SELECTABLE: [u16; 9] = [400, 403, 404, 416, 429, 500, 502, 503, 504];

    fn group(codes: impl IntoIterator<Item = u16>) -> OriginGroup {
        OriginGroup {
            id: "group".to_owned(),
            failover_status_codes: codes.into_iter().collect::<BTreeSet<u16>>(),
            primary: "a".to_owned(),
            secondary: "b".to_owned(),
            selection_criteria: SelectionCriteria::Default,
        }
    }

    fn behavior(cached_options: bool) -> Behavior {
        let json = r#"{ "CallerReference": "", "Comment": "", "Enabled": true,
            "Origins": { "Quantity": 1, "Items": [{ "Id": "a", "DomainName": "a.test", "CustomOriginConfig": {
                "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only" } }] },
            "DefaultCacheBehavior": { "TargetOriginId": "a", "ViewerProtocolPolicy": "allow-all" } }"#;
        let mut behavior = Distribution::from_json(json).expect("a small distribution").distribution.default_behavior;
        if cached_options {
            behavior.cached_methods.push("OPTIONS".to_owned());
        }
        behavior
    }

    fn turns() -> impl Strategy<Value = Turn> {
        prop_oneof![(100..600_u16).prop_map(Turn::Answered), select(Cause::ALL).prop_map(Turn::Failed)]
    }

    /// The codes of which one has to be selected, written down without the phases of the connection.
    fn sufficient(turn: Turn) -> Vec<u16> {
        match turn {
            Turn::Answered(status) => vec![status],
            Turn::Failed(cause) => match (Outcome::of(cause).status(), cause.id().split('-').next()) {
                (_, Some("lambda" | "function")) | (None, _) => vec![],
                (Some(504), _) => vec![504],
                (Some(502), Some("response")) => vec![502],
                (Some(502), _) if cause == Cause::ConnectionClosedEarly => vec![502],
                (Some(502), _) => vec![502, 503],
                (Some(other), _) => panic!("{cause} ends in {other}"),
            },
        }
    }

    proptest! {
        #[test]
        fn the_second_origin_is_asked_for_selected_failures_of_methods_that_can_be_repeated(
            turn in turns(),
            codes in subsequence(SELECTABLE.to_vec(), 0..=SELECTABLE.len()),
            method in select(METHODS.to_vec()),
            cached_options in any::<bool>(),
        ) {
            let repeatable = matches!(method, "GET" | "HEAD") || (method == "OPTIONS" && cached_options);
            let selected = sufficient(turn).iter().any(|code| codes.contains(code));
            let asked = asks_second(&group(codes), &behavior(cached_options), method, turn);
            prop_assert_eq!(asked, repeatable && selected);
        }
    }

    #[test]
    fn every_cause_needs_the_codes_that_people_would_select_for_it() {
        let all = group([502, 503, 504]);
        for cause in Cause::ALL {
            let (turn, none) = (Turn::Failed(*cause), group([]));
            let asked = |group: &OriginGroup| asks_second(group, &behavior(false), "GET", turn);
            assert!(!asked(&none), "{cause}");
            assert_eq!(asked(&all), !sufficient(turn).is_empty(), "{cause}");
            assert!(!asks_second(&all, &behavior(false), "POST", turn), "{cause}");
        }
        let refused = Turn::Failed(Cause::ConnectionRefused);
        let asked = |code| asks_second(&group([code]), &behavior(false), "GET", refused);
        assert_eq!([500, 502, 503, 504].map(asked), [false, true, true, false]);
    }
}
