//! The contents of a failure: where, what was expected, what was found, what to do next.

use super::site::{Site, html};
use axum::Router;
use axum::routing::get;

#[tokio::test]
async fn of_the_answer() {
    let site = Site::start().await;
    let report = site
        .report(
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
    insta::assert_snapshot!(report, @r#"
    failed: status one_of 201, 204
      expected: one of 201, 204
      actual: 200
    failed: header x-requst equals "a"
      expected: "a"
      actual: nothing
      hint: there is `x-request`
    failed: header content-language starts_with "de" and ends_with "at"
      expected: something starting with "de" and something ending with "at"
      actual: "en"
    failed: url contains "https"
      expected: something containing "https"
      actual: "http://site/text"
    failed: redirects equals 1
      expected: 1
      actual: 0
    failed: body contains "total"
      expected: something containing "total"
      actual: "Total: 42 EUR\n"
      hint: it is there in different letter case
    failed: body matches `^\d`
      expected: something matching `^\d`
      actual: "Total: 42 EUR\n"
    failed: size between 100 and 200
      expected: between 100 and 200
      actual: 14
    failed: regex `Total: (\w+) EUR` above 50
      expected: above 50
      actual: "42"
    failed: body not_contains "EUR"
      expected: something without "EUR"
      actual: "Total: 42 EUR\n"
    failed: body above 5
      expected: above 5
      actual: "Total: 42 EUR\n"
      hint: the value found is not a number
    failed: header x-nothing not_contains "a"
      expected: something without "a"
      actual: nothing
      hint: to check that it is missing, write `exists: false`
    failed: header x-request count equals 3
      expected: count 3
      actual: count 1
    failed: header x-request type integer
      expected: type integer
      actual: type string: "abc-123"
    "#);
}

#[tokio::test]
async fn of_elements() {
    let site = Site::start().await;
    let report = site
        .report(
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
    insta::assert_snapshot!(report, @r#"
    failed: css `h1` text equals "Welcome  Home"
      expected: "Welcome  Home"
      actual: "Welcome home"
      hint: they differ only in upper and lower case
    failed: css `.list .product` count at_least 12
      expected: at least 12
      actual: 0
      hint: `.list` matches 1 element, `.list .product` matches none; there is `.products` (3)
    failed: css `.product` text equals "One"
      expected: "One"
      actual: nothing
      hint: nothing matches `.product`; there is `.products` (3)
    failed: css `a.buy` attribute hreff exists
      expected: something
      actual: nothing
      hint: the first element of `a.buy` has no `hreff`; it has `class`, `href`
    failed: css `input[name=csrf_token]` exists
      expected: something
      actual: nothing
      hint: `input` matches 1 element, `input[name=csrf_token]` matches none; there is `[name="csrf"]` (1)
    failed: css `.list` does not exist
      expected: nothing
      actual: "OneTwo3.5"
    failed: css `.products` text above 3
      expected: above 3
      actual: "One"
      hint: the value found is not a number
    failed: css `h1` html is empty
      expected: something empty
      actual: "\n   Welcome   <b>home</b>\n"
    "#);
}

#[tokio::test]
async fn of_json() {
    let site = Site::start().await;
    let report = site
        .report(
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
    insta::assert_snapshot!(report, @r#"
    failed: json `$.items[0].titel` equals "a"
      expected: "a"
      actual: nothing
      hint: `$.items[0]` is there, `$.items[0].titel` is not; `$.items[0]` has `title`
    failed: json `$.items[5].id` exists
      expected: something
      actual: nothing
      hint: `$.items` is there, `$.items[5]` is not; `$.items` is an array of 2
    failed: json `$.price.amount` exists
      expected: something
      actual: nothing
      hint: `$.price` is there, `$.price.amount` is not; `$.price` is a number
    failed: json `$.stock` equals "3"
      expected: "3"
      actual: 3
      hint: the page has a number, the suite a text; remove the quotes
    failed: json `$.code` equals 7
      expected: 7
      actual: "7"
      hint: the page has a text, the suite a number; put it in quotes
    failed: json `$.tags` equals ["new"]
      expected: ["new"]
      actual: ["new","sale"]
    failed: json `$.tags` starts_with "new"
      expected: something starting with "new"
      actual: ["new","sale"]
      hint: found an array, which is not text
    failed: json `$.name` equals {"a":1}
      expected: {"a":1}
      actual: "Lamp"
      hint: expected an object, found a text
    failed: json `$.on` count equals 1
      expected: count 1
      actual: true
      hint: found a boolean, which cannot be counted
    failed: json `$.items[*].id` contains 3
      expected: something containing 3
      actual: [1,2]
    failed: json `$.price` type integer
      expected: type integer
      actual: type number: 12.5
    "#);
}

#[tokio::test]
async fn of_a_page_that_is_no_json() {
    let site = Site::start().await;
    insta::assert_snapshot!(site.report("${base}/text", "- { json: $.a }").await, @r#"
    failed: json `$.a` exists
      expected: something
      actual: nothing
      hint: the body is not JSON: expected value at line 1 column 1; it begins "Total: 42 EUR\n"
    "#);
}

#[tokio::test]
async fn quotes_are_bounded_and_visible() {
    let body = "\u{1b}[31mred\u{202e}\r\n\"quoted\" ü";
    let site = Site::serve(Router::new().route("/", get(move || async move { html(body) }))).await;
    insta::assert_snapshot!(site.report("${base}/", "- { body: { equals: \"\\ta\" } }").await, @r#"
    failed: body equals "\ta"
      expected: "\ta"
      actual: "\u{1b}[31mred\u{202e}\r\n\"quoted\" ü"
    "#);

    let site = Site::serve(Router::new().route("/", get(|| async { "ü".repeat(50_000) }))).await;
    let checks = site.check("${base}/", "- body: { ends_with: x }").await;
    let actual = checks[0].actual.as_deref().expect("a quote");
    assert_eq!(actual, format!("\"{}…\"", "ü".repeat(stepcast_suite::limits::EXCERPT_CHARS)));
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
    insta::assert_snapshot!(site.describe(&end.steps[0].checks), @r#"
    failed: capture token
      expected: a value
      actual: nothing
      hint: `input` matches 1 element, `input[name=csr]` matches none; there is `[name="csrf"]` (1)
    failed: capture id
      expected: a value
      actual: nothing
      hint: the body is not JSON: expected value at line 1 column 1; it begins "<!doctype html><html lang="en"><head><title>Shop</title></he…"
    passed: status equals 200
    errored: css `h1` text equals "${token}"
      actual: `${token}` has no value
      hint: check the values of the variables of the suite and the run, and what earlier steps capture
    "#);
}

#[tokio::test]
async fn a_variable_without_a_value_is_errored() {
    let site = Site::start().await;
    let end = site.run("- { name: t, get: '${base}/${nope}', expect: [ { status: 200 } ] }").await;
    insta::assert_snapshot!(site.describe(&end.steps[0].checks), @r#"
    errored: request
      actual: `${nope}` has no value
      hint: check the request and the values of its variables
    "#);
    let checks = site.report("${base}/", "- { css: h1, text: '${nope} ${base}' }").await;
    insta::assert_snapshot!(checks, @r#"
    errored: css `h1` text equals "${nope} http://site"
      actual: `${nope}` has no value
      hint: check the values of the variables of the suite and the run, and what earlier steps capture
    "#);
}

#[tokio::test]
async fn of_long_texts_that_differ_somewhere() {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(8);
    let body = text.replace(
        "dog. The quick brown fox jumps over the lazy dog. ",
        "dog. The quick red fox jumps over a lazy dog. ",
    );
    let site = Site::serve(Router::new().route("/", get(move || async move { body }))).await;
    let report = site.report("${base}/", &format!("- {{ body: '{text}' }}")).await;
    let hint = report.lines().find(|line| line.contains("hint")).expect("a hint");
    assert_eq!(
        hint.trim(),
        "hint: they are the same for 55 characters; expected …\"dog. The quick brown fox jumps over the lazy \"…, found \
         …\"dog. The quick red fox jumps over a lazy dog.\"…"
    );
}
