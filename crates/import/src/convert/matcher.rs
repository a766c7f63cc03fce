//! Conditions on a value.
//!
//! A predicate of Hurl fails, negated or not, if the value has another type than it requires. If there is no value, it
//! fails, or holds if it is negated. A suite compares more freely. So the translation of a predicate also checks the
//! type wherever the answer decides it.

mod double;
mod order;
mod property;
mod whole;

use super::file::{Folder, literal_of};
use super::kind::Kind;
use super::{refusal, text};
use crate::hurl::{Operator, Piece, Predicate, Template, Test, Value};
use crate::notes::Unsaid;
use crate::yaml::Yaml;
use aws_lc_rs::digest;
use double::Rounded;
use std::fmt::Write;
use stepcast_suite::number::is_same;

/// Digits of the smallest numbers that 64 bits do not hold.
const LARGE_DIGITS: usize = 19;

/// A matcher with what it compares with.
pub(super) type Matcher = (&'static str, Yaml);

/// What has to hold: one of several sets of matchers, and none of the others.
#[derive(Default)]
pub(super) struct Wanted {
    pub any: Vec<Vec<Matcher>>,
    pub none: Vec<Vec<Matcher>>,
    /// Whether it holds if there is no value
    pub of_nothing: bool,
}

impl Wanted {
    fn any(any: Vec<Vec<Matcher>>) -> Self {
        Self { any, ..Self::default() }
    }

    /// None of these holds; a value is not required.
    fn none(none: Vec<Vec<Matcher>>) -> Self {
        Self { none, of_nothing: true, ..Self::default() }
    }

    /// One of these; a value is not required.
    fn any_if_there(any: Vec<Vec<Matcher>>) -> Self {
        Self { any, of_nothing: true, ..Self::default() }
    }
}

/// The text of the number that an assert compares with.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub text: &'a str,
    /// Whether numbers of the file have more digits than a double: then the file is about how they are rounded
    pub rounds: bool,
}

impl Written<'_> {
    /// Whether a double lacks some of its digits.
    pub fn is_rounded(&self) -> bool {
        let double = self.text.parse::<f64>().ok().filter(|_| self.text.contains('.'));
        double.is_some_and(|double| !is_same(&double.to_string(), self.text))
    }

    /// Whether it is a whole number that 64 bits do not hold.
    fn is_large_integer(&self) -> bool {
        let digits = self.text.trim_start_matches('-');
        digits.len() >= LARGE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
    }
}

pub(super) fn convert(
    predicate: &Predicate,
    kind: Kind,
    folder: &Folder,
    written: Written<'_>,
) -> Result<Wanted, Unsaid> {
    let is_negated = predicate.is_negated;
    match &predicate.test {
        Test::Is(property) => property::convert(*property, is_negated, kind),
        Test::Compare(operator, value) => {
            check_comparable(*operator, value, kind)?;
            if let Value::Number(number) = value
                && kind.is_whole_part()
                && let Some(wanted) =
                    number.as_i64().and_then(|number| whole::convert(*operator, number, is_negated, kind))
            {
                return Ok(wanted);
            }
            let rounded = rounded(value, kind, written)?;
            let compared =
                Compared { operator: *operator, matcher: matcher_of(*operator), value, kind, written, rounded };
            match operator {
                Operator::Equal => compared.equal(is_negated, folder),
                Operator::NotEqual => compared.not_equal(is_negated, folder),
                Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => {
                    compared.ordered(is_negated, folder)
                }
                Operator::StartsWith | Operator::EndsWith | Operator::Matches => compared.of_text(is_negated, folder),
                Operator::Contains => compared.contained(is_negated, folder),
            }
        }
    }
}

/// The values that can be compared at all.
fn check_comparable(operator: Operator, value: &Value, kind: Kind) -> Result<(), Unsaid> {
    let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    let is_about_parts = matches!(operator, Operator::StartsWith | Operator::EndsWith | Operator::Contains);
    match (kind, value) {
        (Kind::Bytes, Value::File(_)) if is_equality => Ok(()),
        (Kind::Bytes | Kind::Digest, Value::Bytes(_)) if is_equality || is_about_parts => Ok(()),
        (Kind::Bytes | Kind::Digest, _) => Unsaid::new("bytes are compared with `hex`; check `body` for text"),
        (Kind::Time, Value::Number(number)) if number.is_u64() => Ok(()),
        (Kind::Time, _) => Unsaid::new("a time is compared with a number of milliseconds"),
        (Kind::CertificateName, Value::Text(template)) if has_several_parts(template) => {
            Unsaid::new("a suite writes the last part first, as RFC 4514 does; write the check of `cert` in that order")
        }
        (Kind::Decoded, Value::Bytes(_)) => Ok(()),
        // Bytes are equal to nothing else.
        (Kind::Decoded, Value::Number(_) | Value::Text(_) | Value::Boolean(_) | Value::Null)
            if operator == Operator::Equal =>
        {
            Ok(())
        }
        (Kind::Decoded, _) => Unsaid::new("the decoded value is bytes in Hurl; decode them with `utf8Decode`"),
        (Kind::DaysAfter | Kind::DaysBefore, value) if !matches!(value, Value::Number(number) if number.is_i64()) => {
            Unsaid::new("days are compared with a whole number")
        }
        (Kind::Flag | Kind::Nodes, _) if operator == Operator::Equal => Ok(()),
        (Kind::Flag, _) => Unsaid::new("a flag in Hurl either exists or does not; check it with `exists`"),
        (Kind::Nodes, _) => Unsaid::new("Hurl never compares nodes with a value; take their text with `string(...)`"),
        _ => Ok(()),
    }
}

