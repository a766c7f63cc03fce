//! What a run costs: the requests of its functions, counted where they pass.

use serde_json::json;
use std::collections::BTreeMap;
use stepcast_tests::aws::Stack;
use stepcast_tests::events::{is_end_of, suite};
use stepcast_tests::{Client, Settings, Site};

const TESTS: usize = 100;

/// The most a run of 100 tests may ask of each service. What it asked when this was written is in docs/OPERATIONS.md.
const MOST: [(&str, usize); 3] = [("dynamodb", 500), ("sqs", 60), ("execute-api", 400)];

#[tokio::test]
async fn a_run_of_a_hundred_tests_asks_no_more_of_aws_than_is_written_down() {
    let (stack, site) = (Stack::start(Settings::default()).await, Site::start().await);
    let mut client = Client::connect(&stack.ws, &stack.token).await;
    let before = stack.proxy.calls().len();
    let test = json!({
        "name": "Page", "each": { "number": (0..TESTS).collect::<Vec<_>>() },
        "get": format!("{}/page/${{number}}", site.base), "expect": [{ "status": 200 }, { "css": "h1" }],
    });
    let job = client.run(suite(&[test])).await;
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!(finished["counts"]["passed"], TESTS);

    let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for call in &stack.proxy.calls()[before..] {
        *counts.entry((call.service.clone(), call.operation.clone(), call.function.clone())).or_default() += 1;
    }
    for ((service, operation, function), count) in &counts {
        eprintln!("{service:<14}{operation:<32}{function:<12}{count:>6}");
    }
    for (service, most) in MOST {
        let count: usize = counts.iter().filter(|((of, _, _), _)| of == service).map(|(_, count)| count).sum();
        assert!(count <= most, "{count} requests to {service}, expected at most {most}: {counts:#?}");
    }
    stack.stop().await;
}
