//! How a name server answers a question.

use hickory_proto::op::{Message, OpCode, Query, ResponseCode};
use hickory_proto::rr::{RData, Record};
use serde::Deserialize;

use super::Zone;

/// Seconds an answer may be kept.
const TTL: u32 = 60;
/// Messages in a flood.
const FLOOD: usize = 256;
/// Records in a huge answer, which still fit into one message over TCP.
const HUGE: usize = 1_000;

/// How a name server answers every question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DnsAnswer {
    /// With what its zone says. The default.
    #[default]
    Address,
    /// The name does not exist (NXDOMAIN).
    NoSuchName,
    /// The name exists, without an address (NODATA, RFC 2308 section 2.2).
    NoAddress,
    /// The server cannot answer (SERVFAIL).
    ServerFailure,
    /// The server knows nothing of this zone, although the zone is delegated to it (REFUSED).
    Refused,
    /// Not at all.
    Silence,
    /// With what its zone says, after a second: later than a lab's edge waits.
    Late,
    /// Over UDP only that there is more to say (TC, RFC 1035 section 4.2.1); the rest over TCP.
    Truncated,
    /// Over UDP only that there is more to say, and TCP is closed.
    TruncatedWithoutTcp,
    /// With the id of another question, as a forger would.
    WrongId,
    /// With bytes that are no DNS message.
    Garbage,
    /// With hundreds of messages for another question, and never for this one.
    Flood,
    /// Over TCP, with a thousand records.
    Huge,
}

impl DnsAnswer {
    /// Whether the server listens on TCP, too.
    pub(super) fn over_tcp(self) -> bool {
        self != Self::TruncatedWithoutTcp
    }
}

/// The way a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Udp,
    Tcp,
}

/// What is sent back.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Reply {
    /// The messages, in order; none for silence.
    pub(super) messages: Vec<Vec<u8>>,
    /// Whether they are sent late.
    pub(super) late: bool,
}

/// The reply to `question`; nothing to what is no question.
pub(super) fn reply(answer: DnsAnswer, zone: &Zone, question: &[u8], over: Over) -> Reply {
    let Some((id, query)) = read(question) else { return Reply::default() };
    let told = || message(id, ResponseCode::NoError, &query, zone.answer(query.name(), query.query_type()));
    let code = |code| vec![message(id, code, &query, Some(Vec::new()))];
    let messages = match answer {
        DnsAnswer::Address | DnsAnswer::Late => vec![told()],
        DnsAnswer::Truncated if over == Over::Tcp => vec![told()],
        DnsAnswer::Huge if over == Over::Tcp => vec![huge(id, &query, zone)],
        DnsAnswer::Truncated | DnsAnswer::TruncatedWithoutTcp | DnsAnswer::Huge => vec![truncated(id, &query)],
        DnsAnswer::NoSuchName => code(ResponseCode::NXDomain),
        DnsAnswer::NoAddress => code(ResponseCode::NoError),
        DnsAnswer::ServerFailure => code(ResponseCode::ServFail),
        DnsAnswer::Refused => code(ResponseCode::Refused),
        DnsAnswer::Silence => Vec::new(),
        DnsAnswer::WrongId => vec![message(!id, ResponseCode::NoError, &query, addresses(zone, &query))],
        DnsAnswer::Garbage => vec![question.iter().map(|byte| !byte).collect()],
        DnsAnswer::Flood => vec![message(!id, ResponseCode::NoError, &query, addresses(zone, &query)); FLOOD],
    };
    let messages = messages.into_iter().filter(|message| !message.is_empty()).collect();
    Reply { messages, late: answer == DnsAnswer::Late }
}

fn read(question: &[u8]) -> Option<(u16, Query)> {
    let question = Message::from_vec(question).ok()?;
    Some((question.metadata.id, question.queries.first()?.clone()))
}

fn addresses(zone: &Zone, query: &Query) -> Option<Vec<RData>> {
    zone.answer(query.name(), query.query_type())
}

/// A message with `records`; that the name does not exist if there are none at all.
fn message(id: u16, code: ResponseCode, query: &Query, records: Option<Vec<RData>>) -> Vec<u8> {
    let mut message = Message::response(id, OpCode::Query);
    message.metadata.authoritative = code != ResponseCode::Refused;
    message.metadata.response_code = if records.is_some() { code } else { ResponseCode::NXDomain };
    for data in records.unwrap_or_default() {
        message.add_answer(Record::from_rdata(query.name().clone(), TTL, data));
    }
    message.add_query(query.clone());
    message.to_vec().unwrap_or_default()
}

