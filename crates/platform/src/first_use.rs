//! A value that is created on first use.

use crate::error::{Error, Result};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// A value that is created on first use, and kept.
///
/// Callers that ask while the value is being created share that attempt, including its failure: ten tests that wait for
/// a service that does not answer wait for it once. A failure is not kept, so the next caller tries again.
#[derive(Debug)]
pub struct FirstUse<T> {
    value: OnceLock<T>,
    failures: AtomicU64,
    last_failure: Mutex<Option<Error>>,
}

impl<T> Default for FirstUse<T> {
    fn default() -> Self {
        Self { value: OnceLock::new(), failures: AtomicU64::new(0), last_failure: Mutex::new(None) }
    }
}

impl<T> FirstUse<T> {
    /// Returns the value, if it exists.
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// Returns the value; `make` creates it if it does not exist.
    pub async fn get_or_make(&self, make: impl Future<Output = Result<T>>) -> Result<&T> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let failures = self.failures.load(Ordering::SeqCst);
        let mut last_failure = self.last_failure.lock().await;
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        if let Some(error) = last_failure.as_ref().filter(|_| self.failures.load(Ordering::SeqCst) > failures) {
            return Err(error.clone());
        }
        match make.await {
            Ok(value) => Ok(self.value.get_or_init(|| value)),
            Err(error) => {
                *last_failure = Some(error.clone());
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::AtomicU32;

    /// Asks eight times at once for a value that takes a moment to create; `tries` counts the attempts.
    async fn ask(value: &FirstUse<u32>, tries: &AtomicU32, makes: Result<u32>) -> Vec<Option<u32>> {
        let asked = (0..8).map(|_| {
            let makes = makes.clone();
            async {
                let make = async {
                    tries.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    makes
                };
                value.get_or_make(make).await.ok().copied()
            }
        });
        join_all(asked).await
    }

    #[tokio::test]
    async fn those_who_ask_at_once_share_an_attempt() {
        let (value, tries) = (FirstUse::default(), AtomicU32::new(0));
        let down = || Err(Error::Unavailable { service: "x", reason: "y".to_owned() });
        assert_eq!(ask(&value, &tries, down()).await, [None; 8]);
        assert_eq!(tries.load(Ordering::SeqCst), 1, "all wait for the same attempt");
        assert_eq!(ask(&value, &tries, Ok(7)).await, [Some(7); 8], "a failure is not kept");
        assert_eq!(tries.load(Ordering::SeqCst), 2);
        assert_eq!(ask(&value, &tries, down()).await, [Some(7); 8], "a value is kept");
        assert_eq!(tries.load(Ordering::SeqCst), 2);
    }
}
