//! Reads sitemaps: the pages of a `urlset`, or of everything a `sitemapindex` lists, one level deep.
//! <https://www.sitemaps.org/protocol.html>

mod parse;

use super::fetch::{FetchError, FetchRequest, Fetcher, Response, gunzip};
use super::page::charset;
use super::retry;
use cookie_store::CookieStore;
use parse::Document;
use stepcast_suite::HostLimits;
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
    /// A sitemap, or another document there, cannot be fetched
    #[error("`{address}` could not be fetched: {error}")]
    Fetch {
        /// Its address
        address: Url,
        /// Why
        error: FetchError,
    },
    /// The server answered with something else
    #[error("`{address}` could not be fetched: the server answered {status}")]
    Status {
        /// Its address
        address: Url,
        /// The status that the server answered with
        status: http::StatusCode,
    },
    /// The document is not a sitemap
    #[error("`{address}` is not a sitemap: {reason}")]
    Malformed {
        /// Its address
        address: Url,
        /// Why
        reason: String,
    },
    /// The sitemaps list no pages
    #[error("the sitemap contains no addresses")]
    Empty,
}

impl SitemapError {
    /// How to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Request(error) | Self::Fetch { error, .. } => error.hint(),
            Self::Status { .. } => "open the address in a browser; it may have moved or need a header",
            Self::Malformed { .. } => {
                "a sitemap is XML with `urlset` or `sitemapindex` as its root element, or a text with one address per \
                 line"
            }
            Self::Empty => "only absolute `http:` and `https:` addresses are accepted",
        }
    }

    /// Whether a later attempt may succeed.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Fetch { error, .. } => !error.is_permanent(),
            Self::Status { status, .. } => status.is_server_error() || status.as_u16() == 429,
            Self::Request(_) | Self::Malformed { .. } | Self::Empty => false,
        }
    }
}

/// Reads the sitemaps at an address, one after the other.
pub struct Sitemaps<'a> {
    reader: Reader<'a>,
    /// The sitemaps of an index that are still to be read; missing until the first document is read
    rest: Option<std::vec::IntoIter<Url>>,
}

impl<'a> Sitemaps<'a> {
    /// Creates a reader of the sitemaps at the address of the reader's request.
    pub fn new(reader: Reader<'a>) -> Self {
        Self { reader, rest: None }
    }

    /// The pages of the next sitemap, in its order; nothing after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Url>>, SitemapError> {
        let Some(rest) = &mut self.rest else {
            let (pages, mut sitemaps) = match self.reader.read(&self.reader.request.url).await? {
                Document::Pages(pages) => (pages, Vec::new()),
                Document::Index(sitemaps) => (Vec::new(), sitemaps),
            };
            sitemaps.truncate(MAX_SITEMAPS);
            self.rest = Some(sitemaps.into_iter());
            return Ok(Some(pages));
        };
        let Some(sitemap) = rest.next() else { return Ok(None) };
        match self.reader.read(&sitemap).await? {
            Document::Pages(pages) => Ok(Some(pages)),
            // An index inside an index violates the protocol, and could send us round in circles.
            Document::Index(_) => Ok(Some(Vec::new())),
        }
    }
}

/// How documents are fetched while a suite is planned.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// Makes the requests
    pub fetcher: &'a Fetcher,
    /// The settings of every request; its address is the starting point
    pub request: &'a FetchRequest,
    /// Limits for requests to a host
    pub limits: HostLimits,
    /// How often a failed request is retried
    pub retries: u32,
}

impl Reader<'_> {
    async fn read(&self, address: &Url) -> Result<Document, SitemapError> {
        let response = self.fetch_with_retries(address).await?;
        let limit = self.request.body_bytes.unwrap_or(usize::MAX);
        // Fifty megabytes of XML would block other tasks on this thread.
        let parsed = tokio::task::spawn_blocking(move || read_document(&response, limit)).await;
        let parsed = parsed.unwrap_or_else(|error| Err(error.to_string()));
        parsed.map_err(|reason| SitemapError::Malformed { address: address.clone(), reason })
    }

    /// Fetches an answer with a success status.
    pub async fn fetch_with_retries(&self, address: &Url) -> Result<Response, SitemapError> {
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
            // The suite's headers are meant for the site it tests, not for other sites that its index points to.
            request.headers.clear();
            request.network.identity = None;
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
