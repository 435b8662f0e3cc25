//! Reading a line of a log, strictly.

use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use thiserror::Error;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

use super::field::Kind;
use super::{AccessLogRecord, Encoding, Field, LogFormat, MoreFields, ProtocolVersion, ViewerProtocol, encoding};
use crate::outcome::{DetailedResultType, ResultType};
use crate::request_id::RequestId;

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const TIME: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");

/// A line that is not in the documented form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogLineError {
    /// Wrong number of columns.
    #[error("the line has {found} columns; this log has {expected} separated by TAB")]
    Columns {
        /// Number of columns in the line.
        found: usize,
        /// Number of columns of the log.
        expected: usize,
    },
    /// No JSON object.
    #[error("the line is no JSON object: {0}; a log in JSON has one on each line")]
    NoObject(String),
    /// A member that the log does not have.
    #[error("the line has {name:?}; this log does not have that field")]
    Unexpected {
        /// Name of the member.
        name: String,
    },
    /// A field that is not there.
    #[error("the line has no {field}")]
    Missing {
        /// Name of the field.
        field: &'static str,
    },
    /// A column that cannot be read.
    #[error("{field} is {value:?}: {reason}")]
    Field {
        /// Name of the column.
        field: &'static str,
        /// The column as it stands in the line.
        value: String,
        /// What is wrong with it and what was expected.
        reason: String,
    },
}

/// A line whose every value is what its field may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    encoding: Encoding,
    values: Vec<(Field, String)>,
}

/// Reads a line and checks each of its values.
pub(super) fn line(format: &LogFormat, line: &str) -> Result<LogLine, LogLineError> {
    let values = match format.encoding() {
        Encoding::Json => members(format, line)?,
        _ => columns(format, line)?,
    };
    let line = LogLine { encoding: format.encoding(), values };
    line.values.iter().try_for_each(|(field, _)| line.column(*field)?.check(field.kind()))?;
    Ok(line)
}

fn columns(format: &LogFormat, line: &str) -> Result<Vec<(Field, String)>, LogLineError> {
    let columns: Vec<&str> = line.split('\t').collect();
    let (found, expected) = (columns.len(), format.fields().len());
    if found != expected {
        return Err(LogLineError::Columns { found, expected });
    }
    Ok(format.fields().iter().copied().zip(columns.into_iter().map(str::to_owned)).collect())
}

fn members(format: &LogFormat, line: &str) -> Result<Vec<(Field, String)>, LogLineError> {
    let mut object: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| LogLineError::NoObject(error.to_string()))?;
    let member = |(field, name): (&Field, &'static str)| match object.remove(name) {
        Some(Value::String(value)) => Ok((*field, value)),
        Some(other) => {
            let reason = "every value is a string, numbers too".to_owned();
            Err(LogLineError::Field { field: name, value: other.to_string(), reason })
        }
        None => Err(LogLineError::Missing { field: name }),
    };
    let values = format.fields().iter().zip(format.names()).map(member).collect::<Result<_, _>>()?;
    object.into_iter().next().map_or(Ok(values), |(name, _)| Err(LogLineError::Unexpected { name }))
}

