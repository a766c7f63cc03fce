//! What many connections watch is pushed by one relay for all workers.

use crate::world::{JOB, World, batch, failed, id, planning, test, worker};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use stepcast_local::queue::{NewMessage, QueueAttributes};
use stepcast_platform::config::RelayConfig;
use stepcast_platform::relay::RELAYED_FROM;
use stepcast_platform::table::{topic_feed, topic_job};
use stepcast_platform::{Config, Platform};
use stepcast_protocol::command::{Detail, Level};
use stepcast_protocol::{Verdict, frame};
use stepcast_worker::{Relay, Worker};

const QUEUE: &str = "relay";

/// A character that no message of SQS may have.
const FORBIDDEN: char = '\u{fffe}';

/// A deployment with a relay.
struct Relayed {
    world: World,
    platform: Platform,
}

impl Relayed {
    /// Stores a job of these tests that this many connections watch, and plans it.
    async fn start(watchers: usize, tests: &dyn Fn(&World) -> Vec<Value>) -> Self {
        Self::with_pushes(10_000, watchers, tests).await
    }

    async fn with_pushes(pushes_per_s: u32, watchers: usize, tests: &dyn Fn(&World) -> Vec<Value>) -> Self {
        let world = World::start().await;
        world.services.queue.create_queue(QUEUE, QueueAttributes::default()).await.expect("a queue");
        let (service, _) = world.config().queue_url.rsplit_once('/').expect("an address");
        let relay = Some(RelayConfig { url: format!("{service}/{QUEUE}"), pushes_per_s });
        let config = Config { relay, pushes_per_s, ..world.config().clone() };
        let platform = Platform::connect(&config, world.clock_ahead(Duration::ZERO)).await;
        world.store(&tests(&world)).await;
        // Three batches.
        let planner = worker(Platform { workers: 3, ..platform.clone() });
        assert!(failed(&planner.handle(batch(&[planning()]), None).await).is_empty());
        let relayed = Self { world, platform };
        for watcher in names(watchers) {
            relayed.watch(&watcher, &Detail::default()).await;
        }
        relayed
    }

    fn worker(&self) -> Worker {
        worker(self.platform.clone())
    }

    fn relay(&self) -> Relay {
        Relay::new(self.platform.clone())
    }

    async fn watch(&self, watcher: &str, detail: &Detail) {
        self.platform.table.watch(&topic_job(&id(JOB)), &id(watcher), detail).await.expect("watched");
    }

    /// Lets a worker of its own run each of the three batches, all at once.
    async fn run(&self) {
        let handled =
            join_all((0..3).map(|number| async move { self.worker().handle(batch(&[test(number)]), None).await }));
        assert!(handled.await.iter().all(|response| failed(response).is_empty()));
        assert_eq!(self.world.job().await.verdict, Some(Verdict::Passed));
    }

    /// Returns how many messages wait for the relay.
    async fn waiting(&self) -> usize {
        self.world.services.queue.visible(QUEUE, 100).await.expect("the queue")
    }

    /// Gives a relay the messages that wait, as the event source mapping does. Returns how many receptions it took.
    async fn relay_all(&self) -> usize {
        let relay = self.relay();
        for reception in 0.. {
            let event = self.receive().await;
            if event.records.is_empty() {
                return reception;
            }
            let response = relay.handle(event).await;
            assert!(failed(&response).is_empty());
        }
        unreachable!("the queue is never empty")
    }

    async fn receive(&self) -> SqsEvent {
        let messages = self.world.services.queue.take(QUEUE, 10, None).await.expect("the queue");
        let mut event = SqsEvent::default();
        event.records = messages.into_iter().map(|message| message_of(&message.body)).collect();
        event
    }
}

/// Waits until a connection has heard of the end of this many tests and of the verdict. A push that took too long comes
/// again after the relay has returned.
async fn heard_whole(world: &World, watcher: &str, tests: u64) -> Vec<Value> {
    let is_whole = |heard: &[Value]| ended(heard).len() as u64 == tests && count(heard, "job.finished") > 0;
    world.hears_all(watcher, is_whole).await.unwrap_or_else(|| panic!("{watcher} does not hear everything"))
}

fn message_of(body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some("a message".to_owned());
    message.body = Some(body.to_owned());
    message
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("watcher-{number}")).collect()
}

/// Thirty tests of one request each.
fn pages(world: &World) -> Vec<Value> {
    let page = |number| json!({ "name": format!("Page {number}"), "get": format!("{}/page", world.site) });
    let check = |mut test: Value| {
        test["expect"] = json!([{ "status": 200 }]);
        test
    };
    (0..30).map(page).map(check).collect()
}

/// Three tests, each of which waits for a while between its steps.
fn long(world: &World) -> Vec<Value> {
    let step = json!({ "get": format!("{}/page", world.site), "wait": "100ms", "expect": [{ "status": 200 }] });
    (0..3).map(|number| json!({ "name": format!("Page {number}"), "steps": vec![step.clone(); 15] })).collect()
}

