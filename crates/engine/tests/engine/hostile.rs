//! Pages and answers that are made to break their reader. The engine ends with an outcome for all of them.

use super::site::{Site, indent, suite};
use axum::Router;
use axum::routing::get;
use stepcast_engine::{Engine, EngineConfig};
use stepcast_protocol::Outcome;

/// As much as is read by default.
const BODY_BYTES: usize = 10 * 1024 * 1024;

/// Deeper than any page is for people, and not so deep that parsing takes long.
const DEEP: usize = 3_000;

/// A site with one page, read by an engine as it is set up in use.
async fn page(content_type: &'static str, body: String) -> Site {
    let answer = get(move || async move { ([("content-type", content_type)], body) });
    let mut site = Site::serve(Router::new().route("/", answer)).await;
    let config = EngineConfig { allow_private_targets: true, body_bytes: BODY_BYTES, ..EngineConfig::default() };
    site.engine = Engine::new(config).expect("an engine");
    site
}

/// Returns the report of a check of that page.
async fn report(content_type: &'static str, body: String, check: &str) -> String {
    page(content_type, body).await.report("${base}/", check).await
}

async fn report_of_html(body: String, check: &str) -> String {
    report("text/html", body, check).await
}

async fn report_of_json(body: String, check: &str) -> String {
    report("application/json", body, check).await
}

/// A list of pages' elements, each with others in it and beside it.
fn nested(depth: usize) -> String {
    "<div class=a>".repeat(depth)
}

