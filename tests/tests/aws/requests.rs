//! The cost of a run: the requests of its functions, counted by the proxy.

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use stepcast_tests::aws::{Call, Stack, Treatment};
use stepcast_tests::events::{fold, is_end_of, suite};
use stepcast_tests::{Client, Settings, Site};

const TESTS: usize = 100;

/// The most requests that a run of 100 tests may send to each service. docs/OPERATIONS.md has the numbers measured when
/// this was written.
const MOST: [(&str, usize); 3] = [("dynamodb", 200), ("sqs", 20), ("execute-api", 80)];

/// How many connections watch a run, unless `STEPCAST_TESTS_WATCHERS` has another number.
const WATCHERS: usize = 50;

/// The most pushes to each of the connections that watch such a run, on average. Ten workers that push by themselves
/// send more than 30.
const MOST_EACH: usize = 12;

/// Connections of each principal: at most as many as the template allows.
const CONNECTIONS_EACH: usize = 50;

/// Connections that are opened at once.
const AT_ONCE: usize = 32;

/// The requests of each function to each operation of each service, and the items they write.
type Counts = BTreeMap<(String, String, String), (usize, usize)>;

fn pages(site: &Site, path: &str) -> Value {
    suite(&[json!({
        "name": "Page", "each": { "number": (0..TESTS).collect::<Vec<_>>() },
        "get": format!("{}/{path}", site.base), "expect": [{ "status": 200 }, { "css": "h1" }],
    })])
}

/// Counts requests, and prints the counts.
#[expect(clippy::print_stderr, reason = "docs/OPERATIONS.md has these numbers, and this is how to get them")]
fn counts(calls: &[Call]) -> Counts {
    let mut counts = Counts::new();
    for call in calls {
        let count = counts.entry((call.service.clone(), call.operation.clone(), call.function.clone())).or_default();
        *count = (count.0 + 1, count.1 + call.items);
    }
    for ((service, operation, function), (requests, items)) in &counts {
        eprintln!("{service:<14}{operation:<30}{function:<10}{requests:>6} requests{items:>6} items");
    }
    counts
}

fn requests_to(counts: &Counts, service: &str) -> usize {
    counts.iter().filter(|((of, _, _), _)| of == service).map(|(_, (requests, _))| requests).sum()
}

#[tokio::test]
async fn a_run_of_a_hundred_tests_asks_no_more_of_aws_than_is_written_down() {
    let (stack, site) = (Stack::start(Settings::default()).await, Site::start().await);
    let mut client = stack.client().await;
    let mut before = 0;
    // The first run of a suite also keeps the answers that later ones are compared with.
    for _ in 0..2 {
        before = stack.proxy.calls().len();
        let job = client.run(pages(&site, "page/${number}")).await;
        let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
        assert_eq!(finished["counts"]["passed"], TESTS);
    }

    let counts = counts(&stack.proxy.calls()[before..]);
    for (service, most) in MOST {
        let count = requests_to(&counts, service);
        assert!(count <= most, "{count} requests to {service}, expected at most {most}: {counts:#?}");
    }
    assert_eq!(requests_to(&counts, "s3"), 0, "nothing failed, so nothing is kept or compared");
    stack.stop().await;
}

/// What is kept is a record for each attempt, and each page once: all pages differ here. The first run keeps the answers of
/// all tests, and a failure is compared with them.
#[tokio::test]
async fn evidence_of_a_hundred_tests_asks_no_more_of_aws_than_is_written_down() {
    let (stack, site) = (Stack::start(Settings::default()).await, Site::start().await);
    let mut client = stack.client().await;
    let mut ten_fail = pages(&site, "page/${number}");
    ten_fail["tests"][0]["expect"] = json!([{ "css": "h1", "matches": "^[0-9]*[1-9]$" }]);
    for (what, suite, evidence, failed, kept) in [
        ("the first run", pages(&site, "page/${number}"), "failed", 0, TESTS),
        ("the next run", pages(&site, "page/${number}"), "failed", 0, 0),
        ("ten fail", ten_fail.clone(), "failed", TESTS / 10, TESTS / 10),
        ("all are kept", ten_fail, "all", TESTS / 10, TESTS),
    ] {
        let before = stack.proxy.calls().len();
        let run = json!({ "action": "run", "suite": suite, "evidence": evidence });
        let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
        let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
        assert_eq!(finished["counts"]["failed"], failed, "{what}");

        let counts = counts(&stack.proxy.calls()[before..]);
        let count = |operation: &str| {
            let key = ("s3".to_owned(), operation.to_owned(), "worker".to_owned());
            counts.get(&key).map_or(0, |(requests, _)| *requests)
        };
        assert!(count("PutObject") <= 2 * kept, "{what}: a record and a page: {counts:#?}");
        assert!(count("HeadObject") <= kept, "{what}: {counts:#?}");
        assert!(count("GetObject") <= 2 * failed, "{what}: the record and the page of the last pass: {counts:#?}");
    }
    stack.stop().await;
}

