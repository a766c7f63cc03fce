//! Turns a suite into the list of tests to run: chooses by tags, multiplies by `each` and `discover`.

mod each;

use super::discover::{DiscoverError, Discovery};
use super::evidence::{Keeping, StepRequests};
use super::excerpt::excerpt;
use super::fetch::{Answers, FetchError, Fetcher, Network, RequestLog, Sent};
use super::mask::Mask;
use super::network;
use super::playback::{Playback, Recording};
use super::scope::{Scope, ScopeError};
use each::{Combinations, EachError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use stepcast_suite::limits::{NAME_BYTES, TESTS_PER_JOB};
use stepcast_suite::{Discover, PAGE_VARIABLE, Suite, Test};
use url::Url;

/// Most bytes the values of `each` may have, in all tests together.
const PLAN_BYTES: usize = 64 * 1024 * 1024;
/// How many tests are made before other tasks have a turn on the thread.
const AT_ONCE: usize = 100;

/// One test of a plan. It holds no secret, so it may be stored and queued as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTest {
    /// Its place in the plan, from 0
    pub test: u32,
    /// Its name, filled in
    pub name: String,
    /// The index of its definition in [`Suite::tests`]
    pub definition: usize,
    /// The values of `each`, and `page` if it was discovered
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Whether the suite says not to run it
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip: bool,
}

/// Why a suite could not be planned, with secrets hidden.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PlanError {
    /// The problem
    pub message: String,
    /// How to fix it
    pub hint: Option<String>,
    /// Whether planning again later may succeed: a sitemap, `robots.txt` or the first page of a crawl could not be fetched
    pub temporary: bool,
}

/// The suite to plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanRun<'a> {
    /// The suite
    pub suite: &'a Suite,
    /// Variables given with the run
    pub vars: &'a BTreeMap<String, String>,
    /// Secrets given with the run, by name without `secret.`
    pub secrets: &'a BTreeMap<String, String>,
    /// The tags that choose tests; none choose all
    pub tags: &'a [String],
    /// Counts the requests
    pub sent: &'a Sent,
    /// Whether the requests are kept
    pub keeping: Keeping,
    /// Answers in place of the network
    pub recording: Option<&'a Arc<Recording>>,
}

/// A plan, with the requests that it took.
pub struct Planned {
    /// The tests to run
    pub tests: Result<Vec<PlannedTest>, PlanError>,
    /// The requests for sitemaps and pages, if they are kept
    pub requests: StepRequests,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Scope(#[from] ScopeError),
    #[error("the network settings of `defaults` cannot be used: {0}")]
    Network(FetchError),
    #[error(transparent)]
    Each(#[from] EachError),
    #[error("there are more than {TESTS_PER_JOB} tests once `each` and `discover` are expanded")]
    TooMany,
    #[error("the values of `each` have more than {PLAN_BYTES} bytes in all tests together")]
    TooLarge,
    #[error("test `{test}`: the address of a discovered page contains a secret")]
    SecretPage { test: String },
    #[error("test `{test}`: {error}")]
    Discover { test: String, error: DiscoverError },
}

impl Problem {
    fn hint(&self) -> Option<&str> {
        match self {
            Self::Scope(_) | Self::Network(_) => None,
            Self::Each(error) => Some(error.hint()),
            Self::SecretPage { .. } => Some("plans are stored, so they hold no secrets"),
            Self::TooLarge => Some("split this suite, or use shorter values"),
            Self::TooMany => Some("split the suite, or give `discover` a lower `limit`"),
            Self::Discover { error, .. } => Some(error.hint()),
        }
    }

    fn masked(&self, mask: &Mask) -> PlanError {
        PlanError {
            message: mask.hide(&self.to_string()),
            hint: self.hint().map(str::to_owned),
            temporary: matches!(self, Self::Discover { error, .. } if error.is_temporary()),
        }
    }
}

/// See [`Engine::plan`](super::Engine::plan).
pub async fn plan(fetcher: &Fetcher, run: PlanRun<'_>) -> Planned {
    let mut mask = Arc::new(Mask::new(run.secrets));
    let log = run.keeping.log();
    let tests = tests(fetcher, run, &log, &mut mask).await;
    Planned { tests, requests: StepRequests::new(log.take(), mask) }
}

async fn tests(
    fetcher: &Fetcher,
    run: PlanRun<'_>,
    log: &RequestLog,
    mask: &mut Arc<Mask>,
) -> Result<Vec<PlannedTest>, PlanError> {
    let PlanRun { suite, vars, secrets, tags, sent, recording, .. } = run;
    let scope = Scope::new(suite, vars, secrets).map_err(|error| Problem::from(error).masked(mask))?;
    let network = network::fill_in(&suite.defaults.network, &scope);
    let network = network.map_err(|error| Problem::Network(error).masked(mask))?;
    if let Some(with_credentials) = mask.extended(network::credentials(&network)) {
        *mask = Arc::new(with_credentials);
    }
    let playback = recording.map(|recording| Playback::new(Arc::clone(recording), "").hiding(mask));
    let search = Search { fetcher, network, mask, sent, log, playback };
    let mut planner =
        Planner { search, suite, scope, pages_left: 0, bytes: PLAN_BYTES, names: HashMap::new(), tests: Vec::new() };
    planner.plan(tags).await.map_err(|problem| problem.masked(mask))?;
    Ok(planner.tests)
}

/// The input of a search for pages.
struct Search<'a> {
    fetcher: &'a Fetcher,
    network: Network,
    mask: &'a Mask,
    sent: &'a Sent,
    log: &'a RequestLog,
    playback: Option<Arc<dyn Answers>>,
}

struct Planner<'a> {
    search: Search<'a>,
    suite: &'a Suite,
    scope: Scope,
    /// How many discovered pages fit in addition to the tests known without a search
    pages_left: usize,
    /// How many bytes fit into the values of `each`
    bytes: usize,
    /// How often each name was used
    names: HashMap<String, usize>,
    tests: Vec<PlannedTest>,
}

