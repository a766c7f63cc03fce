//! Requests the links of a page.
//!
//! The links are taken from the page while it is judged (`collect`). They are requested afterwards, behind the same
//! guard and with the same politeness as any request. Each address is requested once: with `HEAD`, and again with `GET`
//! if the server rejects that or a fragment has to be found in the page. The total time is limited, and so is the
//! number of links of each check.

mod collect;

pub use collect::{Collected, collect};

use super::excerpt::excerpt;
use super::fetch::{self, FetchError, FetchRequest, Fetcher, NotedLink, RequestLog, Response};
use super::mask::Mask;
use super::page::Page;
use super::wall::SLOWLY;
use cookie_store::CookieStore;
use futures_util::{StreamExt, stream};
use http::Method;
use std::collections::BTreeSet;
use std::time::Duration;
use stepcast_protocol::Outcome;
use stepcast_protocol::exchange::{FailureKind, LinkAnswer};
use stepcast_protocol::state::{CheckKind, CheckResult};
use stepcast_suite::duration;
use stepcast_suite::{HostLimits, LinkScope, Links};
use tokio::time::Instant;
use url::Url;

/// The time limit for all links of a check.
const ASKING_TIME: Duration = Duration::from_mins(1);
/// How many links are requested at once, whatever their hosts allow.
const AT_ONCE: usize = 8;
/// How many dead links are reported.
const MOST_SHOWN: usize = 5;
/// How much of a page is read to find fragments, in bytes.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// The input of the requests for links.
pub struct Asker<'a> {
    /// Makes the requests
    pub fetcher: &'a Fetcher,
    /// Limits for requests to a host
    pub limits: HostLimits,
    /// The cookies of the test
    pub jar: &'a CookieStore,
    /// The request that led to the page; its headers go only to links on the page's own origin
    pub request: &'a FetchRequest,
    /// Whether the requests of all links are noted, and not of dead ones alone
    pub notes_all: bool,
    /// Hides secrets
    pub mask: &'a Mask,
}

/// An address with the fragments that links refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The address, without a fragment
    pub url: Url,
    /// The fragments that its page must have
    pub fragments: Vec<String>,
}

/// A problem with a link.
struct Problem {
    outcome: Outcome,
    text: String,
    hint: &'static str,
}

impl Asker<'_> {
    /// Requests the links and judges them. A dead link is certain, so it counts before one that could not be requested.
    pub async fn ask(&self, links: &Links, collected: Collected) -> CheckResult {
        let Collected { page, targets, broken, found } = collected;
        let asked = targets.len();
        let end = Instant::now() + ASKING_TIME;
        let mut problems: Vec<Problem> = broken.into_iter().map(Problem::dead).collect();
        let answers = stream::iter(targets).map(|target| self.judge(links, &page, target, end));
        let answers: Vec<Vec<Problem>> = answers.buffered(AT_ONCE).collect().await;
        problems.extend(answers.into_iter().flatten());
        // The message is the same from run to run, so the problems that count most come first.
        problems.sort_by_key(|problem| problem.outcome != Outcome::Failed);
        let check = named(links, asked, found);
        match problems.first() {
            None => CheckResult::passed(check),
            Some(first) => CheckResult {
                kind: CheckKind::Check,
                check,
                outcome: first.outcome,
                expected: Some(format!("every one of {asked} links to answer {}", accepted(links))),
                actual: Some(excerpt(&summary(&problems), self.mask)),
                hint: Some(first.hint.to_owned()),
            },
        }
    }

    /// Requests a link, or takes what is kept of it, and judges it.
    async fn judge(&self, links: &Links, page: &Url, target: Target, end: Instant) -> Vec<Problem> {
        let log = self.request.log.of_link();
        let kept = self.request.playback.as_ref().and_then(|playback| playback.link(&target.url));
        let answer = match kept {
            Some(kept) => answer_kept(links, target, &kept),
            None => self.answer(links, page, target, end, &log).await,
        };
        let (answer, problems) = match answer {
            Ok(answer) => {
                let problems = answer.as_ref().map(|answer| problems(links, answer)).unwrap_or_default();
                (answer, problems)
            }
            Err(problem) => (None, vec![problem]),
        };
        self.request.log.add_link(&log, answer, !problems.is_empty(), self.notes_all);
        problems
    }

    /// What a link answers. Nothing is known of a page that is larger than the limit, but its link works.
    async fn answer(
        &self,
        links: &Links,
        page: &Url,
        target: Target,
        end: Instant,
        log: &RequestLog,
    ) -> Result<Option<NotedLink>, Problem> {
        let answer = tokio::time::timeout_at(end, self.fetch(links, page, &target, log)).await;
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.kind() == FailureKind::TooLarge => return Ok(None),
            Ok(Err(error)) => return Err(Problem::of_error(target.url.as_str(), &error)),
            Err(_) => {
                let text = format!("`{}` was not requested within {}", target.url, duration::format(ASKING_TIME));
                return Err(Problem { outcome: Outcome::Errored, text, hint: "request fewer of them with `limit`" });
            }
        };
        let status = response.status.as_u16();
        let looked_for = if is_accepted(links, status) { target.fragments } else { Vec::new() };
        let missing = missing_fragments(&looked_for, response).await;
        let (missing, fragments) = looked_for.into_iter().partition(|fragment| missing.contains(fragment));
        Ok(Some(NotedLink { url: target.url, status, fragments, missing }))
    }

    async fn fetch(
        &self,
        links: &Links,
        page: &Url,
        target: &Target,
        log: &RequestLog,
    ) -> Result<Response, FetchError> {
        if target.fragments.is_empty() {
            let response = self.send(Method::HEAD, page, &target.url, log).await;
            // Some servers do not support HEAD, and report that in many ways.
            if response.as_ref().is_ok_and(|response| is_accepted(links, response.status.as_u16())) {
                return response;
            }
        }
        self.send(Method::GET, page, &target.url, log).await
    }

    async fn send(&self, method: Method, page: &Url, url: &Url, log: &RequestLog) -> Result<Response, FetchError> {
        // The suite's own data is meant for the site it tests, not for the sites it links to.
        let (url, body_bytes, log) = (url.clone(), Some(PAGE_BYTES), log.clone());
        let own = self.request.clone();
        let mut request = FetchRequest { method, url, body: None, body_bytes, follow: None, log, ..own };
        // A redirect may have led to a page of another site.
        if request.url.origin() != self.request.url.origin() {
            fetch::leave_origin(&mut request);
        }
        if request.url.origin() != page.origin() {
            request.headers.clear();
        }
        self.fetcher.fetch(request, &mut self.jar.clone(), self.limits).await
    }
}

