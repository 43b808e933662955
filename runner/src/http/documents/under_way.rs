//! How many uploads are under way: each is an open file for as long as its sender takes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use annona_engine::recorded::Hash;

use crate::http::problem::Problem;

/// Most uploads under way at once.
const MAX_UPLOADS: usize = 256;
/// Most of them by one sender, so that no sender can keep out the others.
const MAX_OF_ONE: usize = 32;
/// How long a client waits at least until it tries again.
const AGAIN: Duration = Duration::from_secs(1);

/// The uploads under way. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct UnderWay(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_sender: HashMap<Hash, usize>,
}

/// An upload under way.
#[derive(Debug)]
pub(super) struct Upload {
    counts: Arc<Mutex<Counts>>,
    sender: Hash,
}

impl UnderWay {
    /// Counts an upload until the value is dropped.
    ///
    /// # Errors
    ///
    /// Returns the [`Problem`] `too_many` if its sender has as many as may be, `overloaded` if all together have.
    pub(super) fn begin(&self, sender: Hash) -> Result<Upload, Problem> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = counts.by_sender.get(&sender).copied().unwrap_or_default();
        if of_one >= MAX_OF_ONE {
            let detail = format!("{of_one} of your uploads are under way");
            return Err(Problem::new("too_many", detail).retry_after(AGAIN));
        }
        if counts.all >= MAX_UPLOADS {
            let detail = format!("{MAX_UPLOADS} uploads are under way");
            return Err(Problem::new("overloaded", detail).retry_after(AGAIN));
        }
        counts.all += 1;
        counts.by_sender.insert(sender, of_one + 1);
        Ok(Upload { counts: Arc::clone(&self.0), sender })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        if let Some(of_one) = counts.by_sender.get_mut(&self.sender) {
            *of_one -= 1;
            if *of_one == 0 {
                counts.by_sender.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(number: usize) -> Hash {
        Hash([u8::try_from(number).unwrap(); 32])
    }

    #[test]
    fn one_sender_cannot_keep_out_another_and_all_together_are_bounded() {
        let under_way = UnderWay::default();
        let mut open: Vec<Upload> =
            (0..MAX_OF_ONE).map(|_| under_way.begin(sender(0)).unwrap()).collect();
        assert_eq!(under_way.begin(sender(0)).unwrap_err().code, "too_many");
        open.extend(
            (MAX_OF_ONE..MAX_UPLOADS).map(|it| under_way.begin(sender(it / MAX_OF_ONE)).unwrap()),
        );
        assert_eq!(under_way.begin(sender(200)).unwrap_err().code, "overloaded");
        open.remove(0);
        let _one = under_way.begin(sender(0)).unwrap();
    }

    #[test]
    fn what_has_ended_leaves_nothing_behind() {
        let under_way = UnderWay::default();
        drop(under_way.begin(sender(1)).unwrap());
        let counts = under_way.0.lock().unwrap();
        assert_eq!((counts.all, counts.by_sender.len()), (0, 0));
    }
}
