//! Finds pages by their links, breadth first: the pages nearest to the first page come first.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::{AT_ONCE as JUDGED_AT_ONCE, DiscoverError, Filter, Pages, Wanted};
use crate::discover::robots::Robots;
use crate::fetch::Response;
use crate::page::{Page, Selector};
use crate::sitemap::{Reader, SitemapError};
use futures_util::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use std::collections::HashSet;
use url::Url;

/// Pages fetched at once; `host` limits how many of them one host gets.
const AT_ONCE: usize = 8;
/// Most pages that are fetched for their links.
const MAX_FETCHED: usize = 1_000;

/// A walk from page to page.
pub struct Crawl<'a> {
    /// Fetches; its address is the first page
    pub reader: Reader<'a>,
    /// Which pages are wanted
    pub filter: &'a Filter,
    /// The most links between the first page and a page
    pub depth: u32,
    /// Whether pages of other hosts are taken too
    pub other_hosts: bool,
}

impl Crawl<'_> {
    /// Finds at most `most` pages. Links are not followed on pages that `exclude` or `robots.txt` leaves out, or on
    /// pages of other hosts. Links on pages that only `include` leaves out are followed.
    pub async fn pages(&self, robots: &mut Robots<'_>, most: usize) -> Result<Pages, DiscoverError> {
        let start = without_fragment(self.reader.request.url.clone());
        let mut seen = HashSet::from([start.clone()]);
        let (mut pages, mut level, mut fetches_left) = (Pages::default(), vec![start.clone()], MAX_FETCHED);
        for depth in 0..=self.depth {
            let mut to_follow = Vec::new();
            for some in level.chunks(JUDGED_AT_ONCE) {
                for (page, wanted) in self.filter.judge(some.to_vec()).await? {
                    if pages.found.len() == most {
                        return Ok(pages);
                    }
                    let was_refused = pages.refused;
                    pages.consider(page.clone(), wanted, robots).await?;
                    let is_left_out = pages.refused > was_refused || wanted == Wanted::Excluded;
                    // A page that `include` leaves out was not checked against `robots.txt` yet.
                    if !is_left_out && page.host() == start.host() && robots.allows(&page).await? {
                        to_follow.push(page);
                    }
                }
            }
            if depth == self.depth {
                break;
            }
            to_follow.truncate(fetches_left);
            fetches_left = fetches_left.saturating_sub(to_follow.len());
            level = Vec::new();
            for link in self.links_of(to_follow, &start).await? {
                if (self.other_hosts || link.host() == start.host()) && seen.insert(link.clone()) {
                    level.push(link);
                }
            }
        }
        Ok(pages)
    }

    /// The links of these pages in order. A page that cannot be fetched adds no links, and its own test reports why.
    /// Fails if that page is the first.
    async fn links_of(&self, pages: Vec<Url>, start: &Url) -> Result<Vec<Url>, SitemapError> {
        let fetches = pages.into_iter().map(|page| async move { (self.reader.fetch_with_retries(&page).await, page) });
        let mut answers = stream::iter(fetches).buffered(AT_ONCE);
        let mut found = Vec::new();
        while let Some((answer, page)) = answers.next().await {
            match answer {
                // Parsing takes time proportional to the page.
                Ok(answer) => {
                    found.extend(tokio::task::spawn_blocking(move || links(answer)).await.unwrap_or_default());
                }
                Err(error) if page == *start => return Err(error),
                Err(_) => {}
            }
        }
        Ok(found)
    }
}

/// The targets of a page's links, in the order of the page.
fn links(answer: Response) -> Vec<Url> {
    let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/html");
    if !content_type.contains("html") {
        return Vec::new();
    }
    let address = answer.url.clone();
    let page = Page::new(answer);
    let Ok(document) = page.html() else { return Vec::new() };
    let hrefs = |selector: &str| -> Vec<String> {
        let elements = Selector::parse(selector).ok().and_then(|selector| selector.all(document).ok());
        elements.unwrap_or_default().iter().filter_map(|element| element.attr("href")).map(str::to_owned).collect()
    };
    let base = hrefs("base[href]").first().and_then(|base| address.join(base).ok());
    let base = base.unwrap_or(address);
    let targets = hrefs("a[href], area[href]").into_iter().filter_map(|href| base.join(href.trim()).ok());
    targets.filter(|url| matches!(url.scheme(), "http" | "https")).map(without_fragment).collect()
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}
