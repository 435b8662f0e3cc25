//! The forms beside the standard log.

use super::*;

fn more() -> MoreFields {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    MoreFields {
        s_ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        cs_headers: vec![header("host", "www.example.com"), header("Accept", "text/html, */*")],
        cache_behavior_path_pattern: Some("*".to_owned()),
        origin_fbl: Some(Duration::from_millis(251)),
        origin_lbl: Some(Duration::from_millis(252)),
    }
}

#[test]
fn the_fields_of_each_form_are_the_documented_ones() {
    assert_eq!(Field::STANDARD.map(Field::name), FIELDS);
    let realtime = "timestamp c-ip s-ip time-to-first-byte sc-status sc-bytes cs-method cs-protocol cs-host cs-uri-stem \
        cs-bytes x-edge-location x-edge-request-id x-host-header time-taken cs-protocol-version c-ip-version \
        cs-user-agent cs-referer cs-cookie cs-uri-query x-edge-response-result-type x-forwarded-for ssl-protocol \
        ssl-cipher x-edge-result-type fle-encrypted-fields fle-status sc-content-type sc-content-len sc-range-start \
        sc-range-end c-port x-edge-detailed-result-type c-country cs-accept-encoding cs-accept \
        cache-behavior-path-pattern cs-headers cs-header-names cs-headers-count origin-fbl origin-lbl asn";
    let named: Vec<&str> = LogFormat::with_all_fields(Encoding::Realtime).names().collect();
    assert_eq!(named.join(" "), realtime);
    let added: Vec<&str> = LogFormat::with_all_fields(Encoding::Json).names().skip(33).collect();
    assert_eq!(
        added.join(" "),
        "timestamp(ms) origin-fbl origin-lbl asn c-country cache-behavior-path-pattern distribution-tenant-id \
         connection-id viewer-request-log-data viewer-response-log-data"
    );
}

#[test]
fn json_has_numbers_as_strings_as_in_the_documented_sample() {
    let names = ["date", "time", "sc-status", "asn", "timestamp(ms)", "origin-fbl", "x-host-header", "cs(Cookie)"];
    let format = LogFormat::with_fields(Encoding::Json, names).expect("known names");
    let mut record = documented();
    record.finished = datetime!(2019-12-13 22:36:27.046 UTC);
    record.more = more();
    assert_eq!(
        format.line(&record),
        concat!(
            r#"{"date":"2019-12-13","time":"22:36:27","sc-status":"502","cs(Cookie)":"-","#,
            r#""x-host-header":"www.example.com","timestamp(ms)":"1576276587046","origin-fbl":"0.251","asn":"-"}"#
        )
    );
}

#[test]
fn the_real_time_log_has_names_and_values_of_its_own() {
    let names = "timestamp,cs-host,cs-uri-stem,c-ip-version,cs-user-agent,cs-accept,cs-headers,cs-header-names,\
        cs-headers-count,origin-fbl";
    let format: LogFormat = format!("realtime:{names}").parse().expect("known names");
    assert_eq!(format.header(), "");
    let mut record = documented();
    record.cs_uri_query = Some("a=b".to_owned());
    record.cs_user_agent = None;
    record.more = more();
    let expected = [
        "1576276587.000",
        "d111111abcdef8.cloudfront.net",
        "/favicon.ico?a=b",
        "IPv4",
        "-",
        "text/html,%20*/*",
        "host:www.example.com%0AAccept:text/html,%20*/*",
        "2",
        "0.251",
    ];
    let line = format.line(&record);
    let mut columns: Vec<&str> = line.split('\t').collect();
    assert_eq!(columns.remove(7), "host%0AAccept");
    assert_eq!(columns, expected);
    record.more = MoreFields::default();
    assert!(format.line(&record).ends_with("\t-\t-\t-\t0\t-"));
}

#[test]
fn chosen_fields_come_in_the_forms_own_order() {
    let format: LogFormat = "w3c:sc-status, date".parse().expect("known names");
    assert_eq!(format.header(), "#Version: 1.0\n#Fields: date sc-status\n");
    assert_eq!(format.line(&documented()), "2019-12-13\t502");
    assert_eq!(format.to_string(), "w3c:date,sc-status");
    assert_eq!("plain".parse::<LogFormat>().expect("a form").header(), "");
    for encoding in Encoding::ALL {
        let whole = LogFormat::with_all_fields(*encoding);
        assert_eq!(whole.to_string(), encoding.as_str());
        assert_eq!(encoding.as_str().parse(), Ok(whole));
    }
}

#[test]
fn wrong_choices_are_refused_with_the_right_words() {
    for (text, advice) in [
        ("jsno", "json"),
        ("json:sc-statsu", "sc-status"),
        ("json:cs(Hosts)", "cs(Host)"),
        ("realtime:cs-hosts", "cs-host"),
        ("standard:date", "w3c"),
        ("json:", "log field"),
    ] {
        let error = text.parse::<LogFormat>().expect_err(text).to_string();
        assert!(error.contains(advice), "{text}: {error}");
    }
}