#[tokio::test]
async fn selectors_that_take_the_square_of_the_page_are_given_up() {
    // What is looked at again and again is long here, so that few elements are enough.
    let long = format!("<body title='{}'>{}", "a".repeat(5_000_000), "<p>".repeat(1_000));
    insta::assert_snapshot!(report_of_html(long, "- { css: '[title*=b] p' }").await, @r#"
    errored: css `[title*=b] p` exists
      actual: the selector looks at too many nodes of this page; make it more direct
    "#);
}

#[tokio::test]
async fn has_does_not_recurse_without_end() {
    insta::assert_snapshot!(report_of_html(nested(DEEP), "- { css: 'div:has(p)' }").await, @r#"
    errored: css `div:has(p)` exists
      actual: the page is nested too deep for `:has`
    "#);
    insta::assert_snapshot!(report_of_html(nested(DEEP), "- { css: 'div:has(> div)', count: 2999 }").await, @r#"
    passed: css `div:has(> div)` count equals 2999
    "#);
}

#[tokio::test]
async fn elements_nested_without_end_are_judged_or_given_up() {
    let site = page("text/html", format!("{}deep", nested(DEEP))).await;
    let checks = "- { css: body, text: deep }
- { css: .a, html: { contains: deep } }
- { css: .a, count: 3000 }
- { css: .a, texts: [deep] }
- { css: .b }
- { xpath: '//div[not(div)]', text: deep }
- { xpath: //div, count: 3000 }
- { xpath: //div, texts: [deep] }
- { xpath: '//*[. * 2 > 1]' }
- { xpath: '//*//*//*//*' }
- links: {}";
    insta::assert_snapshot!(site.report("${base}/", checks).await, @r#"
    passed: css `body` text equals "deep"
    passed: css `.a` html contains "deep"
    passed: css `.a` count equals 3000
    failed: css `.a` texts equals ["deep"]
      expected: ["deep"]
      actual: ["deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","…
    failed: css `.b` exists
      expected: something
      actual: nothing
      hint: nothing matches `.b`
    passed: xpath `//div[not(div)]` equals "deep"
    passed: xpath `//div` count equals 3000
    failed: xpath `//div` texts equals ["deep"]
      expected: ["deep"]
      actual: ["deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","deep","…
    failed: xpath `//*[. * 2 > 1]` exists
      expected: something
      actual: nothing
      hint: `//*` matches 3003 elements, `//*[. * 2 > 1]` matches none
    passed: xpath `//*//*//*//*` exists
    passed: links to the same host
    "#);
}

#[tokio::test]
async fn pages_that_grow_while_they_are_parsed_are_given_up() {
    let unclosed = (0..3_000).fold(String::new(), |text, n| text + &format!("<b title={n}>"));
    let bomb = format!("<p>{unclosed}{}", "<p>x".repeat(3_000));
    insta::assert_snapshot!(report_of_html(bomb, "- { css: p }").await, @r#"
    errored: css `p` exists
      actual: the page has more than 1000000 elements, texts and attributes
    "#);
    insta::assert_snapshot!(report_of_html("<a>".repeat(BODY_BYTES / 3), "- { css: a }").await, @r#"
    errored: css `a` exists
      actual: the page has more than 1000000 elements, texts and attributes
    "#);
}

#[tokio::test]
async fn one_attribute_can_be_the_page() {
    let body = format!("<p title='{}'>x</p>", "a".repeat(BODY_BYTES - 100));
    let checks = "- { css: 'p[title*=b]', exists: false }\n- { css: p, attr: title, ends_with: aaa }\n- { xpath: '//p[contains(@title, \"b\")]', exists: false }
- { xpath: 'concat(//p/@title, //p/@title)', equals: x }";
    insta::assert_snapshot!(report_of_html(body, checks).await, @r#"
    passed: css `p[title*=b]` does not exist
    passed: css `p` attribute title ends_with "aaa"
    passed: xpath `//p[contains(@title, "b")]` does not exist
    errored: xpath `concat(//p/@title, //p/@title)` equals "x"
      actual: the XPath builds a text that is too long
    "#);
}

#[tokio::test]
async fn json_made_to_be_large_in_memory_is_given_up() {
    let zeros = format!("[{}0]", "0,".repeat(2_000_000));
    insta::assert_snapshot!(report_of_json(zeros, "- { json: '$[0]', equals: 0 }\n- { schema: { type: array } }").await, @r#"
    errored: json `$[0]` equals 0
      actual: the body has more than 1000000 JSON values; an object counts as 5 of them
    errored: json `$` fits the schema
      actual: the body has more than 1000000 JSON values; an object counts as 5 of them
    "#);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    insta::assert_snapshot!(report_of_json(deep, "- { json: '$[0]' }").await, @r#"
    failed: json `$[0]` exists
      expected: something
      actual: nothing
      hint: the body is not JSON: recursion limit exceeded at line 1 column 128; it begins "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…"
    "#);
}

#[tokio::test]
async fn schemas_that_refer_to_themselves_without_end_are_given_up() {
    let links = (0..60).fold(String::new(), |text, n| {
        let next = format!("{{ $ref: '#/$defs/a{}' }}", n + 1);
        text + &format!("a{n}: {{ anyOf: [{next}, {next}] }}, ")
    });
    let growing = format!("{{ $ref: '#/$defs/a0', $defs: {{ {links} a60: {{ type: 'null' }} }} }}");
    let checks =
        format!("- {{ schema: {growing} }}\n- {{ schema: {{ type: array }} }}\n- {{ not: {{ schema: {growing} }} }}");
    insta::assert_snapshot!(report_of_json("[[1]]".to_owned(), &checks).await, @r#"
    errored: json `$` fits the schema
      actual: validating this JSON takes too long; use fewer references of the schema to itself, or check a part of the JSON
    passed: json `$` fits the schema
    errored: not (json `$` fits the schema)
      actual: validating this JSON takes too long; use fewer references of the schema to itself, or check a part of the JSON
    "#);
}

#[tokio::test]
async fn json_paths_that_lead_everywhere_are_given_up() {
    let branches = format!("[{}0{}]", "[[0,0,0,0],".repeat(60), "]".repeat(60));
    let site = page("application/json", branches).await;
    let checks = "- { json: '$..*..*..*..*..*' }
- { json: '$[?$..*..*..[?@..*]]' }
- { json: '$..[0,1,0,1,0,1]..[0,1,0,1]..[0,1,1,1]..[0]' }
- { json: '$..*', count: { above: 100 } }";
    insta::assert_snapshot!(site.report("${base}/", checks).await, @r#"
    errored: json `$..*..*..*..*..*` exists
      actual: `$..*..*..*..*..*` takes too long on this JSON; make it more direct, or use fewer repetitions in its patterns
    errored: json `$[?$..*..*..[?@..*]]` exists
      actual: `$[?$..*..*..[?@..*]]` takes too long on this JSON; make it more direct, or use fewer repetitions in its patterns
    errored: json `$..[0,1,0,1,0,1]..[0,1,0,1]..[0,1,1,1]..[0]` exists
      actual: `$..[0,1,0,1,0,1]..[0,1,0,1]..[0,1,1,1]..[0]` takes too long on this JSON; make it more direct, or use fewer repetitions in its patterns
    passed: json `$..*` count above 100
    "#);
    let many = format!("[{}0]", "\"a\",".repeat(100_000));
    insta::assert_snapshot!(report_of_json(many, "- { json: '$[?search(@, \"b\")]' }").await, @r#"
    failed: json `$[?search(@, "b")]` exists
      expected: something
      actual: nothing
      hint: `$` is there, `$[?search(@, "b")]` is not; `$` is an array of 100001
    "#);
    let own: Vec<_> = (0..2_000).map(|number| format!(r#"{{"a":"a","p":"[ab]{{{}}}"}}"#, 5_000 + number)).collect();
    let own = format!("[{}]", own.join(","));
    insta::assert_snapshot!(report_of_json(own, "- { json: '$[?search(@.a, @.p)]' }").await, @r#"
    errored: json `$[?search(@.a, @.p)]` exists
      actual: `$[?search(@.a, @.p)]` takes too long on this JSON; make it more direct, or use fewer repetitions in its patterns
    "#);
}

#[tokio::test]
async fn patterns_are_bounded_when_they_are_made_and_when_they_are_matched() {
    let site = page("text/plain", "a".repeat(1_000_000)).await;
    let mut with_pattern = site;
    with_pattern.vars.insert("large".into(), "(a{1,1000}){1,1000}".into());
    let checks = "- { body: { matches: '${large}' } }
- { body: { matches: '(a|a)*(a|aa)*(a*)*b' } }
- { regex: '^(a+)+$', matches: 'b$' }";
    let report = with_pattern.report("${base}/", checks).await;
    insta::assert_snapshot!(report.replace(&"a".repeat(200), "…"), @r#"
    errored: body matches `(a{1,1000}){1,1000}`
      actual: `(a{1,1000}){1,1000}` is not a regular expression: it takes more than 10485760 bytes of memory; use fewer or smaller repetitions
    failed: body matches `(a|a)*(a|aa)*(a*)*b`
      expected: something matching `(a|a)*(a|aa)*(a*)*b`
      actual: "…aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"
    failed: regex `^(a+)+$` matches `b$`
      expected: something matching `b$`
      actual: "…aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"
    "#);
}

/// Letters; the pattern below has to remember the last 20,000 of them.
fn without_a_period(letters: usize) -> String {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 { 'a' } else { 'b' }
    };
    std::iter::repeat_with(next).take(letters).collect()
}

#[tokio::test]
async fn patterns_that_cannot_be_held_against_a_page_in_time_are_given_up() {
    let letters = without_a_period(100_000);
    let body = format!(r#"<p><a href="/{letters}">{letters}</a>"#);
    let mut site = page("text/html", body).await;
    site.vars.insert("slow".into(), "[ab]*a[ab]{20000}c".into());
    let checks = "- { css: a, matches: '${slow}' }
- { body: { not_matches: '${slow}' } }
- { regex: '(${slow})' }
- { links: { ignore: ['[ab]*a[ab]{20000}c'] } }
- { css: a, matches: 'a(a|b){3}' }";
    insta::assert_snapshot!(site.report("${base}/", checks).await, @r#"
    errored: css `a` text matches `[ab]*a[ab]{20000}c`
      actual: `[ab]*a[ab]{20000}c` takes too long on a text of this size; use fewer or smaller repetitions, or match it against a part of the page
    errored: body not_matches `[ab]*a[ab]{20000}c`
      actual: `[ab]*a[ab]{20000}c` takes too long on a text of this size; use fewer or smaller repetitions, or match it against a part of the page
    errored: regex `([ab]*a[ab]{20000}c)` exists
      actual: `([ab]*a[ab]{20000}c)` takes too long on a text of this size; use fewer or smaller repetitions, or match it against a part of the page
    errored: links to the same host
      actual: one of the patterns of `ignore` takes too long on a text of this size; use fewer or smaller repetitions, or match it against a part of the page
    passed: css `a` text matches `a(a|b){3}`
    "#);
    let items = format!("[{}{{}}]", format!(r#"{{"a":"{letters}"}},"#).repeat(20));
    insta::assert_snapshot!(report_of_json(items, "- { json: '$[?search(@.a, \"[ab]*a[ab]{20000}c\")]' }").await, @r#"
    errored: json `$[?search(@.a, "[ab]*a[ab]{20000}c")]` exists
      actual: the pattern `[ab]*a[ab]{20000}c` of `$[?search(@.a, "[ab]*a[ab]{20000}c")]` takes too long on a text of this size; use fewer or smaller repetitions, or match it against a part of the page
    "#);
}

#[tokio::test]
async fn a_check_that_breaks_on_a_page_does_not_affect_the_others() {
    let site = page("text/html", nested(DEEP)).await;
    let tests = suite(&format!(
        "- name: t\n  get: ${{base}}/\n  expect:\n{}",
        indent("- { css: 'div:has(p)' }\n- status: 200")
    ));
    let plan = site.plan(&tests).await.expect("a plan");
    assert_eq!(plan.len(), 1);
    let end = site.run("- { name: t, get: '${base}/', expect: [ { css: 'div:has(p)' }, { status: 200 } ] }").await;
    assert_eq!(end.outcome, Outcome::Errored);
    assert_eq!(end.steps[0].checks[1].outcome, Outcome::Passed);
}
