//! Finds the pages a test runs on: those of a sitemap, or those that links lead to, as far as `robots.txt` lets us.

mod links;
mod robots;

use super::fetch::{FetchError, FetchRequest, Fetcher, Network};
use super::request;
use super::scope::Scope;
use super::sitemap::{Reader, SitemapError, Sitemaps};
use http::Method;
use links::Crawl;
use robots::Robots;
use std::collections::HashSet;
use stepcast_protocol::pattern::{Pattern, TooLong};
use stepcast_protocol::suite::{Defaults, Discover, DiscoverFrom};
use stepcast_protocol::template;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Largest sitemap, unpacked, in bytes. <https://www.sitemaps.org/protocol.html>
const SITEMAP_BYTES: usize = 50 * 1024 * 1024;

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A sitemap or the first page cannot be had
    #[error(transparent)]
    Sitemap(#[from] SitemapError),
    /// Nobody knows what robots may do
    #[error("the site's rules for robots are not known: {0}")]
    Robots(SitemapError),
    /// A pattern is none once it is filled in
    #[error("`{key}` is not a regular expression once it is filled in")]
    Pattern {
        /// `include` or `exclude`
        key: &'static str,
    },
    /// The patterns ask too much of so many addresses
    #[error("one of the patterns of `include` and `exclude` {0}")]
    TooLong(#[from] TooLong),
    /// Everything that was found is left out
    #[error("no page is left: {excluded} left out by `include` and `exclude`, {refused} by the site's robots.txt")]
    NoneLeft {
        /// How many the patterns leave out
        excluded: usize,
        /// How many `robots.txt` does
        refused: usize,
    },
}

impl From<FetchError> for DiscoverError {
    fn from(error: FetchError) -> Self {
        Self::Sitemap(error.into())
    }
}

impl DiscoverError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Sitemap(error) => error.hint(),
            Self::Robots(_) => "mend `/robots.txt`, or write `robots: ignore` if the site is yours",
            Self::Pattern { .. } => "look at the variables it uses",
            Self::TooLong(_) => "mend the pattern",
            Self::NoneLeft { refused: 0, .. } => "the patterns look at whole addresses, `https://` included",
            Self::NoneLeft { .. } => "write `robots: ignore` if the site is yours",
        }
    }

    /// Whether it may be there later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Sitemap(error) | Self::Robots(error) => error.is_temporary(),
            Self::Pattern { .. } | Self::TooLong(_) | Self::NoneLeft { .. } => false,
        }
    }
}

/// A search for pages, with what it needs.
pub struct Discovery<'a> {
    /// Makes the requests
    pub fetcher: &'a Fetcher,
    /// How they are made
    pub defaults: &'a Defaults,
    /// How they reach the network
    pub network: &'a Network,
    /// What is looked for
    pub discover: &'a Discover,
    /// What templates are filled in with
    pub scope: &'a Scope,
    /// Most pages there is room for
    pub most: usize,
}

impl Discovery<'_> {
    /// The pages, each once, in an order that is the same as long as the site is.
    pub async fn pages(&self) -> Result<Vec<Url>, DiscoverError> {
        let filter = self.filter().map_err(|key| DiscoverError::Pattern { key })?;
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
            for page in found {
                if pages.found.len() == self.most {
                    return Ok(pages);
                }
                if seen.insert(page.clone()) {
                    pages.consider(page, filter, &mut robots).await?;
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
            method: Method::GET,
            digest: request::digest(self.defaults.auth.as_ref(), &url, self.scope)?,
            url,
            headers: request::headers(&self.defaults.headers, self.defaults.auth.as_ref(), self.scope)?,
            body: None,
            timeout: self.defaults.timeout,
            follow: None,
            body_bytes,
            network: self.network.clone(),
            called_off: CancellationToken::new(),
        })
    }

    /// The patterns filled in; or which of them are none then.
    fn filter(&self) -> Result<Filter, &'static str> {
        let set = |key, patterns: &[String]| {
            let filled_in: Result<Vec<String>, _> =
                patterns.iter().map(|pattern| template::render(pattern, self.scope)).collect();
            filled_in.ok().and_then(|patterns| Pattern::any_of(&patterns).ok()).ok_or(key)
        };
        let Discover { include, exclude, .. } = self.discover;
        let is_any = include.is_empty();
        Ok(Filter { include: Some(set("include", include)?).filter(|_| !is_any), exclude: set("exclude", exclude)? })
    }
}

/// Which addresses are wanted.
pub struct Filter {
    /// Nothing, where all are
    include: Option<Pattern>,
    exclude: Pattern,
}

impl Filter {
    fn takes(&self, page: &Url) -> Result<bool, TooLong> {
        let is_included = match &self.include {
            Some(include) => include.is_match(page.as_str())?,
            None => true,
        };
        Ok(is_included && !self.excludes(page)?)
    }

    fn excludes(&self, page: &Url) -> Result<bool, TooLong> {
        self.exclude.is_match(page.as_str())
    }
}

/// Pages that were found, and how many were left out.
#[derive(Default)]
pub struct Pages {
    found: Vec<Url>,
    excluded: usize,
    refused: usize,
}

impl Pages {
    async fn consider(&mut self, page: Url, filter: &Filter, robots: &mut Robots<'_>) -> Result<(), DiscoverError> {
        if !filter.takes(&page)? {
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
