mod formats;

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use time::macros::datetime;

use super::*;

/// The documented sample of a DNS failure, 2019; columns separated by one space here.
const DOCUMENTED: &str = "2019-12-13 22:36:27 SEA19-C1 900 192.0.2.200 GET d111111abcdef8.cloudfront.net /favicon.ico 502 \
    http://www.example.com/ Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64) - - Error \
    1pkpNfBQ39sYMnjjUQjmH2w1wdJnbHYTbag21o_3OfcQgPzdL2RSSQ== www.example.com http 675 0.102 - - - Error HTTP/1.1 - - \
    25260 0.102 OriginDnsError text/html 507 - -";

fn documented_line() -> String {
    DOCUMENTED.split_whitespace().collect::<Vec<_>>().join("\t")
}

fn documented() -> AccessLogRecord {
    documented_line().parse().expect("the documented sample")
}

#[test]
fn the_header_names_the_33_documented_columns() {
    let lines: Vec<&str> = HEADER.lines().collect();
    assert_eq!(lines, ["#Version: 1.0", &format!("#Fields: {}", FIELDS.join(" "))]);
    assert!(HEADER.ends_with(" sc-range-start sc-range-end\n"));
    assert_eq!((FIELDS[6], FIELDS[13], FIELDS[28]), ("cs(Host)", "x-edge-result-type", "x-edge-detailed-result-type"));
}

#[test]
fn the_documented_sample_is_read_and_written_unchanged() {
    let record = documented();
    assert_eq!(record.to_line(), documented_line());
    assert_eq!(record.finished, datetime!(2019-12-13 22:36:27 UTC));
    assert_eq!(record.cs_user_agent.as_deref(), Some("Mozilla/5.0 (Windows NT 10.0; Win64; x64)"));
    assert_eq!(record.time_taken, Duration::from_millis(102));
    assert_eq!(record.x_edge_detailed_result_type, DetailedResultType::OriginDnsError);
    assert_eq!((record.ssl_protocol, record.sc_content_len), (None, Some(507)));
}

#[test]
fn columns_are_found_by_name() {
    let record = documented();
    assert_eq!(record.value("x-edge-detailed-result-type").as_deref(), Some("OriginDnsError"));
    assert_eq!(record.value("cs(Cookie)").as_deref(), Some("-"));
    assert_eq!(record.value("x-edge-detailed-type"), None);
}

#[test]
fn every_code_point_is_encoded_as_documented() {
    // 0 to 32, 127 and above, and the characters AWS lists; of these the space is among the first.
    let listed = [b'<', b'>', b'"', b'#', b'%', b'{', b'}', b'|', b'\\', b'^', b'~', b'[', b']', b'`', b'\'', b' '];
    for code in 0..=255_u8 {
        let mut encoded = String::new();
        text(&char::from(code).to_string(), &mut encoded);
        let expected = match code {
            128..=191 => format!("%C2%{code:02X}"),
            192..=255 => format!("%C3%{:02X}", code - 64),
            0..=32 | 127 => format!("%{code:02X}"),
            _ if listed.contains(&code) => format!("%{code:02X}"),
            _ => char::from(code).to_string(),
        };
        assert_eq!(encoded, expected, "code point {code}");
    }
}

#[test]
fn what_the_viewer_encoded_is_encoded_twice() {
    let mut record = documented();
    record.cs_uri_stem = "/a%20b".to_owned();
    assert_eq!(record.value("cs-uri-stem").as_deref(), Some("/a%2520b"));
    // Decoding once gives back what the viewer sent; decoding twice would not.
    let read = AccessLogRecord::parse_line(&record.to_line()).expect("a line of our own");
    assert_eq!(read.cs_uri_stem, "/a%20b");
}

#[test]
fn numbers_keep_their_widths() {
    let mut record = documented();
    record.sc_status = 0;
    record.time_taken = Duration::new(30, 41_999_999);
    record.finished = datetime!(2026-01-01 00:30:00.9 +1);
    assert_eq!(record.value("sc-status").as_deref(), Some("000"));
    assert_eq!(record.value("time-taken").as_deref(), Some("30.041"));
    assert_eq!(record.to_line().split('\t').take(2).collect::<Vec<_>>(), ["2025-12-31", "23:30:00"]);
}

#[test]
fn an_empty_text_is_logged_as_missing() {
    let mut record = documented();
    record.cs_uri_query = Some(String::new());
    assert_eq!(record.value("cs-uri-query").as_deref(), Some("-"));
}

/// The documented line with one column replaced.
fn with_column(field: &str, value: &str) -> String {
    let position = FIELDS.iter().position(|known| *known == field).expect(field);
    let line = documented_line();
    let mut columns: Vec<&str> = line.split('\t').collect();
    columns[position] = value;
    columns.join("\t")
}

