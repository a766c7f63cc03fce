//! Fetches a page, and what its site says about itself, as a test does.

use super::found::{Answer, Found};
use std::collections::BTreeMap;
use std::sync::Arc;
use stepcast_engine::{Engine, EngineConfig, Evidence, Keeping, Observer, PlanRun, Sent, StepRequests, TestRun};
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{EarlierAttempt, StepState};
use stepcast_suite::Suite;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Looks at a page. Returns the reason if it cannot be fetched.
pub(super) async fn look(address: &Url) -> anyhow::Result<Result<Found, String>> {
    // Whoever types the command is already inside, as with `check`.
    let engine = Engine::new(EngineConfig { allow_private_targets: true, ..EngineConfig::default() })?;
    let page = match fetch(&engine, address).await? {
        Ok(page) => page,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut found = Found::new(page);
    let sitemaps = match fetch(&engine, &found.at("/robots.txt")).await? {
        Ok(robots) => found.sitemaps_of(&robots),
        Err(_) => Vec::new(),
    };
    let usual = found.at("/sitemap.xml");
    for address in sitemaps.into_iter().chain([usual]) {
        if let Ok(answer) = fetch(&engine, &address).await?
            && answer.is_sitemap()
        {
            found.sitemap = Some(address);
            break;
        }
    }
    Ok(Ok(found))
}

async fn fetch(engine: &Engine, address: &Url) -> anyhow::Result<Result<Answer, String>> {
    let test = serde_json::json!({ "name": "look", "get": address.as_str().replace("${", "$${") });
    let suite = Suite::parse(&serde_json::json!({ "suite": "look", "tests": [test] }).to_string());
    let suite = suite.map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let none = BTreeMap::new();
    let plan = PlanRun {
        suite: &suite,
        vars: &none,
        secrets: &none,
        tags: &[],
        sent: &Sent::default(),
        keeping: Keeping::Nothing,
        recording: None,
    };
    let planned = engine.plan(plan).await.tests?;
    let Some(planned) = planned.first() else { anyhow::bail!("nothing is planned for {address}") };
    let mut seen = Seen::default();
    let run = TestRun { suite: &suite, job: "look", planned, vars: &none, secrets: &none, recording: None };
    let end = engine.run_test(run, &mut seen).await;
    if end.outcome != Outcome::Passed {
        let mut checks = end.steps.into_iter().flat_map(|step| step.checks);
        let reason = checks.find_map(|check| check.actual);
        return Ok(Err(reason.unwrap_or_else(|| "it does not answer".to_owned())));
    }
    Ok(seen.answer().ok_or_else(|| "it does not answer".to_owned()))
}

/// Keeps the last answer.
#[derive(Default)]
struct Seen(Option<Arc<Evidence>>);

impl Seen {
    fn answer(&self) -> Option<Answer> {
        let Evidence { exchanges, bodies, .. } = self.0.as_deref()?;
        let last = exchanges.last()?;
        let answer = last.answer.as_ref()?;
        let header = |name: &str| {
            let found = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            found.map(|field| field.value.clone()).unwrap_or_default()
        };
        let body = answer.body.as_ref().and_then(|body| bodies.get(body.sha256.as_deref()?));
        Some(Answer {
            url: last.request.url.parse().ok()?,
            status: answer.status,
            content_type: header("content-type"),
            body: body.map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default(),
        })
    }
}

impl Observer for Seen {
    fn attempt_started(&mut self, _: u32, _: &[EarlierAttempt]) {}
    fn step_started(&mut self, _: StepState) {}
    fn step_finished(&mut self, _: StepState) {}

    fn stopped(&self) -> CancellationToken {
        CancellationToken::new()
    }

    fn keeping(&self) -> Keeping {
        Keeping::Everything
    }

    fn exchanged(&mut self, _: &StepState, requests: StepRequests) {
        self.0 = Some(Arc::new(requests.evidence(usize::MAX)));
    }
}
