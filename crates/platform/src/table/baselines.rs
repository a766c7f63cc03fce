//! Baselines: which evidence shows the answers of a test when it last passed, by suite and branch.
//!
//! They are read once per job and stored with its plan, and written once per job, if one of its tests has a new one. The
//! baselines of a suite are spread over a few items by the tests' names. Two jobs of a suite that end at the same moment
//! may overwrite each other's: a test then keeps an older baseline until it passes again.

use super::Table;
use super::item::{item, key, read};
use super::packed::{pack, unpack};
use super::record::JobRecord;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use stepcast_protocol::id::JobId;

/// Over how many items the baselines of a suite are spread.
const ITEMS: u32 = 8;
/// Most baselines in one item; the oldest go first.
const MOST: usize = 3_000;

/// The evidence of a test when it last passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, String, JobId, u64)", into = "(String, String, JobId, u64)")]
pub struct Baseline {
    /// The id of its record
    pub id: String,
    /// Fingerprint of its answers
    pub digest: String,
    /// The job in which it passed
    pub job: JobId,
    /// When it was stored, in milliseconds since 1970
    pub at: u64,
}

impl From<(String, String, JobId, u64)> for Baseline {
    fn from((id, digest, job, at): (String, String, JobId, u64)) -> Self {
        Self { id, digest, job, at }
    }
}

impl From<Baseline> for (String, String, JobId, u64) {
    fn from(baseline: Baseline) -> Self {
        (baseline.id, baseline.digest, baseline.job, baseline.at)
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(with = "serde_bytes")]
    baselines: Vec<u8>,
    expires_at: u64,
}

impl Table {
    /// Reads the baselines of a suite and branch, by the names of the tests.
    pub async fn baselines(&self, suite: &str, branch: &str) -> Result<HashMap<String, Baseline>> {
        let mut found = HashMap::new();
        for item in Self::all(self.partition(baseline_pk(suite, branch), "")).await? {
            found.extend(read::<Stored>("baselines", item)?.unpacked()?);
        }
        Ok(found)
    }

    /// Stores the new baselines of a job's tests beside those of the others.
    pub async fn put_baselines(&self, job: &JobRecord, new: Vec<(String, Baseline)>) -> Result<()> {
        let pk = baseline_pk(&job.suite, job.branch());
        let mut by_item: BTreeMap<u32, Vec<(String, Baseline)>> = BTreeMap::new();
        for (name, baseline) in new {
            by_item.entry(item_of(&name)).or_default().push((name, baseline));
        }
        let mut items = Vec::new();
        for (number, new) in by_item {
            let sk = format!("{number:02}");
            let before: Option<Stored> = self.get("baselines", key(pk.as_str(), sk.as_str())).await?;
            let before = before.map(Stored::unpacked).transpose()?.unwrap_or_default();
            let all = before.into_iter().chain(new).collect();
            let stored = Stored { baselines: packed(all, self.oldest_baseline())?, expires_at: self.expiry() };
            items.push(item(pk.as_str(), sk, &stored)?);
        }
        self.put_all(&items).await
    }

    /// Before when baselines are of no use: what they name has expired.
    fn oldest_baseline(&self) -> u64 {
        let kept = u64::try_from(self.retention.as_millis()).unwrap_or(u64::MAX);
        self.clock.now_ms().saturating_sub(kept)
    }
}

impl Stored {
    fn unpacked(self) -> Result<Vec<(String, Baseline)>> {
        unpack("baselines", &self.baselines)
    }
}

/// Packs baselines into one item, without the oldest if there are too many.
fn packed(all: HashMap<String, Baseline>, oldest: u64) -> Result<Vec<u8>> {
    let mut all: Vec<(String, Baseline)> = all.into_iter().filter(|(_, baseline)| baseline.at >= oldest).collect();
    all.sort_by(|(name, baseline), (other_name, other)| (other.at, name).cmp(&(baseline.at, other_name)));
    all.truncate(MOST);
    loop {
        let mut parts = pack("baselines", &all)?;
        match (parts.pop(), parts.is_empty()) {
            (None, _) => return Ok(Vec::new()),
            (Some(part), true) => return Ok(part.packed),
            (Some(_), false) => all.truncate(all.len() / 2),
        }
    }
}

/// The item that has the baseline of a test: 32-bit FNV-1a of its name.
/// <http://www.isthe.com/chongo/tech/comp/fnv/>
fn item_of(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) % ITEMS
}

/// The length keeps keys distinct if the suite's name or the branch contains a `#`.
fn baseline_pk(suite: &str, branch: &str) -> String {
    format!("BASELINE#{}#{suite}#{branch}", suite.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(at: u64) -> Baseline {
        let job = "0190b2a0-0000-7000-8000-000000000000".parse().expect("an id");
        Baseline { id: format!("{at:064x}"), digest: format!("{at:016x}"), job, at }
    }

    #[test]
    fn an_item_keeps_the_newest_baselines() {
        let all = (0..5_000).map(|at| (format!("Test {at}"), baseline(at))).collect();
        let kept: Vec<(String, Baseline)> = unpack("baselines", &packed(all, 10).expect("packed")).expect("a list");
        assert_eq!((kept.len(), kept[0].1.at), (MOST, 4_999));
        let few = (0..20).map(|at| (format!("Test {at}"), baseline(at))).collect();
        let kept: Vec<(String, Baseline)> = unpack("baselines", &packed(few, 10).expect("packed")).expect("a list");
        assert_eq!(kept.len(), 10, "the others have expired");
    }

    #[test]
    fn the_longest_names_fit_into_an_item() {
        let word = |number: u64| format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let name = |at: u64| (at * 40..at * 40 + 40).map(word).collect::<Vec<_>>().concat();
        let all: HashMap<String, Baseline> = (0..3_000).map(|at| (name(at), baseline(at))).collect();
        let packed = packed(all, 0).expect("packed");
        assert!(packed.len() <= super::super::packed::PACKED_BYTES, "{}", packed.len());
        let kept: Vec<(String, Baseline)> = unpack("baselines", &packed).expect("a list");
        assert!(kept.len() >= 375, "{}", kept.len());
    }

    #[test]
    fn a_suite_and_a_branch_are_told_apart() {
        assert_ne!(baseline_pk("a#b", "c"), baseline_pk("a", "b#c"));
    }
}