impl LogLine {
    /// The value of a field as it stands in the line; `None` if the log does not have it.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == field).map(|(_, value)| value.as_str())
    }

    /// The record behind the line. Fails if the log leaves out what every record has; what only [`MoreFields`] has is
    /// empty if it is left out.
    pub fn record(&self) -> Result<AccessLogRecord, LogLineError> {
        let query = self.column(Field::CsUriQuery)?.text()?;
        Ok(AccessLogRecord {
            finished: self.finished()?,
            x_edge_location: self.text(Field::XEdgeLocation)?,
            sc_bytes: self.column(Field::ScBytes)?.number()?,
            c_ip: self.column(Field::CIp)?.word()?,
            cs_method: self.text(Field::CsMethod)?,
            cs_host: self.text(Field::CsHost)?,
            cs_uri_stem: self.path(query.as_deref())?,
            sc_status: self.column(Field::ScStatus)?.status()?,
            cs_referer: self.column(Field::CsReferer)?.text()?,
            cs_user_agent: self.column(Field::CsUserAgent)?.text()?,
            cs_uri_query: query,
            cs_cookie: self.column(Field::CsCookie)?.text()?,
            x_edge_result_type: self.column(Field::XEdgeResultType)?.word()?,
            x_edge_request_id: self.column(Field::XEdgeRequestId)?.word()?,
            x_host_header: self.column(Field::XHostHeader)?.text()?,
            cs_protocol: self.column(Field::CsProtocol)?.word()?,
            cs_bytes: self.column(Field::CsBytes)?.number()?,
            time_taken: self.column(Field::TimeTaken)?.seconds()?,
            x_forwarded_for: self.column(Field::XForwardedFor)?.text()?,
            ssl_protocol: self.column(Field::SslProtocol)?.text()?,
            ssl_cipher: self.column(Field::SslCipher)?.text()?,
            x_edge_response_result_type: self.column(Field::XEdgeResponseResultType)?.word()?,
            cs_protocol_version: self.column(Field::CsProtocolVersion)?.word()?,
            fle_status: self.column(Field::FleStatus)?.text()?,
            fle_encrypted_fields: self.column(Field::FleEncryptedFields)?.optional(Column::number)?,
            c_port: self.column(Field::CPort)?.number()?,
            time_to_first_byte: self.column(Field::TimeToFirstByte)?.seconds()?,
            x_edge_detailed_result_type: self.column(Field::XEdgeDetailedResultType)?.word()?,
            sc_content_type: self.column(Field::ScContentType)?.text()?,
            sc_content_len: self.column(Field::ScContentLen)?.optional(Column::number)?,
            sc_range_start: self.column(Field::ScRangeStart)?.optional(Column::number)?,
            sc_range_end: self.column(Field::ScRangeEnd)?.optional(Column::number)?,
            more: self.more()?,
        })
    }

    fn more(&self) -> Result<MoreFields, LogLineError> {
        Ok(MoreFields {
            s_ip: self.if_there(Field::SIp, |column| column.optional(Column::word))?,
            cs_headers: self.if_there(Field::CsHeaders, |column| column.headers().map(Some))?.unwrap_or_default(),
            cache_behavior_path_pattern: self.if_there(Field::CacheBehaviorPathPattern, Column::text)?,
            origin_fbl: self.if_there(Field::OriginFbl, |column| column.optional(Column::seconds))?,
            origin_lbl: self.if_there(Field::OriginLbl, |column| column.optional(Column::seconds))?,
        })
    }

    fn column(&self, field: Field) -> Result<Column<'_>, LogLineError> {
        let name = self.encoding.name(field);
        let value = self.get(field).ok_or(LogLineError::Missing { field: name })?;
        Ok(Column { field: name, value })
    }

    fn if_there<'a, T>(
        &'a self,
        field: Field,
        read: impl FnOnce(Column<'a>) -> Result<Option<T>, LogLineError>,
    ) -> Result<Option<T>, LogLineError> {
        if self.get(field).is_some() { read(self.column(field)?) } else { Ok(None) }
    }

    fn text(&self, field: Field) -> Result<String, LogLineError> {
        self.column(field)?.needed_text()
    }

    /// By the field that is most exact.
    fn finished(&self) -> Result<OffsetDateTime, LogLineError> {
        let millis = if self.get(Field::TimestampMs).is_some() {
            self.column(Field::TimestampMs)?.number::<u64>()?.into()
        } else if self.get(Field::Timestamp).is_some() {
            self.column(Field::Timestamp)?.seconds()?.as_millis()
        } else {
            let (date, time) = (self.column(Field::Date)?.date()?, self.column(Field::Time)?.time()?);
            return Ok(PrimitiveDateTime::new(date, time).assume_utc());
        };
        // A number that is no time does not pass the check of its field.
        Ok(epoch(millis).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// The path; the real-time log has it together with the query.
    fn path(&self, query: Option<&str>) -> Result<String, LogLineError> {
        if self.get(Field::CsUriStem).is_some() {
            return self.text(Field::CsUriStem);
        }
        let whole = self.text(Field::CsUri)?;
        let Some(query) = query else { return Ok(whole) };
        let path = whole.strip_suffix(query).and_then(|rest| rest.strip_suffix('?'));
        path.map(str::to_owned).ok_or_else(|| {
            let reason = "it does not end with the query of cs-uri-query".to_owned();
            LogLineError::Field { field: self.encoding.name(Field::CsUri), value: whole.clone(), reason }
        })
    }
}

fn epoch(millis: u128) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::try_from(millis).ok()?.checked_mul(1_000_000)?).ok()
}

/// A column together with its name, so that every error can say where it happened.
#[derive(Clone, Copy)]
struct Column<'a> {
    field: &'static str,
    value: &'a str,
}