impl Problem {
    fn dead(text: String) -> Self {
        Self { outcome: Outcome::Failed, text, hint: "correct it, or leave it out with `ignore`" }
    }

    fn of_error(address: &str, error: &FetchError) -> Self {
        // A slow host may answer others; a missing host answers no client.
        let cannot_tell = match error {
            FetchError::BadRedirect { .. } | FetchError::TooManyRedirects { .. } => false,
            _ => matches!(error.kind(), FailureKind::Timeout | FailureKind::Body | FailureKind::Other),
        };
        let text = format!("`{address}`: {error}");
        if cannot_tell { Self { outcome: Outcome::Errored, text, hint: error.hint() } } else { Self::dead(text) }
    }
}

/// What a link answered when it was kept, as far as that is known.
fn answer_kept(links: &Links, target: Target, kept: &LinkAnswer) -> Result<Option<NotedLink>, Problem> {
    let (url, status) = (target.url, kept.status);
    let looked_for = if is_accepted(links, status) { target.fragments } else { Vec::new() };
    let is_known = |fragment: &&String| kept.fragments.contains(fragment) || kept.missing.contains(fragment);
    if let Some(unknown) = looked_for.iter().find(|fragment| !is_known(fragment)) {
        let text = format!("`{url}` was not searched for `#{unknown}` when its answer was kept");
        let hint = "run the suite, or leave fragments out with `fragments: false`";
        return Err(Problem { outcome: Outcome::Errored, text, hint });
    }
    let (missing, fragments) = looked_for.into_iter().partition(|fragment| kept.missing.contains(fragment));
    Ok(Some(NotedLink { url, status, fragments, missing }))
}

fn problems(links: &Links, answer: &NotedLink) -> Vec<Problem> {
    let NotedLink { url, status, missing, .. } = answer;
    match status {
        status if is_accepted(links, *status) => {
            missing.iter().map(|fragment| Problem::dead(format!("`{url}` has no `#{fragment}`"))).collect()
        }
        429 => vec![Problem { outcome: Outcome::Errored, text: format!("`{url}` answered 429"), hint: SLOWLY }],
        _ => vec![Problem::dead(format!("`{url}` answered {status}"))],
    }
}

/// The fragments that are not in the page. Documents other than HTML have their own kinds of fragments.
async fn missing_fragments(fragments: &[String], response: Response) -> BTreeSet<String> {
    if fragments.is_empty() {
        return BTreeSet::new();
    }
    let fragments = fragments.to_vec();
    let missing = tokio::task::spawn_blocking(move || {
        let page = Page::new(response);
        if collect::is_html(&page) { collect::missing(&page, fragments) } else { BTreeSet::new() }
    });
    missing.await.unwrap_or_default()
}

fn is_accepted(links: &Links, status: u16) -> bool {
    links.accept.iter().any(|(low, high)| (*low..=*high).contains(&status))
}

fn accepted(links: &Links) -> String {
    let range = |(low, high): &(u16, u16)| if low == high { low.to_string() } else { format!("{low}-{high}") };
    links.accept.iter().map(range).collect::<Vec<_>>().join(", ")
}

/// The name of the check, also if it could not be made.
pub fn named(links: &Links, asked: usize, found: usize) -> String {
    let scope = match links.scope {
        LinkScope::SameHost => "to the same host",
        LinkScope::Internal => "to the same host or below it",
        LinkScope::All => "to anywhere",
    };
    if found > asked { format!("links {scope}, {asked} of {found}") } else { format!("links {scope}") }
}

fn summary(problems: &[Problem]) -> String {
    let mut shown: Vec<&str> = problems.iter().take(MOST_SHOWN).map(|problem| problem.text.as_str()).collect();
    let more = format!("{} more", problems.len().saturating_sub(MOST_SHOWN));
    if problems.len() > MOST_SHOWN {
        shown.push(&more);
    }
    shown.join("; ")
}