/// Returns the tests whose end a connection heard of.
fn ended(heard: &[Value]) -> BTreeSet<u64> {
    let ends = heard.iter().filter(|event| event["type"] == "test.finished");
    ends.map(|event| event["test"].as_u64().expect("a number")).collect()
}

fn count(heard: &[Value], kind: &str) -> usize {
    heard.iter().filter(|event| event["type"] == kind).count()
}

#[tokio::test]
async fn one_relay_pushes_for_all_workers() {
    let relayed = Relayed::start(RELAYED_FROM, &pages).await;
    relayed.watch("brief", &Detail::of(Level::Job)).await;
    relayed.run().await;
    let watchers = names(RELAYED_FROM);
    assert!(watchers.iter().all(|watcher| relayed.world.pushes_to(watcher) == 0), "the workers push nothing");

    let receptions = relayed.relay_all().await;
    for watcher in &watchers {
        let heard = heard_whole(&relayed.world, watcher, 30).await;
        assert_eq!((count(&heard, "step.finished"), count(&heard, "job.finished")), (30, 1), "{watcher}");
        assert_eq!(count(&heard, "pace"), 0, "{watcher} gets news as they come");
        // A push has 32 KB; the events of all workers travel together.
        let lines: Vec<String> = heard.iter().map(Value::to_string).collect();
        let fitting = frame::pack(lines).len() + receptions - 1;
        assert!(relayed.world.pushes_to(watcher) <= fitting, "{watcher}: {}", relayed.world.pushes_to(watcher));
    }
    let brief = heard_whole(&relayed.world, "brief", 0).await;
    assert_eq!(count(&brief, "step.finished"), 0);
}

#[tokio::test]
async fn few_watchers_need_no_relay() {
    let relayed = Relayed::start(RELAYED_FROM - 1, &pages).await;
    relayed.run().await;
    assert_eq!(relayed.waiting().await, 0);
    for watcher in names(RELAYED_FROM - 1) {
        heard_whole(&relayed.world, &watcher, 30).await;
    }
}

#[tokio::test]
async fn a_worker_pushes_what_the_relay_s_queue_does_not_take() {
    let relayed = Relayed::start(RELAYED_FROM, &pages).await;
    relayed.world.refusals.refuse("SendMessage", "/relay");
    relayed.run().await;
    for watcher in names(RELAYED_FROM) {
        heard_whole(&relayed.world, &watcher, 30).await;
    }
}

#[tokio::test]
async fn who_joins_while_a_test_runs_gets_its_state_at_once() {
    let never = |world: &World| {
        let get = format!("{}/never", world.site);
        vec![json!({ "name": "Never", "get": get, "timeout": "2s", "expect": [{ "status": 200 }] })]
    };
    let relayed = Relayed::start(RELAYED_FROM, &never).await;
    let worker = relayed.worker();
    let joined = async {
        while relayed.waiting().await == 0 {
            tokio::task::yield_now().await;
        }
        relayed.watch("joiner", &Detail::default()).await;
        let running = |event: &Value| event["type"] == "test.state" && event["steps"][0]["step"] == 0;
        relayed.world.hears("joiner", running).await.expect("the state");
    };
    let (response, ()) = tokio::join!(worker.handle(batch(&[test(0)]), None), joined);
    assert!(failed(&response).is_empty());
    // What the worker sent before reaches it as well, in any order.
    relayed.relay_all().await;
    let is_told = |heard: &[Value]| ended(heard) == BTreeSet::from([0]);
    relayed.world.hears_all("joiner", is_told).await.expect("the end of the test");
}

#[tokio::test]
async fn workers_send_less_often_while_the_relay_is_behind() {
    let relayed = Relayed::start(RELAYED_FROM, &long).await;
    for number in 0..30 {
        let message = NewMessage::new(format!("a message of another job, {number}"));
        relayed.world.services.queue.send(QUEUE, message).await.expect("sent");
    }
    relayed.run().await;
    // Each of three workers sends its first news and its last.
    let sent = relayed.waiting().await - 30;
    assert!(sent <= 9, "{sent} messages");
    relayed.relay_all().await;
    for watcher in names(RELAYED_FROM) {
        let heard = heard_whole(&relayed.world, &watcher, 3).await;
        assert_eq!((count(&heard, "step.finished"), count(&heard, "job.finished")), (45, 1), "{watcher}");
    }
}

