//! Chance that can be repeated: the same seed draws the same exercise with the same choices, on every machine and with
//! every version of every library.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// A number from which everything drawn follows. Any 32 bits; short enough to be read out to a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(u32);

impl Seed {
    /// This seed.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// A seed nobody can foresee. Fails only if the system has no random numbers.
    pub fn fresh() -> Result<Self, TrainError> {
        getrandom::u32().map(Self).map_err(|error| TrainError::NoRandomness(error.to_string()))
    }

    /// A number that looks random and follows from seed and `label` alone: HMAC-SHA-256 (RFC 2104), the first 64 bits.
    pub fn draw(self, label: &str) -> u64 {
        let tag = sign(&Key::new(HMAC_SHA256, &self.0.to_be_bytes()), label.as_bytes());
        tag.as_ref().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// One of `0..count`.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn pick(self, label: &str, count: usize) -> usize {
        let place = self.draw(label) % u64::try_from(count).expect("a count of things in memory has at most 64 bits");
        usize::try_from(place).expect("it is less than a count of things in memory")
    }

    /// `items` in an order that follows from the seed and from what `name` calls each of them.
    pub fn shuffled<T>(self, mut items: Vec<T>, name: impl Fn(&T) -> String) -> Vec<T> {
        items.sort_by_cached_key(|item| {
            let name = name(item);
            (self.draw(&name), name)
        });
        items
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Seed {
    type Err = TrainError;

    fn from_str(text: &str) -> Result<Self, TrainError> {
        text.parse().map(Self).map_err(|_| TrainError::Seed { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_follows_from_the_seed_forever() {
        assert_eq!(Seed::new(4711).draw("remedy 1"), 583_340_466_048_963_841);
        assert_eq!(Seed::new(4711).shuffled((0..5).collect(), ToString::to_string), [1, 2, 4, 3, 0]);
        assert_ne!(Seed::new(1).draw("x"), Seed::new(2).draw("x"));
    }

    #[test]
    fn every_place_is_picked_now_and_then() {
        let picked: std::collections::BTreeSet<usize> = (0..200).map(|seed| Seed::new(seed).pick("x", 7)).collect();
        assert_eq!(picked.len(), 7);
    }

    #[test]
    fn a_seed_is_written_as_a_number() {
        assert_eq!("4711".parse::<Seed>().unwrap().to_string(), "4711");
        for text in ["", "-1", "x", "4294967296"] {
            let refused = text.parse::<Seed>().unwrap_err().to_string();
            assert!(refused.contains("4294967295"), "{refused}");
        }
    }
}
