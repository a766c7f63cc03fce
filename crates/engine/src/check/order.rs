//! Decides whether the items of a list are in order.

use super::found::Found;
use serde_json::Value;
use std::cmp::Ordering;
use stepcast_suite::Order;
use stepcast_suite::number::{self, Decimal};

/// Whether all items are in order. False for a value that is not a list, and for an empty list.
pub fn holds(found: &Found, order: Order) -> bool {
    items(found).is_some_and(|items| !items.is_empty() && first_break(&items, order).is_none())
}

/// The first two neighbours that are not in order, as the place of the first and both texts.
pub fn explain(found: &Found, order: Order) -> Option<(usize, String, String)> {
    let items = items(found)?;
    let place = first_break(&items, order)?;
    Some((place, items[place].clone(), items[place + 1].clone()))
}

/// Whether the value is a list.
pub fn is_list(found: &Found) -> bool {
    items(found).is_some()
}

fn items(found: &Found) -> Option<Vec<String>> {
    let value = match found {
        // A list whose only item is a list means that inner list.
        Found::List(values) if values.len() != 1 || !values[0].is_array() => found.to_value()?,
        _ => found.as_value()?.clone(),
    };
    Some(value.as_array()?.iter().map(text_of).collect())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| number::to_text(value), str::to_owned)
}

/// The first item that is out of order. Items are compared as numbers if all of them are numbers: `9` comes before
/// `10`.
fn first_break(items: &[String], order: Order) -> Option<usize> {
    let numbers: Option<Vec<Decimal>> = items.iter().map(|item| Decimal::parse(item)).collect();
    let wrong = match order {
        Order::Ascending => Ordering::Greater,
        Order::Descending => Ordering::Less,
    };
    let breaks = |place: &usize| {
        let found = match &numbers {
            Some(numbers) => numbers[*place].cmp(&numbers[place + 1]),
            None => items[*place].cmp(&items[place + 1]),
        };
        found == wrong
    };
    (0..items.len().saturating_sub(1)).find(breaks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn breaks(values: Value, order: Order) -> Option<(usize, String, String)> {
        explain(&Found::Json(Cow::Owned(values)), order)
    }

    #[test]
    fn numbers_are_ordered_as_numbers() {
        let values = || serde_json::json!(["9", 10, 10.0, "11.5"]);
        assert_eq!(breaks(values(), Order::Ascending), None);
        assert_eq!(breaks(values(), Order::Descending), Some((0, "9".into(), "10".into())));
        assert_eq!(breaks(serde_json::json!(["b", "a", "10"]), Order::Descending), None);
    }

    #[test]
    fn only_lists_have_an_order() {
        assert!(!holds(&Found::Text("ab".into()), Order::Ascending));
        assert!(!holds(&Found::List(Vec::new()), Order::Ascending));
        assert!(holds(&Found::List(vec![Cow::Owned("a".into())]), Order::Ascending));
    }
}
