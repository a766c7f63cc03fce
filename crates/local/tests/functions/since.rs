//! What changed since a test last passed: its answers are kept from time to time, and those of a failure are compared
//! with them. Its result does not depend on that.

use crate::world::{World, batch, failed, id, serve};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepcast_platform::Work;
use stepcast_platform::table::TestRecord;
use stepcast_protocol::Outcome;
use stepcast_protocol::exchange::AttemptEvidence;
use stepcast_protocol::state::{AnswersFrom, Change, StepState};
use stepcast_worker::Worker;

const HOUR: Duration = Duration::from_hours(1);

/// A world with a site whose page is what the test says.
struct Shop {
    world: World,
    worker: Worker,
    page: Arc<Mutex<String>>,
    address: String,
    asked: Arc<AtomicUsize>,
    jobs: AtomicUsize,
}

impl Shop {
    async fn open() -> Self {
        let (page, asked) = (Arc::new(Mutex::new(String::new())), Arc::new(AtomicUsize::new(0)));
        let (shown, count) = (Arc::clone(&page), Arc::clone(&asked));
        let answer = move || {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Html(shown.lock().expect("the page").clone()))
        };
        let address = serve(move |_| Router::new().fallback(answer)).await;
        let world = World::start().await;
        let worker = world.worker();
        Self { world, worker, page, address, asked, jobs: AtomicUsize::new(0) }
    }

    /// Runs a job whose test expects a price of 12.
    async fn run(&self, page: &str) -> TestRecord {
        self.run_as(&[("branch", "main")], json!({}), page).await
    }

    /// Runs it with these labels, and with these fields in its test.
    async fn run_as(&self, labels: &[(&str, &str)], fields: Value, page: &str) -> TestRecord {
        page.clone_into(&mut self.page.lock().expect("the page"));
        let job = format!("0190b2a0-0000-7000-8000-{:012}", self.jobs.fetch_add(1, Ordering::SeqCst) + 1);
        let mut test = json!({
            "name": "Price", "get": format!("{}/shop", self.address), "expect": [{ "css": ".price", "text": "12" }],
        });
        test.as_object_mut().expect("a test").extend(fields.as_object().expect("fields").clone());
        self.world.store_as(&job, labels, &[], &[test]).await;
        for work in [Work::Plan { job: id(&job) }, Work::Batch { job: id(&job), plan: 1, batch: 0 }] {
            assert!(failed(&self.worker.handle(batch(&[work]), None).await).is_empty());
        }
        let table = self.world.platform().table;
        let record = table.job(&id(&job)).await.expect("the table").expect("the job");
        assert!(record.verdict.is_some(), "it has ended");
        table.tests(&record).await.expect("the table").remove(0)
    }

    async fn record(&self, id: &str) -> AttemptEvidence {
        let store = self.world.platform().evidence.expect("a store");
        let record = store.get(id).await.expect("the store").expect("the record");
        serde_json::from_slice(&record).expect("JSON")
    }
}

fn step(test: &TestRecord) -> StepState {
    test.state().steps.remove(0)
}

/// The lines of a result about what changed, and the job they name.
fn told(test: &TestRecord) -> Option<(Vec<String>, String)> {
    step(test).since_passed.map(|since| (since.lines, since.job))
}

const RIGHT: &str = "<h1>Lamp</h1><p class=price>12</p>";
const WRONG: &str = "<h1>Lamp</h1><p class=cost>12</p>";

