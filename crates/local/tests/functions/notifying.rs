//! Webhooks are notified when a suite breaks or recovers: once, whichever process dies, and of nothing else.

use crate::world::{World, batch, failed, id};
use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use std::time::Duration;
use stepcast_platform::Work;
use stepcast_platform::webhooks::{WebhooksSource, parse};
use stepcast_protocol::JobId;
use stepcast_tests::Receiver;

const MINUTE: Duration = Duration::from_mins(1);

async fn world(webhooks: Value) -> World {
    World::start_with_webhooks(WebhooksSource::Given(parse(&webhooks.to_string()).expect("webhooks"))).await
}

fn signed(receiver: &Receiver) -> Value {
    json!({ "url": receiver.url, "secret": Receiver::KEY })
}

/// The id of a job; later jobs have larger numbers.
fn numbered(number: u32) -> JobId {
    id(&format!("0190b2a0-0000-7000-8000-{number:012}"))
}

/// Returns a test that passes or fails.
fn page(world: &World, passes: bool) -> Value {
    let status = if passes { 200 } else { 500 };
    json!({ "name": "Home", "get": format!("{}/page", world.site), "expect": [{ "status": status }] })
}

/// Runs a job to its verdict, and returns the messages that report what it was for its suite.
async fn run(world: &World, job: u32, passes: bool) -> Vec<Work> {
    let page = page(world, passes);
    run_as(world, job, &[], &[], page).await
}

async fn run_as(world: &World, job: u32, labels: &[(&str, &str)], tags: &[&str], test: Value) -> Vec<Work> {
    world.store_as(numbered(job).as_str(), labels, tags, &[test]).await;
    let worker = world.worker();
    let plan = Work::Plan { job: numbered(job) };
    assert!(failed(&Box::pin(worker.handle(batch(&[plan]), None)).await).is_empty());
    let test = Work::Batch { job: numbered(job), plan: 1, batch: 0 };
    assert!(failed(&Box::pin(worker.handle(batch(&[test]), None)).await).is_empty());
    notifications(world).await
}

async fn notifications(world: &World) -> Vec<Work> {
    world.queued().await.into_iter().filter(|work| matches!(work, Work::Notify { .. })).collect()
}

/// Passes these messages to a worker, and checks that it deletes them with any outcome.
async fn deliver(world: &World, work: &[Work]) {
    let worker = world.worker();
    assert!(failed(&Box::pin(worker.handle(batch(work), None)).await).is_empty());
}

/// Runs the reaper and returns the notifications that it queues.
async fn reaped(world: &World) -> Vec<Work> {
    // Boxed, like the others here: a test that calls this many times has a copy for each on its stack.
    Box::pin(world.worker().reaper().reap()).await;
    notifications(world).await
}

#[tokio::test]
async fn a_suite_breaks_stays_broken_and_recovers() {
    let receiver = Receiver::start().await;
    let world = world(json!([signed(&receiver)])).await;
    assert_eq!(run(&world, 1, true).await, [], "the first ever that passes is no news");
    deliver(&world, &run(&world, 2, false).await).await;
    let posted = receiver.posted();
    assert_eq!(posted.len(), 1);
    let broke = posted[0].json();
    assert_eq!((&broke["type"], &broke["data"]["verdict"]), (&json!("suite.broke"), &json!("failed")));
    assert_eq!(broke["timestamp"], "2027-01-15T08:00:00.000Z");
    assert_eq!(broke["data"]["url"], format!("https://stepcast.example/#/jobs/{}", numbered(2)));
    assert_eq!(
        broke["data"]["failures"][0]["message"],
        format!("GET {}/page: status equals 500: expected 500, found 200", world.site)
    );
    assert_eq!(posted[0].header("webhook-id"), format!("msg_{}", numbered(2)));
    assert_eq!(posted[0].header("webhook-timestamp"), "1800000000");
    let content = format!("msg_{}.1800000000.{}", numbered(2), posted[0].body);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(&Receiver::KEY[6..]).expect("base64"));
    let signature = BASE64_STANDARD.encode(hmac::sign(&key, content.as_bytes()));
    assert_eq!(posted[0].header("webhook-signature"), format!("v1,{signature}"));

    assert_eq!(run(&world, 3, false).await, [], "it is broken as before");
    deliver(&world, &run(&world, 4, true).await).await;
    let posted = receiver.posted();
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0].json()["type"], "suite.recovered");
    assert_eq!(posted[0].json()["data"]["failures"], json!([]));
    world.wait(MINUTE * 600);
    assert_eq!(reaped(&world).await, [], "no notification is left");
}

