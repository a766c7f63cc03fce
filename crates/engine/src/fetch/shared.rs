//! Shares answers among the tests of a job, so that a page that many tests look at is requested once.
//!
//! The first test that wants a page requests it; other tests wait for its answer. The memory is bounded, and the oldest
//! answers go first.

use super::{FetchRequest, Response};
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// Most bytes of bodies that are kept, for all jobs of the process.
const KEPT_BYTES: usize = 32 * 1024 * 1024;
/// Most requests whose answer is kept.
const KEPT: usize = 1_000;
/// Largest body that is kept.
const LARGEST: usize = 4 * 1024 * 1024;

/// The place for an answer; holds nothing if the answer must not be shared.
pub type Place = Arc<OnceCell<Option<Response>>>;

/// All answers, by request.
#[derive(Default)]
pub struct Shared {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_request: HashMap<String, Place>,
    /// Oldest first
    order: VecDeque<String>,
    bytes: usize,
}

impl Shared {
    /// The place for the answer to a request of a job.
    pub fn place(&self, job: &str, request: &FetchRequest) -> Place {
        let FetchRequest { url, timeout, headers, follow, network, .. } = request;
        let asked = format!("{job}\n{url}\n{timeout:?}\n{headers:?}\n{follow:?}\n{:?}", network.key());
        let mut kept = self.lock();
        if let Some(place) = kept.by_request.get(&asked) {
            return Arc::clone(place);
        }
        kept.make_room(KEPT - 1, KEPT_BYTES);
        kept.order.push_back(asked.clone());
        Arc::clone(kept.by_request.entry(asked).or_default())
    }

    /// Counts an answer that was just kept, unless its place was dropped before the answer arrived: then the bytes
    /// would never be subtracted again.
    pub fn count(&self, place: &Place) {
        let mut kept = self.lock();
        if kept.by_request.values().any(|held| Arc::ptr_eq(held, place)) {
            kept.bytes += size(place);
            kept.make_room(KEPT, KEPT_BYTES);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn make_room(&mut self, most: usize, bytes: usize) {
        while self.order.len() > most || self.bytes > bytes {
            let Some(place) = self.order.pop_front().and_then(|oldest| self.by_request.remove(&oldest)) else { return };
            self.bytes = self.bytes.saturating_sub(size(&place));
        }
    }
}

fn size(place: &Place) -> usize {
    place.get().and_then(Option::as_ref).map_or(0, bytes_of)
}

fn bytes_of(answer: &Response) -> usize {
    answer.body.len() + answer.certificate.as_ref().map_or(0, Bytes::len)
}

/// Whether an answer is good and small enough to be kept. A later request may succeed where this one failed.
pub fn may_be_kept(answer: &Response) -> bool {
    (answer.status.is_success() || answer.status.is_redirection()) && answer.body.len() <= LARGEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, Method, StatusCode, Version};
    use std::time::Duration;

    fn request(path: usize) -> FetchRequest {
        let url = format!("http://h.example/{path}").parse().expect("an address");
        FetchRequest::new(Method::GET, url, Duration::from_secs(1))
    }

    async fn keep(shared: &Shared, path: usize, bytes: usize) {
        let answer = Response {
            status: StatusCode::OK,
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
            url: request(path).url,
            redirects: Vec::new(),
            body: vec![0; bytes].into(),
            elapsed: Duration::ZERO,
            certificate: None,
            requests: Arc::default(),
            traceparent: None,
        };
        let place = shared.place("job", &request(path));
        place.get_or_init(|| async { Some(answer) }).await;
        shared.count(&place);
    }

    #[tokio::test]
    async fn the_oldest_goes_first() {
        let shared = Shared::default();
        for path in 0..10 {
            keep(&shared, path, LARGEST).await;
        }
        assert_eq!(shared.lock().bytes, KEPT_BYTES);
        assert!(shared.place("job", &request(1)).get().is_none(), "it had to go");
        assert!(shared.place("job", &request(9)).get().is_some());
        assert!(shared.place("other", &request(9)).get().is_none(), "another job asks for itself");
    }

    #[tokio::test]
    async fn what_had_to_go_before_it_came_is_not_counted() {
        let shared = Shared::default();
        let slow = shared.place("job", &request(0));
        for path in 1..=KEPT {
            shared.place("job", &request(path));
        }
        keep(&shared, KEPT, 7).await;
        let answer = shared.place("job", &request(KEPT)).get().cloned().flatten();
        slow.get_or_init(|| async { answer }).await;
        shared.count(&slow);
        assert_eq!(shared.lock().bytes, 7);
    }

    #[test]
    fn no_more_than_so_many_are_kept() {
        let shared = Shared::default();
        for path in 0..2 * KEPT {
            shared.place("job", &request(path));
        }
        assert_eq!(shared.lock().by_request.len(), KEPT);
    }
}
