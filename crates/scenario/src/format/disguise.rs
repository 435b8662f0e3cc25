//! The same fault under other names and dates, so that what was learned by heart does not help.

use toml::{Table, Value};

use super::{Scenario, parse};
use crate::error::ScenarioError;
use crate::state::SHOP;

/// Dates further away than this, in days, stay as they are: a lab's authorities do not live much longer.
const FARTHEST: i64 = 900;

/// Other names and dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disguise {
    /// The domain in place of `shop.test`: one label under `.test`.
    pub zone: String,
    /// How far dates of certificates are away, in hundredths of what the file says; 50 to 150 keep their order and sense.
    /// Dates less than two days away stay.
    pub percent: u32,
}

impl Scenario {
    /// This scenario in disguise. Id and cause stay.
    pub fn disguised(&self, disguise: &Disguise) -> Result<Self, ScenarioError> {
        let file = format!("{}.toml", self.id);
        let contradiction = |reason: String| ScenarioError::Contradiction { file: file.clone(), reason };
        let read: Table = toml::from_str(&self.text).map_err(|error| contradiction(error.message().to_owned()))?;
        let mut tables = disguise.table(read);
        tables.insert("zone".to_owned(), disguise.zone.clone().into());
        let text = toml::to_string(&tables).map_err(|error| contradiction(error.to_string()))?;
        parse(&self.id, &file, &text)
    }
}

impl Disguise {
    fn table(&self, table: Table) -> Table {
        table.into_iter().map(|(key, value)| (self.renamed(&key), self.value(&key, value))).collect()
    }

    fn value(&self, key: &str, value: Value) -> Value {
        match value {
            Value::String(date) if ["not_before", "not_after"].contains(&key) => self.moved(&date).into(),
            Value::String(text) => self.renamed(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.value(key, item)).collect::<Vec<_>>().into(),
            Value::Table(table) => Value::Table(self.table(table)),
            other => other,
        }
    }

    /// The text under the other zone; names may be written in any case.
    fn renamed(&self, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        let mut renamed = String::with_capacity(text.len());
        let mut rest = 0;
        for (place, shop) in lower.match_indices(SHOP) {
            renamed.push_str(&text[rest..place]);
            renamed.push_str(&self.zone);
            rest = place + shop.len();
        }
        renamed + &text[rest..]
    }

    /// A date such as `-35d`, farther away or nearer.
    fn moved(&self, date: &str) -> String {
        let days = date.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
        match days.filter(|days| (2..=FARTHEST).contains(&days.abs())) {
            Some(days) => format!("{:+}d", days.signum() * (days.abs() * i64::from(self.percent) / 100).max(2)),
            None => date.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_dates_change_and_nothing_else() {
        let text = r#"
title = "The certificate of origin.shop.test has expired"
cause = "certificate-expired"
story = "x"
origin.certificate = { not_after = "-35d", not_before = "-1d", names = ["*.Shop.TEST"] }
dns.zone = { "origin.shop.test" = "A 203.0.113.10" }
expect.status = 502
"#;
        let disguise = Disguise { zone: "maple-tea.test".to_owned(), percent: 120 };
        let disguised = parse("a/b", "f", text).unwrap().disguised(&disguise).unwrap();
        assert_eq!(disguised.title, "The certificate of origin.maple-tea.test has expired");
        assert!(
            !disguised.text.to_lowercase().contains("shop.test") && disguised.text.contains("-42d"),
            "{}",
            disguised.text
        );
        assert!(disguised.text.contains("-1d"), "{}", disguised.text);
        for step in &disguised.steps {
            assert_eq!(step.state.request.host, "www.maple-tea.test");
            assert_eq!(step.state.distribution.domain_name, "origin.maple-tea.test");
            assert_eq!(step.state.standby.name, "standby.maple-tea.test");
        }
        let nonsense = Disguise { zone: "a b".to_owned(), percent: 100 };
        assert!(parse("a/b", "f", text).unwrap().disguised(&nonsense).is_err());
    }
}