#[test]
fn what_cannot_be_known_is_missing_and_says_why() {
    let mut record = documented();
    record.more = more();
    for field in Field::ALL {
        if let Some(reason) = field.why_unknown() {
            assert_eq!(record.column(*field), "-", "{field}");
            assert!(!reason.is_empty());
        }
    }
}

#[test]
fn wrong_lines_are_refused() {
    let json: LogFormat = "json:date,sc-bytes".parse().expect("known names");
    for (line, part) in [
        ("", "JSON object"),
        ("[]", "JSON object"),
        (r#"{"date":"2019-12-13"}"#, "no sc-bytes"),
        (r#"{"date":"2019-12-13","sc-bytes":900}"#, "string"),
        (r#"{"date":"2019-12-13","sc-bytes":"9 00"}"#, "digits"),
        (r#"{"date":"2019-12-13","sc-bytes":"900","asn":"-"}"#, "\"asn\""),
    ] {
        let error = json.parse_line(line).expect_err(line).to_string();
        assert!(error.contains(part), "{line}: {error}");
    }
    let realtime: LogFormat = "realtime:timestamp,c-ip-version,cs-headers,origin-fbl".parse().expect("known names");
    assert!(realtime.parse_line("1.000\tIPv6\ta:b%0Ac:\t-").is_ok());
    for line in ["1\tIPv6\t-\t-", "1.000\tIPv5\t-\t-", "1.000\tIPv6\ta%0Ab:c\t-", "1.000\tIPv6\t-\t1", "1.000\tIPv6\t-"]
    {
        assert!(realtime.parse_line(line).is_err(), "{line}");
    }
    let far = format!("{}.000\tIPv6\t-\t-", u64::MAX);
    assert!(realtime.parse_line(&far).is_err(), "no time is that late");
}

#[test]
fn a_log_without_what_every_record_has_makes_none() {
    let format: LogFormat = "json:date,time".parse().expect("known names");
    let line = format.parse_line(&format.line(&documented())).expect("a line of our own");
    assert_eq!(line.get(Field::Date), Some("2019-12-13"));
    assert!(matches!(line.record(), Err(LogLineError::Missing { .. })));
}

fn any_headers() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("[a-zA-Z-]{1,9}", "[^\n]{0,9}"), 0..4)
}

prop_compose! {
    fn any_full_record()(
        record in any_record(),
        millis in 0_u64..253_402_300_800_000,
        s_ip in prop::option::of(any_address()),
        cs_headers in any_headers(),
        pattern in any_optional_text(),
        latencies in prop::collection::vec(prop::option::of(any_millis()), 2),
    ) -> AccessLogRecord {
        let finished = OffsetDateTime::UNIX_EPOCH + Duration::from_millis(millis);
        let more = MoreFields {
            s_ip,
            cs_headers,
            cache_behavior_path_pattern: pattern,
            origin_fbl: latencies[0],
            origin_lbl: latencies[1],
        };
        AccessLogRecord { finished, more, ..record }
    }
}

proptest! {
    #[test]
    fn every_record_is_read_back_from_every_form(record in any_full_record()) {
        for encoding in Encoding::ALL {
            let format = LogFormat::with_all_fields(*encoding);
            let line = format.line(&record);
            prop_assert!(line.is_ascii() && !line.contains('\n'));
            let read = format.parse_line(&line).and_then(|line| line.record());
            prop_assert_eq!(read, Ok(as_told_by(*encoding, &record)));
        }
    }

    #[test]
    fn every_choice_of_fields_is_read_back(
        record in any_full_record(),
        encoding in any_of(&[Encoding::W3c, Encoding::Plain, Encoding::Json, Encoding::Realtime]),
        choice in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
    ) {
        let all = encoding.fields();
        let names = choice.iter().map(|index| encoding.name(*index.get(&all)));
        let format = LogFormat::with_fields(encoding, names).expect("names of the form");
        prop_assert_eq!(format.to_string().parse(), Ok(format.clone()));
        let line = format.parse_line(&format.line(&record));
        let line = line.expect("a line of our own");
        for field in format.fields() {
            let written = record.column(*field);
            prop_assert_eq!(line.get(*field), Some(written.as_str()));
        }
    }
}

/// What a form can tell of a record.
fn as_told_by(encoding: Encoding, record: &AccessLogRecord) -> AccessLogRecord {
    let mut told = record.clone();
    match encoding {
        Encoding::Realtime => {}
        Encoding::Standard => {
            told.more = MoreFields::default();
            told.finished = told.finished.replace_nanosecond(0).expect("0 is in range");
        }
        _ => {
            told.more.s_ip = None;
            told.more.cs_headers.clear();
        }
    }
    told
}
