//! A site to test, and a run of the engine against it.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::Value;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stepcast_engine::{
    Engine, EngineConfig, Keeping, Observer, PlanError, PlanRun, PlannedTest, Sent, TestEnd, TestRun,
};
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckResult, EarlierAttempt, StepState};
use stepcast_suite::Suite;
use tokio_util::sync::CancellationToken;

/// A server on a port of its own, and what is said to it.
pub struct Site {
    pub base: String,
    pub vars: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, String>,
    pub tags: Vec<String>,
    pub engine: Engine,
}

pub const HOME: &str = r#"<!doctype html><html lang="en"><head><title>Shop</title></head><body>
<h1>
   Welcome   <b>home</b>
</h1><ul class="list"><li class="products">One</li><li class="products">Two</li><li class="products">3.5</li></ul>
<a class="buy" href="/cart?item=1">Buy</a><p class="empty"></p><input name="csrf" value="t0k3n">
</body></html>"#;

pub const JSON: &str = r#"{"name": "Lamp", "price": 12.5, "stock": 3, "code": "7", "on": true, "off": null,
"tags": ["new", "sale"], "items": [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}], "none": [], "size": {"w": 1}}"#;

impl Site {
    /// The site with the pages all tests share.
    pub async fn start() -> Self {
        Self::serve(pages()).await
    }

    /// A site of a test's own pages.
    pub async fn serve(router: Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self::at(format!("http://{address}"))
    }

    /// A site at an address.
    pub fn at(base: String) -> Self {
        let vars = BTreeMap::from([("base".to_owned(), base.clone())]);
        Self { base, vars, secrets: BTreeMap::new(), tags: Vec::new(), engine: engine(true) }
    }

    pub fn with_secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.insert(name.to_owned(), value.to_owned());
        self
    }

    pub async fn plan(&self, suite: &Suite) -> Result<Vec<PlannedTest>, PlanError> {
        self.engine.plan(self.plan_run(suite, &Sent::default())).await.tests
    }

    pub fn plan_run<'a>(&'a self, suite: &'a Suite, sent: &'a Sent) -> PlanRun<'a> {
        let Self { vars, secrets, tags, .. } = self;
        PlanRun { suite, vars, secrets, tags, sent, keeping: Keeping::Nothing, recording: None }
    }

    pub fn test_run<'a>(&'a self, suite: &'a Suite, planned: &'a PlannedTest) -> TestRun<'a> {
        TestRun { suite, job: "job", planned, vars: &self.vars, secrets: &self.secrets, recording: None }
    }

    /// Runs the first test of a suite.
    pub async fn run(&self, tests: &str) -> TestEnd {
        self.run_watched(tests, &mut Watcher::default()).await
    }

    pub async fn run_watched(&self, tests: &str, watcher: &mut Watcher) -> TestEnd {
        self.run_suite(&suite(tests), watcher).await
    }

    /// Runs the first test of a suite with these defaults.
    pub async fn run_with(&self, defaults: &Value, tests: &str) -> TestEnd {
        self.run_suite(&suite_with(defaults, tests), &mut Watcher::default()).await
    }

    /// Runs the first test of a suite.
    pub async fn run_suite(&self, suite: &Suite, watcher: &mut dyn Observer) -> TestEnd {
        let plan = self.plan(suite).await.expect("a plan");
        let run = self.test_run(suite, &plan[0]);
        self.engine.run_test(run, watcher).await
    }

    /// Returns the checks of the only step of the only test, which gets the first page with these defaults, as text.
    pub async fn report_with(&self, defaults: &Value, expect: &str) -> String {
        let test = format!("- name: t\n  get: ${{base}}/\n  expect:\n{}", indent(expect));
        self.describe(&self.run_with(defaults, &test).await.steps[0].checks)
    }

    /// The checks of the only step of the only test, which gets `page`.
    pub async fn check(&self, page: &str, expect: &str) -> Vec<CheckResult> {
        let test = format!("- name: t\n  get: {page}\n  expect:\n{}", indent(expect));
        self.run(&test).await.steps.remove(0).checks
    }

    /// Returns the same as text, with the port left out.
    pub async fn report(&self, page: &str, expect: &str) -> String {
        self.describe(&self.check(page, expect).await)
    }

    pub fn describe(&self, checks: &[CheckResult]) -> String {
        checks.iter().map(describe).collect::<String>().replace(&self.base, "http://site")
    }
}

/// Runs checks of one page. Those marked with `no` have to fail, and all others have to hold.
pub async fn hold(page: &str, checks: &[&str]) {
    let site = Site::start().await;
    let list: Vec<_> = checks.iter().map(|check| format!("- {{ {} }}\n", check.trim_start_matches("no "))).collect();
    let results = site.check(page, &list.concat()).await;
    assert_eq!(results.len(), checks.len(), "{}", site.describe(&results));
    for (check, result) in checks.iter().zip(&results) {
        let expected = if check.starts_with("no ") { Outcome::Failed } else { Outcome::Passed };
        assert_eq!(result.outcome, expected, "{check}\n{}", site.describe(std::slice::from_ref(result)));
    }
}

pub fn engine(allow_private_targets: bool) -> Engine {
    let config = EngineConfig { allow_private_targets, body_bytes: 100_000, ..EngineConfig::default() };
    Engine::new(config).expect("an engine")
}

