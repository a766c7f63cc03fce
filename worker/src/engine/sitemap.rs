//! Reads sitemaps: the pages of a `urlset`, or of everything a `sitemapindex` lists, one level deep.
//! <https://www.sitemaps.org/protocol.html>

mod parse;

use super::fetch::{FetchError, FetchRequest, Fetcher, Response, gunzip};
use super::page::charset;
use super::retry;
use cookie_store::CookieStore;
use parse::Document;
use std::collections::HashSet;
use stepcast_protocol::suite::HostLimits;
use url::Url;

/// Most sitemaps of one index that are fetched.
const MAX_SITEMAPS: usize = 500;
/// The first two bytes of every gzip file (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
pub enum SitemapError {
    /// The request cannot be made
    #[error("{0}")]
    Request(#[from] FetchError),
    /// The sitemap cannot be fetched
    #[error("the sitemap `{address}` could not be fetched: {error}")]
    Fetch {
        /// Its address
        address: Url,
        /// Why
        error: FetchError,
    },
    /// The server answered with something else
    #[error("the sitemap `{address}` could not be fetched: the server answered {status}")]
    Status {
        /// Its address
        address: Url,
        /// What the server answered
        status: http::StatusCode,
    },
    /// It is something else
    #[error("`{address}` is not a sitemap: {reason}")]
    Malformed {
        /// Its address
        address: Url,
        /// Why
        reason: String,
    },
    /// There is nothing in it
    #[error("the sitemap holds no address")]
    Empty,
}

impl SitemapError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Request(error) | Self::Fetch { error, .. } => error.hint(),
            Self::Status { .. } => Some("open the address in a browser; it may have moved or need a header"),
            Self::Malformed { .. } => Some("a sitemap is XML with `urlset` or `sitemapindex` around everything"),
            Self::Empty => Some("only absolute `http:` and `https:` addresses are taken from `loc`"),
        }
    }

    /// Whether it may be there later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Fetch { error, .. } => !error.is_permanent(),
            Self::Status { status, .. } => status.is_server_error() || status.as_u16() == 429,
            Self::Request(_) | Self::Malformed { .. } | Self::Empty => false,
        }
    }
}

/// The pages the sitemap at `request` leads to, at most `most`, each once, in the order they stand there.
pub async fn pages(
    fetcher: &Fetcher,
    request: &FetchRequest,
    limits: HostLimits,
    retries: u32,
    most: usize,
) -> Result<Vec<Url>, SitemapError> {
    let reader = Reader { fetcher, request, limits, retries };
    let mut pages = Pages { most, seen: HashSet::new(), found: Vec::new() };
    match reader.read(&request.url).await? {
        Document::Pages(found) => pages.take(found),
        Document::Index(sitemaps) => {
            for sitemap in sitemaps.iter().take(MAX_SITEMAPS) {
                // An index inside an index is against the protocol, and a way to send us round in circles.
                if let Document::Pages(found) = reader.read(sitemap).await? {
                    pages.take(found);
                }
                if pages.is_full() {
                    break;
                }
            }
        }
    }
    if pages.found.is_empty() { Err(SitemapError::Empty) } else { Ok(pages.found) }
}

struct Pages {
    most: usize,
    seen: HashSet<Url>,
    found: Vec<Url>,
}

impl Pages {
    fn take(&mut self, found: Vec<Url>) {
        for page in found {
            if !self.is_full() && self.seen.insert(page.clone()) {
                self.found.push(page);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.found.len() >= self.most
    }
}

struct Reader<'a> {
    fetcher: &'a Fetcher,
    request: &'a FetchRequest,
    limits: HostLimits,
    retries: u32,
}

impl Reader<'_> {
    async fn read(&self, address: &Url) -> Result<Document, SitemapError> {
        let response = self.fetch_with_retries(address).await?;
        let limit = self.request.body_bytes.unwrap_or(usize::MAX);
        // Fifty megabytes of XML are too much for a thread that others wait for.
        let parsed = tokio::task::spawn_blocking(move || read_document(&response, limit)).await;
        let parsed = parsed.unwrap_or_else(|error| Err(error.to_string()));
        parsed.map_err(|reason| SitemapError::Malformed { address: address.clone(), reason })
    }

    async fn fetch_with_retries(&self, address: &Url) -> Result<Response, SitemapError> {
        let mut attempt = 1;
        loop {
            match self.fetch(address).await {
                Err(error) if error.is_temporary() && attempt <= self.retries => {
                    tokio::time::sleep(retry::pause_after(attempt)).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn fetch(&self, address: &Url) -> Result<Response, SitemapError> {
        let mut request = FetchRequest { url: address.clone(), ..self.request.clone() };
        if address.origin() != self.request.url.origin() {
            // The suite's headers are meant for the site it tests, not for whoever its index points to.
            request.headers.clear();
        }
        let fetched = self.fetcher.fetch(request, &mut CookieStore::new(), self.limits).await;
        let response = fetched.map_err(|error| SitemapError::Fetch { address: address.clone(), error })?;
        if response.status.is_success() {
            Ok(response)
        } else {
            Err(SitemapError::Status { address: address.clone(), status: response.status })
        }
    }
}

fn read_document(response: &Response, limit: usize) -> Result<Document, String> {
    let body = if response.body.starts_with(&GZIP_MAGIC) {
        gunzip(&response.body, limit).map_err(|error| error.to_string())?
    } else {
        response.body.clone()
    };
    parse::parse(&charset::decode(&response.headers, &body))
}
