//! What is made of values before they are judged and kept.

use super::site::{Site, hold};

#[tokio::test]
async fn of_texts() {
    hold(
        "${base}/",
        &[
            "css: h1, html: , filter: [trim, lower], starts_with: welcome",
            "css: h1, filter: upper, equals: WELCOME HOME",
            "css: h1, filter: [{ split: ' ' }, { nth: -1 }], equals: home",
            "css: h1, filter: [{ split: ' ' }], contains: home",
            "css: h1, filter: [{ split: ' ' }, count], equals: 2",
            "no css: h1, filter: [{ split: ' ' }, count], equals: 3",
            "css: h1, filter: [{ split: ' ' }, { nth: 2 }], exists: false",
            "css: h1, filter: [{ replace: [home, '${base}'] }], contains: 'http://'",
            "css: h1, filter: count, above: 11",
            "no css: h2, filter: [trim], equals: x",
            "css: h2, filter: [trim], exists: false",
            "css: .products, texts: [One, Two, 3.5], filter: trim",
            "css: .products, texts: [one, two, '3.5'], filter: lower",
            "css: .products, texts: { contains: Two }",
            "no css: .products, texts: { contains: two }",
            "css: .products, texts: { count: 3 }",
            "css: .products, texts: , count: 3",
        ],
    )
    .await;
}

#[tokio::test]
async fn of_numbers_and_dates() {
    hold(
        "${base}/text",
        &[
            "body: , filter: number, equals: 42",
            "no body: , filter: number, above: 42",
            "body: , filter: trim, equals: 'Total: 42 EUR'",
            "body: , filter: [number], between: [41, 43]",
            "header: date, filter: date, matches: 'T..:..:..Z$'",
            "header: date, filter: date, above: 2020-01-01",
            "no header: date, filter: date, below: 2020-01-01T00:00:00Z",
            "header: x-request, filter: { replace: [abc-123, 31.12.2026] }, exists: true",
            "header: x-request, filter: [{ replace: [abc-123, 31.12.2026] }, { date: '%d.%m.%Y' }], equals: 2026-12-31",
            "header: x-request, filter: [{ replace: [abc-123, 'eA=='] }, { decode: base64 }], equals: x",
            "header: x-request, filter: [{ replace: [abc-123, 'a%20b'] }, { decode: url }], equals: a b",
            "header: x-request, filter: [{ replace: [abc-123, '&amp;'] }, { decode: html }], equals: '&'",
        ],
    )
    .await;
}

#[tokio::test]
async fn of_languages_in_a_text() {
    hold(
        "${base}/text",
        &[
            "body: , filter: { regex: '(\\d+) (\\w+)' }, equals: '42'",
            "body: , filter: { regex: { pattern: '(\\d+) (\\w+)', group: 2 } }, equals: EUR",
            "body: , filter: [{ regex: { pattern: '\\d+ \\w+', group: 0 } }, { split: ' ' }], equals: ['42', EUR]",
            "body: , filter: { regex: '[a-z]\\d' }, exists: false",
            "no body: , filter: { regex: '[a-z]\\d' }, exists: true",
            "body: , filter: [{ replace: { pattern: '(\\w+): (\\d)', with: '$2 $$ $1 ' } }, trim], equals: '4 $ Total 2 EUR'",
            "body: , filter: [{ replace: { pattern: x, with: y } }, trim], equals: 'Total: 42 EUR'",
            "header: x-request, filter: [{ replace: [abc-123, '{\"a\": [{\"n\": 9007199254740993}]}'] }, { json: '$.a[0].n' }], equals: 9007199254740993",
            "no header: x-request, filter: [{ replace: [abc-123, '{\"n\": 9007199254740993}'] }, { json: $.n }], equals: 9007199254740992",
            "header: x-request, filter: [{ replace: [abc-123, '[1, 2]'] }, { json: '$[*]' }, count], equals: 2",
            "header: x-request, filter: [{ replace: [abc-123, '[1]'] }, { json: '$[1]' }], exists: false",
            "no header: x-request, filter: { json: $.a }, exists: true",
            "header: x-request, filter: [{ replace: [abc-123, '<p>a<p class=b>c'] }, { css: .b }], equals: c",
            "header: x-request, filter: [{ replace: [abc-123, '<p>a<p class=b>c'] }, { xpath: count(//p) }], equals: 2",
            "header: x-request, filter: [{ replace: [abc-123, '<?xml version=\"1.0\"?><A><a>c</a></A>'] }, { xpath: /A/a }], equals: c",
            "no header: x-request, filter: [{ replace: [abc-123, '<?xml version=\"1.0\"?><A>'] }, { xpath: /A }], exists: false",
            "url: , filter: [{ replace: [/text, '/?q=a%20b&q=c&n='] }, { url_param: q }], equals: a b",
            "header: x-request, filter: [{ replace: [abc-123, '/p?n=5'] }, { url_param: n }], equals: 5",
            "url: , filter: { url_param: q }, exists: false",
        ],
    )
    .await;
}