/// Ten workers run the tests, all connections watch, and one more has vanished.
#[tokio::test]
async fn a_run_that_many_watch_asks_no_more_of_aws_than_is_written_down() {
    let watchers = std::env::var("STEPCAST_TESTS_WATCHERS").map_or(WATCHERS, |text| text.parse().expect("a number"));
    let settings = Settings { workers: 10, ..Settings::default() };
    let (stack, site) = (Stack::start(settings).await, Site::start().await);
    let mut client = stack.client().await;
    let mut run = pages(&site, "held/all");
    // A thousand connections take minutes.
    run["defaults"] = json!({ "timeout": "2m" });
    run["tests"][0]["until"] = json!({ "within": "10m", "every": "5s" });
    let job = client.run(run).await;
    let people = watchers.div_ceil(CONNECTIONS_EACH) + 1;
    let tokens: Vec<String> = (0..people).map(|number| stack.token_of(&format!("viewer-{number}"), "viewer")).collect();
    let watch = |number: usize| {
        let (ws, token, command) =
            (&stack.ws, &tokens[number / CONNECTIONS_EACH], json!({ "action": "watch", "job": job }));
        async move {
            let mut watcher = Client::connect(ws, token).await;
            let state = watcher.ask(command).await;
            (watcher, state)
        }
    };
    let mut watching: Vec<(Client, Value)> =
        stream::iter(0..=watchers).map(watch).buffer_unordered(AT_ONCE).collect().await;
    let (mut vanishing, _) = watching.pop().expect("a watcher");
    let vanished = vanishing.ask(json!({ "action": "hello" })).await["connection"].as_str().map(str::to_owned);
    // Workers that know less than fifty watchers push by themselves. They are not to find out before the relay does.
    stack.proxy.treat(move |call| match call.function.as_str() {
        "disconnect" => Treatment::Fail,
        "worker" if call.connection.is_some() && call.connection == vanished => Treatment::Throttle,
        _ => Treatment::Pass,
    });
    drop(vanishing);
    stack.proxy.called(1, |call| call.function == "disconnect").await;

    let before = stack.proxy.calls().len();
    site.release("all");
    let heard = watching.into_iter().map(|(mut watcher, state)| {
        let job = &job;
        async move {
            let events = watcher.until_complete(job, vec![state]).await;
            (watcher, events)
        }
    });
    // All of them stay until everything is counted.
    let heard = join_all(heard).await;
    assert!(heard.iter().all(|(_, events)| fold(&job, events).is_complete()));
    client.until(is_end_of(&job)).await;
    // The relay deletes the vanished connection, and then counts it out.
    stack.proxy.called(1, |call| call.function == "relay" && call.operation == "UpdateItem").await;

    let counts = counts(&stack.proxy.calls()[before..]);
    let pushed = |function: &str| {
        let key = ("execute-api".to_owned(), "PostToConnection".to_owned(), function.to_owned());
        counts.get(&key).map_or(0, |(requests, _)| *requests)
    };
    let (by_relay, by_workers) = (pushed("relay"), pushed("worker"));
    let most = MOST_EACH * watchers;
    assert!(by_relay + by_workers <= most, "{by_relay} and {by_workers} pushes, expected at most {most}: {counts:#?}");
    assert!(by_workers < watchers, "{by_workers} pushes by workers: {counts:#?}");
    stack.stop_with_errors();
}
