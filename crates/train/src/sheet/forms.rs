//! A sheet for people and for other programs.

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{SealKind, Signed};
use crate::document;

/// A form in which a sheet is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetForm {
    /// For people.
    Markdown,
    /// For people, as a page.
    Html,
    /// For programs; the form that can be verified.
    Json,
    /// For spreadsheets.
    Csv,
}

impl SheetForm {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Markdown, Self::Html, Self::Json, Self::Csv];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Markdown => "Markdown",
            Self::Html => "HTML",
            Self::Json => "JSON",
            Self::Csv => "CSV",
        }
    }

    /// The name of a file in this form.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Markdown => "result.md",
            Self::Html => "result.html",
            Self::Json => "result.json",
            Self::Csv => "result.csv",
        }
    }

    /// The media type of such a file.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

impl Signed {
    /// In this form.
    pub fn write(&self, form: SheetForm) -> String {
        match form {
            SheetForm::Markdown => self.to_markdown(),
            SheetForm::Html => self.to_html(),
            SheetForm::Json => self.to_json(),
            SheetForm::Csv => self.to_csv(),
        }
    }

    /// In one line.
    pub fn summary(&self) -> String {
        let sheet = &self.sheet;
        let (score, full, seal) = (sheet.score(), sheet.full(), self.seal_name());
        format!("{}, {}: {score} of {full} points; the {seal} seal fits", sheet.trainee, sheet.course)
    }

    /// For programs, and for [`verify`](Self::verify).
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts, numbers and dates can be written as JSON") + "\n"
    }

    /// For people.
    pub fn to_markdown(&self) -> String {
        let sheet = &self.sheet;
        let escaped = document::escaped;
        let mut text = format!("# {}: {}\n\n", escaped(&sheet.course), escaped(&sheet.trainee));
        let _ = writeln!(text, "**{} of {} points**\n", sheet.score(), sheet.full());
        let limit = sheet.minutes.map_or_else(String::new, |minutes| format!(", {minutes} minutes allowed"));
        let _ = writeln!(text, "From {} to {}{limit}. Seed {}.\n", date(sheet.began), date(sheet.ended), sheet.seed);
        text.push_str("| exercise | track | level | points | solved | hints | wrong causes | dead ends | time |\n");
        text.push_str("|---|---|---|---:|---|---:|---:|---:|---:|\n");
        for row in &sheet.rows {
            let record = &row.record;
            let _ = writeln!(
                text,
                "| {} (`{}`) | {} | {} | {} | {} | {} | {} | {} | {} min {:02} s |",
                escaped(&row.title),
                record.exercise,
                row.track,
                row.level,
                record.score,
                if record.diagnosed && record.cured { "yes" } else { "no" },
                record.hints,
                record.wrong_diagnoses,
                record.dead_ends,
                record.seconds / 60,
                record.seconds % 60,
            );
        }
        let _ = writeln!(
            text,
            "\nSigned off by {} with {}:\n\n`{}`\n",
            escaped(&sheet.program),
            self.seal_name(),
            self.digest
        );
        text.push_str(self.meaning());
        text
    }

    /// For people, as a page that needs nothing else.
    pub fn to_html(&self) -> String {
        document::html(&format!("{}: {}", self.sheet.course, self.sheet.trainee), &self.to_markdown(), "")
    }

    /// For spreadsheets, one row for each exercise. Cells that a spreadsheet would take for a formula begin with `'`.
    pub fn to_csv(&self) -> String {
        let sheet = &self.sheet;
        let mut text = "trainee,course,seed,exercise,track,level,points,of,diagnosed,cured,hints,wrong_diagnoses,\
                        dead_ends,seconds,ended,seal\n"
            .to_owned();
        for row in &sheet.rows {
            let record = &row.record;
            let cells = [
                sheet.trainee.clone(),
                sheet.course.clone(),
                sheet.seed.to_string(),
                record.exercise.clone(),
                row.track.to_string(),
                row.level.to_string(),
                record.score.to_string(),
                crate::FULL.to_string(),
                record.diagnosed.to_string(),
                record.cured.to_string(),
                record.hints.to_string(),
                record.wrong_diagnoses.to_string(),
                record.dead_ends.to_string(),
                record.seconds.to_string(),
                date(record.ended),
                format!("{} {}", self.seal_name(), self.digest),
            ];
            let _ = writeln!(text, "{}", cells.map(|cell| quoted(&cell)).join(","));
        }
        text
    }

    const fn seal_name(&self) -> &'static str {
        match self.seal {
            SealKind::Hmac => "HMAC-SHA-256",
            SealKind::Digest => "SHA-256",
        }
    }

    const fn meaning(&self) -> &'static str {
        match self.seal {
            SealKind::Hmac => {
                "`edge502 train --verify result.json --key FILE` tells whether the sheet is as it was signed: nobody \
                 without the key can change it. Who sat at the keyboard it cannot tell.\n"
            }
            SealKind::Digest => {
                "Signed without a key: `edge502 train --verify result.json` finds damage, but anybody can write another \
                 sheet. Assess with `--key` where that matters.\n"
            }
        }
    }
}

fn date(date: OffsetDateTime) -> String {
    date.format(&Rfc3339).unwrap_or_default()
}

/// A cell of a table in CSV (RFC 4180).
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
