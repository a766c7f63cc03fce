//! Checks that are made of others.

use super::site::{Site, hold};

#[tokio::test]
async fn hold_as_they_say() {
    hold(
        "${base}/",
        &[
            "any: [{ status: 404 }, { css: h1, text: Welcome home }]",
            "no any: [{ status: 404 }, { css: h2 }]",
            "all: [{ status: 200 }, { css: h1 }]",
            "no all: [{ status: 200 }, { css: h2 }]",
            "not: { css: h2 }",
            "no not: { css: h1 }",
            "not: { any: [{ status: 404 }, { css: h2 }] }",
            "not: { all: [{ status: 200 }, { css: h2 }] }",
            "any: [{ all: [{ status: 200 }, { not: { css: h2 } }] }, { status: 404 }]",
            "not: { not: { status: 200 } }",
        ],
    )
    .await;
}

#[tokio::test]
async fn failures_name_the_checks_that_did_not_hold() {
    let mut site = Site::start().await;
    site.vars.insert("bad".into(), "[".into());
    let report = site
        .report(
            "${base}/",
            "- any: [ { status: 404 }, { css: h2, text: Welcome } ]
- all: [ { status: 200 }, { css: .product }, { redirects: 1 } ]
- not: { css: h1, text: Welcome home }
- all: [ { redirects: 1 }, { redirects: 2 }, { redirects: 3 }, { redirects: 4 }, { redirects: 5 } ]
- any: [ { status: 404 }, { css: 'p${bad}' } ]
- all: [ { status: 404 }, { css: 'p${bad}' } ]
- not: { css: 'p${bad}' }
- any: [ { status: 200 }, { css: 'p${bad}' } ]",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    failed: any of (status equals 404) or (css `h2` text equals "Welcome")
      expected: one of 2 checks to hold
      actual: status equals 404: found 200; css `h2` text equals "Welcome": found nothing
      hint: nothing matches `h2`
    failed: all of (status equals 200) and (css `.product` exists) and (redirects equals 1)
      expected: all of 3 checks to hold
      actual: css `.product` exists: found nothing; redirects equals 1: found 0
      hint: nothing matches `.product`; there is `.products` (3)
    failed: not (css `h1` text equals "Welcome home")
      expected: the check not to hold
      actual: it holds
    failed: all of (redirects equals 1) and (redirects equals 2) and (redirects equals 3) and (redirects equals 4) and (redirects equals 5)
      expected: all of 5 checks to hold
      actual: redirects equals 1: found 0; redirects equals 2: found 0; redirects equals 3: found 0; 2 more
    errored: any of (status equals 404) or (css `p[` exists)
      expected: one of 2 checks to hold
      actual: status equals 404: found 200; css `p[` exists: `p[` is not a CSS selector: it ends too early
    failed: all of (status equals 404) and (css `p[` exists)
      expected: all of 2 checks to hold
      actual: status equals 404: found 200; css `p[` exists: `p[` is not a CSS selector: it ends too early
    errored: not (css `p[` exists)
      actual: `p[` is not a CSS selector: it ends too early
    passed: any of (status equals 200) or (css `p[` exists)
    "#);
}

#[tokio::test]
async fn a_rejection_can_be_the_expected_result() {
    let site = Site::start().await;
    for (check, outcome) in [
        ("{ any: [{ status: 429 }, { status: 503 }] }", "passed"),
        ("{ all: [{ status: 429 }, { body: slow down }] }", "passed"),
        ("{ any: [{ status: 429 }, { body: slow down }] }", "blocked"),
        ("{ status: 4xx }", "blocked"),
        ("{ not: { status: 200 } }", "blocked"),
    ] {
        let end = site.run(&format!("- {{ name: t, get: '${{base}}/too-many', expect: [ {check} ] }}")).await;
        assert_eq!(end.outcome.as_str(), outcome, "{check}");
    }
}
