//! Every subject and every matcher, where it holds and where it does not.

use super::site::{Site, hold};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use stepcast_protocol::Outcome;

#[tokio::test]
async fn of_the_answer() {
    hold(
        "${base}/text",
        &[
            "status: 200",
            "no status: 404",
            "status: { one_of: [200, 204] }",
            "no status: { one_of: [201, 204] }",
            "status: { not_equals: 404 }",
            "no status: { not_equals: 200 }",
            "status: 2xx",
            "no status: 3xx",
            "status: { not_equals: 4xx }",
            "no status: { not_equals: 2xx }",
            "status: { one_of: [404, 2xx] }",
            "no status: { one_of: [201, 3xx] }",
            "sha256: 56518040e129c85bd015ab461d8e43cf2780d5348465790aa57dd8cdab7ce7a7",
            "sha256: { starts_with: '56', count: 64 }",
            "md5: e6b882b4da9f117f14bd4dace26c19a4",
            "no md5: e6b882b4da9f117f14bd4dace26c19a5",
            "bytes: 546f74616c3a203432204555520a",
            "bytes: { starts_with: 546f, ends_with: 0a, count: 28 }",
            "no bytes: { starts_with: '544f' }",
            "http_version: 1.1",
            "http_version: '1.1'",
            "no http_version: 2",
            "regex: '(\\w+): (\\d+)', group: 2, equals: 42",
            "regex: '(\\w+): (\\d+)', group: 0, equals: 'Total: 42'",
            "no regex: 'Total(x)?', group: 1",
            "status: { between: [200, 299] }",
            "no status: { between: [300, 399] }",
            "header: x-request",
            "header: X-Request, equals: abc-123",
            "no header: x-request, equals: ABC-123",
            "no header: x-missing",
            "header: x-missing, exists: false",
            "no header: x-request, exists: false",
            "header: x-request, matches: '^[a-z]+-\\d+$'",
            "no header: x-request, matches: '^\\d'",
            "header: x-request, not_matches: '^\\d'",
            "no header: x-request, not_matches: '\\d$'",
            "header: x-request, starts_with: abc, ends_with: '123'",
            "no header: x-request, starts_with: abc, ends_with: '124'",
            "no header: x-missing, not_contains: a",
            "header: x-request, count: 1",
            "header: x-missing, count: 0",
            "header: x-request, type: string",
            "no header: x-request, type: number",
            "header: content-length, equals: 14",
            "header: content-length, above: 13",
            "url: { ends_with: /text }",
            "no url: { contains: '?' }",
            "redirects: 0",
            "no redirects: { at_least: 1 }",
            "body: { contains: 42 }",
            "no body: { contains: total }",
            "body: { not_contains: USD }",
            "no body: { not_contains: EUR }",
            "body: \"Total: 42 EUR\\n\"",
            "body: { empty: false }",
            "no body: { empty: true }",
            "body: { count: { at_most: 14 } }",
            "size: 14",
            "size: { above: 13, below: 15 }",
            "no size: { above: 14 }",
            "no size: { below: 14 }",
            "size: { at_least: 14, at_most: 14 }",
            "no size: { at_least: 15 }",
            "no size: { at_most: 13 }",
            "time: { below: 10s }",
            "no time: { above: 10s }",
            "regex: 'Total: (\\d+)', equals: 42",
            "regex: 'Total: \\d+', equals: 'Total: 42'",
            "no regex: 'Total: (\\d+)', above: 42",
            "regex: '\\d+'",
            "no regex: '\\d{3}'",
            "regex: '\\d{3}', exists: false",
        ],
    )
    .await;
}

/// GB 2312 as browsers read it; the text is "hello world" in Chinese.
const CHINESE: &[u8] = b"<body>\xc4\xe3\xba\xc3\xca\xc0\xbd\xe7</body>";

