//! Errors that DynamoDB returns under load and that none of the engines here returns: conflicts, unprocessed batch
//! items, throttling. A scripted service returns them; the table code has to get through.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>

use crate::support::{Services, id, listen, platform, serve};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepcast_platform::table::{Batch, BatchResults, FinishedTest, Lease, NewTest, TestResult};
use stepcast_platform::{Clock, Error, Table};
use stepcast_protocol::command::JobsQuery;
use stepcast_protocol::state::Outcome;

const LEASE: Duration = Duration::from_secs(20);

/// An answer, or the code of an error and what comes with it.
type Answer = Result<Value, Value>;

/// A service that gives these answers one after the other and records its requests.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Script {
    async fn table(answers: impl IntoIterator<Item = Answer>) -> (Table, Self) {
        let script = Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() };
        let (listener, endpoint) = listen().await;
        serve(listener, Router::new().fallback(answer).with_state(script.clone()));
        let services = Services { table_endpoint: endpoint, table: "stepcast".to_owned(), ..Services::default() };
        (platform(services, Clock::system()).await.table, script)
    }

    /// Returns the requests so far, each with its operation.
    fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().expect("a list").clone()
    }
}

async fn answer(State(script): State<Script>, headers: HeaderMap, body: String) -> Response {
    let operation = headers["x-amz-target"].to_str().expect("a name").rsplit('.').next().expect("a name").to_owned();
    script.asked.lock().expect("a list").push((operation, serde_json::from_str(&body).expect("JSON")));
    // The last answer repeats.
    let mut answers = script.answers.lock().expect("a list");
    let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
    match answer.expect("a script") {
        Ok(answer) => answer.to_string().into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

fn cancelled(reasons: &[&str]) -> Answer {
    let reasons: Vec<_> = reasons.iter().map(|code| json!({ "Code": code })).collect();
    let shape = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    Err(json!({ "__type": shape, "Message": "Transaction cancelled", "CancellationReasons": reasons }))
}

fn refused(code: &str) -> Answer {
    Err(json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "not now" }))
}

/// Names a batch of one test.
fn batch(number: u32) -> Batch {
    Batch { job: id("job-1"), plan: 1, number, tests: number..number + 1 }
}

/// Returns the results of some batches of one test each.
fn results(batches: u32) -> Vec<BatchResults> {
    let results = |number| {
        let result = TestResult {
            test: number,
            v: 1,
            outcome: Outcome::Passed,
            duration_ms: 1,
            attempt: 1,
            change: None,
            ran: None,
            from: None,
            baseline: None,
            steps: "[]".to_owned(),
            earlier: None,
        };
        let tests = vec![FinishedTest { result, expected_ms: 0, checks: 1, requests: 1 }];
        BatchResults { lease: Lease { batch: batch(number), number: 1 }, writes: 0, ended: 0, tests }
    };
    (0..batches).map(results).collect()
}

#[tokio::test]
async fn a_transaction_that_met_another_is_sent_again() {
    let conflict = || cancelled(&["None", "TransactionConflict"]);
    let answers = [conflict(), refused("TransactionInProgressException"), conflict(), Ok(json!({}))];
    let (table, script) = Script::table(answers).await;
    assert_eq!(table.count_results(&id("job-1"), 1, results(1)).await.expect("counted in the end"), [0]);
    let asked = script.asked();
    assert_eq!(asked.len(), 4);
    assert!(
        asked.iter().all(|(_, request)| request["TransactItems"] == asked[0].1["TransactItems"]),
        "the same each time"
    );
}

#[tokio::test]
async fn a_condition_that_did_not_hold_decides_though_there_was_a_conflict() {
    let answers = [
        cancelled(&["TransactionConflict", "ConditionalCheckFailed", "None", "None", "None"]),
        cancelled(&["None", "None", "None"]),
        Ok(json!({})),
    ];
    let (table, script) = Script::table(answers).await;
    assert_eq!(table.count_results(&id("job-1"), 1, results(2)).await.expect("counted in the end"), [1]);
    let counts: Vec<_> =
        script.asked().iter().map(|(_, request)| request["TransactItems"].as_array().map(Vec::len)).collect();
    assert_eq!(counts, [Some(5), Some(3), Some(3)], "without the first batch, once that is known");
}

