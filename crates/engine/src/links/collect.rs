//! Takes the links from a page.

use super::Target;
use crate::page::{self, Document, Page, Selector};
use crate::unclear::Unclear;
use percent_encoding::percent_decode_str;
use std::collections::{BTreeMap, BTreeSet};
use stepcast_suite::pattern::Pattern;
use stepcast_suite::syntax::check_regex;
use stepcast_suite::{LinkScope, Links};
use url::Url;

/// Elements that link to something or load something with the page.
const LINKING: &str = "a[href], area[href], link[href], img[src], script[src], iframe[src]";
/// Links that only open a connection request no page.
const CONNECTING: [&str; 2] = ["preconnect", "dns-prefetch"];

/// The links of a page.
#[derive(Debug)]
pub struct Collected {
    /// The page's own address
    pub page: Url,
    /// The addresses to request
    pub targets: Vec<Target>,
    /// What cannot be requested: invalid addresses, and fragments that are missing in the page itself
    pub broken: Vec<String>,
    /// How many addresses the page has, including those beyond the limit
    pub found: usize,
}

/// The links of a check, each address once, in the order of the page.
pub fn collect(links: &Links, page: &Page) -> Result<Collected, Unclear> {
    let document = page.html().map_err(|error| Unclear(error.to_string()))?;
    let ignored = ignored(links)?;
    let is_ignored = |address: &str| {
        ignored.is_match(address).map_err(|error| Unclear(format!("one of the patterns of `ignore` {error}")))
    };
    let mut own = page.response().url.clone();
    own.set_fragment(None);
    let base = base(document, &own);
    let mut collected = Collected { page: own, targets: Vec::new(), broken: Vec::new(), found: 0 };
    let mut places = BTreeMap::new();
    let mut here = Vec::new();
    for text in addresses(document) {
        match base.join(text) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") || is_ignored(url.as_str())? => {}
            Ok(url) if is_in(links.scope, &url, &collected.page) => {
                collected.add(url, &mut places, &mut here, links);
            }
            Ok(_) => {}
            Err(_) if is_ignored(text)? => {}
            Err(error) => collected.broken.push(format!("`{text}` is not an address: {error}")),
        }
    }
    collected.broken.extend(missing(page, here).into_iter().map(|fragment| format!("the page has no `#{fragment}`")));
    collected.found = places.len();
    Ok(collected)
}

fn ignored(links: &Links) -> Result<Pattern, Unclear> {
    Pattern::any_of(&links.ignore).map_err(|error| {
        let problem = links.ignore.iter().find_map(|pattern| check_regex(pattern).err());
        Unclear(problem.unwrap_or_else(|| error.to_string()))
    })
}

impl Collected {
    fn add(&mut self, mut url: Url, places: &mut BTreeMap<Url, usize>, here: &mut Vec<String>, links: &Links) {
        let fragment = url.fragment().filter(|_| links.fragments).and_then(fragment);
        url.set_fragment(None);
        if url == self.page {
            here.extend(fragment);
            return;
        }
        let next = places.len();
        let place = *places.entry(url.clone()).or_insert(next);
        if place >= links.limit as usize {
            return;
        }
        if place == self.targets.len() {
            self.targets.push(Target { url, fragments: Vec::new() });
        }
        let fragments = &mut self.targets[place].fragments;
        fragments.extend(fragment.filter(|fragment| !fragments.contains(fragment)));
    }
}

/// The addresses as written.
fn addresses(document: &Document) -> impl Iterator<Item = &str> {
    let elements = Selector::parse(LINKING).ok().and_then(|linking| linking.all(document).ok());
    elements.unwrap_or_default().into_iter().filter_map(|element| {
        let connects = element.attr("rel").is_some_and(|rel| CONNECTING.contains(&rel.trim()));
        let address = element.attr("href").or_else(|| element.attr("src"))?.trim();
        (!connects).then_some(address)
    })
}

fn base(document: &Document, own: &Url) -> Url {
    let base = Selector::parse("base[href]").ok().and_then(|base| base.first(document).ok()??.attr("href"));
    base.and_then(|base| own.join(base).ok()).unwrap_or_else(|| own.clone())
}

fn is_in(scope: LinkScope, url: &Url, page: &Url) -> bool {
    let (host, own) = (url.host_str().unwrap_or_default(), page.host_str().unwrap_or_default());
    match scope {
        LinkScope::All => true,
        LinkScope::SameHost => host == own,
        LinkScope::Internal => host == own || host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.')),
    }
}

/// The fragment that the page must have. `top` always exists. Text fragments and routes do not name elements.
fn fragment(text: &str) -> Option<String> {
    let text = percent_decode_str(text.split(":~:").next().unwrap_or_default()).decode_utf8_lossy().into_owned();
    // Single-page applications keep their state there: `#/route`, `#!/route`.
    let is_route = text.starts_with('/') || text.starts_with('!');
    (!text.is_empty() && !is_route && !text.eq_ignore_ascii_case("top")).then_some(text)
}

/// Whether the answer is labelled as HTML.
pub fn is_html(page: &Page) -> bool {
    page.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
}

/// The fragments that name no element of the page, each once.
pub fn missing(page: &Page, fragments: Vec<String>) -> BTreeSet<String> {
    let mut missing: BTreeSet<String> = fragments.into_iter().collect();
    if missing.is_empty() {
        return missing;
    }
    let Ok(document) = page.html() else { return BTreeSet::new() };
    for element in page::walk(document.html.tree.root()).filter_map(|node| node.value().as_element()) {
        for name in element.attr("id").into_iter().chain(element.attr("name").filter(|_| element.name() == "a")) {
            missing.remove(name);
        }
    }
    missing
}
