//! Texts in order. A suite orders numbers and dates; for texts a pattern says which come before or after another.

use crate::convert::matcher::Matcher;
use crate::convert::text;
use crate::hurl::Operator;
use crate::yaml::Yaml;
use std::fmt::Write;

/// The longest text that is made into a pattern.
const LONGEST: usize = 40;

/// The matcher for texts that come before or after this one. `None` if this one is too long, or none comes before it.
pub(super) fn matcher(operator: Operator, than: &str, is_negated: bool) -> Option<Matcher> {
    if than.is_empty() || than.chars().count() > LONGEST {
        return None;
    }
    // Those that are above or equal are those that are not below.
    let (pattern, is_opposite) = match operator {
        Operator::Greater => (above(than), false),
        Operator::LessOrEqual => (above(than), true),
        Operator::Less => (below(than), false),
        _ => (below(than), true),
    };
    let name = if is_opposite == is_negated { "matches" } else { "not_matches" };
    Some((name, Yaml::Text(text::literal(&pattern))))
}

/// Texts that begin like this one, up to a greater character, or continue after it.
fn above(than: &str) -> String {
    let mut ways: Vec<String> = than
        .char_indices()
        .filter(|(_, c)| *c < char::MAX)
        .map(|(at, c)| format!("{}[^\\x{{0}}-{}]", regex_syntax::escape(&than[..at]), code(c)))
        .collect();
    ways.push(format!("{}.", regex_syntax::escape(than)));
    format!("^(?s:{})", ways.join("|"))
}

/// Texts that begin like this one, up to a smaller character or its end.
fn below(than: &str) -> String {
    let ways = than.char_indices().map(|(at, c)| {
        let smaller = if c > '\0' { format!("[^{}-\\x{{10FFFF}}]|", code(c)) } else { String::new() };
        format!("{}(?:{smaller}$)", regex_syntax::escape(&than[..at]))
    });
    format!("^(?:{})", ways.collect::<Vec<_>>().join("|"))
}

/// A character as a bound of a class.
fn code(c: char) -> String {
    let mut out = String::new();
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        // Writing to memory does not fail.
        let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stepcast_suite::pattern::Pattern;

    fn holds(operator: Operator, than: &str, is_negated: bool, text: &str) -> Option<bool> {
        let (name, Yaml::Text(pattern)) = matcher(operator, than, is_negated)? else { return None };
        let is_match = Pattern::new(&pattern).expect("a pattern").is_match(text).expect("no long work");
        Some((name == "matches") == is_match)
    }

    proptest! {
        #[test]
        fn patterns_order_as_texts_do(text in "[a-c\\n.é\u{10FFFF}]{0,4}", than in "[a-c\\n.é\u{10FFFF}]{1,3}") {
            prop_assert_eq!(holds(Operator::Greater, &than, false, &text), Some(text > than));
            prop_assert_eq!(holds(Operator::GreaterOrEqual, &than, false, &text), Some(text >= than));
            prop_assert_eq!(holds(Operator::Less, &than, false, &text), Some(text < than));
            prop_assert_eq!(holds(Operator::LessOrEqual, &than, false, &text), Some(text <= than));
            prop_assert_eq!(holds(Operator::LessOrEqual, &than, true, &text), Some(text > than));
        }
    }
}
