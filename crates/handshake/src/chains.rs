//! Served chains that were read before.
//!
//! An origin sends the same certificates in every handshake, and reading them is most of the work of a verdict. What a
//! certificate says depends on its bytes alone, so it is read once; dates and paths are judged anew each time.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use edge502_rules::chain::ServedChain;
use lru::LruCache;

/// How many chains are kept; those that were served least recently go first.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not zero");
/// Longer chains are read each time, so that hostile ones do not fill the memory.
const BYTES: usize = 32 * 1024;

/// The chains by their bytes.
pub(crate) struct Chains(Mutex<LruCache<Vec<Vec<u8>>, Arc<ServedChain>>>);

impl Chains {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }

    /// The chain of these certificates, in wire order.
    pub(crate) fn read(&self, served: &[Vec<u8>]) -> Arc<ServedChain> {
        // What is kept is always whole, so a panic elsewhere cannot have left it half changed.
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = known().get(served) {
            return Arc::clone(chain);
        }
        let chain = Arc::new(ServedChain::parse(served.to_vec()));
        if served.iter().map(Vec::len).sum::<usize>() <= BYTES {
            known().put(served.to_vec(), Arc::clone(&chain));
        }
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_read_once_and_a_changed_one_anew() {
        let lab = edge502_pki::Lab::new(time::macros::datetime!(2026-06-01 12:00 UTC)).unwrap();
        let served: Vec<Vec<u8>> = vec![lab.root_der().to_vec(), vec![0x30, 0]];
        let chains = Chains::new();
        let first = chains.read(&served);
        assert_eq!(*first, ServedChain::parse(served.clone()));
        assert!(Arc::ptr_eq(&first, &chains.read(&served)));
        assert_eq!(chains.read(&served[1..]).members().len(), 1);
        let long = vec![vec![0; BYTES + 1]];
        assert!(!Arc::ptr_eq(&chains.read(&long), &chains.read(&long)), "not kept");
    }
}
