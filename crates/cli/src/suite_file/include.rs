//! Merges the parts of a suite. The part nearer to the file that is run wins.

use std::collections::HashMap;
use stepcast_suite::document::{Entry, Kind, Node};

/// `over` with everything of `under` that it does not define itself: tests of both, `under` first; variables, defaults,
/// their headers and groups of checks by name. The name of a suite is never taken from a file that it includes.
pub(super) fn merge(under: Node, over: Node) -> Node {
    let position = over.position;
    match (under.kind, over.kind) {
        (Kind::Mapping(mut under), Kind::Mapping(over)) => {
            under.retain(|entry| entry.key != "suite");
            Node { position, kind: Kind::Mapping(merge_entries(under, over, merge_part)) }
        }
        (_, kind) => Node { position, kind },
    }
}

fn merge_entries(under: Vec<Entry>, over: Vec<Entry>, both: impl Fn(&str, Node, Node) -> Node) -> Vec<Entry> {
    let mut merged = under;
    let places: HashMap<String, usize> =
        merged.iter().enumerate().map(|(place, entry)| (entry.key.clone(), place)).collect();
    for entry in over {
        match places.get(&entry.key).map(|place| &mut merged[*place]) {
            Some(known) => {
                let nothing = Node { position: None, kind: Kind::List(Vec::new()) };
                let under = std::mem::replace(&mut known.value, nothing);
                let value = both(&entry.key, under, entry.value);
                *known = Entry { value, ..entry };
            }
            None => merged.push(entry),
        }
    }
    merged
}

fn merge_part(key: &str, under: Node, over: Node) -> Node {
    match key {
        "tests" => append(under, over),
        "defaults" => {
            by_name(
                under,
                over,
                |key, under, over| {
                    if key == "headers" { by_name(under, over, |_, _, over| over) } else { over }
                },
            )
        }
        _ => by_name(under, over, |_, _, over| over),
    }
}

/// Parts that cannot be merged are left unchanged, for the reader of suites to report them.
fn append(under: Node, over: Node) -> Node {
    match (under, over) {
        (Node { kind: Kind::List(mut items), .. }, Node { kind: Kind::List(more), position }) => {
            items.extend(more);
            Node { kind: Kind::List(items), position }
        }
        (under @ Node { kind: Kind::Scalar(_) | Kind::Mapping(_), .. }, _) => under,
        (_, over) => over,
    }
}

fn by_name(under: Node, over: Node, both: impl Fn(&str, Node, Node) -> Node) -> Node {
    match (under, over) {
        (Node { kind: Kind::Mapping(under), .. }, Node { kind: Kind::Mapping(over), position }) => {
            Node { kind: Kind::Mapping(merge_entries(under, over, both)), position }
        }
        (under @ Node { kind: Kind::Scalar(_) | Kind::List(_), .. }, _) => under,
        (_, over) => over,
    }
}
