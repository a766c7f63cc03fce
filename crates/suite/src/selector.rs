//! CSS selectors, as browsers read them: <https://www.w3.org/TR/selectors-4/>

use crate::bounds::check_css;
use cssparser::Parser as Tokens;
use scraper::error::SelectorErrorKind;
use scraper::selector::Simple;
use selectors::parser::{ParseRelative, Parser, SelectorImpl, SelectorList, SelectorParseErrorKind};
use std::collections::BTreeMap;

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
        .map_err(|error| describe(&SelectorErrorKind::from(error)))
}

/// Describes the problem of a selector.
fn describe(error: &SelectorErrorKind) -> String {
    match error {
        SelectorErrorKind::UnexpectedToken => "a part of it is not allowed where it is".to_owned(),
        SelectorErrorKind::EndOfLine => "it ends too early".to_owned(),
        SelectorErrorKind::UnexpectedSelectorParseError(error) => match format!("{error:?}").as_str() {
            "DanglingCombinator" => "it ends with a combinator and nothing after it".to_owned(),
            "EmptySelector" => "a part of it is empty or begins with something invalid".to_owned(),
            "UnsupportedPseudoClassOrElement" => {
                "it has a pseudo-class or pseudo-element that is not supported".to_owned()
            }
            namespace if namespace.starts_with("ExpectedNamespace") => {
                "it has a prefix that no namespace is declared for".to_owned()
            }
            other => other.split('(').next().unwrap_or_default().to_owned(),
        },
        other => other.to_string(),
    }
}
