//! Progress: the events this process sends to watchers.
//!
//! Publishing never waits. An update goes to its topic's pump, and from there into a lane for each connection. If many
//! connections watch a topic and the deployment has a relay, it goes to the relay instead, whose lanes serve all
//! workers.

mod lanes;
mod news;
mod pace;
mod relay;
mod topic;

pub use relay::Relay;
pub(crate) use topic::{Key, Update, Whole};

use lanes::Lanes;
use pace::Pace;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_platform::Platform;
use topic::Topic;

/// How long a function waits for its watchers before it returns. What is not delivered by then belongs to
/// connections that hang; their clients read the state when they connect again.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(2);

/// All topics and lanes of this process.
#[derive(Clone)]
pub(crate) struct Progress {
    platform: Platform,
    lanes: Lanes,
    pace: Pace,
    topics: Arc<Mutex<HashMap<String, Arc<Topic>>>>,
}

impl Progress {
    pub fn new(platform: Platform) -> Self {
        let pace = Pace::of_process(&platform);
        Self { lanes: Lanes::new(platform.clone(), pace.clone()), pace, platform, topics: Arc::default() }
    }

    /// Publishes updates to all watchers of `topic`.
    pub fn publish(&self, topic: &str, updates: Vec<Update>) {
        let mut topics = self.lock();
        let topic = topics.entry(topic.to_owned()).or_insert_with(|| Arc::new(Topic::new(topic))).clone();
        // Under the lock of all topics, so that this one is not removed as idle before it has the updates.
        if topic.add(updates) {
            let all = self.clone();
            tokio::spawn(async move {
                topic.pump(&all.platform, &all.lanes, &all.pace).await;
                all.lock().retain(|_, topic| !topic.is_idle());
            });
        }
    }

    /// Notes that no more updates about `key` will follow.
    pub fn end(&self, topic: &str, key: &Key) {
        if let Some(topic) = self.lock().get(topic) {
            topic.end(key);
        }
    }

    /// Waits until the updates of these topics are delivered to every client that reads. A function calls this before
    /// it returns: anything undelivered is lost when Lambda freezes the function.
    pub async fn settle(&self, topics: impl IntoIterator<Item = &str>) {
        let found: Vec<_> = {
            let known = self.lock();
            topics.into_iter().filter_map(|topic| known.get(topic).cloned()).collect()
        };
        let settled = tokio::time::timeout(SETTLE_TIMEOUT, async {
            for topic in found {
                topic.settle().await;
            }
            self.lanes.settle().await;
        });
        if settled.await.is_err() {
            tracing::info!("Some watchers were not reached in time");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Topic>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
