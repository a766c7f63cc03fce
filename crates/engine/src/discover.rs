//! Finds the pages a test runs on, in a sitemap or by following links, as far as `robots.txt` allows.

mod links;
mod robots;

use super::fetch::{Answers, FetchError, FetchRequest, Fetcher, Network, RequestLog, Sent};
use super::request;
use super::scope::Scope;
use super::sitemap::{Reader, SitemapError, Sitemaps};
use http::Method;
use links::Crawl;
use robots::Robots;
use std::collections::HashSet;
use std::sync::Arc;
use stepcast_suite::bounds::SITEMAP_BYTES;
use stepcast_suite::pattern::{Pattern, TooLong};
use stepcast_suite::template;
use stepcast_suite::{Defaults, Discover, DiscoverFrom};
use url::Url;

/// Most addresses of sitemaps that are considered, taken or not.
const ADDRESSES: usize = 500_000;
/// How many addresses are matched against patterns and rules before other tasks have a turn on the thread.
const AT_ONCE: usize = 500;

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A sitemap or the first page is unavailable
    #[error(transparent)]
    Sitemap(#[from] SitemapError),
    /// The rules for robots are unavailable
    #[error("the site's robots.txt could not be used: {0}")]
    Robots(SitemapError),
    /// A pattern is invalid once it is filled in
    #[error("`{key}` is not a regular expression once it is filled in")]
    Pattern {
        /// `include` or `exclude`
        key: &'static str,
    },
    /// The patterns take too long for so many addresses
    #[error("one of the patterns of `include` and `exclude` {0}")]
    TooLong(#[from] TooLong),
    /// There are more addresses than the limit
    #[error("the sitemaps have more than {ADDRESSES} addresses")]
    TooMany,
    /// All pages found are left out
    #[error("no page is left: {excluded} left out by `include` and `exclude`, {refused} by the site's robots.txt")]
    NoneLeft {
        /// How many the patterns leave out
        excluded: usize,
        /// How many `robots.txt` leaves out
        refused: usize,
    },
}

impl From<FetchError> for DiscoverError {
    fn from(error: FetchError) -> Self {
        Self::Sitemap(error.into())
    }
}

impl DiscoverError {
    /// How to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Sitemap(error) => error.hint(),
            Self::Robots(_) => "correct `/robots.txt`, or write `robots: ignore` if the site is yours",
            Self::Pattern { .. } => "check the variables it uses",
            Self::TooLong(_) => "correct the pattern",
            Self::TooMany => "name the sitemap that has the pages you want",
            Self::NoneLeft { refused: 0, .. } => {
                "the patterns are matched against whole addresses, `https://` included"
            }
            Self::NoneLeft { .. } => "write `robots: ignore` if the site is yours",
        }
    }

    /// Whether a later attempt may succeed.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Sitemap(error) | Self::Robots(error) => error.is_temporary(),
            Self::Pattern { .. } | Self::TooLong(_) | Self::TooMany | Self::NoneLeft { .. } => false,
        }
    }
}

/// A search for pages, with its settings.
pub struct Discovery<'a> {
    /// Makes the requests
    pub fetcher: &'a Fetcher,
    /// Settings of the requests
    pub defaults: &'a Defaults,
    /// How requests reach the network
    pub network: &'a Network,
    /// The pages to discover
    pub discover: &'a Discover,
    /// The values for templates
    pub scope: &'a Scope,
    /// Most pages to return
    pub most: usize,
    /// Counts the requests
    pub sent: &'a Sent,
    /// Notes the requests and their answers
    pub log: &'a RequestLog,
    /// Answers in place of the network
    pub playback: Option<&'a Arc<dyn Answers>>,
}

