//! How differences are quoted.

use crate::excerpt;
use crate::mask::Mask;

/// How much of a value a line quotes, in characters.
pub const QUOTED: usize = 60;
/// How much of a value is kept beside the line, in characters.
pub const VALUE: usize = 300;
/// How much of what two long values have in common is left before the first difference, in characters.
const BEFORE: usize = 15;
/// The part of a page that shows nothing.
const HEAD: &str = "head > ";

/// The beginning of a text of evidence, in double quotes. Its secrets are hidden already.
pub fn quote(text: &str, chars: usize) -> String {
    let mask = Mask::default();
    excerpt::quote(&excerpt::beginning(text, chars, &mask), &mask)
}

/// The beginning of a text of evidence on one line.
pub fn plain(text: &str, chars: usize) -> String {
    let mask = Mask::default();
    excerpt::excerpt(&excerpt::beginning(text, chars, &mask), &mask)
}

/// Two values as a line quotes them. Of long ones only the part with the first difference is quoted.
pub fn quoted_pair(before: &str, after: &str) -> (String, String) {
    let (before, after) = around_difference(before, after, QUOTED);
    (quote(&before, QUOTED + 1), quote(&after, QUOTED + 1))
}

/// The parts of two values around their first difference.
pub fn around_difference(before: &str, after: &str, chars: usize) -> (String, String) {
    let fits = |text: &str| text.chars().nth(chars).is_none();
    if fits(before) && fits(after) {
        return (before.to_owned(), after.to_owned());
    }
    let same = before.chars().zip(after.chars()).take_while(|(old, new)| old == new).count();
    let skipped = same.saturating_sub(BEFORE);
    let part = |text: &str| {
        let start: String = text.chars().skip(skipped).take(chars).collect();
        let (dots, more) = (if skipped > 0 { "…" } else { "" }, text.chars().nth(skipped + chars).is_some());
        format!("{dots}{start}{}", if more { "…" } else { "" })
    };
    (part(before), part(after))
}

/// Whether an element is in the head of a page.
pub fn is_of_head(place: &str) -> bool {
    place.starts_with(HEAD) || place.contains(&format!(" > {HEAD}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_quoted_around_their_difference() {
        let (before, after) =
            (format!("{}12 €{}", "a".repeat(100), "b".repeat(100)), format!("{}13 €", "a".repeat(100)));
        let (old, new) = quoted_pair(&before, &after);
        assert_eq!(old, format!("\"…{}12 €{}…\"", "a".repeat(14), "b".repeat(42)));
        assert_eq!(new, format!("\"…{}13 €\"", "a".repeat(14)));
        assert_eq!(quoted_pair("a", "b\n"), ("\"a\"".to_owned(), "\"b\\n\"".to_owned()));
    }
}
