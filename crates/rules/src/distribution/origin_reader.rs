//! Reading and checking one origin.

use std::time::Duration;

use super::notice::{Rule, page};
use super::read::{Number, Place, Reader, non_empty, text, word};
use super::{
    CustomOriginConfig, DistributionError, IpAddressType, Origin, OriginKind, OriginProtocolPolicy, custom_headers,
    limits, ssl_protocols, wire,
};
use crate::name::OriginDomain;
use crate::{Grade, RulesError};

const RULE: Rule = (Grade::Documented, page::ORIGIN);
/// Waiting longer than a day is a mistake, and keeps deadlines far from the limits of clocks.
const DAY: i64 = 86_400;

const ATTEMPTS: Number = Number {
    default: Origin::DEFAULT_CONNECTION_ATTEMPTS as i64,
    usable: 1..=u8::MAX as i64,
    documented: 1..=3,
    unit: "attempts",
    rule: RULE,
    remedy: "set ConnectionAttempts to 1, 2 or 3",
};
const CONNECTION_TIMEOUT: Number = Number {
    default: Origin::DEFAULT_CONNECTION_TIMEOUT.as_secs().cast_signed(),
    usable: 1..=DAY,
    documented: 1..=10,
    unit: "seconds",
    rule: RULE,
    remedy: "set ConnectionTimeout to 1 to 10 seconds",
};
const READ_TIMEOUT: Number = Number {
    default: 30,
    usable: 1..=DAY,
    documented: 1..=120,
    unit: "seconds",
    rule: (Grade::Documented, page::QUOTAS),
    remedy: "set OriginReadTimeout to 1 to 120 seconds, or have the quota of the account raised",
};
const KEEPALIVE_TIMEOUT: Number = Number {
    default: 5,
    usable: 0..=DAY,
    documented: 1..=300,
    unit: "seconds",
    rule: (Grade::Documented, page::QUOTAS),
    remedy: "set OriginKeepaliveTimeout to 1 to 300 seconds (above 120 the quota of the account may have to be raised)",
};
const COMPLETION_TIMEOUT: Number = Number {
    default: 0,
    usable: 0..=DAY,
    documented: 0..=DAY,
    unit: "seconds",
    rule: RULE,
    remedy: "set ResponseCompletionTimeout to at least OriginReadTimeout, or to 0 for no limit",
};

impl Origin {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        place: &Place,
        mut origin: wire::Origin,
    ) -> Result<Self, DistributionError> {
        let id = text(&place.member("Id"), origin.id.take(), "give the origin an Id for TargetOriginId to refer to")?;
        let domain_name = domain_name(&place.member("DomainName"), origin.domain_name.take())?;
        if origin.origin_mtls_config.is_some() {
            misplaced_mtls(reader, place);
        }
        let (kind, custom) = config(reader, place, &mut origin, &domain_name)?;
        let at = |name: &str| place.member(name);
        let attempts = reader.number(&at("ConnectionAttempts"), origin.connection_attempts, &ATTEMPTS)?;
        Ok(Self {
            id,
            origin_path: origin_path(reader, &at("OriginPath"), origin.origin_path),
            custom_headers: custom_headers::read(reader, &at("CustomHeaders"), origin.custom_headers)?,
            connection_attempts: u8::try_from(attempts).expect("the usable range ends at u8::MAX"),
            connection_timeout: reader.seconds(
                &at("ConnectionTimeout"),
                origin.connection_timeout,
                &CONNECTION_TIMEOUT,
            )?,
            response_completion_timeout: completion_timeout(
                reader,
                &at("ResponseCompletionTimeout"),
                origin.response_completion_timeout,
                custom.origin_read_timeout,
            )?,
            origin_shield: origin_shield(reader, &at("OriginShield"), origin.origin_shield),
            domain_name,
            kind,
            custom,
        })
    }
}

/// CloudFront refuses what is not a plain DNS name, and an edge could not resolve it.
fn domain_name(place: &Place, found: Option<String>) -> Result<OriginDomain, DistributionError> {
    let name = text(place, found, "write the DNS name of the origin")?;
    name.parse().map_err(|error| {
        let reason = match error {
            RulesError::Name { reason, .. } => reason.to_owned(),
            other => other.to_string(),
        };
        let remedy = if name.contains("://") {
            "remove the scheme; OriginProtocolPolicy chooses it"
        } else if name.contains('/') {
            "remove the path; it goes into OriginPath"
        } else if name.contains(':') || name.parse::<std::net::IpAddr>().is_ok() {
            "write a DNS name that points to the address; a port goes into HTTPPort or HTTPSPort"
        } else {
            "write the DNS name of the origin"
        };
        DistributionError::value(place, format!("{name:?} ({reason})"), "a DNS name", remedy)
    })
}

