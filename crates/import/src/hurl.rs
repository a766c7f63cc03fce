//! Reads Hurl files: their grammar as a tree, with every position.
//!
//! The grammar is that of <https://hurl.dev/docs/grammar.html>. Nothing is judged here; `convert` decides what a part
//! of the file means to a suite.

mod body;
mod entry;
mod filter;
mod json;
mod options;
mod predicate;
mod query;
mod scanner;
mod section;
mod template;

pub(super) use json::Json;
pub(super) use template::{Expression, Piece, Template};

use scanner::Scanner;
use stepcast_suite::document::Position;

/// Why a text is not a Hurl file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub position: Position,
    pub message: String,
    pub hint: Option<String>,
}

/// The result of reading.
type Read<T> = Result<T, SyntaxError>;

/// A request and what is expected of its answer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The comment directly above it, a line each
    pub comment: Vec<String>,
    pub request: Request,
    pub response: Option<Response>,
}

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub at: Position,
    pub method: String,
    pub url: Template,
    pub headers: Vec<Pair>,
    pub query: Vec<Pair>,
    pub form: Vec<Pair>,
    pub multipart: Vec<Part>,
    pub cookies: Vec<Pair>,
    pub basic: Option<Pair>,
    pub options: Vec<EntryOption>,
    pub body: Option<Located<Body>>,
}

#[derive(Debug, Clone)]
pub(super) struct Response {
    pub at: Position,
    /// `1.1` in `HTTP/1.1`
    pub version: Option<String>,
    /// None for `*`
    pub status: Option<u16>,
    pub headers: Vec<Pair>,
    pub captures: Vec<Capture>,
    pub asserts: Vec<Assert>,
    pub body: Option<Located<Body>>,
}

#[derive(Debug, Clone)]
pub(super) struct Located<T> {
    pub at: Position,
    pub value: T,
}

/// `key: value`.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub at: Position,
    pub key: Template,
    pub value: Template,
}

/// A field of `[Multipart]`.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Field(Pair),
    File { name: Template, path: Template, content_type: Option<Template> },
}

/// A line of `[Options]`.
#[derive(Debug, Clone)]
pub(super) struct EntryOption {
    pub at: Position,
    pub name: &'static str,
    pub value: Template,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Json {
        value: Json,
        /// As it is written in the file, with its white space and escapes
        written: Template,
    },
    /// Written as it is, without templates in it
    Xml(String),
    Text {
        language: Language,
        text: Template,
    },
    GraphQl {
        query: Template,
        variables: Option<Json>,
    },
    Bytes(Vec<u8>),
    File(Template),
}

/// The declared type of a text between three backticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Plain,
    Json,
    Xml,
}

#[derive(Debug, Clone)]
pub(super) struct Capture {
    pub at: Position,
    pub name: Template,
    pub query: Query,
    pub filters: Vec<Filter>,
    pub is_redacted: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Assert {
    pub at: Position,
    /// Its first line, as it was written
    pub source: String,
    pub query: Query,
    pub filters: Vec<Filter>,
    pub predicate: Predicate,
}

/// The part of an answer that is looked at.
#[derive(Debug, Clone)]
pub(super) enum Query {
    Status,
    Version,
    Url,
    Header(Template),
    Cookie { name: Template, attribute: Option<String> },
    Body,
    XPath(Template),
    JsonPath(Template),
    Regex(Template),
    Variable(Template),
    Duration,
    Bytes,
    RawBytes,
    Sha256,
    Md5,
    Certificate(String),
    Ip,
    Redirects,
}

/// A filter, applied to a value first.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub name: &'static str,
    pub arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
pub(super) enum Argument {
    Text(Template),
    Integer(i64),
}

/// A condition on a value.
#[derive(Debug, Clone)]
pub(super) struct Predicate {
    pub is_negated: bool,
    pub test: Test,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Compare(Operator, Value),
    Is(Property),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
}

impl Operator {
    pub fn is_order(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    Boolean,
    Collection,
    Date,
    Empty,
    Float,
    Integer,
    Ipv4,
    Ipv6,
    IsoDate,
    List,
    Number,
    Object,
    String,
    Uuid,
    There,
}

/// A value to compare with.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(serde_json::Number),
    Text(Template),
    /// A name without quotes, which refers to a value of any type
    Variable(Template),
    Bytes(Vec<u8>),
    File(Template),
}

/// The entries of a Hurl file.
pub(super) fn read(text: &str) -> Read<Vec<Entry>> {
    Scanner::new(text).entries()
}
