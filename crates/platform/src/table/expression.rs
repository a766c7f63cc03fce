//! Conditions and updates, written as the rules they state.
//!
//! Names and values go as placeholders: many attribute names are reserved words.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

use super::item::Item;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use std::borrow::Cow;
use std::collections::HashMap;
use stepcast_protocol::JobId;
use stepcast_protocol::notification::SuiteChange;
use stepcast_protocol::state::{JobStatus, Outcome, Verdict};

/// A value of an attribute.
pub(super) struct Value(pub AttributeValue);

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl From<$type> for Value {
            fn from(number: $type) -> Self {
                Self(AttributeValue::N(number.to_string()))
            }
        }
    )+};
}

numbers!(u32, u64, usize, i64);

macro_rules! words {
    ($($type:ty),+) => {$(
        impl From<$type> for Value {
            fn from(word: $type) -> Self {
                word.as_str().into()
            }
        }
    )+};
}

words!(&JobId, JobStatus, Outcome, SuiteChange, Verdict, String, &String);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(AttributeValue::S(text.to_owned()))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self(AttributeValue::Bool(flag))
    }
}

impl From<&[String]> for Value {
    fn from(texts: &[String]) -> Self {
        Self(AttributeValue::L(texts.iter().map(|text| AttributeValue::S(text.clone())).collect()))
    }
}

