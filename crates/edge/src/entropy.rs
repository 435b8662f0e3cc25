//! Where request ids and edge server names get their random bytes.
//!
//! Behind a trait so that a test, or a golden page, can fix them.

/// A source of random bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Overwrites `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's random numbers. The default.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has random numbers");
    }
}

/// The same byte again and again: every request gets the same id.
#[derive(Debug, Clone, Copy)]
pub struct FixedEntropy(pub u8);

impl Entropy for FixedEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}
