//! Runs one step: makes its request, keeps its captures and evaluates its checks.

use super::check;
use super::evidence::Keeping;
use super::excerpt::excerpt;
use super::expected_error;
use super::fetch::{FetchError, FetchRequest, Fetcher, Network, RequestLog, Response, Sent, Traceparent, Waiting};
use super::links;
use super::mask::Mask;
use super::page::{Cookies, Page, memory};
use super::playback::Playback;
use super::request;
use super::request_result::request_result;
use super::scope::Scope;
use super::unclear::Unclear;
use super::wall::{self, Wall};
use cookie_store::CookieStore;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckKind, CheckResult};
use stepcast_suite::duration;
use stepcast_suite::limits::VARIABLE_BYTES;
use stepcast_suite::matcher::status_class;
use stepcast_suite::network::INSECURE;
use stepcast_suite::{Capture, Check, HostLimits, Links, Matcher, Step, Subject};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// The time limit for parsing and judging a page. Some pages and selectors together take quadratic time.
const JUDGING_TIME: Duration = Duration::from_secs(30);
/// The time that is left for judging once the job has stopped. It is enough for an ordinary page, so a request that was
/// answered has a result.
const ONCE_CALLED_OFF: Duration = Duration::from_secs(1);
/// Most subjects that are remembered of checks that did not hold.
const LOOKED_AT: usize = 10;
/// Most bytes of a step once all its templates are filled in.
const FILLED_IN_BYTES: usize = 8 * 1024 * 1024;

/// A step with what it needs.
pub struct StepRun<'a> {
    /// Makes the request
    pub fetcher: &'a Fetcher,
    /// Limits for requests to the host
    pub limits: HostLimits,
    /// How requests reach the network
    pub network: &'a Network,
    /// Hides secrets
    pub mask: &'a Arc<Mask>,
    /// The step
    pub step: &'a Step,
    /// Answers in place of the network
    pub playback: Option<&'a Playback>,
    /// The job whose tests may share the answer, unless the step needs its own
    pub shared: Option<&'a str>,
    /// Ends the step while it waits for a turn at a host
    pub called_off: CancellationToken,
    /// Counts the requests
    pub sent: Sent,
    /// Notes the host at which it waits for a turn
    pub waiting: Waiting,
    /// Notes the requests and their answers
    pub log: RequestLog,
    /// What of them is kept
    pub keeping: Keeping,
    /// The trace context that the requests carry
    pub traceparent: Traceparent,
}

/// How a step ended.
pub struct StepEnd {
    /// How it ended
    pub outcome: Outcome,
    /// How long it took, including the wait for a turn at the host
    pub duration: Duration,
    /// How long the request took, without that wait
    pub elapsed: Duration,
    /// The results of its checks
    pub results: Vec<CheckResult>,
    /// What the checks and captures looked at that did not hold
    pub looked_at: Vec<Subject>,
    /// How many checks were evaluated
    pub evaluated: u64,
    /// Whether a retry would end the same way
    pub is_permanent: bool,
    /// Whether its request was sent, so that it may have had side effects
    pub has_asked: bool,
    /// How many tries it took, if it was repeated until its checks held
    pub tries: Option<u32>,
}

impl StepEnd {
    /// The end of a step that was called off with its job.
    pub fn called_off(duration: Duration) -> Self {
        Self {
            outcome: Outcome::Cancelled,
            duration,
            elapsed: Duration::ZERO,
            results: Vec::new(),
            looked_at: Vec::new(),
            evaluated: 0,
            is_permanent: true,
            has_asked: false,
            tries: None,
        }
    }
}

