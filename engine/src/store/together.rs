//! Look-ups that are asked together: while one statement runs, others queue; the next statement asks for all that have queued.
//!
//! Remembers nothing: what is answered was asked after it was wanted. Waits for no timer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::StoreError;

/// Most look-ups of one statement.
const MAX_TOGETHER: usize = 128;

/// What looks up many things of a kind by one statement.
pub(super) trait LookUp: Send {
    /// By what things are looked up.
    type Key: std::fmt::Debug + Clone + Send + Sync;
    /// What is found.
    type Found: std::fmt::Debug + Send;

    /// Looks all of them up; what is found is in their order.
    fn all(
        &mut self,
        wanted: &[Self::Key],
    ) -> impl Future<Output = Result<Vec<Self::Found>, StoreError>> + Send;
}

/// Somebody who waits, and for what.
#[derive(Debug)]
struct Waiting<L: LookUp> {
    wanted: L::Key,
    answer: oneshot::Sender<Result<L::Found, StoreError>>,
}

/// Look-ups of one kind.
#[derive(Debug)]
pub(super) struct Together<L: LookUp> {
    waiting: Mutex<Vec<Waiting<L>>>,
    turn: tokio::sync::Mutex<L>,
}

impl<L: LookUp> Together<L> {
    pub(super) fn new(look_up: L) -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::new(look_up) }
    }

    /// Looks something up.
    pub(super) async fn one(&self, wanted: L::Key) -> Result<L::Found, StoreError> {
        loop {
            let (answer, mut answered) = oneshot::channel();
            self.waiting().push(Waiting { wanted: wanted.clone(), answer });
            tokio::select! {
                biased;
                found = &mut answered => if let Ok(found) = found {
                    return found;
                },
                mut look_up = self.turn.lock() => {
                    while answered.is_empty() && self.ask(&mut look_up).await {}
                    if let Ok(found) = answered.try_recv() {
                        return found;
                    }
                }
            }
            // Whoever asked for it went away before it was answered.
        }
    }

    /// Asks for those that wait, and returns whether there were any.
    async fn ask(&self, look_up: &mut L) -> bool {
        let waiting: Vec<_> = {
            let mut waiting = self.waiting();
            let together = waiting.len().min(MAX_TOGETHER);
            waiting.drain(..together).collect()
        };
        if waiting.is_empty() {
            return false;
        }
        let wanted: Vec<_> = waiting.iter().map(|waiting| waiting.wanted.clone()).collect();
        match look_up.all(&wanted).await {
            Ok(found) => {
                for (waiting, found) in waiting.into_iter().zip(found) {
                    // Nobody may wait for it any more.
                    let _ = waiting.answer.send(Ok(found));
                }
            }
            Err(error) => {
                for waiting in waiting {
                    let _ = waiting.answer.send(Err(error.clone()));
                }
            }
        }
        true
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<L>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    /// Doubles numbers; says how many it was asked for at once.
    #[derive(Debug, Default)]
    struct Double(Arc<Mutex<Vec<usize>>>);

    impl LookUp for Double {
        type Key = u32;
        type Found = u32;

        async fn all(&mut self, wanted: &[u32]) -> Result<Vec<u32>, StoreError> {
            self.0.lock().unwrap().push(wanted.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
            if wanted.contains(&13) {
                return Err(StoreError::Busy);
            }
            Ok(wanted.iter().map(|number| number * 2).collect())
        }
    }

    fn doubles() -> (Arc<Together<Double>>, Arc<Mutex<Vec<usize>>>) {
        let asked = Arc::default();
        (Arc::new(Together::new(Double(Arc::clone(&asked)))), asked)
    }

    #[tokio::test]
    async fn what_is_wanted_meanwhile_is_asked_by_one_statement_and_each_gets_its_own() {
        let (doubles, asked) = doubles();
        let asking: Vec<_> = (100..400)
            .map(|number| {
                let doubles = Arc::clone(&doubles);
                tokio::spawn(async move { (number, doubles.one(number).await.unwrap()) })
            })
            .collect();
        for one in asking {
            let (number, found) = one.await.unwrap();
            assert_eq!(found, number * 2);
        }
        let asked = asked.lock().unwrap().clone();
        assert!(asked.len() <= 5, "{asked:?}");
        assert_eq!(asked.iter().sum::<usize>(), 300);
        assert!(asked.iter().all(|together| *together <= MAX_TOGETHER), "{asked:?}");
    }

    #[tokio::test]
    async fn one_that_fails_is_told_and_the_next_is_asked_anew() {
        let (doubles, asked) = doubles();
        assert!(matches!(doubles.one(13).await, Err(StoreError::Busy)));
        assert_eq!(doubles.one(4).await.unwrap(), 8);
        assert_eq!(*asked.lock().unwrap(), [1, 1]);
    }

    #[tokio::test]
    async fn whoever_goes_away_while_asking_leaves_nobody_waiting() {
        let (doubles, _) = doubles();
        let asking = Arc::clone(&doubles);
        let gone = tokio::spawn(async move { asking.one(1).await });
        tokio::time::sleep(Duration::from_millis(1)).await;
        let waits = Arc::clone(&doubles);
        let waiting = tokio::spawn(async move { waits.one(2).await });
        tokio::time::sleep(Duration::from_millis(1)).await;
        gone.abort();
        assert_eq!(waiting.await.unwrap().unwrap(), 4);
    }
}
