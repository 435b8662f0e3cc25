//! `DistributionConfig` as JSON carries it: CloudFront's names, nothing decided yet.
//!
//! Every member may be absent or `null` and unknown members are ignored, because CloudFront adds settings all the time
//! and older tools print fewer. Numbers are wide so that a value out of range is reported as such.
//! Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html>.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// `{ "Quantity": 1, "Items": [...] }`; `Items` is absent when `Quantity` is 0.
#[derive(Debug)]
pub(super) struct List<T> {
    pub(super) quantity: Option<i64>,
    pub(super) items: Option<Vec<T>>,
}

// By hand, as below, because a derived struct also accepts a plain array, position by position.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with Quantity and Items")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
                let mut list = List { quantity: None, items: None };
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "Quantity" => list.quantity = map.next_value()?,
                        "Items" => list.items = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(list)
            }
        }

        deserializer.deserialize_map(ListVisitor(PhantomData))
    }
}

/// Declares wire structs: every member optional, named as CloudFront names it.
///
/// `remote = "Self"` puts the derived code aside as `$name::deserialize`, so that only objects reach it.
macro_rules! wire {
    ($($name:ident { $($(#[$attr:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Debug, Default, Deserialize)]
        #[allow(clippy::struct_field_names, reason = "the names are CloudFront's")]
        #[serde(rename_all = "PascalCase", default, remote = "Self")]
        pub(super) struct $name {
            $($(#[$attr])* pub(super) $field: Option<$type>,)+
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ObjectVisitor;

                impl<'de> Visitor<'de> for ObjectVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::deserialize(MapAccessDeserializer::new(map))
                    }
                }

                deserializer.deserialize_map(ObjectVisitor)
            }
        }
    )+};
}

wire! {
    DistributionConfig {
        aliases: List<String>,
        default_root_object: String,
        origins: List<Origin>,
        origin_groups: List<OriginGroup>,
        default_cache_behavior: CacheBehavior,
        cache_behaviors: List<CacheBehavior>,
        custom_error_responses: List<CustomErrorResponse>,
        enabled: bool,
        viewer_certificate: ViewerCertificate,
        logging: Logging,
        http_version: String,
        continuous_deployment_policy_id: String,
    }

    Origin {
        id: String,
        domain_name: String,
        origin_path: String,
        custom_headers: List<CustomHeader>,
        s3_origin_config: OriginConfig,
        custom_origin_config: OriginConfig,
        vpc_origin_config: OriginConfig,
        connection_attempts: i64,
        connection_timeout: i64,
        response_completion_timeout: i64,
        origin_shield: OriginShield,
        // AWS's guide shows it here; CloudFront reads it in CustomOriginConfig only.
        origin_mtls_config: IgnoredAny,
    }

    CustomHeader {
        header_name: String,
        header_value: String,
    }

    // S3OriginConfig and VpcOriginConfig use a subset of these members.
    OriginConfig {
        #[serde(rename = "HTTPPort")]
        http_port: i64,
        #[serde(rename = "HTTPSPort")]
        https_port: i64,
        origin_protocol_policy: String,
        origin_ssl_protocols: List<String>,
        origin_read_timeout: i64,
        origin_keepalive_timeout: i64,
        ip_address_type: String,
        origin_mtls_config: OriginMtlsConfig,
    }

    OriginMtlsConfig {
        client_certificate_arn: String,
    }

    OriginShield {
        enabled: bool,
        origin_shield_region: String,
    }

    OriginGroup {
        id: String,
        failover_criteria: FailoverCriteria,
        members: List<OriginGroupMember>,
        selection_criteria: String,
    }

    FailoverCriteria {
        status_codes: List<i64>,
    }

    OriginGroupMember {
        origin_id: String,
    }

    CacheBehavior {
        path_pattern: String,
        target_origin_id: String,
        viewer_protocol_policy: String,
        allowed_methods: AllowedMethods,
        compress: bool,
        lambda_function_associations: List<FunctionAssociation>,
        function_associations: List<FunctionAssociation>,
        cache_policy_id: String,
        origin_request_policy_id: String,
        response_headers_policy_id: String,
        grpc_config: GrpcConfig,
        forwarded_values: ForwardedValues,
        #[serde(rename = "MinTTL")]
        min_ttl: i64,
        #[serde(rename = "DefaultTTL")]
        default_ttl: i64,
        #[serde(rename = "MaxTTL")]
        max_ttl: i64,
    }

    AllowedMethods {
        quantity: i64,
        items: Vec<String>,
        cached_methods: List<String>,
    }

    FunctionAssociation {
        event_type: String,
        #[serde(rename = "LambdaFunctionARN", alias = "FunctionARN")]
        arn: String,
        include_body: bool,
    }

    GrpcConfig {
        enabled: bool,
    }

    ForwardedValues {
        query_string: bool,
        cookies: Cookies,
        headers: List<String>,
    }

    Cookies {
        forward: String,
        whitelisted_names: List<String>,
    }

    CustomErrorResponse {
        error_code: i64,
        response_page_path: String,
        response_code: String,
        #[serde(rename = "ErrorCachingMinTTL")]
        error_caching_min_ttl: i64,
    }

    Logging {
        enabled: bool,
        include_cookies: bool,
    }

    ViewerCertificate {
        cloud_front_default_certificate: bool,
        #[serde(rename = "ACMCertificateArn")]
        acm_certificate_arn: String,
        #[serde(rename = "IAMCertificateId")]
        iam_certificate_id: String,
        #[serde(rename = "SSLSupportMethod")]
        ssl_support_method: String,
        minimum_protocol_version: String,
    }
}
