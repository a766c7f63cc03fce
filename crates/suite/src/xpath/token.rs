//! Cuts an expression into tokens (section 3.7 of the standard).

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

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
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let start = text.len().saturating_sub(rest.len());
        let (kind, after) = next(rest, tokens.last()).map_err(|message| error(text, start, message))?;
        let end = text.len().saturating_sub(after.len());
        tokens.push(Token { kind, start, end });
        if tokens.len() > XPATH_TOKENS {
            return Err(error(text, end, format!("it has more than {XPATH_TOKENS} parts")));
        }
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// An error at a byte of a text.
pub fn error(text: &str, at: usize, message: impl Into<String>) -> XPathError {
    XPathError { message: message.into(), place: text.get(..at).unwrap_or(text).chars().count().saturating_add(1) }
}

/// The token that a text begins with, and the text after it.
fn next<'t>(rest: &'t str, before: Option<&Token>) -> Result<(Kind, &'t str), String> {
    let mut characters = rest.chars();
    let first = characters.next().unwrap_or_default();
    let behind = characters.as_str();
    if matches!(first, '"' | '\'') {
        let (inside, after) = behind.split_once(first).ok_or("the quoted text is not closed")?;
        return Ok((Kind::Literal(inside.to_owned()), after));
    }
    if first.is_ascii_digit() || (first == '.' && behind.starts_with(|c: char| c.is_ascii_digit())) {
        return number(rest);
    }
    if is_name_start(first) {
        return Ok(name(rest, before));
    }
    let (symbol, after) = SYMBOLS
        .into_iter()
        .find_map(|symbol| Some((symbol, rest.strip_prefix(symbol)?)))
        .ok_or(format!("`{first}` is not allowed"))?;
    let multiplies = symbol == "*" && follows_operand(before);
    Ok((if multiplies { Kind::Operator("*") } else { Kind::Symbol(symbol) }, after))
}

fn number(rest: &str) -> Result<(Kind, &str), String> {
    let after_whole = after_digits(rest);
    let after = after_whole.strip_prefix('.').map_or(after_whole, after_digits);
    let number = until(rest, after).parse().map_err(|_| "this is not a number")?;
    Ok((Kind::Number(number), after))
}

fn name<'t>(rest: &'t str, before: Option<&Token>) -> (Kind, &'t str) {
    let mut after = after_name(rest);
    if let Some(named) = NAMED.into_iter().find(|named| *named == until(rest, after))
        && follows_operand(before)
    {
        return (Kind::Operator(named), after);
    }
    // `a:b` and `a:*`, but not the `::` behind an axis.
    if let Some(local) = after.strip_prefix(':').filter(|local| !local.starts_with(':')) {
        after = local.strip_prefix('*').unwrap_or_else(|| after_name(local));
    }
    (Kind::Name(until(rest, after).to_owned()), after)
}

fn after_digits(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_digit())
}

fn after_name(text: &str) -> &str {
    text.trim_start_matches(|c: char| is_name_start(c) || c.is_numeric() || matches!(c, '-' | '.' | '·'))
}

/// The beginning of a text, up to the end of it that is given.
fn until<'t>(text: &'t str, after: &str) -> &'t str {
    text.strip_suffix(after).unwrap_or(text)
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