#[tokio::test]
async fn of_a_body_in_a_charset_that_the_answer_does_not_say() {
    let page = get(|| async { ([("content-type", "text/html")], CHINESE) });
    let site = Site::serve(Router::new().route("/", page)).await;
    let report = site
        .report(
            "${base}/",
            "- { body: { contains: 你好 }, charset: gb2312 }
- { body: , charset: GBK, filter: { xpath: string(//body) }, equals: 你好世界 }
- { bytes: { matches: '^(..)*c4e3bac3' } }
- { body: { contains: '\u{fffd}' } }
- { body: { contains: 你好 } }",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    passed: body in gb2312 contains "你好"
    passed: body in GBK, xpath `string(//body)`, equals "你好世界"
    passed: bytes matches `^(..)*c4e3bac3`
    passed: body contains "�"
    failed: body contains "你好"
      expected: something containing "你好"
      actual: "<body>�������</body>"
    "#);
}

#[tokio::test]
async fn no_body_check_holds_for_a_body_that_cannot_be_unpacked() {
    let page = get(|| async { ([("content-encoding", "gzip, unheard-of")], "hello") });
    let site = Site::serve(Router::new().route("/", page)).await;
    let report = site
        .report(
            "${base}/",
            "- status: 200
- header: content-encoding
- body: hello
- body: { not_contains: bye }
- size: { above: 0 }
- { css: h1, exists: false }
- { json: $.a, exists: false }
- not: { body: { contains: bye } }
- not: { any: [status: 404, body: bye] }
- not: { all: [status: 404, body: bye] }
- not: { not: { body: bye } }
- any: [status: 200, body: bye]",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    passed: status equals 200
    passed: header content-encoding exists
    failed: body equals "hello"
      expected: "hello"
      actual: a body encoded as `unheard-of`, which is not known; known are gzip, br, zstd, deflate
    failed: body not_contains "bye"
      expected: something without "bye"
      actual: a body encoded as `unheard-of`, which is not known; known are gzip, br, zstd, deflate
    failed: size above 0
      expected: above 0
      actual: a body encoded as `unheard-of`, which is not known; known are gzip, br, zstd, deflate
    failed: css `h1` does not exist
      expected: nothing
      actual: a body encoded as `unheard-of`, which is not known; known are gzip, br, zstd, deflate
    failed: json `$.a` does not exist
      expected: nothing
      actual: a body encoded as `unheard-of`, which is not known; known are gzip, br, zstd, deflate
    failed: not (body contains "bye")
      expected: the check not to hold
      actual: a body encoded as `unheard-of`, which is not known; known are gzip, br, zstd, deflate
    failed: not (any of (status equals 404) or (body equals "bye"))
      expected: the check not to hold
      actual: status equals 404: found 200; body equals "bye": found a body encoded as `unheard-of`, which is not known; known are gzip, br, zstd, deflate
    passed: not (all of (status equals 404) and (body equals "bye"))
    failed: not (not (body equals "bye"))
      expected: the check not to hold
      actual: a body encoded as `unheard-of`, which is not known; known are gzip, br, zstd, deflate
    passed: any of (status equals 200) or (body equals "bye")
    "#);
}

#[tokio::test]
async fn of_an_empty_answer() {
    hold("${base}/none", &["status: 404", "size: 0", "body: { empty: true }", "no body: { empty: false }", "body: ''"])
        .await;
}

#[tokio::test]
async fn a_class_of_statuses_has_both_its_ends() {
    let answer = get(|Path(status): Path<u16>| async move { StatusCode::from_u16(status).expect("a status") });
    let site = Site::serve(Router::new().route("/{status}", answer)).await;
    for (status, class) in [(200, "2xx"), (299, "2xx"), (300, "3xx"), (599, "5xx")] {
        let report = site.report(&format!("${{base}}/{status}"), &format!("- status: {class}")).await;
        assert_eq!(report, format!("passed: status equals {class}\n"), "{status}");
    }
}

#[tokio::test]
async fn of_elements() {
    hold(
        "${base}/",
        &[
            "css: h1",
            "no css: h2",
            "css: h2, exists: false",
            "no css: h1, exists: false",
            "css: h1, text: Welcome home",
            "css: h1, text: \"Welcome \\n home\"",
            "no css: h1, text: welcome home",
            "css: h1, contains: home",
            "css: h1, text: { starts_with: Wel, not_contains: '  ' }",
            "css: .list, html: { contains: '<li class=\"products\">' }",
            "css: .products, text: One",
            "css: '.products:nth-child(3)', above: 3",
            "no css: .products, above: 3",
            "css: .products, count: 3",
            "no css: .products, count: 4",
            "css: .products, count: { at_least: 3 }",
            "css: .product, count: 0",
            "no css: .product, count: { above: 0 }",
            "css: a.buy, attr: href, matches: ^/cart",
            "css: a.buy, attr: href",
            "no css: a.buy, attr: target",
            "css: a.buy, attr: target, exists: false",
            "css: html, attr: lang, equals: en",
            "css: .empty, text: { empty: true }",
            "no css: h1, text: { empty: true }",
            "css: .empty, text: ''",
            "no css: h2, text: ''",
            "no css: h2, text: { not_equals: x }",
        ],
    )
    .await;
}

#[tokio::test]
async fn of_json() {
    hold(
        "${base}/json",
        &[
            "json: $.name",
            "json: $.name, equals: Lamp",
            "json: $.price, equals: 12.5",
            "json: $.stock, equals: 3.0",
            "no json: $.stock, equals: '3'",
            "no json: $.code, equals: 7",
            "json: $.code, at_least: 7",
            "json: $.on, equals: true",
            "json: $.off, equals: null",
            "json: $.off, empty: true",
            "json: $.off, exists: true",
            "json: $.missing, exists: false",
            "no json: $.missing, equals: null",
            "json: $.tags, equals: [new, sale]",
            "no json: $.tags, equals: [sale, new]",
            "json: $.tags, contains: sale",
            "no json: $.tags, contains: sal",
            "json: $.tags, not_contains: sal",
            "json: $.tags, count: 2",
            "json: '$.tags[*]', count: 2",
            "json: '$.tags[-1]', equals: sale",
            "json: '$.items[*].id', equals: [1, 2]",
            "json: '$.items[*].title', contains: b",
            "json: '$.items[?@.id == 2].title', equals: b",
            "json: '$.items[?@.id > 2]', count: 0",
            "no json: '$.items[?@.id > 2]'",
            "json: $.items, count: { between: [1, 2] }",
            "json: $.none, empty: true",
            "no json: $.items, empty: true",
            "json: $.none, count: 0",
            "json: $.size, equals: { w: 1 }",
            "json: $.size, contains: w",
            "json: $.size, count: 1",
            "json: $.name, starts_with: L, ends_with: p, count: 4",
            "no json: $.name, starts_with: am",
            "no json: $.name, ends_with: am",
            "no json: $.off, not_contains: a",
            "no json: $.off, not_matches: a",
            "json: $.price, type: number",
            "no json: $.price, type: integer",
            "json: $.stock, type: integer",
            "json: $.stock, type: number",
            "json: $.name, type: string",
            "json: $.on, type: boolean",
            "json: $.off, type: 'null'",
            "json: $.tags, type: array",
            "json: $.size, type: object",
            "json: $.name, one_of: [Desk, Lamp]",
            "json: $.price, between: [12, 13]",
        ],
    )
    .await;
}

#[tokio::test]
async fn redirects_are_counted() {
    hold("${base}/redirect/302", &["redirects: 1", "url: { ends_with: /echo }", "no redirects: 0"]).await;
}

#[tokio::test]
async fn templates_are_text_that_may_mean_a_number() {
    let mut site = Site::start().await;
    for (name, value) in
        [("three", "3"), ("yes", "true"), ("word", "Lamp"), ("path", "$.stock"), ("ok", "200"), ("limit", "10s")]
    {
        site.vars.insert(name.into(), value.into());
    }
    let checks = "- { status: '${ok}' }
- { json: $.stock, equals: '${three}' }
- { json: $.on, equals: '${yes}' }
- { json: $.name, equals: '${word}' }
- { json: '${path}', at_least: '${three}' }
- { time: { below: '${limit}' } }
- { json: $.items, count: { below: '${three}' } }";
    let results = site.check("${base}/json", checks).await;
    assert!(results.iter().all(|result| result.outcome == Outcome::Passed), "{}", site.describe(&results));
}

#[tokio::test]
async fn a_check_that_is_invalid_after_substitution_is_errored() {
    let mut site = Site::start().await;
    site.vars.insert("bad".into(), "[".into());
    let report = site
        .report(
            "${base}/json",
            "- { css: 'p${bad}' }
- { json: '$.${bad}' }
- { regex: '${bad}' }
- { body: { matches: '${bad}' } }
- { size: { above: '${bad}' } }
- { status: 200 }",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    errored: css `p[` exists
      actual: `p[` is not a CSS selector: it ends too early
    errored: json `$.[` exists
      actual: `$.[` is not a JSONPath: it is invalid from character 3 on
    errored: regex `[` exists
      actual: `[` is not a regular expression: unclosed character class
    errored: body matches `[`
      actual: `[` is not a regular expression: unclosed character class
    errored: size above [
      actual: `[` is not a number to compare with
    passed: status equals 200
    "#);
}