#[tokio::test]
async fn a_failure_is_compared_with_what_passed() {
    let shop = Shop::open().await;
    assert_eq!(told(&shop.run(WRONG).await), None, "it never passed");
    let passed = shop.run(RIGHT).await;
    assert_eq!((passed.outcome, step(&passed).evidence), (Some(Outcome::Passed), None));
    assert!(passed.baseline.is_some(), "its answer is kept, though no step names it");
    let asked = shop.asked.load(Ordering::SeqCst);
    let failed = shop.run(WRONG).await;
    assert_eq!(shop.asked.load(Ordering::SeqCst), asked + 1, "the site is not asked for a comparison");
    let lines = vec!["`p.price` became `p.cost`".to_owned()];
    assert_eq!(told(&failed), Some((lines, "0190b2a0-0000-7000-8000-000000000002".to_owned())));
    let kept = shop.record(&step(&failed).evidence.and_then(|evidence| evidence.id).expect("it is kept")).await;
    assert_eq!(kept.differences[0].differences[0].before.as_deref(), Some("p.price"));
    let other = shop.run_as(&[("branch", "try")], json!({}), WRONG).await;
    assert_eq!(told(&other), None, "another branch has answers of its own");
    assert_eq!(
        told(&shop.run(WRONG).await).map(|(lines, _)| lines.len()),
        Some(1),
        "a failure changes nothing about it"
    );
}

#[tokio::test]
async fn a_test_that_is_new_on_its_branch_is_compared_with_the_base() {
    let shop = Shop::open().await;
    shop.run(RIGHT).await;
    let labels = [("branch", "7/merge"), ("base", "main")];
    let failed = shop.run_as(&labels, json!({}), WRONG).await;
    let on_main = "0190b2a0-0000-7000-8000-000000000001".to_owned();
    assert_eq!(told(&failed), Some((vec!["`p.price` became `p.cost`".to_owned()], on_main)));
    assert_eq!(failed.change, Some(Change::NewFailure));

    shop.run(WRONG).await;
    let first = shop.run_as(&[("branch", "8/merge"), ("base", "main")], json!({}), WRONG).await;
    assert_eq!(first.change, Some(Change::StillFailing), "it fails on the base too");

    let mended = shop.run_as(&labels, json!({}), "<p class=price>12</p>").await;
    assert_eq!(mended.change, Some(Change::Fixed), "what the branch has of its own counts first");
    let own = mended.baseline.expect("its answer is another one");
    assert_eq!(shop.record(&own.id).await.noise, [], "a branch differs for a reason");
    let again = shop.run_as(&labels, json!({}), WRONG).await;
    let job = told(&again).map(|(_, job)| job);
    assert_eq!(job.as_deref(), Some("0190b2a0-0000-7000-8000-000000000005"), "and so does its answer");
    let unknown = shop.run_as(&[("branch", "9/merge"), ("base", "nowhere")], json!({}), WRONG).await;
    assert_eq!((told(&unknown), unknown.change), (None, Some(Change::NewFailure)));
}

#[tokio::test]
async fn an_answer_is_kept_once_an_hour_and_only_if_it_changed() {
    let shop = Shop::open().await;
    let first = shop.run(RIGHT).await.baseline.expect("the first is kept");
    let other = RIGHT.replace("Lamp", "Light");
    assert_eq!(shop.run(&other).await.baseline, None, "another answer within the hour is not kept");
    shop.world.wait(HOUR);
    assert_eq!(shop.run(RIGHT).await.baseline, None, "the same answer is not kept again");
    let second = shop.run(&other).await.baseline.expect("another one is");
    assert_ne!(first.digest, second.digest);
    let failed = shop.run(&other.replace("price", "cost")).await;
    assert_eq!(told(&failed).expect("a comparison").0, ["`p.price` became `p.cost`"], "with the newest");
    shop.world.wait(HOUR * 23);
    assert_eq!(shop.run(&other).await.baseline, None);
    shop.world.wait(HOUR);
    let again = shop.run(&other).await.baseline.expect("it is kept again before it expires");
    assert_eq!(again.digest, second.digest);
}

