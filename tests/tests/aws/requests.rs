//! The cost of a run: the requests of its functions, counted by the proxy.

use serde_json::json;
use std::collections::BTreeMap;
use stepcast_tests::aws::Stack;
use stepcast_tests::events::{is_end_of, suite};
use stepcast_tests::{Settings, Site};

const TESTS: usize = 100;

/// The most requests that a run of 100 tests may send to each service. docs/OPERATIONS.md has the numbers measured when
/// this was written.
const MOST: [(&str, usize); 3] = [("dynamodb", 200), ("sqs", 20), ("execute-api", 80)];

#[tokio::test]
async fn a_run_of_a_hundred_tests_asks_no_more_of_aws_than_is_written_down() {
    let (stack, site) = (Stack::start(Settings::default()).await, Site::start().await);
    let mut client = stack.client().await;
    let before = stack.proxy.calls().len();
    let test = json!({
        "name": "Page", "each": { "number": (0..TESTS).collect::<Vec<_>>() },
        "get": format!("{}/page/${{number}}", site.base), "expect": [{ "status": 200 }, { "css": "h1" }],
    });
    let job = client.run(suite(&[test])).await;
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!(finished["counts"]["passed"], TESTS);

    let mut counts: BTreeMap<(String, String, String), (usize, usize)> = BTreeMap::new();
    for call in &stack.proxy.calls()[before..] {
        let count = counts.entry((call.service.clone(), call.operation.clone(), call.function.clone())).or_default();
        *count = (count.0 + 1, count.1 + call.items);
    }
    for ((service, operation, function), (requests, items)) in &counts {
        eprintln!("{service:<14}{operation:<30}{function:<10}{requests:>6} requests{items:>6} items");
    }
    for (service, most) in MOST {
        let count: usize =
            counts.iter().filter(|((of, _, _), _)| of == service).map(|(_, (requests, _))| requests).sum();
        assert!(count <= most, "{count} requests to {service}, expected at most {most}: {counts:#?}");
    }
    stack.stop().await;
}