#[tokio::test]
async fn an_update_that_met_a_transaction_is_sent_again() {
    let conflict = || refused("TransactionConflictException");
    let (table, script) = Script::table([conflict(), conflict(), Ok(json!({}))]).await;
    assert!(table.renew_lease(&Lease { batch: batch(0), number: 1 }, LEASE).await.expect("renewed in the end"));
    assert_eq!(script.asked().len(), 3);

    let (table, _) = Script::table([conflict(), refused("ConditionalCheckFailedException")]).await;
    assert!(!table.renew_lease(&Lease { batch: batch(0), number: 1 }, LEASE).await.expect("an answer"));
    assert_eq!(table.cancel_job(&id("job-1")).await.expect("an answer"), None);
}

#[tokio::test]
async fn a_transaction_that_always_meets_another_is_given_up() {
    let (table, script) = Script::table([cancelled(&["TransactionConflict", "None"])]).await;
    let given_up = table.count_results(&id("job-1"), 1, results(1)).await;
    assert!(matches!(given_up, Err(Error::Unavailable { .. })), "{given_up:?}");
    assert!((2..100).contains(&script.asked().len()), "after some, and not for ever");
}

#[tokio::test]
async fn a_write_that_is_wrong_is_not_sent_again() {
    let (table, script) = Script::table([cancelled(&["ValidationError", "None"])]).await;
    let refused = table.count_results(&id("job-1"), 1, results(1)).await;
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
    assert_eq!(script.asked().len(), 1);
}

/// If a service is down, a gateway or proxy in front of it answers with a page of its own.
#[tokio::test]
async fn a_service_that_is_down_is_not_one_that_refuses() {
    let (listener, endpoint) = listen().await;
    serve(listener, Router::new().fallback(|| async { (StatusCode::SERVICE_UNAVAILABLE, "<h1>Back soon</h1>") }));
    let services = Services { table_endpoint: endpoint, table: "stepcast".to_owned(), ..Services::default() };
    let asked = platform(services, Clock::system()).await.table.job(&id("job-1")).await;
    assert!(matches!(asked, Err(Error::Unavailable { .. })), "{asked:?}");
}

#[tokio::test]
async fn items_there_was_no_room_for_are_offered_again() {
    let left = |keys: &[&str]| {
        let item = |key| json!({ "PutRequest": { "Item": { "pk": { "S": "JOB#job-1" }, "sk": { "S": key } } } });
        let items: Vec<_> = keys.iter().map(item).collect();
        Ok(json!({ "UnprocessedItems": { "stepcast": items } }))
    };
    let (table, script) = Script::table([left(&["1", "2"]), left(&["2"]), Ok(json!({ "UnprocessedItems": {} }))]).await;
    let new = |test| NewTest {
        test,
        name: "Test".to_owned(),
        planned: "{}".to_owned(),
        past: None,
        expected_ms: None,
        baseline: None,
        is_baseline_of_base: false,
    };
    // A part of a plan has 250 tests.
    let tests: Vec<_> = (0..501).map(new).collect();
    table.put_plan(&id("job-1"), 1, &tests).await.expect("stored in the end");
    let offered: Vec<_> = script
        .asked()
        .iter()
        .map(|(_, request)| request["RequestItems"]["stepcast"].as_array().map(Vec::len))
        .collect();
    assert_eq!(offered, [Some(3), Some(2), Some(1)], "only what is left");
}

#[tokio::test]
async fn keys_that_were_not_read_are_asked_for_again() {
    let found = Ok(json!({ "Items": [{ "pk": { "S": "JOBS" }, "sk": { "S": "job-1" } }], "Count": 1 }));
    let key = json!({ "pk": { "S": "JOB#job-1" }, "sk": { "S": "JOB" } });
    let left = Ok(json!({ "Responses": {}, "UnprocessedKeys": { "stepcast": { "Keys": [key] } } }));
    let none = Ok(json!({ "Responses": { "stepcast": [] }, "UnprocessedKeys": {} }));
    let (table, script) = Script::table([found, left, none]).await;
    let query = JobsQuery::default();
    let (jobs, _) = table.jobs(&query).await.expect("read in the end");
    assert!(jobs.is_empty());
    let operations: Vec<_> = script.asked().into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(operations, ["Query", "BatchGetItem", "BatchGetItem"]);
}

#[tokio::test]
async fn throttled_calls_are_reported_as_unavailable() {
    let codes = ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"];
    join_all(codes.map(async |code| {
        let (table, script) = Script::table([refused(code)]).await;
        let busy = table.job(&id("job-1")).await;
        assert!(matches!(busy, Err(Error::Unavailable { .. })), "{busy:?}");
        assert!(script.asked().len() > 1, "the SDK has tried again");
    }))
    .await;
}