impl StepRun<'_> {
    /// Runs the step and hands the scope back with its captures.
    pub async fn run(&self, jar: &mut CookieStore, scope: Scope) -> (StepEnd, Scope) {
        let started = Instant::now();
        let mut elapsed = Duration::ZERO;
        let (verdict, scope) = match (self.fetch(jar, &scope).await, self.step.expected_errors()) {
            (Err(FetchError::CalledOff), _) => return (StepEnd::called_off(started.elapsed()), scope),
            (Ok((_, response)), Some(kinds)) => {
                elapsed = response.elapsed;
                (Judged::of_check(expected_error::of_answer(kinds, response.status), false), scope)
            }
            (Err(error), Some(kinds)) => {
                let result = expected_error::of_error(kinds, &error, self.mask);
                (Judged::of_check(result, error.is_permanent()), scope)
            }
            (Ok((request, response)), None) => {
                elapsed = response.elapsed;
                self.look_at(request, response, jar, scope).await
            }
            (Err(error), None) => (Judged::of_error(&error, self.mask), scope),
        };
        let Judged { outcome, results, looked_at, evaluated, is_permanent, .. } = verdict;
        let (duration, has_asked, tries) = (started.elapsed(), true, None);
        let end = StepEnd { outcome, duration, elapsed, results, looked_at, evaluated, is_permanent, has_asked, tries };
        (end, scope)
    }

    /// Evaluates the checks of an answer. If the job stops during that, little time remains: a heavy page or many links
    /// can take a minute and more.
    async fn look_at(
        &self,
        request: FetchRequest,
        response: Response,
        jar: &CookieStore,
        scope: Scope,
    ) -> (Judged, Scope) {
        let (before, cookies) = (scope.clone(), Cookies::new(&response, jar));
        let unverified = unverified(&request, &response, self.mask);
        let looking = async {
            let (judged, scope) = self.judge(response, cookies, scope).await?;
            Ok::<_, String>((self.ask_links(judged, jar, request, &scope).await, scope))
        };
        let called_off = async {
            self.called_off.cancelled().await;
            sleep(ONCE_CALLED_OFF).await;
        };
        let looked = tokio::select! {
            looked = looking => looked,
            () = called_off => Ok((Judged::called_off(), before.clone())),
        };
        let (mut judged, scope) = looked.unwrap_or_else(|problem| (Judged::of_problem(&problem, self.mask), before));
        judged.results.extend(unverified.filter(|_| judged.outcome != Outcome::Cancelled));
        (judged, scope)
    }

    /// Makes the step's request and returns it with the answer.
    async fn fetch(&self, jar: &mut CookieStore, scope: &Scope) -> Result<(FetchRequest, Response), FetchError> {
        check_size(self.step, scope).map_err(FetchError::InvalidRequest)?;
        let mut request = request::fill_in(&self.step.request, scope, self.network)?;
        (request.called_off, request.sent) = (self.called_off.clone(), self.sent.clone());
        (request.waiting, request.log) = (self.waiting.clone(), self.log.clone());
        request.traceparent = self.traceparent.clone();
        request.playback = self.playback.map(|playback| playback.hiding(self.mask));
        if self.step.expected_errors().is_some() {
            // A redirect is an answer. Its target is not the address that must not be reachable.
            request.follow = Some(0);
        }
        let response = match self.shared {
            Some(job) => self.fetcher.fetch_shared(job, request.clone(), jar, self.limits).await,
            None => self.fetcher.fetch(request.clone(), jar, self.limits).await,
        };
        Ok((request, response?))
    }

    /// Makes the checks of links, which are known only from the page.
    async fn ask_links(
        &self,
        mut judged: Judged,
        jar: &CookieStore,
        mut request: FetchRequest,
        scope: &Scope,
    ) -> Judged {
        request.headers.remove(CONTENT_TYPE);
        // A link that was called off would count as a dead one.
        request.called_off = CancellationToken::new();
        let with_parts = self.mask.extended(scope.parts());
        let mask = with_parts.as_ref().unwrap_or(self.mask);
        let (fetcher, limits, notes_all) = (self.fetcher, self.limits, self.keeping == Keeping::Everything);
        let asker = links::Asker { fetcher, limits, jar, request: &request, notes_all, mask };
        for (place, links, collected) in std::mem::take(&mut judged.links) {
            judged.results[place] = asker.ask(&links, collected).await;
            judged.outcome = outcome_of(&judged.results);
        }
        judged
    }

    /// Judges an answer. Parsing and matching take time proportional to the page, and the parsed page cannot leave its
    /// thread. So all of it runs in one go on a thread that may block.
    async fn judge(&self, response: Response, cookies: Cookies, scope: Scope) -> Result<(Judged, Scope), String> {
        let (step, mask) = (self.step.clone(), Arc::clone(self.mask));
        let reserved = memory::reserve(response.body.len()).await;
        let is_given_up = Arc::new(AtomicBool::new(false));
        let given_up = GivenUpOnDrop(Arc::clone(&is_given_up));
        let (markup, namespaces) = (step.markup, step.namespaces.clone());
        let page = move || Page::with_cookies(response, cookies).given_up_by(is_given_up).read_as(markup, namespaces);
        let work = tokio::task::spawn_blocking(move || judge(&step, &page(), scope, &mask));
        let judged = tokio::time::timeout(JUDGING_TIME, work).await;
        drop(given_up);
        // Also if the thread continues: other large pages must not wait for one that was given up.
        drop(reserved);
        match judged {
            Ok(Ok(judged)) => Ok(judged),
            Ok(Err(_)) => Err("the parser crashed on this page".to_owned()),
            Err(_) => Err(format!("the page could not be checked within {}", duration::format(JUDGING_TIME))),
        }
    }
}