#[tokio::test]
async fn doubled_messages_workers_and_reapers_notify_once() {
    let receiver = Receiver::start().await;
    let world = world(json!([signed(&receiver)])).await;
    let lost = run(&world, 1, false).await;
    assert_eq!(lost.len(), 1);
    // The message is lost, and a second worker that looks at the job sends no other.
    let again = Work::Batch { job: numbered(1), plan: 1, batch: 0 };
    deliver(&world, &[again.clone(), again]).await;
    assert_eq!(reaped(&world).await, [], "it may still be on its way");
    world.wait(MINUTE);
    let (one, other) = (world.worker(), world.worker());
    let (one, other) = (one.reaper(), other.reaper());
    tokio::join!(one.reap(), other.reap());
    let queued = notifications(&world).await;
    assert_eq!(queued.len(), 1, "two reapers");
    let doubled = [lost, queued].concat();
    tokio::join!(deliver(&world, &doubled), deliver(&world, &doubled));
    assert_eq!(receiver.posted().len(), 1);
}

#[tokio::test]
async fn a_failing_webhook_is_retried_and_the_others_are_notified_once() {
    let (down, up) = (Receiver::start().await, Receiver::start().await);
    down.answers(&[500, 429]);
    let world = world(json!([signed(&down), signed(&up)])).await;
    let first = run(&world, 1, false).await;
    deliver(&world, &first).await;
    assert_eq!((down.posted().len(), up.posted().len()), (1, 1));
    deliver(&world, &first).await;
    assert_eq!((reaped(&world).await, down.posted().len()), (Vec::new(), 0), "not yet");

    world.wait(MINUTE / 2);
    deliver(&world, &reaped(&world).await).await;
    let second = down.posted();
    assert_eq!((second.len(), up.posted().len()), (1, 0));
    world.wait(MINUTE * 9);
    assert_eq!(reaped(&world).await, [], "it asked to be left alone for ten minutes");
    world.wait(MINUTE);
    deliver(&world, &reaped(&world).await).await;
    let third = down.posted();
    assert_eq!((third.len(), up.posted().len()), (1, 0));
    assert_eq!(second[0].header("webhook-id"), third[0].header("webhook-id"), "by which it knows a try again");
    assert_eq!(second[0].body, third[0].body);
    world.wait(MINUTE * 600);
    assert_eq!(reaped(&world).await, []);
}

#[tokio::test]
async fn a_webhook_receives_broke_before_recovered() {
    let (down, up) = (Receiver::start().await, Receiver::start().await);
    down.answers(&[500, 500]);
    let world = world(json!([signed(&down), signed(&up)])).await;
    deliver(&world, &run(&world, 1, false).await).await;
    deliver(&world, &run(&world, 2, true).await).await;
    deliver(&world, &run(&world, 3, false).await).await;
    let types = |receiver: &Receiver| {
        let posted = receiver.posted();
        posted.iter().map(|posted| posted.json()["type"].clone()).collect::<Vec<_>>()
    };
    let all = ["suite.broke", "suite.recovered", "suite.broke"];
    assert_eq!(types(&up), all, "the others do not wait");
    assert_eq!(types(&down), ["suite.broke"], "and it is down");
    for _ in 0..10 {
        world.wait(MINUTE);
        deliver(&world, &reaped(&world).await).await;
    }
    assert_eq!(types(&down), ["suite.broke", "suite.broke", "suite.recovered", "suite.broke"]);
    assert_eq!(types(&up), [""; 0]);
    assert_eq!(world.platform().table.notifications_to_queue().await.expect("the table"), []);
}

#[tokio::test]
async fn another_worker_takes_over_from_one_that_dies_while_it_notifies() {
    let receiver = Receiver::start().await;
    let world = world(json!([signed(&receiver)])).await;
    let message = run(&world, 1, false).await;
    let held = world.platform().table.claim_notification(&numbered(1), MINUTE).await.expect("the table");
    assert!(held.is_some(), "the worker that will be silent");
    deliver(&world, &message).await;
    assert_eq!(receiver.posted().len(), 0, "it may still post");
    world.wait(MINUTE);
    deliver(&world, &reaped(&world).await).await;
    assert_eq!(receiver.posted().len(), 1);
}

