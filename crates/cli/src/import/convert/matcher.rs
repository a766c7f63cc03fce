//! What has to hold of a value.

use super::file::{Folder, literal_of};
use super::subject::Kind;
use super::text;
use crate::import::hurl::{Operator, Piece, Predicate, Property, Template, Test, Value};
use crate::import::notes::Unsaid;
use crate::import::yaml::Yaml;
use aws_lc_rs::digest;
use std::fmt::Write;

const DATE: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$";
const IPV4: &str = r"^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$";
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// A matcher with what it compares with.
pub(super) type Matcher = (&'static str, Yaml);

/// What has to hold.
pub(super) enum Wanted {
    One(Matcher),
    Not(Matcher),
    Any(Vec<Matcher>),
}

pub(super) fn convert(predicate: &Predicate, kind: Kind, folder: &Folder) -> Result<Wanted, Unsaid> {
    let wanted = match &predicate.test {
        Test::Compare(operator, value) => (matcher_of(*operator), compared(*operator, value, kind, folder)?),
        Test::Is(property) => match of_property(*property, kind)? {
            Wanted::One(matcher) => matcher,
            _ if predicate.is_negated => {
                return Unsaid::new("write it with `type`, which knows `array` and `object`");
            }
            other => return Ok(other),
        },
    };
    Ok(if predicate.is_negated { negated(wanted) } else { Wanted::One(wanted) })
}

fn matcher_of(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "equals",
        Operator::NotEqual => "not_equals",
        Operator::Greater => "above",
        Operator::GreaterOrEqual => "at_least",
        Operator::Less => "below",
        Operator::LessOrEqual => "at_most",
        Operator::StartsWith => "starts_with",
        Operator::EndsWith => "ends_with",
        Operator::Contains => "contains",
        Operator::Matches => "matches",
    }
}

/// The matcher that holds where this one does not; for some there is none.
fn negated((name, value): Matcher) -> Wanted {
    let opposite = match name {
        "equals" => "not_equals",
        "not_equals" => "equals",
        "above" => "at_most",
        "at_most" => "above",
        "below" => "at_least",
        "at_least" => "below",
        "contains" => "not_contains",
        "matches" => "not_matches",
        "exists" | "empty" => return Wanted::One((name, Yaml::Boolean(value != Yaml::Boolean(true)))),
        _ => return Wanted::Not((name, value)),
    };
    Wanted::One((opposite, value))
}

fn compared(operator: Operator, value: &Value, kind: Kind, folder: &Folder) -> Result<Yaml, Unsaid> {
    let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    Ok(match (value, kind) {
        (Value::Bytes(bytes), Kind::Digest) if is_equality => Yaml::Text(hexadecimal(bytes)),
        (Value::Bytes(bytes), Kind::Bytes) if is_equality => Yaml::Text(sha256(bytes)),
        (Value::File(name), Kind::Bytes) if is_equality => Yaml::Text(sha256(&folder.read(name)?)),
        (_, Kind::Bytes | Kind::Digest) => {
            return Unsaid::new("of bytes a suite compares the digest and the size; check `body`");
        }
        (Value::Number(number), Kind::Time) if number.is_u64() => Yaml::Text(format!("{number}ms")),
        (_, Kind::Time) => return Unsaid::new("a time is compared with a number of milliseconds"),
        (Value::Text(template), Kind::CertificateName) if has_several_parts(template) => {
            return Unsaid::new("a suite writes the last part first, as RFC 4514 has it; check `cert` so");
        }
        (Value::Null, _) => Yaml::Null,
        (Value::Boolean(boolean), _) => Yaml::Boolean(*boolean),
        (Value::Number(number), _) => Yaml::Number(number.clone()),
        (Value::Text(template), _) => Yaml::Text(text::text(template)?),
        (Value::Bytes(bytes), _) => Yaml::Text(literal_of(bytes.clone())?),
        (Value::File(name), _) => Yaml::Text(folder.read_text(name)?),
    })
}

fn has_several_parts(name: &Template) -> bool {
    name.0.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(',')))
}

fn of_property(property: Property, kind: Kind) -> Result<Wanted, Unsaid> {
    let of_type = |name: &str| ("type", Yaml::text(name));
    Ok(Wanted::One(match property {
        // A flag is true or it is not there, in Hurl; a suite says which.
        Property::There if kind == Kind::Flag => ("equals", Yaml::Boolean(true)),
        Property::There => ("exists", Yaml::Boolean(true)),
        Property::Empty => ("empty", Yaml::Boolean(true)),
        Property::Boolean => of_type("boolean"),
        Property::Integer => of_type("integer"),
        Property::Number => of_type("number"),
        Property::String => of_type("string"),
        Property::List => of_type("array"),
        Property::Object => of_type("object"),
        Property::Collection => return Ok(Wanted::Any(vec![of_type("array"), of_type("object")])),
        Property::IsoDate => ("matches", Yaml::text(DATE)),
        Property::Ipv4 => ("matches", Yaml::text(IPV4)),
        Property::Uuid => ("matches", Yaml::text(UUID)),
        Property::Float => return Unsaid::new("JSON has one kind of number; write `type: number`"),
        Property::Date => return Unsaid::new("compare it with a date, or write `type: string`"),
        Property::Ipv6 => return Unsaid::new("write a pattern that fits your addresses with `matches`"),
    }))
}

/// The SHA-256 of bytes, as `sha256` has it.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to memory does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