impl Planner<'_> {
    async fn plan(&mut self, tags: &[String]) -> Result<(), Problem> {
        let chosen: Vec<_> =
            self.suite.tests.iter().enumerate().filter(|(_, test)| Suite::selects(tags, test)).collect();
        // `only` counts among the chosen tests: a test that the tags leave out has no effect.
        let has_only = chosen.iter().any(|(_, test)| test.only);
        let skips = |test: &Test| test.skip || (has_only && !test.only);
        let known = chosen.iter().filter(|(_, test)| test.discover.is_none() || skips(test));
        let known = known.map(|(_, test)| each::count(test)).fold(0, usize::saturating_add);
        self.pages_left = TESTS_PER_JOB.checked_sub(known).ok_or(Problem::TooMany)?;
        for (definition, test) in chosen {
            self.plan_test(definition, test, skips(test)).await?;
        }
        Ok(())
    }

    async fn plan_test(&mut self, definition: usize, test: &Test, skip: bool) -> Result<(), Problem> {
        if each::count(test) > TESTS_PER_JOB {
            return Err(Problem::TooMany);
        }
        let combinations = Combinations::of(test, &self.scope)?;
        self.bytes = self.bytes.checked_sub(combinations.bytes()).ok_or(Problem::TooLarge)?;
        for number in 0..combinations.count() {
            if number % AT_ONCE == AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            let variables = combinations.get(number);
            let scope = self.scope_with(&variables);
            let name = each::name(test, &variables, &scope);
            match &test.discover {
                Some(discover) if !skip => self.discover(definition, &name, discover, &scope, &variables).await?,
                _ => self.add(definition, &name, variables, skip),
            }
        }
        Ok(())
    }

    async fn discover(
        &mut self,
        definition: usize,
        name: &str,
        discover: &Discover,
        scope: &Scope,
        variables: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        if self.pages_left == 0 {
            return Err(Problem::TooMany);
        }
        let most = self.pages_left.min(usize::try_from(discover.limit).unwrap_or(usize::MAX));
        let Search { fetcher, network, mask, sent, log, playback } = &self.search;
        let defaults = &self.suite.defaults;
        let playback = playback.as_ref();
        let discovery = Discovery { fetcher, defaults, network, discover, scope, most, sent, log, playback };
        let pages = discovery.pages().await;
        let pages = pages.map_err(|error| Problem::Discover { test: name.to_owned(), error })?;
        if pages.iter().any(|page| mask.hide(page.as_str()) != page.as_str()) {
            return Err(Problem::SecretPage { test: name.to_owned() });
        }
        self.pages_left -= pages.len();
        let bytes: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
        let bytes = bytes.saturating_mul(pages.len());
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Problem::TooLarge)?;
        for page in pages {
            let name = format!("{name}: {}", path_and_query(&page));
            let mut variables = variables.clone();
            variables.insert(PAGE_VARIABLE.to_owned(), page.into());
            self.add(definition, &name, variables, false);
        }
        Ok(())
    }

    fn scope_with(&self, variables: &BTreeMap<String, String>) -> Scope {
        let mut scope = self.scope.clone();
        for (name, value) in variables {
            scope.set(name, value);
        }
        scope
    }

    /// Makes the name unique, even if a table has the same row twice.
    fn one_of_its_kind(&mut self, name: String) -> String {
        let times = self.names.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name} #{times}") }
    }

    fn add(&mut self, definition: usize, name: &str, variables: BTreeMap<String, String>, skip: bool) {
        let test = u32::try_from(self.tests.len()).unwrap_or(u32::MAX);
        let name = self.one_of_its_kind(shorten(excerpt(name, self.search.mask)));
        self.tests.push(PlannedTest { test, name, definition, variables, skip });
    }
}

/// The space for a number that makes names unique.
const NUMBER_BYTES: usize = " #10000".len();

fn path_and_query(page: &Url) -> String {
    page.query().map_or_else(|| page.path().to_owned(), |query| format!("{}?{query}", page.path()))
}

/// Shortens a name. An excerpt is bounded in characters, a name in bytes.
fn shorten(mut name: String) -> String {
    const ELLIPSIS: &str = "…";
    if name.len() > NAME_BYTES - NUMBER_BYTES {
        name.truncate(name.floor_char_boundary(NAME_BYTES - NUMBER_BYTES - ELLIPSIS.len()));
        name.push_str(ELLIPSIS);
    }
    name
}
