//! Who asks, what is sent along, and that credentials stay inside.

use super::site::{Site, Watcher, echo, to};
use axum::Router;
use axum::routing::{any, get};
use stepcast_protocol::Outcome;
use stepcast_suite::Suite;

#[tokio::test]
async fn credentials_and_the_user_agent_are_sent() {
    let site = Site::start().await.with_secret("token", "s3cr3t-t0ken");
    let end = site
        .run(
            "- name: t
  steps:
    - get: ${base}/echo
      basic: { user: ada, password: lovelace }
      expect: [ { json: $.headers.authorization, equals: Basic YWRhOmxvdmVsYWNl } ]
    - get: ${base}/echo
      bearer: ${secret.token}
      user_agent: Nightly ${lang}
      expect:
        - { json: $.headers.authorization, equals: 'Bearer s3cr3t-t0ken' }
        - { json: '$.headers[\"user-agent\"]', equals: Nightly en }
    - get: ${base}/echo
      expect: [ { json: $.headers.authorization, exists: false } ]"
                .replace("${lang}", "en")
                .as_str(),
        )
        .await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
}

#[tokio::test]
async fn a_step_overrides_the_credentials_of_the_defaults() {
    let site = Site::start().await;
    let suite = Suite::parse(
        "suite: s
vars: { base: http://unset.invalid }
defaults: { basic: { user: u, password: p }, user_agent: Ours }
tests:
  - name: t
    steps:
      - get: ${base}/echo
        expect:
          - { json: $.headers.authorization, equals: Basic dTpw }
          - { json: '$.headers[\"user-agent\"]', equals: Ours }
      - get: ${base}/echo
        bearer: other
        user_agent: Theirs
        expect:
          - { json: $.headers.authorization, equals: Bearer other }
          - { json: '$.headers[\"user-agent\"]', equals: Theirs }
      - get: ${base}/echo
        headers: { authorization: own }
        expect: [ { json: $.headers.authorization, equals: own } ]",
    )
    .expect("a suite");
    let plan = site.plan(&suite).await.expect("a plan");
    let run = site.test_run(&suite, &plan[0]);
    let end = site.engine.run_test(run, &mut Watcher::default()).await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
}

#[tokio::test]
async fn forms_with_files_are_sent() {
    let site = Site::start().await;
    let end = site
        .run(
            "- name: t
  post: ${base}/echo
  multipart:
    title: 'A ${x}'
    photo: { name: 'a.svg', content: '<svg/>', type: image/svg+xml }
    notes: [ one, { name: b.txt, content: two } ]
  expect:
    - { json: '$.headers[\"content-type\"]', starts_with: multipart/form-data; boundary=stepcast- }
    - json: $.body
      matches: '(?s)^--(stepcast-\\w+)\\r\\ncontent-disposition: form-data; name=\"title\"\\r\\n\\r\\nA picture\\r\\n--'
    - { json: $.body, contains: 'filename=\"a.svg\"' }
    - { json: $.body, contains: 'content-type: image/svg+xml' }
    - { json: $.body, matches: 'name=\"notes\"\\r\\n\\r\\none\\r\\n' }
    - { json: $.body, matches: '(?s)filename=\"b.txt\"\\r\\ncontent-type: application/octet-stream\\r\\n\\r\\ntwo\\r\\n--stepcast-\\w+--\\r\\n$' }"
                .replace("${x}", "picture")
                .as_str(),
        )
        .await;
    assert_eq!(end.outcome, Outcome::Passed, "{}", site.describe(&end.steps[0].checks));
}

/// A password that is no secret of the run is hidden like one, and so is a token that was captured.
#[tokio::test]
async fn credentials_are_hidden_wherever_they_come_from() {
    let site =
        Site::serve(Router::new().route("/token", get(|| async { "token=c4ptured-one" })).route("/echo", any(echo)))
            .await;
    let mut watcher = Watcher::default();
    let end = site
        .run_watched(
            "- name: t
  steps:
    - name: Get a token with pa55word
      get: ${base}/token?mirror=pa55word
      capture: { token: { regex: 'token=(.*)' } }
      expect: [ { url: { exists: true } } ]
    - name: Use ${token}
      get: ${base}/echo
      bearer: ${token}
      expect: [ { json: $.headers.authorization, equals: nobody } ]
  teardown:
    - get: ${base}/echo
      basic: { user: ada, password: pa55word }
      expect: [ { json: $.headers.authorization, equals: nobody } ]",
            &mut watcher,
        )
        .await;
    assert_eq!(end.outcome, Outcome::Failed);
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    let report = format!("{}\n{report}", watcher.heard.join("\n"));
    for hidden in ["c4ptured", "pa55word", "YWRhOnBhNTV3b3Jk"] {
        assert!(!report.contains(hidden), "{hidden}: {report}");
    }
    assert!(report.contains("started 1 Use ***") && report.contains("actual: \"Bearer ***\""), "{report}");
}

#[tokio::test]
async fn credentials_are_not_sent_to_another_host() {
    let other = Site::serve(Router::new().route("/echo", any(echo))).await;
    let elsewhere = format!("{}/echo", other.base);
    let site = Site::serve(Router::new().route("/there", get(move || async move { to(307, &elsewhere) }))).await;
    for auth in ["basic: { user: ada, password: lovelace }", "bearer: a-token"] {
        let test = format!(
            "- name: t\n  get: ${{base}}/there\n  {auth}\n  expect: [ {{ json: $.headers.authorization, exists: false }} ]"
        );
        let end = site.run(&test).await;
        assert_eq!(end.outcome, Outcome::Passed, "{}", site.describe(&end.steps[0].checks));
    }
}
