//! Noise, learnt from answers to a step that passed: where two of them differ, a difference says little.

use super::collected::Collector;
use super::{Exchanged, collect};
use std::collections::BTreeMap;
use stepcast_protocol::difference::DifferenceKind;
use stepcast_protocol::exchange::StepNoise;

/// How many comparisons are remembered.
const COMPARISONS: u32 = 8;
/// Most places that are remembered of a step.
const PLACES: usize = 500;

/// Learns from two answers of a step that passed. A place is noise if at least half of the remembered comparisons
/// differed there: a site that was changed once differs once.
pub fn learn(before: Exchanged<'_>, now: Exchanged<'_>, step: u32, known: Option<&StepNoise>) -> StepNoise {
    let mut collector = Collector::new(None, &[]);
    collect(before, now, &[], &mut collector);
    let mut places: BTreeMap<String, u8> = BTreeMap::new();
    let compared = known.map_or(0, |known| known.compared);
    if let Some(known) = known {
        places.extend(known.places.iter().map(|(place, seen)| (place.clone(), seen << 1)));
    }
    for (kind, place) in collector.places().filter(|(kind, _)| is_learnt(*kind)) {
        *places.entry(key(kind, &place)).or_default() |= 1;
    }
    places.retain(|_, seen| *seen != 0);
    if places.len() > PLACES {
        let mut all: Vec<_> = places.into_iter().collect();
        all.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.count_ones()));
        all.truncate(PLACES);
        places = all.into_iter().collect();
    }
    StepNoise { step, compared: (compared + 1).min(COMPARISONS), places }
}

/// Whether answers of tests that passed differ at a place.
pub fn is_noise(noise: &StepNoise, kind: DifferenceKind, place: &str) -> bool {
    let seen = noise.places.get(&key(kind, place)).map_or(0, |seen| seen.count_ones());
    seen > 0 && seen * 2 >= noise.compared
}

/// Whether a difference of this kind can be noise. A check that holds by status 200 or 404 does not make the status
/// noise.
fn is_learnt(kind: DifferenceKind) -> bool {
    !matches!(kind, DifferenceKind::Answer | DifferenceKind::Status | DifferenceKind::Time)
}

fn key(kind: DifferenceKind, place: &str) -> String {
    format!("{kind:?} {place}")
}
