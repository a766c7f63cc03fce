//! The relay: pushes what workers send of the topics that many connections watch.

use super::SETTLE_TIMEOUT;
use super::lanes::{Lanes, Line};
use super::news::{self, News};
use super::pace::{Load, Pace, Way};
use super::topic::MOST_WAITING;
use crate::response;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use stepcast_platform::{Error, Platform, relay};
use stepcast_protocol::limits::FRAME_BYTES;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The longest time that a reception waits, for its watchers and for its pushes to fit into the budget. The function has
/// a time limit.
const LONGEST: Duration = Duration::from_secs(15);

/// Handles the messages of the relay's queue: one per process.
pub struct Relay {
    platform: Platform,
    lanes: Lanes,
    pace: Pace,
}

/// What came of one topic.
#[derive(Default)]
struct Received {
    interval: Duration,
    news: Vec<News>,
}

impl Relay {
    /// Creates a relay with the budget that the platform has for it.
    pub fn new(platform: Platform) -> Self {
        let pace = Pace::of_relay(platform.relay.as_ref().map_or(platform.pushes_per_s, |relay| relay.pushes_per_s));
        Self { lanes: Lanes::new(platform.clone(), pace.clone()), pace, platform }
    }

    /// Pushes what these messages have, a push to each watcher of a topic if it fits into one. Returns when the budget
    /// allows the next pushes, because the next messages come then. Watchers are looked up here and not where the news
    /// come from: one that has joined since then gets them, and the sender gives it what was before.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let begun = Instant::now();
        let mut topics: BTreeMap<String, Received> = BTreeMap::new();
        let mut topic_of = BTreeMap::new();
        for (number, message) in event.records.iter().enumerate() {
            match read(message) {
                Ok((topic, received)) => {
                    topic_of.insert(number, topic.clone());
                    topics.entry(topic).or_default().add(received);
                }
                // It would be no better the next time.
                Err(error) => {
                    tracing::error!(message = message.message_id, %error, "A message has no news for the relay");
                }
            }
        }
        let unreached = self.push(topics, begun).await;
        let failed = topic_of.iter().filter(|(_, topic)| unreached.contains(*topic));
        response::failed(failed.filter_map(|(number, _)| event.records.get(*number)))
    }

    /// Pushes news. Returns the topics whose watchers could not be read.
    async fn push(&self, topics: BTreeMap<String, Received>, begun: Instant) -> BTreeSet<String> {
        let lists = join_all(topics.keys().map(|topic| self.platform.table.watchers(topic))).await;
        let mut unreached = BTreeSet::new();
        let mut served = Vec::new();
        for ((topic, received), list) in topics.into_iter().zip(lists) {
            match list {
                Ok(watchers) => served.push((Line::from(topic), received, watchers)),
                Err(error) => {
                    tracing::warn!(topic, %error, "The relay could not read a list of watchers; its news come again");
                    unreached.insert(topic);
                }
            }
        }
        let pushes: usize = served.iter().map(|(_, received, watchers)| received.messages() * watchers.len()).sum();
        // As if each push were a watcher's only one.
        let load = Load { way: Way::Direct, watchers: u32::try_from(pushes).unwrap_or(u32::MAX) };
        self.pace.change(Load::default(), load);
        let interval = self.pace.interval(Way::Direct);
        for (topic, received, _) in &mut served {
            let interval = interval.max(received.interval);
            received.news.splice(..0, news::pace(topic, interval, &self.platform.clock));
        }
        // No connection gets more at a time than may wait for it: it would be sent the whole state instead.
        while served.iter().any(|(_, received, _)| !received.news.is_empty()) {
            for (topic, received, watchers) in &mut served {
                news::push(&self.lanes, topic, &received.next(), watchers);
                let until = (begun + LONGEST).min(Instant::now() + SETTLE_TIMEOUT);
                if timeout_at(until, self.lanes.settle()).await.is_err() {
                    tracing::info!("Some watchers were not reached in time");
                }
            }
        }
        sleep_until(begun + interval.min(LONGEST)).await;
        self.pace.change(load, Load::default());
        unreached
    }
}

impl Received {
    fn add(&mut self, more: Self) {
        self.interval = self.interval.max(more.interval);
        self.news.extend(more.news);
    }

    /// How many messages it takes to push all of it, about.
    fn messages(&self) -> usize {
        let bytes: usize = self.news.iter().map(|news| news.line.len() + 1).sum();
        bytes.div_ceil(FRAME_BYTES)
    }

    /// Takes the news that are pushed next.
    fn next(&mut self) -> Vec<News> {
        let mut bytes = 0;
        let fitting = self.news.iter().take_while(|news| {
            bytes += news.line.len() + 1;
            bytes <= MOST_WAITING
        });
        let count = fitting.count().max(1).min(self.news.len());
        self.news.drain(..count).collect()
    }
}

fn read(message: &SqsMessage) -> Result<(String, Received), Error> {
    let relay::News { topic, interval, lines } = relay::News::unpack(message.body.as_deref().unwrap_or_default())?;
    Ok((topic, Received { interval, news: lines.iter().map(|line| News::of_line(line)).collect() }))
}
