//! Origin groups: a second origin for when the first fails.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html>.

use std::collections::BTreeSet;

use super::notice::{Rule, page};
use super::read::{Place, Reader, non_empty, text, word};
use super::{DistributionError, SelectionCriteria, wire};
use crate::Grade;

const RULE: Rule = (Grade::Documented, page::FAILOVER);
/// The status codes that CloudFront lets people choose.
const SELECTABLE: [u16; 9] = [400, 403, 404, 416, 429, 500, 502, 503, 504];

/// A primary and a secondary origin. Every request starts at the primary: failures are not remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginGroup {
    /// `Id`; unique among origins and groups.
    pub id: String,
    /// `FailoverCriteria`: the status codes upon which the secondary is asked.
    pub failover_status_codes: BTreeSet<u16>,
    /// `Id` of the first member.
    pub primary: String,
    /// `Id` of the second member.
    pub secondary: String,
    /// `SelectionCriteria`. Default `default`.
    pub selection_criteria: SelectionCriteria,
}

impl OriginGroup {
    /// Whether an answer of the primary with this status makes the edge ask the secondary.
    pub fn fails_over_on_status(&self, status: u16) -> bool {
        self.failover_status_codes.contains(&status)
    }

    /// Whether a primary that cannot be connected to (DNS, TCP, TLS) makes the edge ask the secondary: when 502 or 503
    /// is selected. AWS counts a failed connection under 503 on the failover page and answers it with 502 otherwise, so
    /// both codes count (inferred).
    pub fn fails_over_on_connection_failure(&self) -> bool {
        self.fails_over_on_status(502) || self.fails_over_on_status(503)
    }

    /// Whether a primary that does not answer in time makes the edge ask the secondary: when 504 is selected.
    pub fn fails_over_on_timeout(&self) -> bool {
        self.fails_over_on_status(504)
    }

    pub(super) fn read(
        reader: &mut Reader<'_>,
        place: &Place,
        group: wire::OriginGroup,
    ) -> Result<Self, DistributionError> {
        let id = text(&place.member("Id"), group.id, "give the group an Id for TargetOriginId to refer to")?;
        let codes_place = place.member("FailoverCriteria").member("StatusCodes");
        let codes = group.failover_criteria.and_then(|criteria| criteria.status_codes);
        let (primary, secondary) = members(reader, &place.member("Members"), group.members)?;
        Ok(Self {
            id,
            failover_status_codes: status_codes(reader, &codes_place, codes)?,
            primary,
            secondary,
            selection_criteria: match non_empty(group.selection_criteria) {
                Some(text) => word(&place.member("SelectionCriteria"), &text)?,
                None => SelectionCriteria::Default,
            },
        })
    }
}

fn members(
    reader: &mut Reader<'_>,
    place: &Place,
    list: Option<wire::List<wire::OriginGroupMember>>,
) -> Result<(String, String), DistributionError> {
    let mut ids = Vec::new();
    for (place, member) in reader.items(place, list) {
        ids.push(text(&place.member("OriginId"), member.origin_id, "write the Id of an origin")?);
    }
    let [primary, secondary] = <[String; 2]>::try_from(ids).map_err(|ids| {
        let remedy = "list the primary origin first and the secondary second";
        DistributionError::value(place, format!("a list of {}", ids.len()), "exactly two members", remedy)
    })?;
    if primary == secondary {
        let message = format!("both members are {primary:?}; failing over leads to the origin that just failed");
        reader.notice(place, RULE, message, "name another origin as the second member");
    }
    Ok((primary, secondary))
}

fn status_codes(
    reader: &mut Reader<'_>,
    place: &Place,
    list: Option<wire::List<i64>>,
) -> Result<BTreeSet<u16>, DistributionError> {
    let allowed = "400, 403, 404, 416, 429, 500, 502, 503, 504";
    let mut codes = BTreeSet::new();
    for (place, found) in reader.items(place, list) {
        let code = u16::try_from(found)
            .ok()
            .filter(|code| (100..600).contains(code))
            .ok_or_else(|| DistributionError::value(&place, found.to_string(), allowed, "write an HTTP status code"))?;
        if !SELECTABLE.contains(&code) {
            reader.notice(&place, RULE, format!("{code} cannot be selected for failover"), format!("use {allowed}"));
        }
        codes.insert(code);
    }
    surprises(reader, place, &codes);
    Ok(codes)
}

fn surprises(reader: &mut Reader<'_>, place: &Place, codes: &BTreeSet<u16>) {
    if codes.is_empty() {
        reader.notice(place, RULE, "no status code is selected, so the group never fails over", "add 502, 503 and 504");
    }
    let (one, other) = match (codes.contains(&502), codes.contains(&503)) {
        (true, false) => (502, 503),
        (false, true) => (503, 502),
        _ => return,
    };
    let message = format!(
        "{one} is selected without {other}; AWS answers a failed connection with 502 but counts it under 503 for failover"
    );
    reader.notice(place, (Grade::Inferred, page::FAILOVER), message, format!("select {other} too"));
}