fn truncated(id: u16, query: &Query) -> Vec<u8> {
    let mut message = Message::response(id, OpCode::Query);
    message.metadata.truncation = true;
    message.add_query(query.clone());
    message.to_vec().unwrap_or_default()
}

/// The same records again and again.
fn huge(id: u16, query: &Query, zone: &Zone) -> Vec<u8> {
    let records = addresses(zone, query).map(|records| {
        // Nothing repeated is nothing.
        records.iter().cycle().take(HUGE).cloned().collect()
    });
    message(id, ResponseCode::NoError, query, records)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question for the address of `origin.test` with id 7, as RFC 1035 section 4.1 lays it out.
    const QUESTION: &[u8] = b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06origin\x04test\x00\x00\x01\x00\x01";

    fn zone() -> Zone {
        Zone::new([("origin.test", vec!["A 203.0.113.10".parse().unwrap()])]).unwrap()
    }

    fn replies(answer: DnsAnswer, over: Over) -> Vec<Vec<u8>> {
        reply(answer, &zone(), QUESTION, over).messages
    }

    /// Id, response code, truncation and number of answers of the one reply.
    fn seen(answer: DnsAnswer, over: Over) -> Option<(u8, u8, bool, u16)> {
        let replies = replies(answer, over);
        let [message] = &replies[..] else { return None };
        let answers = u16::from_be_bytes([message[6], message[7]]);
        Some((message[1], message[3] & 0x0f, message[2] & 2 != 0, answers))
    }

    #[test]
    fn each_answer_has_its_code() {
        for (answer, udp, tcp) in [
            (DnsAnswer::Address, Some((7, 0, false, 1)), Some((7, 0, false, 1))),
            (DnsAnswer::NoAddress, Some((7, 0, false, 0)), Some((7, 0, false, 0))),
            (DnsAnswer::ServerFailure, Some((7, 2, false, 0)), Some((7, 2, false, 0))),
            (DnsAnswer::NoSuchName, Some((7, 3, false, 0)), Some((7, 3, false, 0))),
            (DnsAnswer::Refused, Some((7, 5, false, 0)), Some((7, 5, false, 0))),
            (DnsAnswer::Silence, None, None),
            (DnsAnswer::Late, Some((7, 0, false, 1)), Some((7, 0, false, 1))),
            (DnsAnswer::Truncated, Some((7, 0, true, 0)), Some((7, 0, false, 1))),
            (DnsAnswer::WrongId, Some((0xf8, 0, false, 1)), Some((0xf8, 0, false, 1))),
            (DnsAnswer::Huge, Some((7, 0, true, 0)), Some((7, 0, false, 1_000))),
        ] {
            assert_eq!(seen(answer, Over::Udp), udp, "{answer:?}");
            assert_eq!(seen(answer, Over::Tcp), tcp, "{answer:?}");
        }
        assert_eq!(replies(DnsAnswer::Flood, Over::Udp).len(), FLOOD);
        assert!(Message::from_vec(&replies(DnsAnswer::Garbage, Over::Udp)[0]).is_err());
    }

    #[test]
    fn a_name_that_is_not_in_the_zone_does_not_exist() {
        let other: Vec<u8> = QUESTION.iter().map(|byte| if *byte == b'g' { b'q' } else { *byte }).collect();
        let reply = reply(DnsAnswer::Address, &zone(), &other, Over::Udp);
        assert_eq!(reply.messages[0][3] & 0x0f, 3);
    }

    #[test]
    fn what_is_no_question_gets_no_answer() {
        for bytes in [&b""[..], b"\x00", &QUESTION[..20], &[0xff; 64]] {
            assert_eq!(reply(DnsAnswer::Address, &zone(), bytes, Over::Udp), Reply::default());
        }
    }

    #[test]
    fn only_a_late_answer_is_late() {
        assert!(reply(DnsAnswer::Late, &zone(), QUESTION, Over::Udp).late);
        assert!(!reply(DnsAnswer::Address, &zone(), QUESTION, Over::Udp).late);
    }
}