fn has_several_parts(name: &Template) -> bool {
    name.0.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(',')))
}

/// A value with what is compared with it.
struct Compared<'v> {
    operator: Operator,
    matcher: &'static str,
    value: &'v Value,
    kind: Kind,
    written: Written<'v>,
    /// The numbers that Hurl rounds to the compared one, if there are any
    rounded: Option<Rounded>,
}

impl Compared<'_> {
    /// Values of other types are not equal, which is not an error.
    fn equal(&self, is_negated: bool, folder: &Folder) -> Result<Wanted, Unsaid> {
        let same = if self.may_be_equal() { self.same("equals", folder)? } else { vec![vec![never(self.kind)]] };
        Ok(if is_negated { Wanted::none(same) } else { Wanted::any(same) })
    }

    fn not_equal(&self, is_negated: bool, folder: &Folder) -> Result<Wanted, Unsaid> {
        if is_negated && (self.kind == Kind::Date || self.rounded.is_some()) && self.may_be_equal() {
            return Ok(Wanted::any_if_there(self.same("equals", folder)?));
        }
        if is_negated {
            let different =
                if self.may_be_equal() { self.same("not_equals", folder)? } else { vec![vec![exists(true)]] };
            return Ok(Wanted::none(different));
        }
        Ok(Wanted::any(match self.kind {
            _ if !self.may_be_equal() => vec![vec![exists(true)]],
            Kind::Header => vec![vec![one(), ("not_equals", self.compared(folder)?)], vec![several()]],
            Kind::Spelt => vec![vec![self.spelt(false, ("not_equals", self.compared(folder)?))]],
            _ if self.kind == Kind::Date || self.rounded.is_some() => {
                let none = self.same("equals", folder)?;
                return Ok(Wanted { any: vec![vec![exists(true)]], none, of_nothing: false });
            }
            _ => vec![vec![("not_equals", self.compared(folder)?)]],
        }))
    }

    fn same(&self, matcher: &'static str, folder: &Folder) -> Result<Vec<Vec<Matcher>>, Unsaid> {
        if let Some(rounded) = &self.rounded {
            return Ok(vec![[of_type("number")].into_iter().chain(rounded.equal()).collect()]);
        }
        let same = (matcher, self.compared(folder)?);
        Ok(vec![match self.kind {
            Kind::Spelt => vec![self.spelt(matcher == "equals", same)],
            Kind::Header => vec![one(), same],
            // Dates are the same moment, however they are written.
            Kind::Date => vec![("at_least", same.1.clone()), ("at_most", same.1)],
            // A filled-in text also equals a number that it spells.
            Kind::Json | Kind::JsonList if self.is_filled_in_text() => vec![of_type("string"), same],
            _ => vec![same],
        }])
    }

    /// A number is not a text to a suite, but it matches a pattern like one.
    fn spelt(&self, is_equal: bool, same: Matcher) -> Matcher {
        let Value::Text(template) = self.value else { return same };
        let Some(text) = template.literal() else { return same };
        let pattern = format!("^{}$", regex_syntax::escape(text));
        (if is_equal { "matches" } else { "not_matches" }, Yaml::Text(text::literal(&pattern)))
    }

    fn may_be_equal(&self) -> bool {
        match self.value {
            Value::Variable(_) => !matches!(self.kind, Kind::Flag | Kind::Nodes),
            _ if matches!(self.kind, Kind::List | Kind::Date | Kind::Flag | Kind::Nodes) => false,
            value if self.kind == Kind::Decoded => matches!(value, Value::Bytes(_) | Value::File(_)),
            Value::Text(_) => !self.kind.is_number() && self.kind != Kind::Truth,
            Value::Number(_) => self.kind.is_number() || self.kind.is_json(),
            Value::Boolean(_) => self.kind == Kind::Truth || self.kind.is_json(),
            Value::Null => self.kind.is_json(),
            Value::Bytes(_) | Value::File(_) => true,
        }
    }

    fn is_filled_in_text(&self) -> bool {
        matches!(self.value, Value::Text(template) if text::has_variables(template))
    }

    fn ordered(&self, is_negated: bool, folder: &Folder) -> Result<Wanted, Unsaid> {
        let limit = self.limit(is_negated, folder)?;
        let is_number = matches!(self.value, Value::Number(_));
        let wanted = match (self.value, self.kind) {
            (Value::Number(_) | Value::Variable(_), kind) if kind.is_number() => vec![limit],
            (Value::Number(_) | Value::Text(_), kind) if kind.is_json() => {
                vec![of_type(if is_number { "number" } else { "string" }), limit]
            }
            (Value::Variable(_), kind) if kind.is_json() || kind == Kind::Date => vec![limit],
            (Value::Text(_) | Value::Variable(_), Kind::Header) => vec![one(), limit],
            (Value::Text(_) | Value::Variable(_), Kind::Text | Kind::XPathText) => vec![limit],
            (_, kind) if kind.is_json() => return Unsaid::new("only numbers and texts have an order"),
            (_, kind) => vec![never(kind)],
        };
        Ok(if is_negated { Wanted::any_if_there(vec![wanted]) } else { Wanted::any(vec![wanted]) })
    }

    /// A bound. Texts that are neither numbers nor dates are ordered by a pattern.
    fn limit(&self, is_negated: bool, folder: &Folder) -> Result<Matcher, Unsaid> {
        let name = if is_negated { opposite(self.matcher) } else { self.matcher };
        if let Some(rounded) = &self.rounded {
            return Ok(rounded.bound(name));
        }
        let limit = (name, self.compared(folder)?);
        let Value::Text(template) = self.value else { return Ok(limit) };
        let check = Yaml::Map(vec![("json".to_owned(), Yaml::text("$")), (name.to_owned(), limit.1.clone())]);
        let by_pattern = template.literal().and_then(|text| order::matcher(self.operator, text, is_negated));
        match by_pattern {
            Some(matcher) if refusal::checked_check(check).is_err() => Ok(matcher),
            _ => Ok(limit),
        }
    }

    /// A requirement on texts only.
    fn of_text(&self, is_negated: bool, folder: &Folder) -> Result<Wanted, Unsaid> {
        let wanted = self.part(folder)?;
        let type_of_text = match self.kind {
            kind if kind.is_json() => of_type("string"),
            Kind::Header if is_negated => ("count", Yaml::one("at_most", Yaml::Number(1.into()))),
            Kind::Header => one(),
            kind if kind.is_text() || matches!(kind, Kind::Bytes | Kind::Digest) => {
                return Ok(if is_negated { Wanted::none(vec![vec![wanted]]) } else { Wanted::any(vec![vec![wanted]]) });
            }
            kind => return Ok(Wanted::any(vec![vec![never(kind)]])),
        };
        Ok(if is_negated {
            Wanted { any: vec![vec![type_of_text]], none: vec![vec![wanted]], of_nothing: self.kind != Kind::Header }
        } else {
            Wanted::any(vec![vec![type_of_text, wanted]])
        })
    }

    /// A part of a text. In bytes as hexadecimal every part begins at an even place.
    fn part(&self, folder: &Folder) -> Result<Matcher, Unsaid> {
        let part = self.compared(folder)?;
        Ok(match (self.operator, self.kind, &part) {
            (Operator::Contains, Kind::Bytes | Kind::Digest, Yaml::Text(digits)) => {
                ("matches", Yaml::Text(format!("^(?:..)*?{digits}")))
            }
            _ => (self.matcher, part),
        })
    }

    /// A text contains a part of it, a list an item.
    fn contained(&self, is_negated: bool, folder: &Folder) -> Result<Wanted, Unsaid> {
        if let (Value::Null | Value::Boolean(_), Kind::Json) = (self.value, self.kind) {
            return Ok(contained_by_schema(is_negated, self.compared(folder)?));
        }
        let value = self.compared(folder)?;
        let is_text = matches!(self.value, Value::Text(_) | Value::Variable(_) | Value::Bytes(_) | Value::File(_));
        match self.kind {
            Kind::Header => {
                let (part, item) = if is_negated { ("not_contains", "not_equals") } else { ("contains", "equals") };
                let any = vec![vec![one(), (part, value.clone())], vec![several(), (item, value)]];
                Ok(if is_negated { Wanted::any_if_there(any) } else { Wanted::any(any) })
            }
            Kind::Json => {
                let matcher = if is_negated { "not_contains" } else { "contains" };
                let types = if is_text { &["string", "array"][..] } else { &["array"] };
                let any = types.iter().map(|name| vec![of_type(name), (matcher, value.clone())]).collect();
                Ok(if is_negated { Wanted::any_if_there(any) } else { Wanted::any(any) })
            }
            Kind::JsonList => {
                let (item, part) = if is_negated { ("not_contains", "not_matches") } else { ("contains", "matches") };
                let mut any = vec![vec![several(), (item, value)]];
                // A single value is not a list, so it is searched for a text.
                if let Value::Text(template) = self.value
                    && let Some(text) = template.literal()
                {
                    any.push(vec![of_type("string"), (part, Yaml::Text(text::literal(&regex_syntax::escape(text))))]);
                }
                Ok(if is_negated { Wanted::any_if_there(any) } else { Wanted::any(any) })
            }
            Kind::List => {
                let matcher = if is_negated { "not_contains" } else { "contains" };
                let any = vec![vec![(matcher, value)]];
                Ok(if is_negated { Wanted::any_if_there(any) } else { Wanted::any(any) })
            }
            kind if !is_text => Ok(Wanted::any(vec![vec![never(kind)]])),
            _ => self.of_text(is_negated, folder),
        }
    }

    fn compared(&self, folder: &Folder) -> Result<Yaml, Unsaid> {
        Ok(match (self.value, self.kind) {
            (Value::Bytes(bytes), Kind::Digest | Kind::Bytes) => Yaml::Text(hexadecimal(bytes)),
            (Value::File(name), Kind::Bytes) => Yaml::Text(hexadecimal(&folder.read(name)?)),
            (Value::Number(number), Kind::Time) => Yaml::Text(format!("{number}ms")),
            (Value::Null, _) => Yaml::Null,
            (Value::Boolean(boolean), _) => Yaml::Boolean(*boolean),
            (Value::Number(_), _) if self.written.is_large_integer() => Yaml::Written(self.written.text.to_owned()),
            (Value::Number(number), _) => Yaml::Number(number.clone()),
            (Value::Text(template) | Value::Variable(template), _) => Yaml::Text(text::text(template)?),
            (Value::Bytes(bytes), _) => Yaml::Text(literal_of(bytes.clone())?),
            (Value::File(name), _) => Yaml::Text(folder.read_text(name)?),
        })
    }
}