/// An attribute of an item, to state a condition about.
#[derive(Clone, Copy)]
pub(super) struct Attribute(&'static str);

/// Names an attribute, to state a condition about it.
pub(super) fn attribute(name: &'static str) -> Attribute {
    Attribute(name)
}

/// The condition that an item exists: each has a partition key.
pub(super) fn item_exists() -> Condition {
    attribute("pk").exists()
}

/// The condition that there is no such item yet.
pub(super) fn item_is_missing() -> Condition {
    attribute("pk").is_missing()
}

impl Attribute {
    pub fn is(self, value: impl Into<Value>) -> Condition {
        self.compare("=", value)
    }

    pub fn is_not(self, value: impl Into<Value>) -> Condition {
        self.compare("<>", value)
    }

    pub fn is_below(self, value: impl Into<Value>) -> Condition {
        self.compare("<", value)
    }

    pub fn is_at_most(self, value: impl Into<Value>) -> Condition {
        self.compare("<=", value)
    }

    pub fn is_above(self, value: impl Into<Value>) -> Condition {
        self.compare(">", value)
    }

    pub fn exists(self) -> Condition {
        Condition::Function("attribute_exists", self.0)
    }

    pub fn is_missing(self) -> Condition {
        Condition::Function("attribute_not_exists", self.0)
    }

    fn compare(self, operator: &'static str, value: impl Into<Value>) -> Condition {
        Condition::Comparison(self.0, operator, value.into().0)
    }
}

/// What has to be true of an item.
pub(super) enum Condition {
    Comparison(&'static str, &'static str, AttributeValue),
    Function(&'static str, &'static str),
    Joined(Box<Self>, &'static str, Box<Self>),
}

impl Condition {
    pub fn and(self, other: Self) -> Self {
        Self::Joined(Box::new(self), "AND", Box::new(other))
    }

    pub fn or(self, other: Self) -> Self {
        Self::Joined(Box::new(self), "OR", Box::new(other))
    }

    /// Leaves out of a query's result what does not meet the condition.
    pub fn filter(self, query: QueryFluentBuilder) -> QueryFluentBuilder {
        let mut placeholders = Placeholders::default();
        let mut query = query.filter_expression(self.write(&mut placeholders));
        for (placeholder, name) in placeholders.names {
            query = query.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in placeholders.values {
            query = query.expression_attribute_values(placeholder, value);
        }
        query
    }

    pub fn write(self, placeholders: &mut Placeholders) -> String {
        match self {
            Self::Comparison(name, operator, value) => {
                format!("{} {operator} {}", placeholders.name(name), placeholders.value(value))
            }
            Self::Function(function, name) => format!("{function}({})", placeholders.name(name)),
            Self::Joined(first, operator, second) => {
                format!("({} {operator} {})", first.write(placeholders), second.write(placeholders))
            }
        }
    }
}

/// The names and values of a request's expressions.
#[derive(Default)]
pub(super) struct Placeholders {
    names: HashMap<String, String>,
    values: Item,
}

impl Placeholders {
    /// The names, or nothing: DynamoDB refuses an empty map.
    pub fn names(&self) -> Option<HashMap<String, String>> {
        Some(self.names.clone()).filter(|names| !names.is_empty())
    }

    /// The values, or nothing: DynamoDB refuses an empty map.
    pub fn values(&self) -> Option<Item> {
        Some(self.values.clone()).filter(|values| !values.is_empty())
    }

    fn name(&mut self, name: impl Into<Cow<'static, str>>) -> String {
        let name = name.into();
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.into_owned());
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

/// An update of one item, which also makes a missing item unless its condition says otherwise.
pub(super) struct ItemUpdate {
    key: Item,
    condition: Option<Condition>,
    set: Vec<(Cow<'static, str>, AttributeValue)>,
    numbered: Vec<(Cow<'static, str>, &'static str)>,
    add: Vec<(Cow<'static, str>, AttributeValue)>,
    removed: Vec<Cow<'static, str>>,
    returns_item: bool,
}

impl ItemUpdate {
    pub fn of(key: Item) -> Self {
        let (set, numbered, add, removed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { key, condition: None, set, numbered, add, removed, returns_item: false }
    }

    /// Writes only if the condition holds of the item as it is stored.
    pub fn only_if(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    pub fn set(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.set.push((name.into(), value.into().0));
        self
    }

    /// Gives the attribute the present number of a counter, which is 0 if it is missing.
    pub fn set_number_of(mut self, name: impl Into<Cow<'static, str>>, counter: &'static str) -> Self {
        self.numbered.push((name.into(), counter));
        self
    }

    /// Removes an attribute, if there is one.
    pub fn remove(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.removed.push(name.into());
        self
    }

    /// Leaves the attribute alone if there is no value.
    pub fn set_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Adds to a number, which is 0 if it is missing.
    pub fn add(mut self, name: &'static str, number: impl Into<Value>) -> Self {
        self.add.push((name.into(), number.into().0));
        self
    }

    /// Asks for the item as the update leaves it or, if the condition does not hold, as it is.
    pub fn returning_item(self) -> Self {
        Self { returns_item: true, ..self }
    }

    pub fn into_parts(self) -> ItemUpdateParts {
        let mut placeholders = Placeholders::default();
        let mut clauses = Vec::new();
        let mut set = assignments(self.set, " = ", &mut placeholders);
        for (name, counter) in self.numbered {
            let (name, counter) = (placeholders.name(name), placeholders.name(counter));
            set.push(format!(
                "{name} = if_not_exists({counter}, {})",
                placeholders.value(AttributeValue::N("0".into()))
            ));
        }
        if !set.is_empty() {
            clauses.push(format!("SET {}", set.join(", ")));
        }
        if !self.removed.is_empty() {
            let removed: Vec<_> = self.removed.into_iter().map(|name| placeholders.name(name)).collect();
            clauses.push(format!("REMOVE {}", removed.join(", ")));
        }
        if !self.add.is_empty() {
            clauses.push(format!("ADD {}", assignments(self.add, " ", &mut placeholders).join(", ")));
        }
        let condition = self.condition.map(|condition| condition.write(&mut placeholders));
        ItemUpdateParts {
            key: self.key,
            update: clauses.join(" "),
            condition,
            placeholders,
            returns_item: self.returns_item,
        }
    }
}

/// An update in the form of a request.
pub(super) struct ItemUpdateParts {
    pub key: Item,
    pub update: String,
    pub condition: Option<String>,
    pub placeholders: Placeholders,
    pub returns_item: bool,
}

fn assignments(
    values: Vec<(Cow<'static, str>, AttributeValue)>,
    between: &str,
    placeholders: &mut Placeholders,
) -> Vec<String> {
    let written = values.into_iter().map(|(name, value)| {
        let name = placeholders.name(name);
        format!("{name}{between}{}", placeholders.value(value))
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::super::item::key;
    use super::*;

    #[test]
    fn a_rule_becomes_an_expression() {
        let is_free = attribute("status")
            .is(JobStatus::Accepted)
            .or(attribute("status").is(JobStatus::Running).and(attribute("lease_until").is_below(7_u64)));
        let parts = ItemUpdate::of(key("pk", "sk"))
            .only_if(is_free)
            .set("status", JobStatus::Running)
            .set_some("outcome", None::<Outcome>)
            .add("lease", 1_u64)
            .into_parts();
        assert_eq!(parts.update, "SET #status = :0 ADD #lease :1");
        let condition = "(#status = :2 OR (#status = :3 AND #lease_until < :4))";
        assert_eq!(parts.condition.as_deref(), Some(condition));
        let value = |name: &str| parts.placeholders.values[name].clone();
        assert_eq!(value(":1"), AttributeValue::N("1".to_owned()));
        assert_eq!(value(":2"), AttributeValue::S("accepted".to_owned()));
        assert_eq!(value(":3"), AttributeValue::S("running".to_owned()));
        assert_eq!(value(":4"), AttributeValue::N("7".to_owned()));
        assert_eq!(parts.placeholders.names["#lease_until"], "lease_until");
    }

    #[test]
    fn an_update_can_number_and_remove() {
        let update =
            ItemUpdate::of(key("pk", "sk")).remove("old").set_number_of("ticket", "tickets").add("tickets", 1_u64);
        let parts = update.into_parts();
        assert_eq!(parts.update, "SET #ticket = if_not_exists(#tickets, :0) REMOVE #old ADD #tickets :1");
    }
}