/// The results of an answer.
struct Judged {
    outcome: Outcome,
    results: Vec<CheckResult>,
    /// What the checks and captures looked at that did not hold
    looked_at: Vec<Subject>,
    evaluated: u64,
    is_permanent: bool,
    /// The checks of links that are still to be made, each with its place among the results
    links: Vec<(usize, Links, links::Collected)>,
}

impl Judged {
    fn new(outcome: Outcome, results: Vec<CheckResult>) -> Self {
        Self { outcome, results, looked_at: Vec::new(), evaluated: 0, is_permanent: false, links: Vec::new() }
    }

    fn called_off() -> Self {
        Self { is_permanent: true, ..Self::new(Outcome::Cancelled, Vec::new()) }
    }

    /// The result of a step with a single check, of the request itself.
    fn of_check(result: CheckResult, is_permanent: bool) -> Self {
        Self { evaluated: 1, is_permanent, ..Self::new(result.outcome, vec![result]) }
    }

    fn of_error(error: &FetchError, mask: &Mask) -> Self {
        let result = request_result(Outcome::Errored, &error.to_string(), Some(error.hint()), mask);
        Self { is_permanent: error.is_permanent(), ..Self::new(Outcome::Errored, vec![result]) }
    }

    fn of_problem(problem: &str, mask: &Mask) -> Self {
        let result = request_result(Outcome::Errored, problem, None, mask);
        Self { is_permanent: true, ..Self::new(Outcome::Errored, vec![result]) }
    }
}

/// Reports that an answer came over a connection whose certificate was not verified.
fn unverified(request: &FetchRequest, response: &Response, mask: &Mask) -> Option<CheckResult> {
    if !request.network.insecure || response.url.scheme() != "https" {
        return None;
    }
    let host = response.url.host_str().unwrap_or_default();
    let actual = excerpt(&format!("the certificate of `{host}` was not verified"), mask);
    let passed = CheckResult::passed(INSECURE.to_owned());
    Some(CheckResult { kind: CheckKind::Insecure, actual: Some(actual), ..passed })
}

/// Sets the flag that a page was given up: a thread cannot be stopped from outside.
struct GivenUpOnDrop(Arc<AtomicBool>);

impl Drop for GivenUpOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn judge(step: &Step, page: &Page, mut scope: Scope, mask: &Mask) -> (Judged, Scope) {
    let missed = step.capture.iter().filter_map(|(name, capture)| {
        let result = take(name, capture, page, &mut scope, mask)?;
        Some((&capture.subject, result))
    });
    let (missed, mut results): (Vec<&Subject>, Vec<CheckResult>) = missed.unzip();
    let with_parts = mask.extended(scope.parts());
    let mask = with_parts.as_ref().unwrap_or(mask);
    if let Err(problem) = check_size(step, &scope) {
        return (Judged::of_problem(&problem, mask), scope);
    }
    let from = results.len();
    let wanted = step.expect.iter().take_while(|_| !page.is_given_up());
    results.extend(wanted.map(|check| check::evaluate(check, page, &scope, mask)));
    if page.is_given_up() {
        return (Judged::of_problem("the check was abandoned", mask), scope);
    }
    let failing = step.expect.iter().zip(&results[from..]).filter(|(_, result)| !result.outcome.is_pass());
    let missed = missed.into_iter().filter_map(|subject| subject.render(&scope).ok());
    let looked_at =
        missed.chain(failing.flat_map(|(check, _)| check::subjects(check, &scope))).take(LOOKED_AT).collect();
    let mut links = collect_links(step, page, &scope, mask, &mut results[from..]);
    for (place, ..) in &mut links {
        *place += from;
    }
    if let Some(wall) = wall::detect(page)
        && !expects_status(step, &results[from..])
    {
        turn_away(&mut results, &wall, mask);
        links.clear();
    }
    let evaluated = step.expect.len() as u64;
    (Judged { looked_at, evaluated, links, ..Judged::new(outcome_of(&results), results) }, scope)
}