#[tokio::test]
async fn what_differs_between_passing_answers_is_learnt() {
    let shop = Shop::open().await;
    let page = |visitors: u32| format!("{RIGHT}<p class=visitors>{visitors} people look at this</p>");
    for visitors in [3, 71, 12] {
        assert!(shop.run(&page(visitors)).await.baseline.is_some());
        shop.world.wait(HOUR);
    }
    let failed = shop.run(&page(5).replace("price", "cost")).await;
    assert_eq!(told(&failed).expect("a comparison").0, ["`p.price` became `p.cost`"]);
    let kept = shop.record(&step(&failed).evidence.and_then(|evidence| evidence.id).expect("it is kept")).await;
    let noise: Vec<&str> = kept.differences[0]
        .differences
        .iter()
        .filter(|difference| difference.is_noise)
        .map(|difference| difference.place.as_str())
        .collect();
    assert!(noise.contains(&"html > body > p.visitors text"), "it is folded, not dropped: {noise:?}");
}

#[tokio::test]
async fn the_suite_says_what_is_kept_of_passing_tests() {
    let shop = Shop::open().await;
    let kept = |test: &TestRecord| (test.baseline.is_some(), step(test).evidence.is_some());
    let none = shop.run_as(&[("branch", "none")], json!({ "evidence": "none" }), RIGHT).await;
    assert_eq!(kept(&none), (false, false));
    let none = shop.run_as(&[("branch", "none")], json!({ "evidence": "none" }), WRONG).await;
    assert_eq!((told(&none), kept(&none)), (None, (false, false)));
    let changes = json!({ "evidence": "changes" });
    assert_eq!(kept(&shop.run_as(&[("branch", "changes")], changes.clone(), RIGHT).await), (true, true));
    assert_eq!(kept(&shop.run_as(&[("branch", "changes")], changes.clone(), RIGHT).await), (false, false));
    shop.world.wait(HOUR);
    assert_eq!(
        kept(&shop.run_as(&[("branch", "changes")], changes.clone(), RIGHT).await),
        (false, false),
        "it did not change"
    );
    assert_eq!(
        kept(&shop.run_as(&[("branch", "changes")], changes, &RIGHT.replace("Lamp", "Light")).await),
        (true, true)
    );
    assert_eq!(kept(&shop.run_as(&[("branch", "all")], json!({ "evidence": "all" }), RIGHT).await), (true, true));
    assert_eq!(kept(&shop.run_as(&[("branch", "all")], json!({ "evidence": "all" }), RIGHT).await), (false, true));
}

#[tokio::test]
async fn a_result_counts_without_what_it_would_be_compared_with() {
    let shop = Shop::open().await;
    let baseline = shop.run(RIGHT).await.baseline.expect("it is kept");
    shop.world.damage(&baseline.id);
    let failed = shop.run(WRONG).await;
    assert_eq!((failed.outcome, told(&failed)), (Some(Outcome::Failed), None));
    assert!(step(&failed).evidence.and_then(|evidence| evidence.id).is_some(), "its own answer is kept");

    let hangs = serve(|_| Router::new().fallback(std::future::pending::<StatusCode>)).await;
    for store in ["http://127.0.0.1:9".to_owned(), hangs] {
        let mut shop = Shop::open().await;
        assert!(shop.run(RIGHT).await.baseline.is_some());
        shop.worker = shop.world.worker_storing_at(store).await;
        let failed = shop.run(WRONG).await;
        assert_eq!((failed.outcome, told(&failed)), (Some(Outcome::Failed), None));
        shop.world.wait(HOUR);
        let passed = shop.run(&RIGHT.replace("Lamp", "Light")).await;
        assert_eq!((passed.outcome, passed.baseline), (Some(Outcome::Passed), None), "nothing was stored");
    }
}

#[tokio::test]
async fn a_result_says_where_and_when_it_ran() {
    let shop = Shop::open().await;
    let test = shop.run(RIGHT).await;
    let ran = test.ran.clone().expect("it ran");
    assert_eq!(ran.worker.len(), 8);
    assert_eq!((ran.after_ms, test.from), (0, None::<AnswersFrom>), "time stands still");
    assert_eq!(test.state().ran, Some(ran));
}
