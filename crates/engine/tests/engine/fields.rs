//! Header fields and cookies, which can occur several times.

use super::site::{Site, to};
use axum::Router;
use axum::http::header::{HeaderName, SET_COOKIE};
use axum::response::AppendHeaders;
use axum::routing::get;
use stepcast_protocol::Outcome;

const LINKS: [(&str, &str); 2] = [("link", "</a.css>; rel=preload"), ("link", "</b.js>; rel=preload")];
const COOKIES: [(HeaderName, &str); 3] = [
    (SET_COOKIE, "session=s1; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=3600"),
    (SET_COOKIE, "old=; Max-Age=0"),
    (SET_COOKIE, "until=x; Expires=Thu, 31 Dec 2099 23:59:59 GMT; Domain=127.0.0.1"),
];

async fn site() -> Site {
    let router = Router::new()
        .route("/links", get(|| async { AppendHeaders(LINKS) }))
        .route("/cookies", get(|| async { AppendHeaders(COOKIES) }))
        .route("/kept", get(|| async { (AppendHeaders([(SET_COOKIE, "kept=k1; Path=/")]), to(302, "/cookies")) }));
    Site::serve(router).await
}

async fn all_hold(page: &str, checks: &str) {
    let site = site().await;
    let results = site.check(page, checks).await;
    assert!(results.iter().all(|result| result.outcome == Outcome::Passed), "{}", site.describe(&results));
}

#[tokio::test]
async fn one_of_several_header_fields_has_to_fit() {
    all_hold(
        "${base}/links",
        "- { header: link, equals: '</b.js>; rel=preload' }
- { header: link, contains: a.css, not_contains: c.css }
- { header: link, contains: b.js, count: 2 }
- { not: { header: link, not_contains: b.js } }
- { not: { header: link, matches: ^b } }
- { header: link, one_of: [x, '</b.js>; rel=preload'] }
- { header: link, empty: false }
- { header: link, filter: count, equals: 2 }
- { header: link, filter: [{ nth: 1 }], starts_with: </b }",
    )
    .await;
}

#[tokio::test]
async fn cookies_have_values_and_attributes() {
    all_hold(
        "${base}/cookies",
        "- { cookie: session, equals: s1 }
- { cookie: session, attr: path, equals: / }
- { cookie: session, attr: http_only }
- { cookie: session, attr: secure, equals: true }
- { cookie: session, attr: same_site, equals: Lax }
- { cookie: session, attr: max_age, at_least: 3600 }
- { cookie: session, attr: domain, exists: false }
- { cookie: old, attr: max_age, equals: 0 }
- { cookie: old, empty: true }
- { cookie: until, attr: expires, equals: 2099-12-31T23:59:59Z }
- { cookie: until, attr: expires, above: 2099-01-01 }
- { cookie: until, attr: domain, equals: 127.0.0.1 }
- { cookie: until, attr: secure, equals: false }
- { cookie: nothing, exists: false }",
    )
    .await;
}

#[tokio::test]
async fn cookies_of_earlier_answers_are_in_the_jar() {
    all_hold("${base}/kept", "- { redirects: 1 }\n- { cookie: kept, equals: k1 }").await;
}

#[tokio::test]
async fn failures_show_the_actual_values() {
    let site = site().await;
    let report = site
        .report("${base}/links", "- { header: link, equals: x }\n- { header: link, count: 3 }\n- { cookie: a }")
        .await;
    insta::assert_snapshot!(report, @r#"
    failed: header link equals "x"
      expected: "x"
      actual: "</a.css>; rel=preload" and "</b.js>; rel=preload"
    failed: header link count equals 3
      expected: count 3
      actual: count 2
    failed: cookie a exists
      expected: something
      actual: nothing
      hint: there are no cookies
    "#);
    let report = site
        .report(
            "${base}/cookies",
            "- { cookie: sesion }\n- { cookie: until, attr: http_only }\n- { cookie: until, attr: path }",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    failed: cookie sesion exists
      expected: something
      actual: nothing
      hint: there is `session`
    failed: cookie until http_only equals true
      expected: true
      actual: false
    failed: cookie until path exists
      expected: something
      actual: nothing
      hint: the cookie `until` is there, but without `path`
    "#);
}

#[tokio::test]
async fn a_capture_takes_the_first_of_several() {
    let site = site().await;
    let test = "- { name: t, get: '${base}/links', capture: { first: { header: link } }, expect: [ { header: link, \
                equals: '</a.css>; rel=preload' }, { regex: '${first}', exists: false } ] }";
    let end = site.run(test).await;
    assert!(site.describe(&end.steps[0].checks).contains("regex `</a.css>; rel=preload`"), "{:?}", end.steps);
}
