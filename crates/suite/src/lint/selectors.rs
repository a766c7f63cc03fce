//! CSS selectors that no element can match.
//!
//! A selector is analysed only as far as it is plain; one with anything else in it is not reported.

/// A requirement on an element that can contradict another.
#[derive(Debug, PartialEq)]
enum Simple {
    /// Any element
    Any,
    /// `a`, as it is written, because SVG is case-sensitive
    Type(String),
    /// `#a`, in small letters, because a page in quirks mode ignores case
    Id(String),
    /// `.a`
    Class(String),
    /// `[name]`, as it is written
    Has(String),
    /// `[name=value]`, the value in small letters
    Equals(String, String),
    /// `:nth-child(0)` and the like, which match no element
    Nowhere,
    /// None of these
    Not(Vec<Vec<Simple>>),
    /// Something else, about which nothing is known
    Other,
}

/// Whether no element matches any selector of a list.
pub(super) fn never_matches(selector: &str) -> bool {
    match list(selector) {
        Some(list) => !list.is_empty() && list.iter().all(|compounds| compounds.iter().any(|one| contradicts(one))),
        None => false,
    }
}

fn contradicts(compound: &[Simple]) -> bool {
    compound.iter().enumerate().any(|(number, one)| {
        is_impossible(one, compound) || compound[number + 1..].iter().any(|other| is_opposite(one, other))
    })
}

fn is_impossible(simple: &Simple, compound: &[Simple]) -> bool {
    match simple {
        Simple::Nowhere => true,
        // The negation excludes a single thing that the compound also requires.
        Simple::Not(left_out) => left_out.iter().any(|one| match one.as_slice() {
            [Simple::Any] => true,
            // Nothing is known about the first three; a value kept in small letters may have been another.
            [Simple::Other | Simple::Not(_) | Simple::Nowhere | Simple::Id(_) | Simple::Equals(..)] => false,
            [Simple::Has(name)] => compound.iter().any(|own| match own {
                Simple::Has(other) | Simple::Equals(other, _) => other == name,
                _ => false,
            }),
            [only] => compound.contains(only),
            _ => false,
        }),
        _ => false,
    }
}

fn is_opposite(one: &Simple, other: &Simple) -> bool {
    match (one, other) {
        (Simple::Id(one), Simple::Id(other)) => one != other,
        (Simple::Equals(name, one), Simple::Equals(same, other)) => name == same && one != other,
        (Simple::Id(id), Simple::Equals(name, value)) | (Simple::Equals(name, value), Simple::Id(id)) => {
            name == "id" && id != value
        }
        _ => false,
    }
}

/// The selectors of a list, each as its compounds; `None` if something in it is not plain.
fn list(text: &str) -> Option<Vec<Vec<Vec<Simple>>>> {
    split(text, |c| c == ',')?.into_iter().map(|one| complex(one.trim())).collect()
}

fn complex(text: &str) -> Option<Vec<Vec<Simple>>> {
    let parts = split(text, |c| c.is_ascii_whitespace() || matches!(c, '>' | '+' | '~'))?;
    let compounds = parts.into_iter().filter(|part| !part.is_empty()).map(compound);
    compounds.collect()
}

/// Splits outside of brackets; `None` if there are escapes, unclosed quotes or unbalanced brackets.
fn split(text: &str, at: impl Fn(char) -> bool) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (place, c) in text.char_indices() {
        match (quote, c) {
            (_, '\\') => return None,
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.checked_sub(1)?,
            (None, _) if depth == 0 && at(c) => {
                parts.push(&text[from..place]);
                from = place + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    (depth == 0 && quote.is_none()).then_some(parts)
}

fn compound(text: &str) -> Option<Vec<Simple>> {
    let mut simples = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (simple, after) = match first {
            '*' => (Simple::Any, &rest[1..]),
            '#' => with_name(&rest[1..], |name| Simple::Id(name.to_ascii_lowercase()))?,
            '.' => with_name(&rest[1..], |name| Simple::Class(name.to_owned()))?,
            '[' => attribute(rest)?,
            ':' => pseudo(&rest[1..])?,
            _ => with_name(rest, |name| Simple::Type(name.to_owned()))?,
        };
        simples.push(simple);
        rest = after;
    }
    Some(simples)
}

fn with_name(text: &str, simple: impl Fn(&str) -> Simple) -> Option<(Simple, &str)> {
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(text.len());
    (end > 0).then(|| (simple(&text[..end]), &text[end..]))
}

/// The contents of the brackets that begin the text, and the text behind them.
fn in_brackets(text: &str, close: char) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (place, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '"' | '\'' if close == ')' => return None,
            _ => {}
        }
        if depth == 0 {
            return (c == close).then(|| (&text[1..place], &text[place + 1..]));
        }
    }
    None
}

