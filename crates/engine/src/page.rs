//! An answer as checks see it: its text, its elements, its JSON, each parsed on first use.
//!
//! The parsed page cannot leave its thread; a [`Page`] is made, used and dropped on a thread that may block.

pub mod charset;
mod document;
mod html;
mod index;
mod json;
pub mod memory;
mod recent;
mod select;
mod xml;

pub use document::{Document, DocumentError, markup_of};
pub use index::Key;
pub use json::{JsonError, parse_exact as parse_json, structure as json_structure};
pub use select::{Reader, Selector, TooMuch, walk};
pub use xml::{inner_xml, name as written_name};

use super::digest;
use super::fetch::{self, Response};
use super::mask::{Mask, Rest};
use cookie_store::{CookieStore, RawCookie};
use http::HeaderValue;
use http::header::SET_COOKIE;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use stepcast_suite::number::ByValue;
use stepcast_suite::selector::Prefixes;
use stepcast_suite::{CookieSource, Markup};

/// An answer, and what has been parsed of it so far.
pub struct Page {
    response: Response,
    cookies: Cookies,
    is_given_up: Arc<AtomicBool>,
    text: OnceCell<Rc<String>>,
    bytes: OnceCell<String>,
    unread_encoding: OnceCell<Option<String>>,
    /// How elements are read, if the step says so
    markup: Option<Markup>,
    /// The namespaces of prefixes, if the suite declares them
    namespaces: Prefixes,
    document: OnceCell<Result<Rc<Document>, DocumentError>>,
    html: OnceCell<Result<Document, DocumentError>>,
    json: OnceCell<Result<ByValue, JsonError>>,
    rest: OnceCell<Option<Rest>>,
}

impl Page {
    /// Creates a page that parses nothing yet.
    pub fn new(response: Response) -> Self {
        Self::with_cookies(response, Cookies::default())
    }

    /// Creates a page with the cookies for its address.
    pub fn with_cookies(response: Response, cookies: Cookies) -> Self {
        Self {
            response,
            cookies,
            is_given_up: Arc::default(),
            text: OnceCell::new(),
            bytes: OnceCell::new(),
            unread_encoding: OnceCell::new(),
            markup: None,
            namespaces: Prefixes::new(),
            document: OnceCell::new(),
            html: OnceCell::new(),
            json: OnceCell::new(),
            rest: OnceCell::new(),
        }
    }

    /// Sets how elements are read, as given by the step.
    #[must_use]
    pub fn read_as(self, markup: Option<Markup>, namespaces: Prefixes) -> Self {
        Self { markup, namespaces, ..self }
    }

    /// Sets the flag that turns true when the result is not needed any more.
    #[must_use]
    pub fn given_up_by(self, flag: Arc<AtomicBool>) -> Self {
        Self { is_given_up: flag, ..self }
    }

    /// Whether the remaining checks can be skipped.
    pub fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::Relaxed)
    }

    /// The answer as it came.
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        self.shared_text()
    }

    /// The elements for `css` and `xpath`.
    pub fn document(&self) -> Result<&Document, &DocumentError> {
        let parse = || recent::parse(self.shared_text(), self.markup(), &self.namespaces);
        self.document.get_or_init(parse).as_deref()
    }

    fn shared_text(&self) -> &Rc<String> {
        self.text.get_or_init(|| charset::decode(&self.response.headers, &self.response.body).into())
    }

    fn markup(&self) -> Markup {
        self.markup.unwrap_or_else(|| markup_of(&self.response.headers, self.text()))
    }

    /// The namespaces of prefixes, if the suite declares them.
    pub fn namespaces(&self) -> &Prefixes {
        &self.namespaces
    }

    /// The body as HTML, whatever its label. Any text is valid HTML; an error means that the page exceeds a bound.
    pub fn html(&self) -> Result<&Document, &DocumentError> {
        if self.markup() == Markup::Html {
            return self.document();
        }
        self.html.get_or_init(|| Document::parse(self.text(), Markup::Html, &Prefixes::new())).as_ref()
    }

    /// The body as JSON, or why it is not.
    pub fn json(&self) -> Result<&ByValue, &JsonError> {
        self.json.get_or_init(|| json::parse(self.text())).as_ref()
    }

    /// The rest of the text after its secrets are removed, if it contains any. All masks of one page belong to one run:
    /// extensions made while it is judged only add parts of the same secrets.
    pub fn rest(&self, mask: &Mask) -> Option<&Rest> {
        self.rest.get_or_init(|| mask.rest(self.text())).as_ref()
    }

    /// The first header field of that name, as text.
    pub fn header(&self, name: &str) -> Option<String> {
        self.response.headers.get(name).map(header_text)
    }

    /// All header fields of that name.
    pub fn headers(&self, name: &str) -> Vec<String> {
        self.response.headers.get_all(name).iter().map(header_text).collect()
    }

    /// The cookie of that name.
    pub fn cookie(&self, name: &str, from: Option<CookieSource>) -> Option<&RawCookie<'static>> {
        self.cookies.of(from).find(|cookie| cookie.name() == name)
    }

    /// The names of all cookies.
    pub fn cookie_names(&self, from: Option<CookieSource>) -> impl Iterator<Item = &str> {
        self.cookies.of(from).map(RawCookie::name)
    }

    /// The encoding of the body, if it is unknown and the body therefore unreadable.
    pub fn unread_encoding(&self) -> Option<&str> {
        self.unread_encoding.get_or_init(|| fetch::unread_encoding(&self.response.headers)).as_deref()
    }

    /// The body as text in a charset, or nothing if there is no such charset.
    pub fn text_in(&self, charset: &str) -> Option<String> {
        charset::decode_by_label(charset, &self.response.body)
    }

    /// The bytes of the body in hexadecimal.
    pub fn bytes(&self) -> &str {
        self.bytes.get_or_init(|| digest::hexadecimal(&self.response.body))
    }

    /// The SHA-256 of the body in hexadecimal.
    pub fn sha256(&self) -> String {
        digest::sha256(&self.response.body)
    }

    /// The MD5 of the body in hexadecimal.
    pub fn md5(&self) -> String {
        digest::md5(&self.response.body)
    }
}

/// The cookies of an answer, and those of the jar for its address. A cookie of the answer may be missing in the jar:
/// the answer deleted it, or had no right to set it.
#[derive(Default)]
pub struct Cookies {
    answer: Vec<RawCookie<'static>>,
    jar: Vec<RawCookie<'static>>,
}

impl Cookies {
    /// Collects the cookies after the answer has arrived.
    pub fn new(response: &Response, jar: &CookieStore) -> Self {
        let sent = response.headers.get_all(SET_COOKIE).iter();
        let own = sent.filter_map(|value| RawCookie::parse(value.to_str().ok()?.to_owned()).ok());
        let kept = jar.matches(&response.url).into_iter().map(|cookie| (**cookie).clone());
        Self { answer: own.collect(), jar: kept.collect() }
    }

    /// The cookies of one source, or all, the answer's own first.
    fn of(&self, from: Option<CookieSource>) -> impl Iterator<Item = &RawCookie<'static>> {
        let answer = self.answer.iter().filter(move |_| from != Some(CookieSource::Jar));
        answer.chain(self.jar.iter().filter(move |_| from != Some(CookieSource::Answer)))
    }
}

/// The value of a header field as text.
pub fn header_text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.trim().to_owned(),
        // A value that is not UTF-8 is Latin-1 (RFC 9110, section 5.5).
        Err(_) => encoding_rs::mem::decode_latin1(value.as_bytes()).trim().to_owned(),
    }
}
