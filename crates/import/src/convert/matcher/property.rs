//! Properties of a value, independent of what it equals.

use super::{Matcher, Wanted, exists, never, of_type, one, several};
use crate::convert::kind::Kind;
use crate::hurl::Property;
use crate::notes::Unsaid;
use crate::yaml::Yaml;

const DATE: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$";
const IPV4: &str = r"^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$";
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";
/// The forms of a number that Hurl reads as an integer, and as a float.
const INTEGER: &str = r"^-?\d+$";
const FLOAT: &str = "[.eE]";

pub(super) fn convert(property: Property, is_negated: bool, kind: Kind) -> Result<Wanted, Unsaid> {
    match property {
        Property::There => Ok(there(is_negated, kind)),
        Property::Empty if kind == Kind::Flag => {
            Unsaid::new("a flag in Hurl either exists or does not; check it with `exists`")
        }
        Property::Empty => Ok(empty(is_negated, kind)),
        Property::IsoDate => Ok(spelt(DATE, is_negated, kind)),
        Property::Ipv4 => Ok(spelt(IPV4, is_negated, kind)),
        Property::Uuid => Ok(spelt(UUID, is_negated, kind)),
        Property::Ipv6 => Ok(spelt(&ipv6(), is_negated, kind)),
        _ => {
            let typed = of_kind(property, kind);
            Ok(if is_negated { Wanted::none(typed) } else { Wanted::any(typed) })
        }
    }
}

fn there(is_negated: bool, kind: Kind) -> Wanted {
    Wanted::any(vec![vec![match kind {
        // In Hurl a flag is true or missing; a suite says which.
        Kind::Flag => ("equals", Yaml::Boolean(!is_negated)),
        // An expression always gives something.
        Kind::XPathText | Kind::XPathNumber | Kind::Truth if is_negated => never(kind),
        _ => exists(!is_negated),
    }]])
}

/// A text, a list or an object with nothing in it; numbers and the like are neither empty nor not.
fn empty(is_negated: bool, kind: Kind) -> Wanted {
    let count = |bound: &str, number: u64| ("count", Yaml::one(bound, Yaml::Number(number.into())));
    let text = |matcher: &'static str| vec![of_type("string"), (matcher, Yaml::text(""))];
    match kind {
        Kind::JsonList if is_negated => Wanted::any_if_there(vec![vec![several()], text("not_equals")]),
        Kind::JsonList => Wanted::any(vec![text("equals")]),
        Kind::Json | Kind::Nodes | Kind::List => {
            if is_negated {
                Wanted::any_if_there(vec![vec![count("at_least", 1)]])
            } else {
                Wanted::any(vec![vec![count("equals", 0)]])
            }
        }
        kind if kind.is_number() || matches!(kind, Kind::Truth | Kind::Date) => Wanted::any(vec![vec![never(kind)]]),
        Kind::Header if is_negated => {
            let several = vec![several()];
            Wanted::any_if_there(vec![vec![one(), ("empty", Yaml::Boolean(false))], several])
        }
        _ if is_negated => Wanted::any_if_there(vec![vec![("empty", Yaml::Boolean(false))]]),
        Kind::Header => Wanted::any(vec![vec![one(), ("empty", Yaml::Boolean(true))]]),
        _ => Wanted::any(vec![vec![("empty", Yaml::Boolean(true))]]),
    }
}

/// A text that is written in some way; nothing else is checked.
fn spelt(pattern: &str, is_negated: bool, kind: Kind) -> Wanted {
    let wanted = (if is_negated { "not_matches" } else { "matches" }, Yaml::text(pattern));
    let wanted = match kind {
        kind if kind.is_json() => vec![of_type("string"), wanted],
        Kind::Header => vec![one(), wanted],
        kind if kind.is_text() => vec![wanted],
        // A missing flag is none of these.
        Kind::Flag if is_negated => return Wanted::any(vec![vec![("equals", Yaml::Boolean(false))]]),
        kind => vec![never(kind)],
    };
    if is_negated { Wanted::any_if_there(vec![wanted]) } else { Wanted::any(vec![wanted]) }
}

