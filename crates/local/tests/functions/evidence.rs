//! What tests sent and received is stored before their results, which do not depend on that.

use crate::world::{World, batch, failed, planning, serve, test};
use axum::Router;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stepcast_platform::Error;
use stepcast_protocol::Outcome;
use stepcast_protocol::exchange::{AttemptEvidence, StepEvidence};
use stepcast_protocol::state::StepState;
use stepcast_worker::Worker;

fn failing(site: &str, name: &str) -> Value {
    json!({ "name": name, "get": format!("{site}/page"), "expect": [{ "status": 404 }] })
}

/// Runs the tests of the world's job, and returns how each ended with the evidence of its step.
async fn run(world: &World, worker: &Worker, count: u32) -> Vec<(Option<Outcome>, Option<StepEvidence>)> {
    worker.handle(batch(&[planning()]), None).await;
    for number in 0..count {
        assert!(failed(&worker.handle(batch(&[test(number)]), None).await).is_empty());
    }
    let evidence = |steps: &str| serde_json::from_str::<Vec<StepState>>(steps).expect("steps").remove(0).evidence;
    let tests = world.tests().await;
    tests.iter().map(|test| (test.outcome, evidence(test.steps.as_deref().expect("steps")))).collect()
}

/// A store that answers everything like this, and how often it was asked.
async fn store_that(answers: StatusCode) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let answer = move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::ready(answers)
    };
    (serve(|_| Router::new().fallback(answer)).await, asked)
}

#[tokio::test]
async fn a_stored_attempt_is_what_its_result_names() {
    let world = World::start().await;
    world.store(&[failing(&world.site, "Wrong")]).await;
    let ended = run(&world, &world.worker(), 1).await;
    let (Some(Outcome::Failed), Some(StepEvidence { id: Some(id), problem: None })) = &ended[0] else {
        panic!("it failed and was kept: {ended:?}")
    };
    let store = world.platform().evidence.expect("a store");
    let record = store.get(id).await.expect("the store").expect("the record");
    let record: AttemptEvidence = serde_json::from_slice(&record).expect("JSON");
    let answer = record.steps[0].exchanges[0].answer.as_ref().expect("an answer");
    let body = answer.body.as_ref().and_then(|body| body.sha256.as_ref()).expect("a body");
    assert_eq!(store.get(body).await.expect("the store").expect("the body"), &b"a page"[..]);
    assert_eq!(store.get(&"0".repeat(64)).await.expect("the store"), None);
}

#[tokio::test]
async fn a_damaged_object_is_not_shown() {
    let world = World::start().await;
    world.store(&[failing(&world.site, "Wrong")]).await;
    let ended = run(&world, &world.worker(), 1).await;
    let id = ended[0].1.as_ref().and_then(|evidence| evidence.id.clone()).expect("it was kept");
    world.damage(&id);
    let store = world.platform().evidence.expect("a store");
    assert!(matches!(store.get(&id).await, Err(Error::Unreadable { what: "evidence", .. })));
}

#[tokio::test]
async fn a_result_counts_whatever_happens_to_the_store() {
    let hangs = serve(|_| Router::new().fallback(std::future::pending::<StatusCode>)).await;
    for (what, store) in [
        ("down", "http://127.0.0.1:9".to_owned()),
        ("silent", hangs),
        ("forbidden", store_that(StatusCode::FORBIDDEN).await.0),
        ("full", store_that(StatusCode::INSUFFICIENT_STORAGE).await.0),
        ("busy", store_that(StatusCode::SERVICE_UNAVAILABLE).await.0),
    ] {
        let world = World::start().await;
        world.store(&[failing(&world.site, "Wrong")]).await;
        let ended = run(&world, &world.worker_storing_at(store).await, 1).await;
        let (Some(Outcome::Failed), Some(StepEvidence { id: None, problem: Some(problem) })) = &ended[0] else {
            panic!("{what}: it failed, and nothing was kept: {ended:?}")
        };
        assert_eq!(problem, "it could not be stored: the store for evidence failed", "{what}");
    }
}

#[tokio::test]
async fn a_store_that_failed_is_left_alone_for_a_while() {
    let world = World::start().await;
    world.store(&[failing(&world.site, "One"), failing(&world.site, "Two"), failing(&world.site, "Three")]).await;
    let (store, asked) = store_that(StatusCode::FORBIDDEN).await;
    let worker = world.worker_storing_at(store).await;
    worker.handle(batch(&[planning()]), None).await;
    worker.handle(batch(&[test(0)]), None).await;
    let first = asked.load(Ordering::SeqCst);
    assert!(first > 0);
    worker.handle(batch(&[test(1)]), None).await;
    assert_eq!(asked.load(Ordering::SeqCst), first, "it is not asked again at once");
    world.wait(Duration::from_secs(31));
    worker.handle(batch(&[test(2)]), None).await;
    assert!(asked.load(Ordering::SeqCst) > first, "but later");
}

#[tokio::test]
async fn what_did_not_change_is_stored_once_a_day() {
    let world = World::start().await;
    let tests: Vec<Value> = (0..5).map(|number| failing(&world.site, &format!("Test {number}"))).collect();
    world.store(&tests).await;
    let (front, writes) = counting_writes(&world).await;
    let worker = world.worker_storing_at(front.clone()).await;
    worker.handle(batch(&[planning()]), None).await;
    for number in 0..3 {
        worker.handle(batch(&[test(number)]), None).await;
    }
    assert_eq!(writes.load(Ordering::SeqCst), 4, "three records and one page");
    world.date_evidence();
    world.worker_storing_at(front).await.handle(batch(&[test(3)]), None).await;
    assert_eq!(writes.load(Ordering::SeqCst), 5, "another process uses the page again");
    // It is removed 30 days after its own day, which would be before the next job expires.
    world.wait(Duration::from_hours(24));
    worker.handle(batch(&[test(4)]), None).await;
    assert_eq!(writes.load(Ordering::SeqCst), 7, "the next day it is stored again");
}

/// The objects of the world behind a server that counts what is written.
async fn counting_writes(world: &World) -> (String, Arc<AtomicUsize>) {
    let objects = world.config().endpoints.as_ref().expect("addresses").objects.clone();
    let writes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&writes);
    let front = serve(move |_| {
        Router::new().fallback(move |request: axum::extract::Request| {
            if request.method() == http::Method::PUT {
                count.fetch_add(1, Ordering::SeqCst);
            }
            forward(objects.clone(), request)
        })
    })
    .await;
    (front, writes)
}

async fn forward(objects: String, request: axum::extract::Request) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a request");
    let client = reqwest::Client::new();
    let path = parts.uri.path_and_query().expect("a path").to_string();
    let mut headers = parts.headers;
    headers.remove("host");
    let sent = client.request(parts.method, format!("{objects}{path}")).headers(headers).body(body).send();
    let answer = sent.await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = axum::response::Response::new(axum::body::Body::from(answer.bytes().await.expect("a body")));
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}