#[tokio::test]
async fn of_dates_in_other_forms_and_from_now() {
    hold(
        "${base}/text",
        &[
            "header: x-request, filter: [{ replace: [abc-123, 31.12.2026] }, { date: { from: '%d.%m.%Y', to: '%m/%d/%y' } }], equals: 12/31/26",
            "header: date, filter: { date: { to: '%Y' } }, matches: '^20..$'",
            "header: date, filter: date, at_least: now-1h, at_most: now+1h",
            "header: date, filter: date, between: [now - 1d, 'now + 1d']",
            "no header: date, filter: date, above: now+1h30m",
            "no header: date, filter: date, below: now-7d",
        ],
    )
    .await;
}

#[tokio::test]
async fn of_json_as_a_whole() {
    hold(
        "${base}/json",
        &[
            "json: $.items, filter: { json: '$[1].title' }, equals: b",
            "json: '$.items[*]', filter: { json: $.id }, equals: [1, 2]",
            "json: $.items, filter: [{ json: '$[*].title' }, upper], equals: [A, B]",
            "no json: $.name, filter: { json: $.a }, exists: true",
        ],
    )
    .await;
}

#[tokio::test]
async fn of_lists() {
    hold(
        "${base}/json",
        &[
            "json: $.tags, filter: upper, equals: [NEW, SALE]",
            "json: $.tags, filter: [{ nth: -2 }], equals: new",
            "json: $.tags, filter: [{ nth: -3 }], exists: false",
            "no json: $.size, equals: {}",
            "json: '$.items[*].title', filter: [upper], equals: [A, B]",
            "json: '$.items[*].id', filter: [count], equals: 2",
            "json: $.code, filter: [number], type: number",
            "json: $.tags, order: ascending",
            "no json: $.tags, order: descending",
            "json: '$.items[*].id', order: ascending",
            "no json: '$.items[*].id', order: descending",
            "no json: $.none, order: ascending",
            "no json: $.name, order: ascending",
        ],
    )
    .await;
}

#[tokio::test]
async fn captures_are_prepared() {
    let site = Site::start().await;
    let end = site
        .run(
            "- name: t
  get: ${base}/text
  capture:
    total: { body: , filter: number }
    letters: { regex: '(\\w+): (\\d+)', group: 1, filter: [upper] }
    missing: { header: content-language, filter: number }
  expect: [ { body: { contains: '${total} EUR' } }, { body: { not_contains: '${letters}' } } ]",
        )
        .await;
    insta::assert_snapshot!(site.describe(&end.steps[0].checks), @r#"
    failed: capture missing
      expected: a value
      actual: "en", which `number` cannot use: it has no number
    passed: body contains "42 EUR"
    passed: body not_contains "TOTAL"
    "#);
}

#[tokio::test]
async fn a_filter_that_does_not_fit_the_value_fails_the_check() {
    let site = Site::start().await;
    let report = site
        .report(
            "${base}/json",
            "- { json: $.name, filter: number, above: 3 }
- { json: $.size, filter: [trim], equals: x }
- { json: $.tags, filter: [{ date: '%Y' }], equals: x }
- { json: $.name, filter: [{ nth: 0 }], equals: x }
- { json: $.on, filter: count, equals: 1 }
- { json: $.name, filter: [lower, { replace: [l, '${nope}'] }], equals: x }
- { json: $.items, filter: [{ split: ',' }], equals: [] }",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    failed: json `$.name`, number, above 3
      expected: above 3
      actual: "Lamp", which `number` cannot use: it has no number
    failed: json `$.size`, trim, equals "x"
      expected: "x"
      actual: {"w":1}, which `trim` cannot use: it is not text
    failed: json `$.tags`, date `%Y`, equals "x"
      expected: "x"
      actual: "new", which `date` cannot use: it is not a date in the format `%Y`
    failed: json `$.name`, nth 0, equals "x"
      expected: "x"
      actual: "Lamp", which `nth` cannot use: it is not a list
    failed: json `$.on`, count, equals 1
      expected: 1
      actual: true, which `count` cannot use: it cannot be counted
    errored: json `$.name`, lower, replace "l" by "${nope}", equals "x"
      actual: `${nope}` has no value
      hint: check the values of the variables of the suite and the run, and what earlier steps capture
    failed: json `$.items`, split ",", equals []
      expected: []
      actual: [{"id":1,"title":"a"},{"id":2,"title":"b"}], which `split` cannot use: it is not text
    "#);
}