/// The form of IPv6 addresses: eight groups; `::` replaces one or more of them, and the last two can be written as an
/// IPv4 address.
fn ipv6() -> String {
    const GROUP: &str = "[0-9a-fA-F]{1,4}";
    let ipv4 = IPV4.trim_matches(['^', '$']);
    let mut ways = vec![format!("({GROUP}:){{7}}{GROUP}"), format!("({GROUP}:){{6}}{ipv4}")];
    for before in 0..=7_usize {
        let left = match before {
            0 => String::new(),
            before => format!("{GROUP}(:{GROUP}){{{}}}", before - 1),
        };
        let right = match 7 - before {
            0 => String::new(),
            most => format!("({GROUP}(:{GROUP}){{0,{}}})?", most - 1),
        };
        ways.push(format!("{left}::{right}"));
        ways.extend(5_usize.checked_sub(before).map(|most| format!("{left}::({GROUP}:){{0,{most}}}{ipv4}")));
    }
    format!("^({})$", ways.join("|"))
}

/// The matchers for the type, on a value of this kind.
fn of_kind(property: Property, kind: Kind) -> Vec<Vec<Matcher>> {
    if kind.is_json() {
        return of_json(property);
    }
    let is_always = match kind {
        kind if kind.is_whole_part() => matches!(property, Property::Integer | Property::Number),
        Kind::Number | Kind::Time => matches!(property, Property::Integer | Property::Number),
        Kind::Float | Kind::XPathNumber => matches!(property, Property::Float | Property::Number),
        Kind::Truth => property == Property::Boolean,
        Kind::List => matches!(property, Property::List | Property::Collection),
        Kind::Date => property == Property::Date,
        Kind::Flag => false,
        Kind::Nodes | Kind::Bytes | Kind::Digest | Kind::Decoded => property == Property::Collection,
        Kind::Header => match property {
            Property::String => return vec![vec![one()]],
            Property::List | Property::Collection => return vec![vec![several()]],
            _ => false,
        },
        _ => property == Property::String,
    };
    vec![vec![if is_always { exists(true) } else { never(kind) }]]
}

fn of_json(property: Property) -> Vec<Vec<Matcher>> {
    let matches = |pattern: &str| ("matches", Yaml::text(pattern));
    match property {
        Property::Boolean => vec![vec![of_type("boolean")]],
        Property::Integer => vec![vec![of_type("integer"), matches(INTEGER)]],
        Property::Float => vec![vec![of_type("number"), matches(FLOAT)]],
        Property::Number => vec![vec![of_type("number")]],
        Property::List => vec![vec![of_type("array")]],
        Property::Object => vec![vec![of_type("object")]],
        Property::Collection => vec![vec![of_type("array")], vec![of_type("object")]],
        // JSON has no dates: a text that reads like one is a text.
        Property::Date => vec![vec![of_type("number"), matches("^date$")]],
        _ => vec![vec![of_type("string")]],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv6Addr;
    use stepcast_suite::pattern::Pattern;

    proptest! {
        #[test]
        fn the_pattern_takes_what_is_an_address(text in "([0-9a-f]{1,5}|::?|:|1\\.2\\.3\\.4){0,16}") {
            let is_match = Pattern::new(&ipv6()).expect("a pattern").is_match(&text).expect("no long work");
            prop_assert_eq!(is_match, text.parse::<Ipv6Addr>().is_ok());
        }

        #[test]
        fn the_pattern_takes_every_address(address: Ipv6Addr) {
            let text = address.to_string();
            prop_assert!(Pattern::new(&ipv6()).expect("a pattern").is_match(&text).expect("no long work"), "{}", text);
        }
    }
}