fn attribute(text: &str) -> Option<(Simple, &str)> {
    let (inner, after) = in_brackets(text, ']')?;
    let (name, value) = match inner.split_once('=') {
        None => (inner, None),
        Some((name, value)) => (name, Some(value.trim())),
    };
    let name = name.trim().to_owned();
    if !name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        return Some((Simple::Other, after));
    }
    Some((value.map_or(Simple::Has(name.clone()), |value| equals(name, value)), after))
}

fn equals(name: String, value: &str) -> Simple {
    let unquoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let value = unquoted.unwrap_or(value);
    // A flag follows a space, and so might anything else.
    if value.contains(['"', '\'']) || (unquoted.is_none() && value.contains(char::is_whitespace)) {
        return Simple::Other;
    }
    Simple::Equals(name, value.to_lowercase())
}

fn pseudo(text: &str) -> Option<(Simple, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    if !after.starts_with('(') {
        return (!name.is_empty()).then_some((Simple::Other, after));
    }
    let (inner, after) = in_brackets(after, ')')?;
    let simple = match name.to_ascii_lowercase().as_str() {
        "not" => not(inner),
        "nth-child" | "nth-last-child" | "nth-of-type" | "nth-last-of-type" if is_nowhere(inner) => Simple::Nowhere,
        _ => Simple::Other,
    };
    Some((simple, after))
}

/// A negated selector with combinators excludes too little to be sure.
fn not(inner: &str) -> Simple {
    let Some(list) = list(inner) else { return Simple::Other };
    let single = list.into_iter().filter_map(|compounds| <[_; 1]>::try_from(compounds).ok());
    Simple::Not(single.map(|[compound]| compound).collect())
}

/// Whether no value of an `An+B` is 1 or more.
fn is_nowhere(formula: &str) -> bool {
    let formula: String = formula.to_ascii_lowercase().split_whitespace().collect();
    let Some((step, offset)) = formula.split_once('n') else {
        return formula.parse::<i64>().is_ok_and(|place| place < 1);
    };
    let step = match step {
        "" | "+" => Some(1),
        "-" => Some(-1),
        number => number.parse::<i64>().ok(),
    };
    let offset = if offset.is_empty() { Some(0) } else { offset.parse::<i64>().ok() };
    step.is_some_and(|step| step <= 0) && offset.is_some_and(|offset| offset < 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_match_is_told_from_what_can() {
        for never in [
            ":not(*)",
            "a:not(a)",
            "div.x:not(.x) > p",
            ":nth-child(0)",
            "li:nth-child(-n)",
            "li:nth-last-child(-2n+0)",
            "[type=a][type=b]",
            "#a#b",
            "#a[id=b]",
            "ul > #a#b li",
            "a:not(b, a)",
            "[x='1'][x=\"2\"]",
            "[x=1]:not([x])",
            ":not(*), #a#b",
        ] {
            assert!(never_matches(never), "{never}");
        }
        for possible in [
            "a",
            ":not(a)",
            "a:not(b)",
            "a:not(a b)",
            "a:not(a.x)",
            ":nth-child(1)",
            ":nth-child(n)",
            ":nth-child(-n+3)",
            "#a#A",
            "[type=a][type=A i]",
            "[type^=a][type^=b]",
            "[class~=a][class~=b]",
            "#a, #a#b",
            "[x=1][y=2]",
            "a:has(:not(*))",
            ".a:not(.A)",
            "#a:not(#A)",
            "[x=a]:not([x=A])",
            r"#a\#b",
            "a > b + c ~ d",
            ":nth-child(0n+1)",
            "[data-x='a,b'][data-y='c']",
            "[x='a]'][x='a]']",
            "[x=a i][x=b i]",
            ":is(a):not(b)",
            "foreignObject:not(foreignobject)",
            "[viewBox=a][viewbox=b]",
        ] {
            assert!(!never_matches(possible), "{possible}");
        }
    }
}