#[tokio::test]
async fn a_webhook_that_refuses_is_not_retried_and_retries_end() {
    let (refusing, silent) = (Receiver::start().await, Receiver::start().await);
    refusing.answers(&[410]);
    silent.answers(&[500; 100]);
    let world = world(json!([signed(&refusing), signed(&silent)])).await;
    deliver(&world, &run(&world, 1, false).await).await;
    for _ in 0..48 {
        world.wait(MINUTE * 10);
        deliver(&world, &reaped(&world).await).await;
    }
    assert_eq!((refusing.posted().len(), silent.posted().len()), (1, 13));
    assert_eq!(world.platform().table.notifications_to_queue().await.expect("the table"), []);
}

#[tokio::test]
async fn late_and_unknown_results_change_nothing() {
    let receiver = Receiver::start().await;
    let world = world(json!([signed(&receiver)])).await;
    assert_eq!(run(&world, 2, true).await, []);
    assert_eq!(run(&world, 1, false).await, [], "an older job that ends later");
    let nothing =
        json!({ "name": "Nothing", "skip": true, "get": "http://unset.invalid", "expect": [{ "status": 200 }] });
    assert_eq!(run_as(&world, 3, &[], &[], nothing).await, [], "nothing was tested");
    assert_eq!(run(&world, 4, false).await.len(), 1);
}

#[tokio::test]
async fn branches_and_parts_of_a_suite_stand_for_themselves() {
    let receiver = Receiver::start().await;
    let world = world(json!([signed(&receiver)])).await;
    let broken = page(&world, false);
    let mut smoke = page(&world, true);
    smoke["tags"] = json!(["smoke"]);
    let broke = run_as(&world, 1, &[("branch", "main")], &[], broken.clone()).await;
    assert_eq!(broke.len(), 1);
    deliver(&world, &broke).await;
    assert_eq!(run_as(&world, 2, &[("branch", "topic")], &[], broken.clone()).await.len(), 1, "another branch");
    assert_eq!(run_as(&world, 3, &[("branch", "main")], &["smoke"], smoke).await, [], "a part is not all of it");
    assert_eq!(run_as(&world, 4, &[("branch", "main"), ("commit", "c1")], &[], broken).await, []);
    let passes = page(&world, true);
    deliver(&world, &run_as(&world, 5, &[("branch", "main")], &[], passes).await).await;
    let notification = receiver.posted()[1].json();
    assert_eq!((&notification["type"], &notification["data"]["branch"]), (&json!("suite.recovered"), &json!("main")));
}

#[tokio::test]
async fn only_webhooks_that_select_a_suite_are_notified() {
    let (wants, other) = (Receiver::start().await, Receiver::start().await);
    let with = |receiver, suites: &[&str]| {
        let mut webhook = signed(receiver);
        webhook["suites"] = json!(suites);
        webhook
    };
    let world = world(json!([with(&wants, &["Exam*"]), with(&other, &["Shop *"])])).await;
    deliver(&world, &run(&world, 1, false).await).await;
    assert_eq!((wants.posted().len(), other.posted().len()), (1, 0));
}

#[tokio::test]
async fn without_webhooks_no_notification_is_stored() {
    let world = world(json!([])).await;
    assert_eq!(run(&world, 1, false).await, []);
    world.wait(MINUTE);
    assert_eq!(world.platform().table.notifications_to_queue().await.expect("the table"), []);
}

#[tokio::test]
async fn a_chat_message_names_the_failure_and_no_secret_or_mention() {
    let receiver = Receiver::start().await;
    let world = world(json!([{ "url": receiver.url, "format": "slack" }])).await;
    let mut test = page(&world, true);
    test["name"] = json!("<!channel> Terms & conditions");
    test["expect"] = json!([{ "body": { "contains": "${secret.key}" } }]);
    deliver(&world, &run_as(&world, 1, &[("branch", "main")], &[], test).await).await;
    let posted = receiver.posted().remove(0);
    assert_eq!(posted.header("webhook-signature"), "");
    let text = posted.json()["text"].as_str().expect("a text").replace(&world.site, "http://site");
    insta::assert_snapshot!(text, @r#"
    :red_circle: *Example* broke on `main`
    1 failed of 1 test
    • failed *&lt;!channel&gt; Terms &amp; conditions* GET http://site/page: body contains "***": expected something containing "***", found "a page"
    <https://stepcast.example/#/jobs/0190b2a0-0000-7000-8000-000000000001|Look at the job>
    "#);
}
