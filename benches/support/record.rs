//! A line of the access log.

use std::net::Ipv4Addr;
use std::time::Duration;

use edge502_rules::access_log::{AccessLogRecord, MoreFields, ProtocolVersion, ViewerProtocol};
use edge502_rules::outcome::Outcome;
use edge502_rules::page::Page;
use edge502_rules::request_id::RequestId;

use crate::support::NOW;

/// What is logged of a viewer who got `page`.
pub(crate) fn failed(page: Page, outcome: Outcome, id: RequestId) -> AccessLogRecord {
    AccessLogRecord {
        finished: NOW,
        x_edge_location: "FRA56-P1".to_owned(),
        sc_bytes: 1_300,
        c_ip: Ipv4Addr::LOCALHOST.into(),
        cs_method: "GET".to_owned(),
        cs_host: "d111111abcdef8.cloudfront.test".to_owned(),
        cs_uri_stem: "/basket".to_owned(),
        sc_status: page.status(),
        cs_referer: None,
        cs_user_agent: Some("Mozilla/5.0 (X11; Linux x86_64)".to_owned()),
        cs_uri_query: Some("item=7&size=large".to_owned()),
        cs_cookie: None,
        x_edge_result_type: outcome.result_type,
        x_edge_request_id: id,
        x_host_header: Some("www.shop.test".to_owned()),
        cs_protocol: ViewerProtocol::Https,
        cs_bytes: 200,
        time_taken: Duration::from_micros(1_234),
        x_forwarded_for: None,
        ssl_protocol: Some("TLSv1.3".to_owned()),
        ssl_cipher: Some("TLS_AES_128_GCM_SHA256".to_owned()),
        x_edge_response_result_type: outcome.response_result_type,
        cs_protocol_version: ProtocolVersion::Http11,
        fle_status: None,
        fle_encrypted_fields: None,
        c_port: 50_000,
        time_to_first_byte: Duration::from_micros(1_200),
        x_edge_detailed_result_type: outcome.detailed_result_type,
        sc_content_type: Some("text/html".to_owned()),
        sc_content_len: Some(page.content_length() as u64),
        sc_range_start: None,
        sc_range_end: None,
        more: MoreFields::default(),
    }
}
