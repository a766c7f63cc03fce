//! CSS selectors, as browsers read them: <https://www.w3.org/TR/selectors-4/>

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use crate::bounds::check_css;
use cssparser::{BasicParseErrorKind, ParseError, ParseErrorKind, Parser as Tokens, Token};
use scraper::selector::Simple;
use selectors::parser::{ParseRelative, Parser, SelectorImpl, SelectorList, SelectorParseErrorKind};
use std::collections::BTreeMap;
use std::ops::Range;

/// The namespaces that prefixes stand for, as in `dc|creator`.
pub type Prefixes = BTreeMap<String, String>;

/// The syntax that a selector may use.
struct Language<'n>(Option<&'n Prefixes>);

impl Parser<'_> for Language<'_> {
    type Impl = Simple;
    type Error = SelectorParseErrorKind;

    fn parse_is_and_where(&self) -> bool {
        true
    }

    fn parse_has(&self) -> bool {
        true
    }

    fn parse_nth_child_of(&self) -> bool {
        true
    }

    fn namespace_for_prefix(
        &self,
        prefix: &<Simple as SelectorImpl>::NamespacePrefix,
    ) -> Option<<Simple as SelectorImpl>::NamespaceUrl> {
        match self.0 {
            Some(prefixes) => prefixes.get(&*prefix.0).map(|namespace| namespace.as_str().into()),
            None => Some((&*prefix.0).into()),
        }
    }
}

/// Reads a selector, or a list of them. The meaning of prefixes is unknown before there is a document: if none are
/// given, all are accepted.
pub fn parse(text: &str, prefixes: Option<&Prefixes>) -> Result<SelectorList<Simple>, String> {
    check_css(text).map_err(|error| error.to_string())?;
    SelectorList::parse(&Language(prefixes), &mut Tokens::new(text), ParseRelative::No)
        .map_err(|error| describe(&error.kind).to_owned())
}

/// Describes the problem of a selector.
fn describe(error: &ParseErrorKind<SelectorParseErrorKind>) -> &'static str {
    match error {
        ParseErrorKind::Basic(BasicParseErrorKind::EndOfInput) => "it ends too early",
        ParseErrorKind::Basic(_) => "a part of it is not allowed where it is",
        ParseErrorKind::Custom(problem) => match problem {
            SelectorParseErrorKind::DanglingCombinator => "it ends with a combinator and nothing after it",
            SelectorParseErrorKind::EmptySelector => "a part of it is empty or begins with something invalid",
            SelectorParseErrorKind::UnsupportedPseudoClassOrElement
            | SelectorParseErrorKind::PseudoElementExpectedColon
            | SelectorParseErrorKind::PseudoElementExpectedIdent
            | SelectorParseErrorKind::NoIdentForPseudo => {
                "it has a pseudo-class or pseudo-element that is not supported"
            }
            SelectorParseErrorKind::ExpectedNamespace => "it has a prefix that no namespace is declared for",
            SelectorParseErrorKind::ClassNeedsIdent => "a `.` is not followed by the name of a class",
            SelectorParseErrorKind::NoQualifiedNameInAttributeSelector
            | SelectorParseErrorKind::UnexpectedTokenInAttributeSelector
            | SelectorParseErrorKind::ExpectedBarInAttr
            | SelectorParseErrorKind::BadValueInAttr
            | SelectorParseErrorKind::InvalidQualNameInAttr => {
                "the brackets of an attribute need a name and, after `=`, a name or a text in quotes"
            }
            SelectorParseErrorKind::NonCompoundSelector
            | SelectorParseErrorKind::NonPseudoElementAfterSlotted
            | SelectorParseErrorKind::InvalidPseudoElementAfterSlotted
            | SelectorParseErrorKind::InvalidPseudoElementInsideWhere
            | SelectorParseErrorKind::InvalidState
            | SelectorParseErrorKind::UnexpectedIdent
            | SelectorParseErrorKind::ExplicitNamespaceUnexpectedToken => "a part of it is not allowed where it is",
        },
    }
}

/// A simple selector of a text, like `.a` or `[b=c]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it is in the text, in bytes
    pub range: Range<usize>,
    /// What it asks for
    pub kind: PartKind,
}

/// What a simple selector asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// An element by its name
    Tag(String),
    /// An id
    Id(String),
    /// A class
    Class(String),
    /// An attribute, perhaps with a value
    Attribute(String, Option<String>),
    /// Something else, like `:first-child`
    Other,
}