/// Items that are neither texts nor numbers are found by a schema.
fn contained_by_schema(is_negated: bool, item: Yaml) -> Wanted {
    let contains = Yaml::one("contains", Yaml::one("const", item));
    let schema = if is_negated { Yaml::one("not", contains) } else { contains };
    let any = vec![vec![of_type("array"), ("schema", schema)]];
    if is_negated { Wanted::any_if_there(any) } else { Wanted::any(any) }
}

/// The numbers that are rounded to this one, if it matters: a suite compares the numbers of JSON to their last digit.
fn rounded(value: &Value, kind: Kind, written: Written<'_>) -> Result<Option<Rounded>, Unsaid> {
    let Value::Number(number) = value else { return Ok(None) };
    let Some(double) = number.as_f64().filter(|_| number.is_f64() && !written.is_large_integer()) else {
        return Ok(None);
    };
    let matters = written.rounds || double::is_long(double);
    if !matters || !(kind.is_json() || kind == Kind::Float) {
        return Ok(None);
    }
    let rounded = Rounded::to(double);
    if rounded.is_none() && written.is_rounded() {
        return Unsaid::new(
            "Hurl compares it as a double, a suite to its last digit; remove the digits that a double cannot hold",
        );
    }
    Ok(rounded)
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

/// The bound that holds if this one does not.
fn opposite(name: &'static str) -> &'static str {
    match name {
        "above" => "at_most",
        "at_most" => "above",
        "below" => "at_least",
        _ => "below",
    }
}

fn of_type(name: &str) -> Matcher {
    ("type", Yaml::text(name))
}

/// That there is a value, or none.
pub(super) fn exists(is_there: bool) -> Matcher {
    ("exists", Yaml::Boolean(is_there))
}

/// A header occurs once; several are a list to Hurl.
fn one() -> Matcher {
    ("count", Yaml::Number(1.into()))
}

pub(super) fn several() -> Matcher {
    ("count", Yaml::one("at_least", Yaml::Number(2.into())))
}

/// A matcher that no value of the kind satisfies: in Hurl the assert always fails.
pub(super) fn never(kind: Kind) -> Matcher {
    of_type(match kind {
        // What was a number can still be one.
        Kind::Spelt => "array",
        kind if kind.is_number() || kind == Kind::Truth => "string",
        _ => "number",
    })
}

/// The SHA-256 of bytes, in the form of `sha256`.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to memory does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
