//! Finds the names that the author most likely meant.

/// Most names a hint lists.
pub const MOST: usize = 3;
/// How similar two names have to be, from 0 to 1.
const ALIKE: f64 = 0.8;
/// Longer names are not compared, in bytes; pages can be full of generated ones.
pub const LONGEST: usize = 64;

/// How similar two names are, if one may be a misspelling of the other.
pub fn likeness(wanted: &str, name: &str) -> Option<f64> {
    if wanted.len() > LONGEST || name.len() > LONGEST {
        return None;
    }
    let likeness = strsim::jaro_winkler(&wanted.to_ascii_lowercase(), &name.to_ascii_lowercase());
    (likeness >= ALIKE).then_some(likeness)
}

/// The names most similar to `wanted`, best first.
pub fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut alike: Vec<_> = names.filter_map(|name| Some((likeness(wanted, name)?, name))).collect();
    alike.sort_by(|(left, left_name), (right, right_name)| right.total_cmp(left).then(left_name.cmp(right_name)));
    alike.dedup();
    alike.into_iter().map(|(_, name)| name).take(MOST).collect()
}

/// Names in backticks, joined by commas.
pub fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
