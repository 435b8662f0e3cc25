//! Which fields are logged, and in which form.

use std::fmt;
use std::str::FromStr;

use super::{AccessLogRecord, Field, HEADER, LogLine, LogLineError, parse};
use crate::RulesError;

/// Room for an ordinary line with its newline.
const LINE: usize = 512;

/// The form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// The standard log: 33 columns separated by TAB, two header lines. Its fields cannot be chosen.
    Standard,
    /// Standard logging v2, `w3c`: chosen columns separated by TAB, two header lines.
    W3c,
    /// Standard logging v2, `plain`: the same without header lines.
    Plain,
    /// Standard logging v2, `json`: one object a line; every value, numbers included, is a string.
    Json,
    /// The real-time log: chosen columns separated by TAB, no header lines, names of its own.
    Realtime,
}

impl Encoding {
    /// Every form.
    pub const ALL: &[Self] = &[Self::Standard, Self::W3c, Self::Plain, Self::Json, Self::Realtime];

    /// The form in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::W3c => "w3c",
            Self::Plain => "plain",
            Self::Json => "json",
            Self::Realtime => "realtime",
        }
    }

    /// The fields there are, in the order in which they are written.
    pub fn fields(self) -> Vec<Field> {
        match self {
            Self::Standard => Field::STANDARD.to_vec(),
            Self::W3c | Self::Plain | Self::Json => Field::STANDARD.into_iter().chain(Field::ADDED).collect(),
            Self::Realtime => Field::REALTIME.to_vec(),
        }
    }

    /// What a field is called in this form.
    pub const fn name(self, field: Field) -> &'static str {
        match self {
            Self::Realtime => field.realtime_name(),
            _ => field.name(),
        }
    }

    fn field(self, name: &str) -> Result<Field, RulesError> {
        let fields = self.fields();
        let found = fields.iter().find(|field| self.name(**field) == name);
        found.copied().ok_or_else(|| RulesError::word("log field", name, fields.iter().map(|field| self.name(*field))))
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Encoding {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let found = Self::ALL.iter().find(|value| value.as_str() == text);
        found.copied().ok_or_else(|| RulesError::word("log format", text, Self::ALL.iter().map(|value| value.as_str())))
    }
}

/// Writes and reads the lines of one log. Written as a text it is the form, and after a colon the chosen fields
/// separated by commas: `json`, `realtime:timestamp,sc-status,origin-fbl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFormat {
    encoding: Encoding,
    fields: Vec<Field>,
}

impl LogFormat {
    /// The standard log. The default.
    pub fn standard() -> Self {
        Self::with_all_fields(Encoding::Standard)
    }

    /// A log with every field its form has.
    pub fn with_all_fields(encoding: Encoding) -> Self {
        Self { encoding, fields: encoding.fields() }
    }

    /// A log with the fields of these names, in the form's own order. Fails if the form has no field of a name, for no
    /// name at all, and for the standard log, whose fields are fixed.
    pub fn with_fields<'a>(encoding: Encoding, names: impl IntoIterator<Item = &'a str>) -> Result<Self, RulesError> {
        let chosen = names.into_iter().map(|name| encoding.field(name)).collect::<Result<Vec<_>, _>>()?;
        if encoding == Encoding::Standard || chosen.is_empty() {
            return Err(RulesError::Fields { form: encoding.as_str(), choosable: "w3c, plain, json and realtime" });
        }
        let fields = encoding.fields().into_iter().filter(|field| chosen.contains(field)).collect();
        Ok(Self { encoding, fields })
    }

    /// The form.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The fields in the order in which they are written.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The names of the fields, as this form has them.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| self.encoding.name(*field))
    }

    /// What a file of this log begins with: two lines, or nothing.
    pub fn header(&self) -> String {
        match self.encoding {
            Encoding::Standard => HEADER.to_owned(),
            Encoding::W3c => format!("#Version: 1.0\n#Fields: {}\n", self.names().collect::<Vec<_>>().join(" ")),
            Encoding::Plain | Encoding::Json | Encoding::Realtime => String::new(),
        }
    }

    /// The line for `record`, without a newline.
    pub fn line(&self, record: &AccessLogRecord) -> String {
        match self.encoding {
            Encoding::Json => {
                let columns = self.fields.iter().map(|field| record.column(*field));
                let members = self.names().zip(columns).map(|(name, value)| format!("{name:?}:{}", quoted(value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
            _ => self.columns(record),
        }
    }

    fn columns(&self, record: &AccessLogRecord) -> String {
        let mut line = String::with_capacity(LINE);
        for field in &self.fields {
            // No column is empty.
            if !line.is_empty() {
                line.push('\t');
            }
            record.put(*field, &mut line);
        }
        line
    }

    /// Whether a field tells headers of the viewer that the standard log does not have.
    pub fn tells_headers(&self) -> bool {
        use Field::{CsAccept, CsAcceptEncoding, CsHeaderNames, CsHeaders, CsHeadersCount};
        let telling = [CsAccept, CsAcceptEncoding, CsHeaderNames, CsHeaders, CsHeadersCount];
        self.fields.iter().any(|field| telling.contains(field))
    }

    /// Reads a line of this log, without its newline, in exactly the documented form.
    pub fn parse_line(&self, line: &str) -> Result<LogLine, LogLineError> {
        parse::line(self, line)
    }
}

impl Default for LogFormat {
    fn default() -> Self {
        Self::standard()
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encoding.as_str())?;
        if self.fields != self.encoding.fields() {
            write!(f, ":{}", self.names().collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    }
}

impl FromStr for LogFormat {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        match text.split_once(':') {
            None => Ok(Self::with_all_fields(text.parse()?)),
            Some((encoding, names)) => Self::with_fields(encoding.parse()?, names.split(',').map(str::trim)),
        }
    }
}

fn quoted(value: String) -> String {
    serde_json::Value::String(value).to_string()
}
