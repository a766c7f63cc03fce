//! Conditions on a value.

use super::scanner::{Scanner, fail_at};
use super::{Body, Operator, Piece, Predicate, Property, Read, Template, Test, Value};
use stepcast_suite::closest;

const SIGNS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    (">", Operator::Greater),
    ("<=", Operator::LessOrEqual),
    ("<", Operator::Less),
];
const WORDS: [(&str, Operator); 5] = [
    ("startsWith", Operator::StartsWith),
    ("endsWith", Operator::EndsWith),
    ("contains", Operator::Contains),
    ("includes", Operator::Contains),
    ("matches", Operator::Matches),
];
const PROPERTIES: [(&str, Property); 15] = [
    ("exists", Property::There),
    ("isBoolean", Property::Boolean),
    ("isCollection", Property::Collection),
    ("isDate", Property::Date),
    ("isEmpty", Property::Empty),
    ("isFloat", Property::Float),
    ("isInteger", Property::Integer),
    ("isIpv4", Property::Ipv4),
    ("isIpv6", Property::Ipv6),
    ("isIsoDate", Property::IsoDate),
    ("isList", Property::List),
    ("isNumber", Property::Number),
    ("isObject", Property::Object),
    ("isString", Property::String),
    ("isUuid", Property::Uuid),
];

impl Scanner<'_> {
    pub fn predicate(&mut self) -> Read<Predicate> {
        let before = self.place();
        let is_negated = self.eat("not") && self.spaces();
        if !is_negated {
            self.go_back(before);
        }
        Ok(Predicate { is_negated, test: self.test()? })
    }

    fn test(&mut self) -> Read<Test> {
        for (sign, operator) in SIGNS {
            if self.eat(sign) {
                self.spaces();
                return Ok(Test::Compare(operator, self.value()?));
            }
        }
        let at = self.position();
        let word = self.take_while(|c| c.is_ascii_alphanumeric());
        if let Some((_, property)) = PROPERTIES.iter().find(|(known, _)| *known == word) {
            return Ok(Test::Is(*property));
        }
        if let Some((_, operator)) = WORDS.iter().find(|(known, _)| *known == word) {
            self.some_spaces()?;
            return Ok(Test::Compare(*operator, self.value()?));
        }
        if word.is_empty() {
            return self.expected("a filter or a predicate like `==`");
        }
        let known: Vec<&str> =
            WORDS.iter().map(|(word, _)| *word).chain(PROPERTIES.iter().map(|(word, _)| *word)).collect();
        let hint = closest(word, &known).map(|near| format!("did you mean `{near}`?"));
        fail_at(at, format!("`{word}` is neither a filter nor a predicate"), hint)
    }

    fn value(&mut self) -> Read<Value> {
        let at = self.position();
        if let Some(expression) = self.placeholder()? {
            return Ok(Value::Variable(Template(vec![Piece::Expression(expression)])));
        }
        if let Some(template) = self.try_quoted()? {
            return Ok(Value::Text(template));
        }
        if let Some(pattern) = self.try_pattern()? {
            return Ok(Value::Text(Template::text(pattern)));
        }
        if let Some(body) = self.encoded()? {
            return match body {
                Body::Bytes(bytes) => Ok(Value::Bytes(bytes)),
                Body::File(path) => Ok(Value::File(path)),
                Body::Text { text, .. } => Ok(Value::Text(text)),
                _ => fail_at(at, "a value cannot be compared with this", None),
            };
        }
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || "-+.".contains(c));
        match word {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => match word.parse() {
                Ok(number) => Ok(Value::Number(number)),
                Err(_) => fail_at(at, "expected a value like `200`, `true` or `\"text\"`", None),
            },
        }
    }
}
