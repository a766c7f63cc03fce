//! Makes texts of a language: sensible ones, ones that nest or go on without end, and good ones with something else in
//! them.

use crate::Language;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prelude::{BoxedStrategy, Just, Strategy, prop_oneof};
use proptest::sample::{Index, select};

/// The longest text that is made, in bytes: half a message.
const LONGEST: usize = 64 * 1024;
/// How deep brackets are put in each other.
static DEPTHS: [usize; 7] = [2, 8, 22, 33, 130, 1_000, 10_000];
/// How often something is written one behind the other.
static TIMES: [usize; 5] = [2, 10, 100, 1_000, 20_000];

pub(super) fn of(language: Language) -> BoxedStrategy<String> {
    let piece = prop_oneof![
        6 => select(language.tokens).prop_map(str::to_owned),
        2 => select(language.seeds).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ]
    .boxed();
    let tree = tree(language, piece.clone());
    let nested = (select(language.pairs), vec(piece.clone(), 0..3), select(&DEPTHS[..])).prop_map(
        |((open, close), inside, depth)| format!("{}{}{}", open.repeat(depth), inside.concat(), close.repeat(depth)),
    );
    let begun =
        (vec(piece.clone(), 1..3), select(&TIMES[..])).prop_map(|(pieces, times)| pieces.concat().repeat(times));
    let part = prop_oneof![4 => tree, 2 => nested, 2 => begun].boxed();
    let changed = (select(language.seeds), any::<Index>(), any::<Index>(), part.clone())
        .prop_map(|(seed, from, to, part)| put_in(seed, from, to, &part));
    let soup = vec(part.clone(), 1..4).prop_map(|parts| parts.concat());
    prop_oneof![1 => Just(String::new()), 20 => part, 40 => changed, 20 => soup].prop_map(shorten).boxed()
}

fn tree(language: Language, piece: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let grown = move |inner: BoxedStrategy<String>| {
        prop_oneof![
            vec(inner.clone(), 1..5).prop_map(|parts| parts.concat()),
            (select(language.pairs), inner).prop_map(|((open, close), inside)| format!("{open}{inside}{close}")),
        ]
    };
    piece.prop_recursive(6, 60, 5, grown).boxed()
}

/// A good text with a part of it replaced.
fn put_in(seed: &str, from: Index, to: Index, part: &str) -> String {
    let places: Vec<usize> = seed.char_indices().map(|(place, _)| place).chain([seed.len()]).collect();
    let (one, other) = (*from.get(&places), *to.get(&places));
    let (from, to) = (one.min(other), one.max(other));
    format!("{}{part}{}", &seed[..from], &seed[to..])
}

fn shorten(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}
