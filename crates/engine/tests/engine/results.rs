//! What kind of result it is, and how large it may get.

use super::site::{Site, indent};
use stepcast_protocol::Outcome;
use stepcast_protocol::limits::RESULT_BYTES;

async fn outcome(test: &str) -> (Outcome, String) {
    let site = Site::start().await;
    let end = site.run(test).await;
    (end.outcome, site.describe(&end.steps[0].checks))
}

#[tokio::test]
async fn a_site_that_turns_us_away_is_blocked() {
    let (too_many, report) =
        outcome("- { name: t, get: '${base}/too-many', expect: [ { status: 200 }, { size: 9 } ] }").await;
    assert_eq!(too_many, Outcome::Blocked);
    insta::assert_snapshot!(report, @r#"
    blocked: request
      actual: the site answered 429 Too Many Requests, try again after 70
      hint: send requests more slowly: lower `defaults.host.concurrency` or raise `defaults.host.interval`
    blocked: status equals 200
      expected: 200
      actual: 429
    passed: size equals 9
    "#);
    let (wall, report) = outcome("- { name: t, get: '${base}/wall', expect: [ { status: 200 } ] }").await;
    assert_eq!(wall, Outcome::Blocked);
    insta::assert_snapshot!(report, @r#"
    blocked: request
      actual: the site's bot protection answered 403 (cf-mitigated: challenge)
      hint: let Stepcast's user agent or address through, or test a host without the protection
    blocked: status equals 200
      expected: 200
      actual: 403
    "#);
}

#[tokio::test]
async fn a_rejection_can_be_the_expected_result() {
    for (page, check, expected) in [
        ("too-many", "status: 429", Outcome::Passed),
        ("too-many", "status: { one_of: [200, 429] }", Outcome::Passed),
        ("too-many", "status: { above: 400 }", Outcome::Blocked),
        ("wall", "status: 403", Outcome::Passed),
        ("forbidden", "status: 200", Outcome::Failed),
    ] {
        let (outcome, report) =
            outcome(&format!("- {{ name: t, get: '${{base}}/{page}', expect: [ {{ {check} }} ] }}")).await;
        assert_eq!(outcome, expected, "{page} {check}\n{report}");
    }
}

#[tokio::test]
async fn large_results_are_cut_to_what_can_be_stored() {
    let site = Site::start().await;
    let checks: Vec<_> = (0..100).map(|n| format!("- {{ body: {{ contains: '{n:0>230}' }} }}\n")).collect();
    let test = format!("- name: t\n  get: ${{base}}/json\n  expect:\n{}", indent(&checks.concat()));
    let end = site.run(&test).await;
    assert_eq!((end.outcome, end.checks), (Outcome::Failed, 100));
    let bytes = serde_json::to_vec(&end.steps).expect("JSON").len();
    assert!(bytes <= RESULT_BYTES, "{bytes}");
    assert_eq!(end.steps[0].checks.len(), 100, "quotes go before checks");
}
