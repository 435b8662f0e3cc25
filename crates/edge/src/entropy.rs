//! Where request ids and edge server names get their random bytes.
//!
//! Behind a trait so that a test, or a golden page, can fix them.

use std::cell::RefCell;

/// A source of random bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Overwrites `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's random numbers. The default.
///
/// They are fetched in stocks, one for each thread: a system call for every id would cost more than the rest of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

/// Bytes fetched at once.
const STOCK: usize = 4_096;

/// Random bytes of which each is given away once.
struct Stock {
    bytes: [u8; STOCK],
    /// How many are left, at the front.
    left: usize,
}

thread_local! {
    static OWN: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; STOCK], left: 0 }) };
}

impl Stock {
    fn give(&mut self, wanted: &mut [u8]) {
        if wanted.len() > STOCK {
            return from_system(wanted);
        }
        if self.left < wanted.len() {
            from_system(&mut self.bytes);
            self.left = STOCK;
        }
        self.left -= wanted.len();
        wanted.copy_from_slice(&self.bytes[self.left..][..wanted.len()]);
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        OWN.with_borrow_mut(|own| own.give(bytes));
    }
}

fn from_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has random numbers");
}

/// The same byte again and again: every request gets the same id.
#[derive(Debug, Clone, Copy)]
pub struct FixedEntropy(pub u8);

impl Entropy for FixedEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_byte_of_a_stock_is_given_away_twice() {
        let mut ids = HashSet::new();
        for _ in 0..3 * STOCK / 40 {
            let mut id = [0; 40];
            SystemEntropy.fill(&mut id);
            assert!(ids.insert(id[..20].to_vec()) && ids.insert(id[20..].to_vec()));
        }
        let mut long = [0; 2 * STOCK];
        SystemEntropy.fill(&mut long);
        assert!(long[STOCK..].iter().any(|byte| *byte != 0));
    }
}