impl Discovery<'_> {
    /// Finds the pages, each once. The order is the same as long as the site does not change.
    pub async fn pages(&self) -> Result<Vec<Url>, DiscoverError> {
        let filter = self.filter().await.map_err(|key| DiscoverError::Pattern { key })?;
        let pages = match &self.discover.from {
            DiscoverFrom::Sitemap(address) => {
                let request = self.request(address, Some(SITEMAP_BYTES))?;
                self.in_sitemaps(&request, &filter).await?
            }
            DiscoverFrom::Links { start, depth, other_hosts } => {
                let request = self.request(start, None)?;
                let (reader, mut robots) = (self.reader(&request), self.robots(&request));
                let crawl = Crawl { reader, filter: &filter, depth: *depth, other_hosts: *other_hosts };
                crawl.pages(&mut robots, self.most).await?
            }
        };
        if pages.found.is_empty() { Err(pages.left_out()) } else { Ok(pages.found) }
    }

    async fn in_sitemaps(&self, request: &FetchRequest, filter: &Filter) -> Result<Pages, DiscoverError> {
        let (mut sitemaps, mut robots) = (Sitemaps::new(self.reader(request)), self.robots(request));
        let (mut pages, mut seen) = (Pages::default(), HashSet::new());
        while let Some(found) = sitemaps.next().await? {
            let fresh: Vec<Url> = found.into_iter().filter(|page| seen.insert(page.clone())).collect();
            if seen.len() > ADDRESSES {
                return Err(DiscoverError::TooMany);
            }
            for some in fresh.chunks(AT_ONCE) {
                for (page, wanted) in filter.judge(some.to_vec()).await? {
                    if pages.found.len() == self.most {
                        return Ok(pages);
                    }
                    pages.consider(page, wanted, &mut robots).await?;
                }
            }
        }
        if seen.is_empty() { Err(SitemapError::Empty.into()) } else { Ok(pages) }
    }

    fn reader<'r>(&'r self, request: &'r FetchRequest) -> Reader<'r> {
        let (limits, retries) = (self.defaults.host, self.defaults.retries.max);
        Reader { fetcher: self.fetcher, request, limits, retries }
    }

    fn robots<'r>(&'r self, request: &'r FetchRequest) -> Robots<'r> {
        Robots::new(self.reader(request), self.discover.ignore_robots)
    }

    fn request(&self, address: &str, body_bytes: Option<usize>) -> Result<FetchRequest, FetchError> {
        let address = template::render(address, self.scope);
        let address = address.map_err(|error| FetchError::InvalidRequest(error.to_string()))?;
        let url = request::address(&address)?;
        Ok(FetchRequest {
            digest: request::digest(self.defaults.auth.as_ref(), &url, self.scope)?,
            headers: request::headers(&self.defaults.headers, self.defaults.auth.as_ref(), self.scope)?,
            body_bytes,
            network: self.network.clone(),
            sent: self.sent.clone(),
            log: self.log.clone(),
            playback: self.playback.cloned(),
            ..FetchRequest::new(Method::GET, url, self.defaults.timeout)
        })
    }

    /// Fills in the patterns; the error is the key whose patterns are invalid.
    async fn filter(&self) -> Result<Filter, &'static str> {
        let fill_in = |key, patterns: &[String]| {
            let filled_in = patterns.iter().map(|pattern| template::render(pattern, self.scope));
            filled_in.collect::<Result<Vec<_>, _>>().map_err(|_| key)
        };
        let Discover { include, exclude, .. } = self.discover;
        let (include, exclude) = (fill_in("include", include)?, fill_in("exclude", exclude)?);
        let read = tokio::task::spawn_blocking(move || Patterns::read(&include, &exclude)).await;
        Ok(Filter(Arc::new(read.unwrap_or(Err("include"))?)))
    }
}

/// Decides which addresses are wanted.
pub struct Filter(Arc<Patterns>);

struct Patterns {
    /// Missing if all are included
    include: Option<Pattern>,
    exclude: Pattern,
}

/// The verdict of the patterns on an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It is taken
    Taken,
    /// It is left out, because it matches no pattern of `include`
    NotIncluded,
    /// It is left out, because it matches a pattern of `exclude`
    Excluded,
}

impl Filter {
    /// Matches each address against the patterns, on a blocking thread because that can take long.
    async fn judge(&self, pages: Vec<Url>) -> Result<Vec<(Url, Wanted)>, TooLong> {
        let patterns = Arc::clone(&self.0);
        let judge = move || {
            pages.into_iter().map(|page| Ok((patterns.judge(&page)?, page))).collect::<Result<Vec<_>, TooLong>>()
        };
        let judged = tokio::task::spawn_blocking(judge).await.unwrap_or(Err(TooLong::States))?;
        Ok(judged.into_iter().map(|(wanted, page)| (page, wanted)).collect())
    }
}

impl Patterns {
    fn read(include: &[String], exclude: &[String]) -> Result<Self, &'static str> {
        let set = |key, patterns: &[String]| Pattern::any_of(patterns).map_err(|_| key);
        let is_any = include.is_empty();
        Ok(Self { include: Some(set("include", include)?).filter(|_| !is_any), exclude: set("exclude", exclude)? })
    }

    fn judge(&self, page: &Url) -> Result<Wanted, TooLong> {
        if self.exclude.is_match(page.as_str())? {
            return Ok(Wanted::Excluded);
        }
        let is_included = match &self.include {
            Some(include) => include.is_match(page.as_str())?,
            None => true,
        };
        Ok(if is_included { Wanted::Taken } else { Wanted::NotIncluded })
    }
}

/// The pages found, and how many were left out.
#[derive(Default)]
pub struct Pages {
    found: Vec<Url>,
    excluded: usize,
    refused: usize,
}

impl Pages {
    async fn consider(&mut self, page: Url, wanted: Wanted, robots: &mut Robots<'_>) -> Result<(), DiscoverError> {
        if wanted != Wanted::Taken {
            self.excluded += 1;
        } else if robots.allows(&page).await? {
            self.found.push(page);
        } else {
            self.refused += 1;
        }
        Ok(())
    }

    fn left_out(&self) -> DiscoverError {
        DiscoverError::NoneLeft { excluded: self.excluded, refused: self.refused }
    }
}
