//! Quartiles, and limits.

use std::fmt;

/// Lower quartile, median, upper quartile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quartiles(pub(crate) [f64; 3]);

impl Quartiles {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self([0.25, 0.5, 0.75].map(|share| at(&values, share)))
    }

    pub(crate) fn median(self) -> f64 {
        self.0[1]
    }
}

impl fmt::Display for Quartiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(1);
        let [low, middle, high] = self.0.map(|value| format!("{value:.digits$}"));
        let text = format!("{low} / {middle} / {high}");
        // Not `pad`, which takes the precision for a length.
        write!(f, "{text:width$}", width = f.width().unwrap_or_default())
    }
}

/// The value that this share of the `sorted` ones does not exceed.
pub(crate) fn at(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[index]
}

/// What became of a limit.
pub(crate) fn word(kept: bool) -> &'static str {
    if kept { "kept" } else { "MISSED" }
}
