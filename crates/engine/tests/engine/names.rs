//! Names that resolve to an internal address, at once or only later: the engine connects only to checked addresses.

use super::site::{Site, suite, to};
use axum::Router;
use axum::routing::get;
use futures_util::future::BoxFuture;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use stepcast_engine::{Engine, EngineConfig, Lookup};
use stepcast_protocol::Outcome;

/// An unassigned address that is treated as internal: the engine here always refuses it.
const INSIDE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Answers for every name with these addresses in turn, and then with the last.
#[derive(Debug)]
struct InTurn {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

impl InTurn {
    fn new(answers: &[&[Ipv4Addr]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.iter().copied().map(IpAddr::from).collect()).collect();
        Arc::new(Self { answers, asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread panicked").clone()
    }
}

impl Lookup for InTurn {
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let mut asked = self.asked.lock().expect("no thread panicked");
        let answer = self.answers[asked.len().min(self.answers.len() - 1)].clone();
        asked.push(name.to_owned());
        Box::pin(async { Ok(answer) })
    }
}

/// An engine that takes names for what `lookup` says, may visit this machine, and may not go [`INSIDE`].
fn engine(lookup: Arc<InTurn>) -> Engine {
    let config = EngineConfig {
        allow_private_targets: true,
        forbidden_hosts: vec![INSIDE.to_string()],
        ..EngineConfig::default()
    };
    Engine::with_lookup(config, lookup).expect("an engine")
}

/// An engine as a server has it, which takes names for what `lookup` says.
fn strict(lookup: Arc<InTurn>) -> Engine {
    Engine::with_lookup(EngineConfig::default(), lookup).expect("an engine")
}

/// A site under the name `site.example`, and how often it was visited.
async fn named(close: bool, lookup: &Arc<InTurn>) -> (Site, Arc<AtomicUsize>) {
    let visits = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&visits);
    let page = get(move || {
        seen.fetch_add(1, Ordering::SeqCst);
        async move { ([("connection", if close { "close" } else { "keep-alive" })], "here") }
    });
    let redirect = get(|| async { to(302, "http://elsewhere.example/") });
    let alternative = get(|| async { ([("alt-svc", "h2=\"192.0.2.1:443\", h3=\":443\"")], "here") });
    let routes = Router::new().route("/", page).route("/redirect", redirect).route("/alternative", alternative);
    let mut site = Site::serve(routes).await;
    let port = site.base.rsplit(':').next().expect("a port").to_owned();
    site.base = format!("http://site.example:{port}");
    site.vars.insert("base".into(), site.base.clone());
    site.engine = engine(Arc::clone(lookup));
    (site, visits)
}

const TWICE: &str = "- name: t
  steps:
    - { get: '${base}/', expect: [ { body: here } ] }
    - { get: '${base}/', expect: [ { body: here } ] }";

#[tokio::test]
async fn a_name_that_leads_inside_is_refused() {
    for inside in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "192.168.0.1", "0.0.0.0"] {
        let lookup = InTurn::new(&[&[inside.parse().expect("an address")]]);
        let (mut site, visits) = named(false, &lookup).await;
        site.engine = strict(Arc::clone(&lookup));
        let end = site.run("- { name: t, get: '${base}/', retries: 3, expect: [ { status: 200 } ] }").await;
        assert_eq!((end.outcome, end.attempt), (Outcome::Errored, 1), "{inside}");
        let report = site.describe(&end.steps[0].checks);
        assert!(report.contains("`site.example` resolves to a"), "{report}");
        assert_eq!(visits.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn every_ipv6_form_of_an_inner_address_is_refused_behind_a_name() {
    for inside in [
        "::1",
        "fd00:ec2::254",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:a00:1::1",
        "2001:0:a00:1::",
    ] {
        let lookup =
            Arc::new(InTurn { answers: vec![vec![inside.parse().expect("an address")]], asked: Mutex::default() });
        let (mut site, _) = named(false, &lookup).await;
        site.engine = strict(Arc::clone(&lookup));
        let report = site.report("${base}/", "- status: 200").await;
        assert!(report.contains("`site.example` resolves to a"), "{inside}: {report}");
    }
}

#[tokio::test]
async fn only_the_external_addresses_of_a_name_are_used() {
    let lookup = InTurn::new(&[&[INSIDE, HERE]]);
    let (site, visits) = named(false, &lookup).await;
    let end = site.run(TWICE).await;
    assert_eq!(end.outcome, Outcome::Passed, "{}", site.describe(&end.steps[0].checks));
    assert_eq!(visits.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_name_that_turns_inside_is_refused_when_a_new_connection_is_made() {
    let lookup = InTurn::new(&[&[HERE], &[INSIDE]]);
    let (site, visits) = named(true, &lookup).await;
    let end = site.run(TWICE).await;
    insta::assert_snapshot!(site.describe(&end.steps[1].checks), @r#"
    errored: request
      actual: `site.example` belongs to the machine Stepcast runs on
      hint: it is never fetched, even if private targets are allowed
    "#);
    assert_eq!((visits.load(Ordering::SeqCst), lookup.asked().len()), (1, 2));
}

#[tokio::test]
async fn a_connection_that_is_kept_stays_with_the_checked_address() {
    let lookup = InTurn::new(&[&[HERE], &[INSIDE]]);
    let (site, visits) = named(false, &lookup).await;
    let end = site.run(TWICE).await;
    assert_eq!(end.outcome, Outcome::Passed, "{}", site.describe(&end.steps[0].checks));
    assert_eq!((visits.load(Ordering::SeqCst), lookup.asked().len()), (2, 1));
}

#[tokio::test]
async fn a_retry_is_checked_again() {
    let lookup = InTurn::new(&[&[HERE], &[INSIDE]]);
    let (site, visits) = named(true, &lookup).await;
    let test = "- { name: t, get: '${base}/', retries: { max: 3, on: any }, expect: [ { body: there } ] }";
    let end = site.run(test).await;
    assert_eq!((end.outcome, end.attempt, visits.load(Ordering::SeqCst)), (Outcome::Errored, 2, 1));
}

#[tokio::test]
async fn a_redirect_to_a_name_that_leads_inside_is_refused() {
    let lookup = InTurn::new(&[&[HERE], &[INSIDE]]);
    let (site, _) = named(false, &lookup).await;
    insta::assert_snapshot!(site.report("${base}/redirect", "- status: 200").await, @r#"
    errored: request
      actual: `elsewhere.example` belongs to the machine Stepcast runs on
      hint: it is never fetched, even if private targets are allowed
    "#);
    assert_eq!(lookup.asked(), ["site.example", "elsewhere.example"]);
}

#[tokio::test]
async fn another_service_that_an_answer_names_is_not_asked() {
    let lookup = InTurn::new(&[&[HERE]]);
    let (site, _) = named(true, &lookup).await;
    let test = "- name: t
  steps:
    - { get: '${base}/alternative', expect: [ { body: here } ] }
    - { get: '${base}/alternative', expect: [ { body: here } ] }";
    let end = site.run(test).await;
    assert_eq!(end.outcome, Outcome::Passed, "{}", site.describe(&end.steps[0].checks));
    assert!(lookup.asked().iter().all(|name| name == "site.example"));
}

#[tokio::test]
async fn a_forbidden_name_is_never_looked_up() {
    let lookup = InTurn::new(&[&[HERE]]);
    let (mut site, _) = named(false, &lookup).await;
    let config = EngineConfig {
        allow_private_targets: true,
        forbidden_hosts: vec!["site.example:9001".into()],
        ..EngineConfig::default()
    };
    site.engine = Engine::with_lookup(config, lookup.clone()).expect("an engine");
    let report = site.report("${base}/", "- status: 200").await;
    assert!(report.contains("belongs to the machine Stepcast runs on"), "{report}");
    assert!(lookup.asked().is_empty());
}

#[tokio::test]
async fn discovery_is_guarded_as_well() {
    let lookup = InTurn::new(&[&[INSIDE]]);
    let (site, visits) = named(false, &lookup).await;
    for what in ["sitemap", "links"] {
        let tests =
            suite(&format!("- {{ name: t, discover: {{ {what}: '${{base}}/' }}, expect: [ {{ status: 200 }} ] }}"));
        let error = site.plan(&tests).await.expect_err("refused");
        assert!(error.message.contains("belongs to the machine Stepcast runs on"), "{what}: {}", error.message);
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn links_inside_are_not_asked() {
    let inside = Site::start().await;
    let page =
        format!("<a href='{}/'>a</a><a href='http://10.0.0.1/'>b</a><a href='http://name.example/'>c</a>", inside.base);
    let lookup = InTurn::new(&[&[HERE], &[INSIDE]]);
    let mut site =
        Site::serve(Router::new().route("/", get(move || async move { ([("content-type", "text/html")], page) })))
            .await;
    let port = site.base.rsplit(':').next().expect("a port").to_owned();
    site.base = format!("http://site.example:{port}");
    site.vars.insert("base".into(), site.base.clone());
    let config = EngineConfig {
        allow_private_targets: true,
        forbidden_hosts: vec![INSIDE.to_string(), "10.0.0.1".into()],
        ..EngineConfig::default()
    };
    site.engine = Engine::with_lookup(config, lookup).expect("an engine");
    let report = site.report("${base}/", "- links: { scope: all }").await.replace(&inside.base, "http://inside");
    insta::assert_snapshot!(report, @r#"
    errored: links to anywhere
      expected: every one of 3 links to answer 200-399
      actual: `http://10.0.0.1/`: `10.0.0.1` belongs to the machine Stepcast runs on; `http://name.example/`: `name.example` belongs to the machine Stepcast runs on
      hint: it is never fetched, even if private targets are allowed
    "#);
}
