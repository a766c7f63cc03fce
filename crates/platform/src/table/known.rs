//! What this process read or stored a moment ago and what cannot change: a connection is there, or it is not; a job that
//! has its verdict stays as it is. So a client that sends one command after the other is looked up once in a while and
//! not for each, and a list that is read again and again reads only the jobs that still change.
//!
//! A connection that another process deletes is known here for a little longer. The gateway delivers nothing from a
//! connection that is closed, and this process forgets at once what it deletes itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Values by key. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Known<K, V> {
    shared: Arc<Shared<K, V>>,
}

#[derive(Debug)]
struct Shared<K, V> {
    by_key: Mutex<HashMap<K, (V, Instant)>>,
    lasts: Duration,
    most: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Known<K, V> {
    /// Knows a value as long as it `lasts`, and no more than this many. Beyond it, the older half is forgotten.
    pub fn new(lasts: Duration, most: usize) -> Self {
        Self { shared: Arc::new(Shared { by_key: Mutex::default(), lasts, most }) }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        let known = self.lock();
        let (value, since) = known.get(key)?;
        (since.elapsed() < self.shared.lasts).then(|| value.clone())
    }

    pub fn note(&self, key: &K, value: &V) {
        let mut known = self.lock();
        if known.len() >= self.shared.most {
            forget_older_half(&mut known);
        }
        known.insert(key.clone(), (value.clone(), Instant::now()));
    }

    pub fn forget(&self, key: &K) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, (V, Instant)>> {
        self.shared.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_older_half<K: Eq + Hash + Clone, V>(known: &mut HashMap<K, (V, Instant)>) {
    let mut by_age: Vec<(Instant, K)> = known.iter().map(|(key, (_, since))| (*since, key.clone())).collect();
    let half = by_age.len() / 2;
    by_age.select_nth_unstable_by_key(half, |(since, _)| *since);
    for (_, key) in by_age.drain(..=half) {
        known.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const MOMENT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_value_is_known_for_a_while_and_not_after_it_was_forgotten() {
        let known = Known::new(MOMENT, 8);
        known.note(&"one", &1);
        known.note(&"other", &2);
        known.forget(&"other");
        assert_eq!((known.get(&"one"), known.get(&"other")), (Some(1), None));
        advance(MOMENT).await;
        assert_eq!(known.get(&"one"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_known_and_the_oldest_are_forgotten_first() {
        let known = Known::new(MOMENT, 8);
        for number in 0..100 {
            known.note(&number, &number);
            advance(Duration::from_millis(1)).await;
            assert!(known.lock().len() <= 8);
            assert_eq!(known.get(&number), Some(number));
        }
        assert_eq!(known.get(&97), Some(97));
        assert_eq!(known.get(&0), None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_place_is_enough() {
        let known = Known::new(MOMENT, 1);
        known.note(&1, &1);
        known.note(&2, &2);
        assert_eq!((known.get(&1), known.get(&2), known.lock().len()), (None, Some(2), 1));
    }
}
