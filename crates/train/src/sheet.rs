//! The result sheet of an assessment, and its seal.
//!
//! The seal is an HMAC-SHA-256 (RFC 2104) over the sheet, made with a key that a team leader keeps, or a plain SHA-256
//! without one. With a key it shows that nobody who does not have the key changed the sheet or made one up. It does not
//! show who sat at the keyboard, and whoever can read the key file can seal anything: assess on a machine where the
//! trainee cannot. Without a key it shows damage alone, since anybody can compute it anew.

mod forms;
mod key;

use std::fmt::Write as _;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use edge502_scenario::Level;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Attempt, FULL, Record, Seed, Track, TrainError};

pub use forms::SheetForm;
pub use key::SheetKey;

/// What makes sheets, as it stands on them.
pub const PROGRAM: &str = concat!("edge502 ", env!("CARGO_PKG_VERSION"));

/// What an assessment came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Title of the course.
    pub course: String,
    /// Who was assessed.
    pub trainee: String,
    /// What was drawn follows from it.
    pub seed: Seed,
    /// Version of the program.
    pub program: String,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub began: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub ended: OffsetDateTime,
    /// Minutes there were for all of it together.
    pub minutes: Option<u32>,
    /// The exercises in order.
    pub rows: Vec<Row>,
}

/// One exercise on the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The scenario's title.
    pub title: String,
    /// Its track.
    pub track: Track,
    /// How hard it is.
    pub level: Level,
    /// Minutes there were for it.
    pub minutes: Option<u32>,
    /// What became of it.
    pub record: Record,
}

impl Row {
    /// The row of an attempt.
    pub fn of(attempt: &Attempt, minutes: Option<u32>, now: OffsetDateTime) -> Self {
        let exercise = attempt.exercise();
        Self {
            title: exercise.scenario().title.clone(),
            track: exercise.track(),
            level: exercise.level(),
            minutes,
            record: attempt.record(now),
        }
    }
}

impl Sheet {
    /// The points had.
    pub fn score(&self) -> u32 {
        self.rows.iter().map(|row| row.record.score).sum()
    }

    /// The points that could be had.
    pub fn full(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX).saturating_mul(FULL)
    }

    /// What is sealed: the sheet as JSON without white space, its keys in the order of this type.
    fn sealed_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts, numbers and dates can be written as JSON")
    }
}

/// How a sheet is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SealKind {
    /// With a key.
    #[serde(rename = "HMAC-SHA-256")]
    Hmac,
    /// Without one: shows damage alone.
    #[serde(rename = "SHA-256")]
    Digest,
}

/// A sheet with its seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The sheet.
    pub sheet: Sheet,
    /// How it is sealed.
    pub seal: SealKind,
    /// The seal, in hex.
    pub digest: String,
}

impl Signed {
    /// Seals `sheet`.
    pub fn new(sheet: Sheet, key: Option<&SheetKey>) -> Self {
        let bytes = sheet.sealed_bytes();
        let (seal, digest) = match key {
            Some(key) => (SealKind::Hmac, key.seal(&bytes)),
            None => (SealKind::Digest, hex(digest(&SHA256, &bytes).as_ref())),
        };
        Self { sheet, seal, digest }
    }

    /// Reads a sheet as [`to_json`](Self::to_json) writes it.
    pub fn parse(path: &Path, text: &str) -> Result<Self, TrainError> {
        serde_json::from_str(text)
            .map_err(|error| TrainError::NoSheet { path: path.to_owned(), reason: error.to_string() })
    }

    /// Whether the seal fits; a sheet that was sealed with a key needs that key.
    pub fn verify(&self, key: Option<&SheetKey>) -> Result<(), TrainError> {
        let fits = match (self.seal, key) {
            (SealKind::Hmac, None) => return Err(TrainError::KeyNeeded),
            (SealKind::Digest, Some(_)) => return Err(TrainError::NotSealedWithKey),
            (SealKind::Hmac, Some(key)) => key.fits(&self.sheet.sealed_bytes(), &self.digest),
            (SealKind::Digest, None) => Self::new(self.sheet.clone(), None).digest == self.digest,
        };
        if fits { Ok(()) } else { Err(TrainError::Forged) }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use edge502_scenario::Library;
    use time::macros::datetime;

    use super::*;
    use crate::{Curriculum, Terms};

    fn sheet(trainee: &str) -> Sheet {
        let library = Library::built_in().unwrap();
        let began = datetime!(2031-03-05 12:00 UTC);
        let exercise = Curriculum::new(&library).find("certificate/expired").unwrap().open(Seed::new(1));
        let attempt = Attempt::new(Arc::new(exercise), Terms::default(), began);
        let rows = vec![Row::of(&attempt, Some(10), began + time::Duration::minutes(5))];
        Sheet {
            course: "First week".to_owned(),
            trainee: trainee.to_owned(),
            seed: Seed::new(4711),
            program: "edge502 0.0.0".to_owned(),
            began,
            ended: began + time::Duration::minutes(5),
            minutes: None,
            rows,
        }
    }

    #[test]
    fn a_seal_fits_its_own_sheet_and_key_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("class.key");
        let key = SheetKey::create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(SheetKey::create(&path).is_err(), "a key is not written over");
        let other = SheetKey::create(&directory.path().join("other.key")).unwrap();
        let signed = Signed::new(sheet("A. Kim"), Some(&key));
        let read = Signed::parse(&path, &signed.to_json()).unwrap();
        read.verify(Some(&SheetKey::read(&path).unwrap())).unwrap();
        assert!(matches!(read.verify(Some(&other)), Err(TrainError::Forged)));
        assert!(matches!(read.verify(None), Err(TrainError::KeyNeeded)));
        let mut forged = read.clone();
        forged.sheet.rows[0].record.score = 100;
        assert!(matches!(forged.verify(Some(&key)), Err(TrainError::Forged)));
        let mut replaced = Signed::new(forged.sheet.clone(), None);
        assert!(matches!(replaced.verify(Some(&key)), Err(TrainError::NotSealedWithKey)));
        replaced.seal = SealKind::Hmac;
        assert!(matches!(replaced.verify(Some(&key)), Err(TrainError::Forged)));
    }

    #[test]
    fn without_a_key_it_shows_damage() {
        let mut signed = Signed::new(sheet("A. Kim"), None);
        signed.verify(None).unwrap();
        signed.sheet.trainee.push('x');
        assert!(matches!(signed.verify(None), Err(TrainError::Forged)));
        let refused = Signed::parse(Path::new("x.json"), "{}").unwrap_err().to_string();
        assert!(refused.contains("x.json"), "{refused}");
    }

    #[test]
    fn every_form_has_the_name_the_points_and_the_seal() {
        let signed = Signed::new(sheet("=cmd|<b>\"A\", *Kim*"), None);
        let (html, csv) = (signed.to_html(), signed.to_csv());
        for form in SheetForm::ALL {
            let text = signed.write(form);
            assert!(text.contains(&signed.digest) && text.contains("4711"), "{text}");
        }
        assert!(!html.contains("<b>") && html.contains("&lt;b&gt;"), "{html}");
        assert!(html.contains("<table>") && html.contains("default-src 'none'"), "{html}");
        assert!(csv.contains("\"'=cmd|<b>\"\"A\"\", *Kim*\""), "{csv}");
    }
}
