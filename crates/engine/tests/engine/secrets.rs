//! Secrets stay inside, also when a page echoes them.

use super::site::{Site, Watcher, echo, suite};
use axum::Router;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::routing::{any, get};
use stepcast_protocol::Outcome;
use stepcast_suite::Suite;

const SECRET: &str = "p&ss w/ord<1>";

#[tokio::test]
async fn an_echoed_secret_does_not_show() {
    let mirror = |RawQuery(query): RawQuery| async move {
        let query = query.unwrap_or_default();
        let html = SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!("<p title=\"{html}\">{html}</p><a href=\"?{query}\">{query}</a>")
    };
    let site = Site::serve(Router::new().route("/mirror", get(mirror)).route("/echo", any(echo)))
        .await
        .with_secret("password", SECRET)
        .with_secret("pin", "123");
    let mut watcher = Watcher::default();
    let end = site
        .run_watched(
            "- name: t
  steps:
    - name: Send ${secret.password}
      post: ${base}/echo
      form: { password: '${secret.password}' }
      headers: { authorization: 'Bearer ${secret.password}' }
      capture: { sent: { json: $.body } }
      expect: [ { json: $.headers.authorization, contains: '${secret.password}' } ]
    - get: ${base}/mirror?q=${secret.password}&pin=${secret.pin}
      expect:
        - { css: p, text: 'not ${secret.password}' }
        - { css: p, attr: title, matches: '^${secret.password}$' }
        - { body: { empty: true } }
        - { url: { contains: nowhere } }
        - { regex: 'q=[^ ]*', equals: '${sent}' }
        - { css: 'p[title=\"${secret.password}x\"]' }",
            &mut watcher,
        )
        .await;
    let report = format!(
        "{}\n{}\n{}",
        watcher.heard.join("\n").replace(&site.base, "http://site"),
        site.describe(&end.steps[0].checks),
        site.describe(&end.steps[1].checks)
    );
    assert!(!report.contains("ss w") && !report.contains("ord<") && !report.contains("ord%3C"), "{report}");
    insta::assert_snapshot!(report, @r#"
    attempt 1
    started 0 Send ***
    finished 0 passed
    started 1 GET http://site/mirror?q=***&pin=123
    finished 1 failed
    passed: json `$.headers.authorization` contains "***"

    failed: css `p` text equals "not ***"
      expected: "not ***"
      actual: "***"
    passed: css `p` attribute title matches `^***$`
    failed: body is empty
      expected: something empty
      actual: "<p title=\"***\">***</p><a href=\"?q=***&pin=123\">q=***&pin=123</a>"
    failed: url contains "nowhere"
      expected: something containing "nowhere"
      actual: "http://site/mirror?q=***&pin=123"
    failed: regex `q=[^ ]*` equals "password=***"
      expected: "password=***"
      actual: "q=***&pin=123\">q=***&pin=123</a>"
    failed: css `p[title="***x"]` exists
      expected: something
      actual: nothing
      hint: `p` matches 1 element, `p[title="***x"]` matches none; there is `[title="***"]` (1)
    "#);
}

#[tokio::test]
async fn a_secret_does_not_show_where_a_request_or_a_plan_goes_wrong() {
    let site = Site::start().await.with_secret("host", "s3cr3t.invalid").with_secret("word", "Geheim nis");
    let report = site.report("http://${secret.host}/", "- status: 200").await
        + &site.report("${base}/", "- { regex: '(${secret.word}' }").await;
    assert!(!report.contains("s3cr3t") && !report.contains("Geheim"), "{report}");
    let discovering = suite("- { name: 'In ${secret.word}', discover: { sitemap: 'http://${secret.host}/' } }");
    let error = site.plan(&discovering).await.expect_err("no such host");
    assert!(error.message.starts_with("test `In ***`: `http://***/` could not be fetched"), "{error}");
    // One that is written there is refused where the suite is read.
    let through_a_variable = Suite::parse(
        "{ suite: s, vars: { v: '${secret.word}' }, tests: [ { name: t, get: 'http://h', each: { x: ['${v}'] } } ] }",
    );
    let error = site.plan(&through_a_variable.expect("a suite")).await.expect_err("a plan holds no secrets");
    assert_eq!(error.message, "test `t`: a value of `each.x` uses a secret");
}

#[tokio::test]
async fn a_page_with_a_secret_in_its_address_is_not_planned() {
    let page = "<urlset><url><loc>http://h.example/?token=s3cr3t%20x</loc></url></urlset>";
    let site =
        Site::serve(Router::new().route("/", get(move || async move { page }))).await.with_secret("key", "s3cr3t x");
    let error = site
        .plan(&suite("- { name: t, discover: { sitemap: '${base}/', robots: ignore } }"))
        .await
        .expect_err("a secret");
    assert_eq!(error.message, "test `t`: the address of a discovered page contains a secret");
}

#[tokio::test]
async fn a_sitemap_cannot_ask_for_a_secret() {
    let site = Site::serve(
        Router::new()
            .route(
                "/sitemap.xml",
                get(|headers: HeaderMap| async move {
                    let host = headers["host"].to_str().expect("a host").to_owned();
                    format!("<urlset><url><loc>http://{host}/echo?${{secret.key}}</loc></url></urlset>")
                }),
            )
            .route("/echo", any(echo)),
    )
    .await
    .with_secret("key", "s3cr3t");
    let end = site.run("- { name: t, discover: { sitemap: '${base}/sitemap.xml' }, expect: [ { json: $.uri, contains: s3cr3t } ] }").await;
    assert_eq!(end.outcome, Outcome::Failed);
}

/// Where a quote is shorter than the secret, a part of it would be left that no mask finds.
#[tokio::test]
async fn a_secret_that_is_cut_does_not_show_in_part() {
    let secret = "k3y-".repeat(40);
    let body = secret.clone();
    let site =
        Site::serve(Router::new().route("/", get(move || async move { body }))).await.with_secret("key", &secret);
    let report = site
        .report(
            "${base}/",
            "- { body: , filter: number, above: 1 }
- { body: '${secret.key} and more' }
- { regex: nothing }
- { regex: '.+(x)?', equals: a }
- { json: $.a }",
        )
        .await;
    assert!(report.contains("***") && !report.contains("k3y"), "{report}");
}

/// A token page: it echoes the secret in a sentence with something else in it.
async fn token_page() -> Site {
    let page = |RawQuery(query): RawQuery| async move {
        format!(
            "id=4711 token=correct-horse-battery; <b title=\"correct-horse-battery\">x</b> {}",
            query.unwrap_or_default()
        )
    };
    let site = Site::serve(Router::new().route("/", get(page)).route("/echo", any(echo))).await;
    site.with_secret("key", "correct-horse-battery")
}

/// No mask finds half of a secret, so where a value came from is what counts.
#[tokio::test]
async fn a_part_of_a_secret_does_not_show() {
    let site = token_page().await;
    let report = site
        .report(
            "${base}/",
            "- { regex: 'token=(.{10})', equals: x }
- { regex: 'token=(.{3})', equals: x }
- { regex: 'token=(.{8})', matches: '^[0-9]' }
- { body: , filter: [{ split: 'horse' }, { nth: 1 }], equals: x }
- { css: b, attr: title, filter: [{ split: '-' }, { nth: 0 }, number], above: 1 }
- { css: b, attr: title, filter: { replace: [correct-, wrong-] }, equals: x }
- { css: b, attr: title, filter: [{ split: '-' }], equals: x }
- { xpath: 'substring(//b/@title, 1, 9)', equals: x }
- { regex: 'horse-b(x)?', group: 1, equals: x }
- { regex: 'id=([0-9]+)', equals: x }
- { css: b, attr: title, filter: upper, equals: x }",
        )
        .await;
    let shown: Vec<&str> = report.lines().filter_map(|line| line.trim().strip_prefix("actual: ")).collect();
    let (unfit, id) = ("\"***\", which `number` cannot use: it has no number", "\"4711\"");
    let hidden = "\"***\"";
    assert_eq!(
        shown,
        [hidden, hidden, hidden, hidden, unfit, hidden, hidden, hidden, "nothing", id, hidden],
        "{report}"
    );
    assert!(report.contains("the pattern matches \"***\", but not its group 1"), "{report}");
}

#[tokio::test]
async fn a_captured_part_of_a_secret_is_a_secret() {
    let site = token_page().await;
    let mut watcher = Watcher::default();
    let end = site
        .run_watched(
            "- name: t
  steps:
    - get: ${base}/
      capture:
        first: { regex: 'token=(.{9})' }
        second: { body: , filter: [{ split: 'correct-h' }, { nth: 1 }, { split: ';' }, { nth: 0 }] }
        id: { regex: 'id=([0-9]+)' }
      expect: [ { url: { contains: '${first}' } } ]",
            &mut watcher,
        )
        .await;
    let report = site.describe(&end.steps[0].checks);
    assert!(report.contains("url contains \"***\"") && !report.contains("correct"), "{report}");
    let end = site
        .run_watched(
            "- name: t
  steps:
    - get: ${base}/
      capture:
        first: { regex: 'token=(.{9})' }
        second: { body: , filter: [{ split: 'correct-h' }, { nth: 1 }, { split: ';' }, { nth: 0 }] }
        id: { regex: 'id=([0-9]+)' }
    - name: Ask for ${first} and ${second}, ${id}
      get: ${base}/echo?${first}x${second}&id=${id}
      expect: [ { url: { contains: nowhere } }, { json: $.uri, equals: x } ]",
            &mut watcher,
        )
        .await;
    let report = watcher.heard.join("\n") + &site.describe(&end.steps[1].checks);
    assert!(report.contains("Ask for *** and ***, 4711") && report.contains("/echo?***x***&id=4711"), "{report}");
    assert!(!report.contains("correct") && !report.contains("orse-b"), "{report}");
}

/// A page that writes a secret in its own way, as pages do.
#[tokio::test]
async fn a_secret_in_other_clothes_does_not_show() {
    let page = concat!(
        "%63%6f%72%72%65%63%74%2d%68%6f%72%73%65 \\u0063\\u006f\\u0072\\u0072\\u0065ct-horse ",
        "&#99;&#111;&#114;&#114;&#101;&#99;&#116;&#x2D;horse 636F72726563742D686F727365 ",
        "Y29ycmVj\ndC1ob3Jz\nZQ== CORRECT-HORSE"
    );
    let site = Site::serve(Router::new().route("/", get(move || async move { page })))
        .await
        .with_secret("key", "correct-horse");
    let report = site.report("${base}/", "- { body: { empty: true } }").await;
    assert!(report.contains("actual: \"*** *** *** *** ***== ***\""), "{report}");
}