fn config(
    reader: &mut Reader<'_>,
    place: &Place,
    origin: &mut wire::Origin,
    domain: &OriginDomain,
) -> Result<(OriginKind, CustomOriginConfig), DistributionError> {
    let found = [
        (OriginKind::Custom, "CustomOriginConfig", origin.custom_origin_config.take()),
        (OriginKind::S3, "S3OriginConfig", origin.s3_origin_config.take()),
        (OriginKind::Vpc, "VpcOriginConfig", origin.vpc_origin_config.take()),
    ];
    let mut found = found.into_iter().filter_map(|(kind, name, config)| Some((kind, name, config?)));
    let (kind, name, config) = found.next().ok_or_else(|| {
        let place = place.member("CustomOriginConfig");
        DistributionError::missing(
            &place,
            "an origin has exactly one of CustomOriginConfig, S3OriginConfig, VpcOriginConfig",
        )
    })?;
    let place = place.member(name);
    if let Some((_, other, _)) = found.next() {
        let message = format!("{other} stands beside it, but an origin has exactly one of them; {other} is not used");
        reader.notice(&place, (Grade::Documented, page::API_ORIGIN), message, format!("remove {other}"));
    }
    let custom = match kind {
        OriginKind::Custom => custom_config(reader, &place, config, domain)?,
        OriginKind::S3 | OriginKind::Vpc => other_config(reader, &place, kind, &config)?,
    };
    Ok((kind, custom))
}

fn custom_config(
    reader: &mut Reader<'_>,
    place: &Place,
    config: wire::OriginConfig,
    domain: &OriginDomain,
) -> Result<CustomOriginConfig, DistributionError> {
    let at = |name: &str| place.member(name);
    let policy = text(
        &at("OriginProtocolPolicy"),
        config.origin_protocol_policy,
        "it has no default: write http-only, match-viewer or https-only",
    )?;
    let policy: OriginProtocolPolicy = word(&at("OriginProtocolPolicy"), &policy)?;
    let https = policy != OriginProtocolPolicy::HttpOnly;
    if https && is_s3_website(domain) {
        s3_website_without_tls(reader, &at("OriginProtocolPolicy"), domain);
    }
    Ok(CustomOriginConfig {
        http_port: port(reader, &at("HTTPPort"), config.http_port, 80)?,
        https_port: port(reader, &at("HTTPSPort"), config.https_port, 443)?,
        origin_protocol_policy: policy,
        origin_ssl_protocols: ssl_protocols::read(
            reader,
            &at("OriginSslProtocols"),
            config.origin_ssl_protocols,
            https,
        )?,
        origin_read_timeout: reader.seconds(&at("OriginReadTimeout"), config.origin_read_timeout, &READ_TIMEOUT)?,
        origin_keepalive_timeout: reader.seconds(
            &at("OriginKeepaliveTimeout"),
            config.origin_keepalive_timeout,
            &KEEPALIVE_TIMEOUT,
        )?,
        ip_address_type: match non_empty(config.ip_address_type) {
            Some(text) => word(&at("IpAddressType"), &text)?,
            None => IpAddressType::Ipv4,
        },
        origin_mtls_config: client_certificate(reader, &at("OriginMtlsConfig"), config.origin_mtls_config, https)?,
    })
}

/// An S3 or VPC origin: only the timeouts stand in the distribution.
fn other_config(
    reader: &mut Reader<'_>,
    place: &Place,
    kind: OriginKind,
    config: &wire::OriginConfig,
) -> Result<CustomOriginConfig, DistributionError> {
    let message = match kind {
        OriginKind::Vpc => "a VPC origin: its ports and protocol are not in this file and its address is private",
        _ => "an S3 origin: CloudFront connects to it by rules of its own",
    };
    let remedy = "it is treated as a custom origin with the console's default settings; judge it with care";
    reader.notice(place, RULE, message, remedy);
    let at = |name: &str| place.member(name);
    Ok(CustomOriginConfig {
        origin_read_timeout: reader.seconds(&at("OriginReadTimeout"), config.origin_read_timeout, &READ_TIMEOUT)?,
        origin_keepalive_timeout: reader.seconds(
            &at("OriginKeepaliveTimeout"),
            config.origin_keepalive_timeout,
            &KEEPALIVE_TIMEOUT,
        )?,
        ..CustomOriginConfig::default()
    })
}

