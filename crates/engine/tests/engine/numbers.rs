//! Numbers keep their exact value at any size.

use super::site::{Site, echo, pages};
use axum::Router;
use axum::routing::{any, get};
use stepcast_protocol::Outcome;

const NUMBERS: &str = r#"{"id": 9007199254740993, "huge": 1e400, "long": 12345678901234567890123, "tiny": 1e-400,
"near": 0.10000000000000000001, "price": 12.50, "list": [1, 1e400, 2e400], "same": "9007199254740993",
"orders": [{"id": 12345678901234567890123}, {"id": 12345678901234567890124}]}"#;

async fn site() -> Site {
    let json = get(|| async { ([("content-type", "application/json")], NUMBERS) });
    Site::serve(pages().route("/numbers", json)).await
}

/// Runs checks of the numbers. Those marked with `no` have to fail, and all others have to hold.
async fn hold(checks: &[&str]) {
    let site = site().await;
    let list: Vec<String> =
        checks.iter().map(|check| format!("- {{ {} }}\n", check.trim_start_matches("no "))).collect();
    let list = list.concat();
    let results = site.check("${base}/numbers", &list).await;
    for (check, result) in checks.iter().zip(&results) {
        let expected = if check.starts_with("no ") { Outcome::Failed } else { Outcome::Passed };
        assert_eq!(result.outcome, expected, "{check}\n{}", site.describe(std::slice::from_ref(result)));
    }
    assert_eq!(results.len(), checks.len());
}

#[tokio::test]
async fn they_compare_by_their_value() {
    hold(&[
        "json: $.id, equals: 9007199254740993",
        "no json: $.id, equals: 9007199254740992",
        "json: $.id, not_equals: 9007199254740992",
        "json: $.id, one_of: [1, 9007199254740993.0]",
        "no json: $.id, one_of: [9007199254740992, 9007199254740994]",
        "json: $.id, above: 9007199254740992",
        "no json: $.id, at_most: 9007199254740992",
        "json: $.id, between: [9007199254740993, 9007199254740993]",
        "no json: $.id, filter: number, equals: 9007199254740992",
        "json: $.same, filter: number, equals: 9007199254740993",
        "no json: $.same, filter: number, equals: 9007199254740992",
        "json: $.huge, equals: 10e399",
        "no json: $.huge, equals: 2e400",
        "json: $.huge, above: 1.7976931348623157e308, below: 1e401, type: integer",
        "json: $.huge, below: 1e1000000000",
        "no json: $.huge, above: 1e1000000000",
        "json: $.huge, not_equals: 1e401",
        "json: $.tiny, above: 0, below: 1e-399, type: number",
        "no json: $.tiny, type: integer",
        "json: $.long, equals: 12345678901234567890123",
        "no json: $.long, equals: 12345678901234567890124",
        "json: $.long, starts_with: '1234567890', contains: 123",
        "json: $.near, above: 0.1",
        "no json: $.near, equals: 0.1",
        "json: $.price, equals: 12.5",
        "json: $.list, contains: 1e400",
        "no json: $.list, contains: 3e400",
        "json: $.list, equals: [1, 1e400, 20e399], order: ascending",
        "no json: $.list, order: descending",
        "json: '$.list[*]', count: 3",
        "json: '$.orders[*].id', equals: [12345678901234567890123, 12345678901234567890124]",
        "json: '$.orders[?@.id > 5].id', count: 2",
        "json: $, count: 9",
        "json: $.huge, schema: { type: integer, minimum: 1e400, maximum: 1e400 }",
        "no json: $.id, schema: { const: 9007199254740992 }",
        "no json: $.id, schema: { maximum: 9007199254740992 }",
        "schema: { properties: { long: { enum: [1, 12345678901234567890123] }, near: { exclusiveMinimum: 0.1 } } }",
    ])
    .await;
}

#[tokio::test]
async fn numbers_are_reported_as_they_are_written() {
    let report = site()
        .await
        .report(
            "${base}/numbers",
            "- { json: $.id, equals: 9007199254740992 }
- { json: $.huge, below: 1e300 }
- { json: $.list, equals: [1.10, 1e400] }
- { json: $.huge, schema: { maximum: 1e399 } }",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    failed: json `$.id` equals 9007199254740992
      expected: 9007199254740992
      actual: 9007199254740993
    failed: json `$.huge` below 1e300
      expected: below 1e300
      actual: 1e400
    failed: json `$.list` equals [1.10,1e400]
      expected: [1.10,1e400]
      actual: [1,1e400,2e400]
    failed: json `$.huge` fits the schema
      expected: something that fits the schema
      actual: 1e400 is greater than the maximum of 1e399
    "#);
}

#[tokio::test]
async fn they_are_kept_and_sent_as_they_are_written() {
    let site = Site::serve(
        Router::new()
            .route("/numbers", get(|| async { ([("content-type", "application/json")], NUMBERS) }))
            .route("/echo", any(echo)),
    )
    .await;
    let end = site
        .run(
            "- name: t
  steps:
    - get: ${base}/numbers
      capture: { id: { json: $.id }, huge: { json: $.huge }, list: { json: $.list } }
      expect:
        - { json: $.id, equals: '${id}' }
        - { json: $.huge, equals: '${huge}', at_least: '${huge}' }
    - post: ${base}/echo
      headers: { x-version: 1.10 }
      json: { price: 1.10, huge: 1e400, long: 12345678901234567890, list: [-0, 1.0, 0x10], text: '${huge} ${list}' }
      expect:
        - json: $.body
          equals: '{\"price\":1.10,\"huge\":1e400,\"long\":12345678901234567890,\"list\":[-0,1.0,16],\"text\":\"1e400 [1,1e400,2e400]\"}'
        - { json: '$.headers[\"x-version\"]', equals: '1.10' }",
        )
        .await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
}
