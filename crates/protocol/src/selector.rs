//! CSS selectors, as browsers read them: <https://www.w3.org/TR/selectors-4/>

use crate::bounds::check_css;
use crate::suite::patterns::describe_selector_error;
use cssparser::Parser as Tokens;
use scraper::error::SelectorErrorKind;
use scraper::selector::Simple;
use selectors::parser::{ParseRelative, Parser, SelectorImpl, SelectorList, SelectorParseErrorKind};
use std::collections::BTreeMap;

/// The namespaces that prefixes stand for, as in `dc|creator`.
pub type Prefixes = BTreeMap<String, String>;

/// What may stand in a selector.
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

/// Reads a selector, or a list of them. What prefixes stand for is not known before there is a document: without any
/// given, all are taken.
pub fn parse(text: &str, prefixes: Option<&Prefixes>) -> Result<SelectorList<Simple>, String> {
    check_css(text).map_err(|error| error.to_string())?;
    SelectorList::parse(&Language(prefixes), &mut Tokens::new(text), ParseRelative::No)
        .map_err(|error| describe_selector_error(&SelectorErrorKind::from(error)))
}