fn port(reader: &mut Reader<'_>, place: &Place, found: Option<i64>, default: u16) -> Result<u16, DistributionError> {
    let value = found.unwrap_or_else(|| default.into());
    let allowed = "80, 443 or 1024 to 65535";
    let remedy = "let the origin listen on an allowed port and write it here";
    let port = u16::try_from(value).ok().filter(|&port| port != 0);
    let port = port.ok_or_else(|| DistributionError::value(place, value.to_string(), allowed, remedy))?;
    if !matches!(port, 80 | 443 | 1024..) {
        reader.notice(place, RULE, format!("port {port} is refused by CloudFront, allowed is {allowed}"), remedy);
    }
    Ok(port)
}

fn origin_path(reader: &mut Reader<'_>, place: &Place, found: Option<String>) -> String {
    let path = found.unwrap_or_default();
    if path.is_empty() {
        return path;
    }
    if !path.starts_with('/') {
        reader.notice(place, RULE, format!("{path:?} does not begin with /"), format!("write \"/{path}\""));
    }
    if path.ends_with('/') {
        let bare = path.trim_end_matches('/');
        let message = format!("{path:?} ends with /, so the origin is asked for a path with //");
        reader.notice(place, RULE, message, format!("write {bare:?}"));
    }
    if path.chars().count() > limits::ORIGIN_PATH {
        let message = format!("longer than {} characters", limits::ORIGIN_PATH);
        reader.notice(place, RULE, message, "shorten it, or rewrite the path at the origin");
    }
    path
}

fn completion_timeout(
    reader: &mut Reader<'_>,
    place: &Place,
    found: Option<i64>,
    read_timeout: Duration,
) -> Result<Option<Duration>, DistributionError> {
    let limit = reader.seconds(place, found, &COMPLETION_TIMEOUT)?;
    if !limit.is_zero() && limit < read_timeout {
        let message =
            format!("{} s is less than the OriginReadTimeout of {} s", limit.as_secs(), read_timeout.as_secs());
        reader.notice(place, RULE, message, COMPLETION_TIMEOUT.remedy);
    }
    Ok((!limit.is_zero()).then_some(limit))
}

fn origin_shield(reader: &mut Reader<'_>, place: &Place, found: Option<wire::OriginShield>) -> Option<String> {
    let shield = found.filter(|shield| shield.enabled == Some(true))?;
    let region = non_empty(shield.origin_shield_region);
    if region.is_none() {
        let message = "Origin Shield is enabled without a region; it is not used";
        reader.notice(&place.member("OriginShieldRegion"), RULE, message, "write a region, such as eu-central-1");
    }
    region
}

fn client_certificate(
    reader: &mut Reader<'_>,
    place: &Place,
    found: Option<wire::OriginMtlsConfig>,
    https: bool,
) -> Result<Option<String>, DistributionError> {
    let Some(config) = found else { return Ok(None) };
    let rule = (Grade::Documented, page::API_CUSTOM_ORIGIN);
    let place = place.member("ClientCertificateArn");
    let arn = text(&place, config.client_certificate_arn, "write the ARN of the client certificate in ACM")?;
    if !https {
        let message = "a client certificate is set, but OriginProtocolPolicy is http-only, so it is never presented";
        reader.notice(&place, rule, message, "set OriginProtocolPolicy to https-only");
    }
    if arn.starts_with("arn:") && !arn.starts_with("arn:aws:acm:us-east-1:") {
        let message = "not a certificate of ACM in us-east-1, the only place CloudFront takes it from";
        reader.notice(&place, rule, message, "import the certificate into ACM in us-east-1");
    }
    Ok(Some(arn))
}

fn misplaced_mtls(reader: &mut Reader<'_>, place: &Place) {
    reader.notice(
        &place.member("OriginMtlsConfig"),
        (Grade::Documented, page::ORIGIN_MTLS),
        "OriginMtlsConfig stands directly in the origin, where CloudFront does not read it",
        "move it into CustomOriginConfig, with the ARN as ClientCertificateArn",
    );
}

/// A website endpoint of S3, such as `bucket.s3-website-us-east-1.amazonaws.com`: a custom origin that speaks HTTP only.
fn is_s3_website(domain: &OriginDomain) -> bool {
    let name = domain.as_str();
    name.contains(".s3-website") && (name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn"))
}

fn s3_website_without_tls(reader: &mut Reader<'_>, place: &Place, domain: &OriginDomain) {
    let message = format!("{domain} is an S3 website endpoint, which speaks HTTP only");
    reader.notice(place, RULE, message, "set OriginProtocolPolicy to http-only, or use the bucket as an S3 origin");
}
