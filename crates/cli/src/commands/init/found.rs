//! What a page has that a first suite can check.

use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

/// Most addresses of other formats that are taken.
const MOST_ALTERNATES: usize = 3;
/// Most keys of a JSON document that are taken.
const MOST_KEYS: usize = 5;
/// Longest text that is compared; a longer one is not what identifies a page.
const LONGEST_TEXT: usize = 200;
/// Most sitemaps of `robots.txt` that are tried.
const MOST_SITEMAPS: usize = 3;

/// An answer.
pub(super) struct Answer {
    /// Where it came from, after redirects
    pub url: Url,
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

impl Answer {
    /// Whether it is a sitemap, and not the page for everything that a site answers with.
    pub fn is_sitemap(&self) -> bool {
        self.status == 200 && (self.body.contains("<urlset") || self.body.contains("<sitemapindex"))
    }
}

/// What was found.
pub(super) struct Found {
    /// The page, after redirects
    pub page: Url,
    pub status: u16,
    /// The type of the page, like `text/html`
    pub media_type: String,
    /// The title of an HTML page
    pub title: Option<String>,
    /// Its first heading
    pub heading: Option<String>,
    /// Whether it has links to pages of the same host
    pub has_links: bool,
    /// Other formats of it, by their addresses
    pub alternates: Vec<(Url, Alternate)>,
    /// Keys of a JSON object
    pub keys: Vec<String>,
    /// The sitemap of the site
    pub sitemap: Option<Url>,
}

/// A format that a page names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alternate {
    /// JSON
    Json,
    /// RSS or Atom
    Feed,
}

impl Found {
    /// Takes what can be checked of a page.
    pub fn new(page: Answer) -> Self {
        let media_type = page.content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
        let mut found = Self {
            page: page.url,
            status: page.status,
            media_type,
            title: None,
            heading: None,
            has_links: false,
            alternates: Vec::new(),
            keys: Vec::new(),
            sitemap: None,
        };
        if found.media_type.ends_with("html") || found.media_type.ends_with("xhtml+xml") {
            found.read_html(&page.body);
        } else if found.media_type.ends_with("json") {
            found.keys = keys(&page.body);
        }
        found
    }

    /// Returns another address of the same site.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.page.clone();
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// The sitemaps that a `robots.txt` names (<https://www.sitemaps.org/protocol.html#submit_robots>).
    pub fn sitemaps_of(&self, robots: &Answer) -> Vec<Url> {
        let named = robots.body.lines().filter(|_| robots.status == 200).filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("sitemap").then(|| self.page.join(value.trim()).ok())?
        });
        named.filter(|url| self.is_here(url)).take(MOST_SITEMAPS).collect()
    }

    fn is_here(&self, url: &Url) -> bool {
        url.origin() == self.page.origin()
    }

    fn read_html(&mut self, body: &str) {
        let html = Html::parse_document(body);
        self.title = text_of(&html, "title");
        self.heading = text_of(&html, "h1");
        let links = addresses(&html, "a[href]", &self.page);
        self.has_links = links.iter().any(|(url, _)| self.is_here(url) && url.path() != self.page.path());
        let alternates = addresses(&html, "link[rel~=alternate][href][type]", &self.page).into_iter();
        let alternates = alternates.filter_map(|(url, kind)| Some((url, alternate(&kind)?)));
        self.alternates = alternates.filter(|(url, _)| self.is_here(url)).take(MOST_ALTERNATES).collect();
    }
}

fn alternate(kind: &str) -> Option<Alternate> {
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/rss+xml" | "application/atom+xml" => Some(Alternate::Feed),
        "application/json" | "application/feed+json" => Some(Alternate::Json),
        _ => None,
    }
}

/// The text of the first element, as a check compares it, if it is short enough to be compared.
fn text_of(html: &Html, selector: &str) -> Option<String> {
    let element = html.select(&Selector::parse(selector).ok()?).next()?;
    let text = element.text().collect::<String>();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty() && text.len() <= LONGEST_TEXT).then_some(text)
}

/// The addresses in `href`, with the `type` of each.
fn addresses(html: &Html, selector: &str, base: &Url) -> Vec<(Url, String)> {
    let Ok(selector) = Selector::parse(selector) else { return Vec::new() };
    let address = |element: scraper::ElementRef<'_>| {
        let url = base.join(element.attr("href")?).ok()?;
        Some((url, element.attr("type").unwrap_or_default().to_lowercase()))
    };
    html.select(&selector).filter_map(address).collect()
}

fn keys(body: &str) -> Vec<String> {
    match serde_json::from_str(body) {
        Ok(Value::Object(object)) => object.keys().filter(|key| is_plain(key)).take(MOST_KEYS).cloned().collect(),
        _ => Vec::new(),
    }
}

/// A key that a path can name without quotes.
fn is_plain(key: &str) -> bool {
    let mut characters = key.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(content_type: &str, body: &str) -> Found {
        let url = "https://shop.example/de/?a=1#b".parse().expect("an address");
        Found::new(Answer { url, status: 200, content_type: content_type.to_owned(), body: body.to_owned() })
    }

    #[test]
    fn a_page_has_a_title_a_heading_links_and_other_formats() {
        let found = found(
            "text/html; charset=utf-8",
            "<title>\n Shop </title><h1>All <b>lamps</b></h1><a href=/lamps>Lamps</a>\
             <link rel=alternate type=application/rss+xml href=/feed><link rel=alternate type=application/json href=https://other.example/>",
        );
        assert_eq!((found.title.as_deref(), found.heading.as_deref()), (Some("Shop"), Some("All lamps")));
        assert!(found.has_links);
        assert_eq!(found.alternates, [(found.at("/feed"), Alternate::Feed)]);
        assert_eq!(found.at("/robots.txt").as_str(), "https://shop.example/robots.txt");
    }

    #[test]
    fn a_document_has_keys() {
        assert_eq!(found("application/json", r#"{"items":[],"a b":1,"next":null}"#).keys, ["items", "next"]);
        assert!(found("application/json", "[1]").keys.is_empty());
        assert!(found("application/json", "no").keys.is_empty());
    }

    #[test]
    fn sitemaps_are_those_of_the_same_site() {
        let robots = Answer {
            url: "https://shop.example/robots.txt".parse().expect("an address"),
            status: 200,
            content_type: String::new(),
            body: "User-agent: *\nSITEMAP : https://shop.example/map.xml\nSitemap: https://other.example/map.xml\n"
                .to_owned(),
        };
        let found = found("text/html", "");
        assert_eq!(found.sitemaps_of(&robots), [found.at("/map.xml")]);
        assert!(found.sitemaps_of(&Answer { status: 404, ..robots }).is_empty());
    }
}