/// The simple selectors of the first selector in a list, by the tokens of CSS. The text of a selector up to the end of
/// one of them is a selector again.
pub fn parts(text: &str) -> Vec<Part> {
    let mut tokens = Tokens::new(text);
    let mut parts = Vec::new();
    loop {
        let start = tokens.position().byte_index();
        let Ok(token) = tokens.next_including_whitespace_and_comments().cloned() else { return parts };
        let kind = match token {
            Token::Comma => return parts,
            Token::WhiteSpace(_) | Token::Comment(_) | Token::Delim('>' | '+' | '~') => continue,
            Token::IDHash(id) => PartKind::Id(id.as_ref().to_owned()),
            Token::Delim('.') => match tokens.next_including_whitespace() {
                Ok(Token::Ident(class)) => PartKind::Class(class.as_ref().to_owned()),
                _ => PartKind::Other,
            },
            Token::Ident(name) => after_bar(&mut tokens).unwrap_or_else(|| PartKind::Tag(name.as_ref().to_owned())),
            Token::Delim('*') => after_bar(&mut tokens).unwrap_or(PartKind::Other),
            Token::Delim('|') => local_name(&mut tokens),
            Token::SquareBracketBlock => attribute(&mut tokens),
            Token::Colon => {
                skip_pseudo(&mut tokens);
                PartKind::Other
            }
            Token::Function(_) | Token::ParenthesisBlock | Token::CurlyBracketBlock => {
                skip_block(&mut tokens);
                PartKind::Other
            }
            _ => PartKind::Other,
        };
        parts.push(Part { range: start..tokens.position().byte_index(), kind });
    }
}

/// The name behind the prefix of a namespace, if what was read is one.
fn after_bar(tokens: &mut Tokens<'_>) -> Option<PartKind> {
    let bar = tokens.try_parse(|tokens| match tokens.next_including_whitespace_and_comments() {
        Ok(Token::Delim('|')) => Ok(()),
        _ => Err(()),
    });
    bar.ok().map(|()| local_name(tokens))
}

fn local_name(tokens: &mut Tokens<'_>) -> PartKind {
    match tokens.next_including_whitespace_and_comments() {
        Ok(Token::Ident(name)) => PartKind::Tag(name.as_ref().to_owned()),
        _ => PartKind::Other,
    }
}

/// What the brackets of an attribute selector ask for.
fn attribute(tokens: &mut Tokens<'_>) -> PartKind {
    let read = tokens.parse_nested_block(|inside| -> Result<_, ParseError<()>> {
        let name = inside.expect_ident_cloned()?.as_ref().to_owned();
        let value = match inside.next() {
            // The name was the prefix of a namespace.
            Ok(Token::Delim('|')) => return Err(ParseError::unexpected_token()),
            Ok(_) => inside.expect_ident_or_string().ok().map(|value| value.as_ref().to_owned()),
            Err(_) => None,
        };
        // A flag may follow.
        while inside.next().is_ok() {}
        Ok(PartKind::Attribute(name, value))
    });
    read.unwrap_or(PartKind::Other)
}

/// Skips the rest of a pseudo-class or a pseudo-element after its first colon.
fn skip_pseudo(tokens: &mut Tokens<'_>) {
    let is_function = |token: &Token<'_>| matches!(token, Token::Function(_));
    let next = tokens.next_including_whitespace().cloned();
    let next = if matches!(next, Ok(Token::Colon)) { tokens.next_including_whitespace().cloned() } else { next };
    if next.is_ok_and(|token| is_function(&token)) {
        skip_block(tokens);
    }
}

fn skip_block(tokens: &mut Tokens<'_>) {
    let _ = tokens.parse_nested_block(|inside| -> Result<(), ParseError<()>> {
        while inside.next().is_ok() {}
        Ok(())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        parts(text).into_iter().map(|part| &text[part.range]).collect()
    }

    #[test]
    fn a_selector_is_cut_after_each_simple_selector() {
        assert_eq!(
            texts("main > ul.list#x li[data-a='] .b']:nth-child(2n + 1)::before, .other"),
            ["main", "ul", ".list", "#x", "li", "[data-a='] .b']", ":nth-child(2n + 1)", "::before"]
        );
        assert_eq!(texts(r"a.b\.c+*~:is(p, q) /* > */ > b"), ["a", r".b\.c", "*", ":is(p, q)", "b"]);
        assert_eq!(texts("dc|a > *|b + |c *|*"), ["dc|a", "*|b", "|c", "*|*"]);
        assert!(texts("").is_empty());
    }

    #[test]
    fn parts_have_the_names_without_their_escapes() {
        let kinds: Vec<_> = parts(r#"a\.b.c\:d#e[f][g=h][i^="j k" i]"#).into_iter().map(|part| part.kind).collect();
        let attribute = |name: &str, value: Option<&str>| PartKind::Attribute(name.into(), value.map(str::to_owned));
        assert_eq!(
            kinds,
            [
                PartKind::Tag("a.b".into()),
                PartKind::Class("c:d".into()),
                PartKind::Id("e".into()),
                attribute("f", None),
                attribute("g", Some("h")),
                attribute("i", Some("j k")),
            ]
        );
    }
}