/// Takes the links from the page for the checks of them. If that fails, the check is errored.
fn collect_links(
    step: &Step,
    page: &Page,
    scope: &Scope,
    mask: &Mask,
    results: &mut [CheckResult],
) -> Vec<(usize, Links, links::Collected)> {
    let mut collected = Vec::new();
    for (place, check) in step.expect.iter().enumerate() {
        let Check::Links(links) = check else { continue };
        let links = links.render(scope).map_err(Unclear::from);
        match links.and_then(|links| Ok((links::collect(&links, page)?, links))) {
            Ok((found, links)) => collected.push((place, links, found)),
            Err(error) => {
                results[place].outcome = Outcome::Errored;
                results[place].actual = Some(excerpt(&error.to_string(), mask));
            }
        }
    }
    collected
}

/// Keeps a captured value in the scope, or reports why there is none.
fn take(name: &str, capture: &Capture, page: &Page, scope: &mut Scope, mask: &Mask) -> Option<CheckResult> {
    let problem = match check::capture(capture, page, scope, mask) {
        Ok(captured) if captured.value.len() > VARIABLE_BYTES => check::Missing {
            outcome: Outcome::Failed,
            actual: format!("a value longer than {VARIABLE_BYTES} bytes"),
            hint: Some("capture the part of it that is used: with a path, a pattern or a filter".to_owned()),
        },
        Ok(captured) => {
            scope.set(name, captured.value);
            if captured.is_secret {
                scope.hide(name);
            }
            return None;
        }
        Err(missing) => missing,
    };
    let check = excerpt(&format!("capture {name}"), mask);
    let check::Missing { outcome, actual, hint } = problem;
    Some(CheckResult {
        kind: CheckKind::Check,
        check,
        outcome,
        expected: Some("a value".into()),
        actual: Some(actual),
        hint,
    })
}

/// Checks the size of a step: a suite could exhaust the memory by using one long variable a hundred thousand times.
fn check_size(step: &Step, scope: &Scope) -> Result<(), String> {
    let text = serde_json::to_string(step).map_err(|error| error.to_string())?;
    if scope.filled_in_length(&text) > FILLED_IN_BYTES {
        return Err(format!("the step is larger than {} MiB once it is filled in", FILLED_IN_BYTES / 1024 / 1024));
    }
    Ok(())
}

/// Whether the suite expected exactly this status and got it: then the refusal is what it tests.
fn expects_status(step: &Step, results: &[CheckResult]) -> bool {
    step.expect.iter().zip(results).any(|(check, result)| names_status(check) && result.outcome.is_pass())
}

/// Whether the check holds for particular statuses only. A class like `4xx` does not count.
fn names_status(check: &Check) -> bool {
    let is_code = |value: &Value| value.as_str().is_none_or(|text| status_class(text).is_none());
    let is_named = |matcher: &Matcher| match matcher {
        Matcher::Equals(value) => is_code(value),
        Matcher::OneOf(values) => values.iter().all(is_code),
        _ => false,
    };
    match check {
        Check::One(check) => check.subject == Subject::Status && check.matchers.iter().any(is_named),
        Check::All(checks) => checks.iter().any(names_status),
        Check::Any(checks) => checks.iter().all(names_status),
        Check::Not(_) | Check::Links(_) | Check::Error(_) => false,
    }
}

/// Reports a wall. Checks that fail on a wall say nothing about the page behind it.
fn turn_away(results: &mut Vec<CheckResult>, wall: &Wall, mask: &Mask) {
    for result in results.iter_mut().filter(|result| !result.outcome.is_pass()) {
        result.outcome = Outcome::Blocked;
    }
    results.insert(0, request_result(Outcome::Blocked, &wall.reason, Some(wall.hint), mask));
}

/// The outcome of the results. A failed check is certain, so it counts before errored ones.
fn outcome_of(results: &[CheckResult]) -> Outcome {
    let worst = [Outcome::Blocked, Outcome::Failed, Outcome::Errored];
    let has = |outcome: &Outcome| results.iter().any(|result| result.outcome == *outcome);
    worst.into_iter().find(has).unwrap_or(Outcome::Passed)
}
