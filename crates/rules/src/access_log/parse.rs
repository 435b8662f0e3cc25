//! Reading a line of the log, strictly.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use thiserror::Error;
use time::{Date, PrimitiveDateTime, Time};

use super::{AccessLogRecord, DATE, FIELDS, TIME};

/// A line that is not in the documented form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogLineError {
    /// Wrong number of columns.
    #[error("the line has {found} columns; a standard access log has {} separated by TAB", FIELDS.len())]
    Columns {
        /// Number of columns in the line.
        found: usize,
    },
    /// A column that cannot be read.
    #[error("{field} is {value:?}: {reason}")]
    Field {
        /// Name of the column, as in [`FIELDS`].
        field: &'static str,
        /// The column as it stands in the line.
        value: String,
        /// What is wrong with it and what was expected.
        reason: String,
    },
}

pub(super) fn record(line: &str) -> Result<AccessLogRecord, LogLineError> {
    let columns: Vec<&str> = line.split('\t').collect();
    let values: [&str; 33] =
        columns.try_into().map_err(|columns: Vec<&str>| LogLineError::Columns { found: columns.len() })?;
    let mut next = Columns { values, position: 0 };
    // The order of these fields is the order of the columns: each call takes the next one.
    Ok(AccessLogRecord {
        finished: next.date_time()?.assume_utc(),
        x_edge_location: next.text()?,
        sc_bytes: next.number()?,
        c_ip: next.word()?,
        cs_method: next.text()?,
        cs_host: next.text()?,
        cs_uri_stem: next.text()?,
        sc_status: next.status()?,
        cs_referer: next.optional_text()?,
        cs_user_agent: next.optional_text()?,
        cs_uri_query: next.optional_text()?,
        cs_cookie: next.optional_text()?,
        x_edge_result_type: next.word()?,
        x_edge_request_id: next.word()?,
        x_host_header: next.optional_text()?,
        cs_protocol: next.word()?,
        cs_bytes: next.number()?,
        time_taken: next.seconds()?,
        x_forwarded_for: next.optional_text()?,
        ssl_protocol: next.optional_text()?,
        ssl_cipher: next.optional_text()?,
        x_edge_response_result_type: next.word()?,
        cs_protocol_version: next.word()?,
        fle_status: next.optional_text()?,
        fle_encrypted_fields: next.optional_number()?,
        c_port: next.number()?,
        time_to_first_byte: next.seconds()?,
        x_edge_detailed_result_type: next.word()?,
        sc_content_type: next.optional_text()?,
        sc_content_len: next.optional_number()?,
        sc_range_start: next.optional_number()?,
        sc_range_end: next.optional_number()?,
    })
}

/// The columns of one line, taken from left to right.
struct Columns<'a> {
    values: [&'a str; 33],
    position: usize,
}

/// A column together with its name, so that every error can say where it happened.
#[derive(Clone, Copy)]
struct Column<'a> {
    field: &'static str,
    value: &'a str,
}

impl<'a> Columns<'a> {
    fn take(&mut self) -> Column<'a> {
        let column = Column { field: FIELDS[self.position], value: self.values[self.position] };
        self.position += 1;
        column
    }

    fn date_time(&mut self) -> Result<PrimitiveDateTime, LogLineError> {
        let (date, time) = (self.take(), self.take());
        let day = Date::parse(date.value, DATE).map_err(|error| date.error(&error))?;
        let clock = Time::parse(time.value, TIME).map_err(|error| time.error(&error))?;
        Ok(PrimitiveDateTime::new(day, clock))
    }

    fn text(&mut self) -> Result<String, LogLineError> {
        let column = self.take();
        column.text()?.ok_or_else(|| column.error(&"a value is needed here"))
    }

    fn optional_text(&mut self) -> Result<Option<String>, LogLineError> {
        self.take().text()
    }

    fn word<T: FromStr<Err: Display>>(&mut self) -> Result<T, LogLineError> {
        let column = self.take();
        column.value.parse().map_err(|error| column.error(&error))
    }

    fn number<T: FromStr<Err: Display>>(&mut self) -> Result<T, LogLineError> {
        self.take().number()
    }

    fn optional_number<T: FromStr<Err: Display>>(&mut self) -> Result<Option<T>, LogLineError> {
        let column = self.take();
        if column.value == "-" { Ok(None) } else { column.number().map(Some) }
    }

    fn status(&mut self) -> Result<u16, LogLineError> {
        let column = self.take();
        if column.value.len() == 3 { column.number() } else { Err(column.error(&"expected three digits")) }
    }

    fn seconds(&mut self) -> Result<Duration, LogLineError> {
        let column = self.take();
        let wrong = || column.error(&"expected seconds with three decimals, such as 0.102");
        let (whole, millis) = column.value.split_once('.').filter(|(_, millis)| millis.len() == 3).ok_or_else(wrong)?;
        let whole = Column { value: whole, ..column }.number().map_err(|_| wrong())?;
        let millis: u64 = Column { value: millis, ..column }.number().map_err(|_| wrong())?;
        Ok(Duration::from_secs(whole) + Duration::from_millis(millis))
    }
}

impl Column<'_> {
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
        if super::text(&decoded) != self.value {
            return Err(self.error(&"characters are not percent-encoded as documented"));
        }
        Ok(Some(decoded.into_owned()))
    }
}