/// An engine that lets suites say `insecure`.
pub fn insecure_engine() -> Engine {
    let config = EngineConfig { allow_private_targets: true, allow_insecure_targets: true, ..EngineConfig::default() };
    Engine::new(config).expect("an engine")
}

pub fn suite(tests: &str) -> Suite {
    suite_with(&serde_json::json!({}), tests)
}

pub fn suite_with(defaults: &Value, tests: &str) -> Suite {
    let text =
        format!("suite: s\nvars: {{ base: http://unset.invalid }}\ndefaults: {defaults}\ntests:\n{}", indent(tests));
    Suite::parse(&text).unwrap_or_else(|problems| panic!("{problems}"))
}

pub fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect::<Vec<_>>().concat()
}

fn describe(check: &CheckResult) -> String {
    let line =
        |name, text: &Option<String>| text.as_ref().map(|text| format!("  {name}: {text}\n")).unwrap_or_default();
    let [expected, actual, hint] =
        [line("expected", &check.expected), line("actual", &check.actual), line("hint", &check.hint)];
    format!("{}: {}\n{expected}{actual}{hint}", check.outcome.as_str(), check.check)
}

/// Records what it receives, and cancels after this many steps.
#[derive(Default)]
pub struct Watcher {
    pub heard: Vec<String>,
    cancel_after: Option<usize>,
    finished: usize,
    pub stopped: CancellationToken,
}

impl Watcher {
    /// One whose test is stopped by this token.
    pub fn stopped_by(stopped: CancellationToken) -> Self {
        Self { stopped, ..Self::default() }
    }

    pub fn cancelling_after(steps: usize) -> Self {
        Self { cancel_after: Some(steps), ..Self::default() }
    }
}

impl Observer for Watcher {
    fn attempt_started(&mut self, attempt: u32, earlier: &[EarlierAttempt]) {
        let before: Vec<u32> = earlier.iter().map(|attempt| attempt.attempt).collect();
        assert_eq!(before, (1..attempt).collect::<Vec<_>>(), "the attempts before it");
        self.heard.push(format!("attempt {attempt}"));
    }

    fn step_started(&mut self, step: StepState) {
        assert_eq!(step.outcome, None);
        let tries = step.tries.filter(|tries| *tries > 1).map(|tries| format!(", try {tries}")).unwrap_or_default();
        self.heard.push(format!("started {} {}{tries}", step.step, step.name));
    }

    fn step_finished(&mut self, step: StepState) {
        self.finished += 1;
        let outcome = step.outcome.expect("an outcome").as_str();
        self.heard.push(format!("finished {} {outcome}", step.step));
        if self.cancel_after == Some(self.finished) {
            self.stopped.cancel();
        }
    }

    fn stopped(&self) -> CancellationToken {
        self.stopped.clone()
    }
}

/// The pages all tests share.
pub fn pages() -> Router {
    Router::new()
        .route("/", get(|| async { html(HOME) }))
        .route("/json", get(|| async { ([("content-type", "application/json")], JSON) }))
        .route("/text", get(|| async { ([("x-request", "abc-123"), ("content-language", "en")], "Total: 42 EUR\n") }))
        .route("/none", get(|| async { StatusCode::NOT_FOUND }))
        .route("/echo", any(echo))
        .route("/redirect/{status}", any(redirect))
        .route("/circle", get(|| async { to(302, "/circle") }))
        .route("/away", get(|| async { to(302, "ftp://elsewhere.example/") }))
        .route("/silent", get(|| async { std::future::pending::<()>().await }))
        .route("/endless", get(endless))
        .route("/big", get(|| async { "a".repeat(200_000) }))
        .route("/login", get(|| async { ([("set-cookie", "session=s1; Path=/; HttpOnly")], html(HOME)) }))
        .route("/too-many", get(|| async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "70")], "slow down") }))
        .route("/wall", get(|| async { (StatusCode::FORBIDDEN, [("cf-mitigated", "challenge")], "Just a moment...") }))
        .route("/forbidden", get(|| async { (StatusCode::FORBIDDEN, "not for you") }))
}

pub fn html(text: &'static str) -> Response {
    ([("content-type", "text/html; charset=utf-8")], text).into_response()
}

pub fn to(status: u16, location: &str) -> Response {
    (StatusCode::from_u16(status).expect("a status"), [("location", location.to_owned())]).into_response()
}

/// What was asked, as JSON.
pub async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let headers: BTreeMap<_, _> =
        headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))).collect();
    let asked = serde_json::json!({
        "method": method.as_str(), "uri": uri.to_string(), "headers": headers, "body": String::from_utf8_lossy(&body),
    });
    ([("content-type", "application/json")], asked.to_string()).into_response()
}

async fn redirect(axum::extract::Path(status): axum::extract::Path<u16>) -> Response {
    to(status, "/echo")
}

async fn endless() -> Body {
    let first = futures_util::stream::iter([Ok::<_, Infallible>("beginning")]);
    Body::from_stream(futures_util::StreamExt::chain(first, futures_util::stream::pending()))
}

/// A page that answers with each of these in turn, and then with the last.
pub fn in_turn(answers: Vec<(u16, &'static str)>) -> Router {
    let asked = AtomicUsize::new(0);
    let answer = move || {
        let (status, body) = answers[asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)];
        (StatusCode::from_u16(status).expect("a status"), body)
    };
    let answer = Arc::new(answer);
    Router::new().route("/", get(move || std::future::ready(answer())))
}
