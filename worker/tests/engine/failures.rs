//! What a failure tells: where, what was expected, what was found, what to do next.

use super::site::{Site, html};
use axum::Router;
use axum::routing::get;

#[tokio::test]
async fn of_the_answer() {
    let site = Site::start().await;
    let told = site
        .tell(
            "${base}/text",
            "- status: { one_of: [201, 204] }
- { header: x-requst, equals: a }
- { header: content-language, starts_with: de, ends_with: at }
- url: { contains: https }
- redirects: 1
- body: { contains: total }
- body: { matches: '^\\d' }
- size: { between: [100, 200] }
- { regex: 'Total: (\\w+) EUR', above: 50 }
- { body: { not_contains: EUR } }
- { body: { above: 5 } }
- { header: x-nothing, not_contains: a }
- { header: x-request, count: 3 }
- { header: x-request, type: integer }",
        )
        .await;
    insta::assert_snapshot!(told, @"");
}

#[tokio::test]
async fn of_elements() {
    let site = Site::start().await;
    let told = site
        .tell(
            "${base}/",
            "- { css: h1, text: Welcome  Home }
- { css: .list .product, count: { at_least: 12 } }
- { css: .product, text: One }
- { css: a.buy, attr: hreff }
- { css: 'input[name=csrf_token]' }
- { css: .list, exists: false }
- { css: .products, above: 3 }
- { css: h1, html: { empty: true } }",
        )
        .await;
    insta::assert_snapshot!(told, @"");
}

#[tokio::test]
async fn of_json() {
    let site = Site::start().await;
    let told = site
        .tell(
            "${base}/json",
            "- { json: '$.items[0].titel', equals: a }
- { json: '$.items[5].id' }
- { json: $.price.amount }
- { json: $.stock, equals: '3' }
- { json: $.code, equals: 7 }
- { json: $.tags, equals: [new] }
- { json: $.tags, starts_with: new }
- { json: $.name, equals: { a: 1 } }
- { json: $.on, count: 1 }
- { json: '$.items[*].id', contains: 3 }
- { json: $.price, type: integer }",
        )
        .await;
    insta::assert_snapshot!(told, @"");
}

#[tokio::test]
async fn of_a_page_that_is_no_json() {
    let site = Site::start().await;
    insta::assert_snapshot!(site.tell("${base}/text", "- { json: $.a }").await, @"");
}

#[tokio::test]
async fn quotes_are_bounded_and_visible() {
    let body = "\u{1b}[31mred\u{202e}\r\n\"quoted\" ü";
    let site = Site::serve(Router::new().route("/", get(move || async move { html(body) }))).await;
    insta::assert_snapshot!(site.tell("${base}/", "- { body: { equals: \"\\ta\" } }").await, @"");

    let site = Site::serve(Router::new().route("/", get(|| async { "ü".repeat(50_000) }))).await;
    let checks = site.check("${base}/", "- body: { ends_with: x }").await;
    let actual = checks[0].actual.as_deref().expect("a quote");
    assert_eq!(actual, format!("\"{}…\"", "ü".repeat(stepcast_protocol::limits::EXCERPT_CHARS)));
}

#[tokio::test]
async fn of_a_capture_that_finds_nothing() {
    let site = Site::start().await;
    let end = site
        .run(
            "- name: t
  get: ${base}/
  capture:
    token: { css: 'input[name=csr]', attr: value }
    id: { json: $.id }
  expect: [ { status: 200 }, { css: h1, text: '${token}' } ]",
        )
        .await;
    insta::assert_snapshot!(site.told(&end.steps[0].checks), @"");
}

#[tokio::test]
async fn a_variable_without_a_value_is_errored() {
    let site = Site::start().await;
    let end = site.run("- { name: t, get: '${base}/${nope}', expect: [ { status: 200 } ] }").await;
    insta::assert_snapshot!(site.told(&end.steps[0].checks), @"");
    let checks = site.tell("${base}/", "- { css: h1, text: '${nope} ${base}' }").await;
    insta::assert_snapshot!(checks, @"");
}