impl Column<'_> {
    fn check(self, kind: Kind) -> Result<(), LogLineError> {
        match kind {
            Kind::Date => self.date().map(drop),
            Kind::Time => self.time().map(drop),
            Kind::Number => self.number::<u64>().map(drop),
            Kind::Text => self.needed_text().map(drop),
            Kind::OptionalNumber => self.optional(Column::number::<u64>).map(drop),
            Kind::OptionalText => self.text().map(drop),
            Kind::Address => self.word::<IpAddr>().map(drop),
            Kind::OptionalAddress => self.optional(Column::word::<IpAddr>).map(drop),
            Kind::Port => self.number::<u16>().map(drop),
            Kind::Status => self.status().map(drop),
            Kind::Seconds => self.seconds().map(drop),
            Kind::OptionalSeconds => self.optional(Column::seconds).map(drop),
            Kind::Milliseconds => self.epoch(self.number::<u64>()?.into()),
            Kind::EpochSeconds => self.epoch(self.seconds()?.as_millis()),
            Kind::IpVersion => self.one_of(&["IPv4", "IPv6"]),
            Kind::ResultType => self.word::<ResultType>().map(drop),
            Kind::DetailedResultType => self.word::<DetailedResultType>().map(drop),
            Kind::RequestId => self.word::<RequestId>().map(drop),
            Kind::ViewerProtocol => self.word::<ViewerProtocol>().map(drop),
            Kind::ProtocolVersion => self.word::<ProtocolVersion>().map(drop),
            Kind::Headers => self.headers().map(drop),
        }
    }

    fn date(self) -> Result<Date, LogLineError> {
        Date::parse(self.value, DATE).map_err(|error| self.error(&error))
    }

    fn time(self) -> Result<Time, LogLineError> {
        Time::parse(self.value, TIME).map_err(|error| self.error(&error))
    }

    fn epoch(self, millis: u128) -> Result<(), LogLineError> {
        epoch(millis).map(drop).ok_or_else(|| self.error(&"expected a time since 1970"))
    }

    fn one_of(self, words: &[&str]) -> Result<(), LogLineError> {
        if words.contains(&self.value) { Ok(()) } else { Err(self.error(&format!("expected {}", words.join(" or ")))) }
    }

    fn word<T: FromStr<Err: Display>>(self) -> Result<T, LogLineError> {
        self.value.parse().map_err(|error| self.error(&error))
    }

    fn optional<T>(self, read: impl FnOnce(Self) -> Result<T, LogLineError>) -> Result<Option<T>, LogLineError> {
        if self.value == "-" { Ok(None) } else { read(self).map(Some) }
    }

    fn needed_text(self) -> Result<String, LogLineError> {
        self.text()?.ok_or_else(|| self.error(&"a value is needed here"))
    }

    fn headers(self) -> Result<Vec<(String, String)>, LogLineError> {
        let Some(text) = self.text()? else { return Ok(Vec::new()) };
        let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers = text.split('\n').map(header).collect::<Option<_>>();
        headers.ok_or_else(|| self.error(&"expected name:value lines, separated by %0A"))
    }

    fn status(self) -> Result<u16, LogLineError> {
        if self.value.len() == 3 { self.number() } else { Err(self.error(&"expected three digits")) }
    }

    fn seconds(self) -> Result<Duration, LogLineError> {
        let wrong = || self.error(&"expected seconds with three decimals, such as 0.102");
        let (whole, millis) = self.value.split_once('.').filter(|(_, millis)| millis.len() == 3).ok_or_else(wrong)?;
        let whole = Column { value: whole, ..self }.number().map_err(|_| wrong())?;
        let millis: u64 = Column { value: millis, ..self }.number().map_err(|_| wrong())?;
        Ok(Duration::from_secs(whole) + Duration::from_millis(millis))
    }

    fn error(self, reason: &dyn Display) -> LogLineError {
        LogLineError::Field { field: self.field, value: self.value.to_owned(), reason: reason.to_string() }
    }

    fn number<T: FromStr<Err: Display>>(self) -> Result<T, LogLineError> {
        if !self.value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.error(&"expected digits only"));
        }
        self.value.parse().map_err(|error: T::Err| self.error(&error))
    }

    fn text(self) -> Result<Option<String>, LogLineError> {
        if self.value == "-" {
            return Ok(None);
        }
        if self.value.is_empty() {
            return Err(self.error(&"a missing value is written as -"));
        }
        let decoded = percent_decode_str(self.value).decode_utf8().map_err(|error| self.error(&error))?;
        let mut again = String::with_capacity(self.value.len());
        encoding::text(&decoded, &mut again);
        if again != self.value {
            return Err(self.error(&"characters are not percent-encoded as documented"));
        }
        Ok(Some(decoded.into_owned()))
    }
}