#[tokio::test]
async fn watchers_learn_that_their_news_are_collected() {
    // Each push to all takes more than a second of the budget.
    let relayed = Relayed::with_pushes(40, RELAYED_FROM, &pages).await;
    relayed.run().await;
    relayed.relay_all().await;
    for watcher in names(RELAYED_FROM) {
        let heard = heard_whole(&relayed.world, &watcher, 30).await;
        let pace = heard.first().expect("news");
        assert_eq!((&pace["type"], &pace["job"]), (&json!("pace"), &json!(JOB)), "{watcher}");
        // One push to each of 50 takes 1.25 s, and there may be several.
        assert!(pace["every_ms"].as_u64().is_some_and(|every| every >= 1_250), "{watcher}: {pace}");
    }
}

#[tokio::test]
async fn what_a_handler_publishes_to_many_goes_to_the_relay() {
    let relayed = Relayed::start(RELAYED_FROM, &pages).await;
    let comment = json!({ "type": "comment", "job": JOB, "principal": "ci", "text": FORBIDDEN.to_string() });
    relayed.platform.publish(&topic_job(&id(JOB)), &comment.to_string()).await.expect("published");
    assert_eq!(relayed.world.heard(), [Value::Null; 0]);
    relayed.relay_all().await;
    for watcher in names(RELAYED_FROM) {
        let heard = relayed.world.hears_all(&watcher, |heard| !heard.is_empty()).await.expect("a comment");
        assert_eq!((heard.len(), &heard[0]["text"]), (1, &comment["text"]), "{watcher}");
    }
}

/// As much as several workers send at once, and more than may wait for one connection.
#[tokio::test]
async fn a_lot_at_once_is_pushed_piece_by_piece() {
    let relayed = Relayed::start(RELAYED_FROM, &pages).await;
    let comment =
        |number| json!({ "type": "comment", "job": JOB, "principal": "ci", "text": format!("{number:>1000}") });
    let lines: Vec<String> = (0..320).map(|number| comment(number).to_string()).collect();
    let relay = relayed.platform.relay.as_ref().expect("a relay");
    for some in lines.chunks(40) {
        relay.send(&topic_job(&id(JOB)), Duration::ZERO, some).await.expect("sent");
    }
    assert_eq!(relayed.relay_all().await, 1);
    for watcher in names(RELAYED_FROM) {
        let is_whole = |heard: &[Value]| count(heard, "comment") == lines.len();
        let heard = relayed.world.hears_all(&watcher, is_whole).await.expect("everything");
        assert_eq!(count(&heard, "job.state"), 0, "{watcher}");
    }
}

#[tokio::test]
async fn the_watchers_of_all_jobs_are_served_by_the_relay_too() {
    let relayed = Relayed::start(0, &pages).await;
    let watchers = names(RELAYED_FROM);
    for watcher in &watchers {
        relayed.platform.table.watch(&topic_feed(), &id(watcher), &Detail::default()).await.expect("watched");
    }
    relayed.run().await;
    relayed.relay_all().await;
    for watcher in &watchers {
        let heard = heard_whole(&relayed.world, watcher, 0).await;
        assert_eq!(count(&heard, "test.finished"), 0, "{watcher}");
    }
}

fn answers(response: &SqsBatchResponse) -> usize {
    response.batch_item_failures.len()
}

#[tokio::test]
async fn news_whose_watchers_cannot_be_read_come_again() {
    let relayed = Relayed::start(RELAYED_FROM, &pages).await;
    relayed.run().await;
    let event = relayed.receive().await;
    let relay = relayed.relay();
    relayed.world.refusals.refuse("Query", "WATCH#");
    assert_eq!(answers(&relay.handle(event.clone()).await), event.records.len());
    relayed.world.refusals.end();
    assert_eq!(answers(&relay.handle(event).await), 0);
    // A slow worker sends more messages than one reception has.
    relayed.relay_all().await;
    heard_whole(&relayed.world, "watcher-0", 30).await;
}

#[tokio::test]
async fn what_a_relay_that_dies_had_comes_again() {
    let relayed = Relayed::start(RELAYED_FROM, &pages).await;
    relayed.run().await;
    let event = relayed.receive().await;
    let dies = relayed.relay();
    // As if its process had been killed once the first watcher has got something.
    tokio::select! {
        response = dies.handle(event.clone()) => panic!("it lives: {response:?}"),
        () = async {
            while relayed.world.heard().is_empty() {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    assert_eq!(answers(&relayed.relay().handle(event).await), 0);
    relayed.relay_all().await;
    for watcher in names(RELAYED_FROM) {
        heard_whole(&relayed.world, &watcher, 30).await;
    }
}

#[tokio::test]
async fn what_is_no_news_is_dropped_and_holds_up_nothing() {
    let relayed = Relayed::start(RELAYED_FROM, &pages).await;
    relayed.run().await;
    let mut event = relayed.receive().await;
    event.records.insert(0, message_of("not news"));
    event.records.push(message_of(""));
    assert_eq!(answers(&relayed.relay().handle(event).await), 0);
    relayed.relay_all().await;
    heard_whole(&relayed.world, "watcher-0", 30).await;
}