#[test]
fn each_wrong_column_is_named() {
    for (field, value) in [
        ("date", "13.12.2019"),
        ("time", "22:36"),
        ("x-edge-location", "-"),
        ("sc-bytes", "+900"),
        ("c-ip", "192.0.2"),
        ("cs-uri-stem", "/a b"),
        ("cs-uri-stem", "/%zz"),
        ("sc-status", "0502"),
        ("cs(Referer)", ""),
        ("cs(Cookie)", "a=%FF"),
        ("x-edge-result-type", "OriginDnsError"),
        ("x-edge-request-id", "1pkpNfBQ"),
        ("cs-protocol", "HTTP"),
        ("time-taken", "0.1"),
        ("time-taken", "1"),
        ("cs-protocol-version", "HTTP/2"),
        ("fle-encrypted-fields", "x"),
        ("c-port", "65536"),
        ("x-edge-detailed-result-type", "OriginSSLHandshakeFailure"),
        ("sc-content-len", ""),
    ] {
        match AccessLogRecord::parse_line(&with_column(field, value)) {
            Err(LogLineError::Field { field: named, value: found, reason }) => {
                assert_eq!((named, found.as_str()), (field, value));
                assert!(!reason.is_empty());
            }
            other => panic!("{field} = {value:?} gave {other:?}"),
        }
    }
}

#[test]
fn the_prefixed_detail_of_the_502_page_is_read() {
    let line = with_column("x-edge-detailed-result-type", "NonS3OriginDnsError");
    assert_eq!(AccessLogRecord::parse_line(&line), Ok(documented()));
}

#[test]
fn lines_with_other_numbers_of_columns_are_refused() {
    let line = documented_line();
    for (bad, found) in [(String::new(), 1), (format!("{line}\t-"), 34), (line.replacen('\t', " ", 1), 32)] {
        assert_eq!(AccessLogRecord::parse_line(&bad), Err(LogLineError::Columns { found, expected: 33 }));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("empty and - are logged as missing", |text| !text.is_empty() && text != "-")
}

fn any_optional_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(any_text())
}

fn any_of<T: Copy + std::fmt::Debug>(values: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

fn any_address() -> impl Strategy<Value = IpAddr> {
    let v4 = any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from(bits)));
    let v6 = any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from(bits)));
    prop_oneof![v4, v6]
}

fn any_millis() -> impl Strategy<Value = Duration> {
    (0_u64..1_000_000_000).prop_map(Duration::from_millis)
}

fn any_request_id() -> impl Strategy<Value = RequestId> {
    prop::collection::vec(any::<u8>(), RequestId::BYTES)
        .prop_map(|bytes| RequestId::from_bytes(bytes.try_into().expect("as many as asked for")))
}

prop_compose! {
    fn any_words()(
        result in any_of(ResultType::ALL),
        response in any_of(ResultType::ALL),
        detail in any_of(DetailedResultType::ALL),
        protocol in any_of(ViewerProtocol::ALL),
        version in any_of(ProtocolVersion::ALL),
        id in any_request_id(),
        address in any_address(),
    ) -> AccessLogRecord {
        AccessLogRecord {
            x_edge_result_type: result,
            x_edge_response_result_type: response,
            x_edge_detailed_result_type: detail,
            cs_protocol: protocol,
            cs_protocol_version: version,
            x_edge_request_id: id,
            c_ip: address,
            ..documented()
        }
    }
}

prop_compose! {
    fn any_record()(
        record in any_words(),
        seconds in 0_i64..253_402_300_800,
        times in (any_millis(), any_millis()),
        numbers in (any::<u64>(), any::<u64>(), 0_u16..1000, any::<u16>(), any::<Option<u32>>()),
        lengths in any::<[Option<u64>; 3]>(),
        texts in prop::collection::vec(any_text(), 4),
        optional in prop::collection::vec(any_optional_text(), 10),
    ) -> AccessLogRecord {
        let [x_edge_location, cs_method, cs_host, cs_uri_stem] = texts.try_into().expect("as many as asked for");
        let [cs_referer, cs_user_agent, cs_uri_query, cs_cookie, x_host_header, x_forwarded_for, ssl_protocol, ssl_cipher,
            fle_status, sc_content_type] = optional.try_into().expect("as many as asked for");
        let [sc_content_len, sc_range_start, sc_range_end] = lengths;
        AccessLogRecord {
            finished: OffsetDateTime::from_unix_timestamp(seconds).expect("years 1970 to 9999"),
            time_taken: times.0,
            time_to_first_byte: times.1,
            sc_bytes: numbers.0,
            cs_bytes: numbers.1,
            sc_status: numbers.2,
            c_port: numbers.3,
            fle_encrypted_fields: numbers.4,
            x_edge_location, cs_method, cs_host, cs_uri_stem,
            cs_referer, cs_user_agent, cs_uri_query, cs_cookie, x_host_header, x_forwarded_for, ssl_protocol, ssl_cipher,
            fle_status, sc_content_type, sc_content_len, sc_range_start, sc_range_end,
            ..record
        }
    }
}

proptest! {
    #[test]
    fn every_record_is_read_back(record in any_record()) {
        let line = record.to_line();
        prop_assert!(line.is_ascii() && !line.contains('\n'));
        prop_assert_eq!(line.matches('\t').count(), FIELDS.len() - 1);
        prop_assert_eq!(AccessLogRecord::parse_line(&line), Ok(record));
    }

    #[test]
    fn a_text_that_is_read_is_written_unchanged(value in "([!-~]|%[0-9A-F]{2}){1,4}") {
        if let Ok(record) = AccessLogRecord::parse_line(&with_column("cs(Referer)", &value)) {
            prop_assert_eq!(record.value("cs(Referer)"), Some(value));
        }
    }
}
