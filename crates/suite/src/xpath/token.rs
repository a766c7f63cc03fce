//! Cuts an expression into tokens (section 3.7 of the standard).

use super::XPathError;
use crate::bounds::XPATH_TOKENS;

/// A token and its position, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A name, perhaps with a prefix
    Name(String),
    Number(f64),
    Literal(String),
    /// Anything else; a `*` that multiplies, `and`, `or`, `div` and `mod` are `Operator`s
    Symbol(&'static str),
    Operator(&'static str),
}

const SYMBOLS: [&str; 22] = [
    "//", "::", "..", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=", "<", ">", "*", "$",
];
const NAMED: [&str; 4] = ["and", "or", "div", "mod"];

/// All tokens of a text.
pub fn tokens(text: &str) -> Result<Vec<Token>, XPathError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (kind, length) = next(&text[at..], tokens.last()).map_err(|message| error(text, at, message))?;
        tokens.push(Token { kind, start: at, end: at + length });
        at += length;
        if tokens.len() > XPATH_TOKENS {
            return Err(error(text, at, format!("it has more than {XPATH_TOKENS} parts")));
        }
    }
    Ok(tokens)
}

/// An error at a byte of a text.
pub fn error(text: &str, at: usize, message: impl Into<String>) -> XPathError {
    XPathError { message: message.into(), place: text[..at].chars().count() + 1 }
}

fn next(rest: &str, before: Option<&Token>) -> Result<(Kind, usize), String> {
    let first = rest.chars().next().unwrap_or_default();
    if matches!(first, '"' | '\'') {
        let inside = &rest[1..];
        let end = inside.find(first).ok_or("the quoted text is not closed")?;
        return Ok((Kind::Literal(inside[..end].to_owned()), end + 2));
    }
    if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
        return number(rest);
    }
    if is_name_start(first) {
        return Ok(name(rest, before));
    }
    let symbol =
        SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)).ok_or(format!("`{first}` is not allowed"))?;
    let multiplies = symbol == "*" && follows_operand(before);
    Ok((if multiplies { Kind::Operator("*") } else { Kind::Symbol(symbol) }, symbol.len()))
}

fn number(rest: &str) -> Result<(Kind, usize), String> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut length = digits(rest);
    if let Some(fraction) = rest[length..].strip_prefix('.') {
        length += 1 + digits(fraction);
    }
    let number = rest[..length].parse().map_err(|_| "this is not a number")?;
    Ok((Kind::Number(number), length))
}

fn name(rest: &str, before: Option<&Token>) -> (Kind, usize) {
    let mut length = name_length(rest);
    if let Some(named) = NAMED.into_iter().find(|named| *named == &rest[..length])
        && follows_operand(before)
    {
        return (Kind::Operator(named), length);
    }
    // `a:b` and `a:*`, but not the `::` behind an axis.
    if let Some(local) = rest[length..].strip_prefix(':').filter(|local| !local.starts_with(':')) {
        length += 1 + if local.starts_with('*') { 1 } else { name_length(local) };
    }
    (Kind::Name(rest[..length].to_owned()), length)
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !is_name_start(c) && !c.is_numeric() && !matches!(c, '-' | '.' | '·')).unwrap_or(text.len())
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// Whether an operator has to come next: the token before it can be its operand.
fn follows_operand(before: Option<&Token>) -> bool {
    match before.map(|token| &token.kind) {
        None | Some(Kind::Operator(_)) => false,
        Some(Kind::Symbol(symbol)) => matches!(*symbol, ")" | "]" | "." | ".." | "*"),
        Some(_) => true,
    }
}
