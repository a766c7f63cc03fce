//! Suites stored under a name, each with an owner.
//!
//! A name has to be protected: a job that runs the suite of that name sends its secrets where the suite says. So a name
//! stays reserved for its owner for a while after the suite is deleted or has not been used for long, and its version
//! keeps counting. A row for each name ([`NAMES`]) holds no more than its owner and its times, so that counting names
//! reads little.

use super::Table;
use super::expression::{Condition, ItemUpdate, attribute, item_is_missing};
use super::item::{item, key, read};
use super::lists::per_page;
use super::write::Transacted;
use crate::error::Result;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::event::StoredSuite;
use stepcast_protocol::limits::SUITE_NAME_KEPT;
use stepcast_suite::duration::millis;

/// The partition of the suites.
const SUITES: &str = "SUITES";

/// The partition of their names, with their owners.
const NAMES: &str = "SUITE_NAMES";

/// How far the stored time of the last use may lag behind: each update costs as much as the suite is large.
const USE_NOTED: Duration = Duration::from_hours(24);

/// A stored suite, or a name that is reserved for its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedSuite {
    /// The name it is stored under
    pub name: String,
    /// How many tests it has before `each` and `discover` are expanded
    pub tests: u32,
    /// When it was stored, or deleted, in milliseconds since 1970
    pub updated_at: u64,
    /// Goes up by one each time a suite is stored under this name; 0 if an older version stored it
    #[serde(default)]
    pub version: u64,
    /// The principal that may replace and delete it, as admins may. Absent if an older version stored it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The principal that stored this version
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_by: Option<String>,
    /// When the suite expires, in milliseconds since 1970. Absent if an older version stored it, until it is used
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<u64>,
    /// When the name becomes free again, in seconds since 1970
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    /// Its JSON, gzip; empty once it is deleted
    #[serde(with = "serde_bytes")]
    pub suite: Vec<u8>,
}

/// A suite about to be stored.
#[derive(Debug, Clone)]
pub struct NewSuite<'a> {
    /// The name to store it under
    pub name: &'a str,
    /// How many tests it has
    pub tests: u32,
    /// Its JSON, gzip
    pub suite: Vec<u8>,
    /// The principal that may replace and delete it; absent if only admins may
    pub owner: Option<&'a str>,
    /// The principal that stores it
    pub stored_by: &'a str,
}

/// How many names there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NameCounts {
    /// With a suite
    pub stored: usize,
    /// Without one, reserved for their owners
    pub kept: usize,
}

#[derive(Serialize, Deserialize)]
struct NameRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    kept_until: u64,
    expires_at: u64,
}

impl NamedSuite {
    /// Whether there is a suite, and not only a reserved name. `now` is in milliseconds since 1970.
    pub fn is_there(&self, now: u64) -> bool {
        self.kept_until.is_none_or(|until| until > now)
    }

    fn listed(self) -> StoredSuite {
        StoredSuite {
            name: self.name,
            tests: self.tests,
            updated_at: crate::clock::rfc3339(self.updated_at),
            version: self.version,
            owner: self.owner,
            stored_by: self.stored_by,
        }
    }
}

impl Table {
    /// Stores a suite in place of `seen`, and returns its version. Returns `None` if another write came between.
    pub async fn put_suite(&self, new: NewSuite<'_>, seen: Option<&NamedSuite>) -> Result<Option<u64>> {
        let kept_until = self.clock.now_ms().saturating_add(millis(self.suites_kept));
        let record = NamedSuite {
            name: new.name.to_owned(),
            tests: new.tests,
            updated_at: self.clock.now_ms(),
            version: seen.map_or(0, |seen| seen.version) + 1,
            owner: new.owner.map(str::to_owned),
            stored_by: Some(new.stored_by.to_owned()),
            kept_until: Some(kept_until),
            expires_at: Some(expiry_of_name(kept_until)),
            suite: new.suite,
        };
        Ok(self.write_suite(&record, seen).await?.then_some(record.version))
    }

    /// Reads what is stored under a name: a suite, or only an owner.
    pub async fn suite_name(&self, name: &str) -> Result<Option<NamedSuite>> {
        let found: Option<NamedSuite> = self.get("suite", key(SUITES, name)).await?;
        // DynamoDB deletes expired items late.
        let now = self.clock.now_ms() / 1_000;
        Ok(found.filter(|found| found.expires_at.is_none_or(|expires_at| expires_at >= now)))
    }

    /// Reads a stored suite.
    pub async fn suite(&self, name: &str) -> Result<Option<NamedSuite>> {
        let now = self.clock.now_ms();
        Ok(self.suite_name(name).await?.filter(|found| found.is_there(now)))
    }

    /// A page of the stored suites by name, without their content, and where the next one begins.
    pub async fn suites(&self, query: &PageQuery) -> Result<(Vec<StoredSuite>, Option<String>)> {
        let fields = ["name", "tests", "updated_at", "version", "owner", "stored_by", "kept_until"];
        // Some of these are reserved words:
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
        let mut found =
            self.partition(SUITES, "").projection_expression(fields.map(|field| format!("#{field}")).join(","));
        for field in fields {
            found = found.expression_attribute_names(format!("#{field}"), field);
        }
        let (items, next) = Self::page(found, SUITES, query.cursor.as_deref(), per_page(query.limit)).await?;
        let now = self.clock.now_ms();
        let mut listed = Vec::new();
        for mut item in items {
            item.insert("suite".to_owned(), AttributeValue::B(Vec::new().into()));
            let suite: NamedSuite = read("suite", item)?;
            if suite.is_there(now) {
                listed.push(suite.listed());
            }
        }
        Ok((listed, next))
    }

    /// Deletes a stored suite and reserves its name for its owner. Returns `false` if another write came between.
    pub async fn delete_suite(&self, seen: &NamedSuite) -> Result<bool> {
        let now = self.clock.now_ms();
        let record = NamedSuite {
            tests: 0,
            updated_at: now,
            kept_until: Some(now),
            expires_at: Some(expiry_of_name(now)),
            suite: Vec::new(),
            ..seen.clone()
        };
        self.write_suite(&record, Some(seen)).await
    }

    /// Frees a name. Returns `false` if another write came between.
    pub async fn free_suite_name(&self, seen: &NamedSuite) -> Result<bool> {
        let delete = self.deleting(key(SUITES, &seen.name), Some(is_unchanged(seen)))?;
        self.is_done(vec![delete, self.deleting(key(NAMES, &seen.name), None)?]).await
    }

    /// Notes that a suite is used, so that it is kept for longer. Writes nothing if that was noted in the last day.
    pub async fn note_use(&self, seen: &NamedSuite) -> Result<()> {
        let kept_until = self.clock.now_ms().saturating_add(millis(self.suites_kept));
        if seen.kept_until.is_some_and(|until| until.saturating_add(millis(USE_NOTED)) > kept_until) {
            return Ok(());
        }
        let expires_at = expiry_of_name(kept_until);
        let update = ItemUpdate::of(key(SUITES, &seen.name))
            .only_if(is_unchanged(seen))
            .set("kept_until", kept_until)
            .set("expires_at", expires_at);
        let update = self.updating(update)?;
        let row = NameRow { owner: seen.owner.clone(), kept_until, expires_at };
        // If another write came between, the suite was used or stored at this moment anyway.
        self.is_done(vec![update, self.putting(item(NAMES, &seen.name, &row)?, None)?]).await.map(|_| ())
    }

    /// Counts the names of a principal, and those of all principals together. Suites that an older version stored are
    /// counted once they are used or replaced. Suites that are being stored at this moment may not be counted.
    pub async fn suite_names(&self, owner: &str) -> Result<(NameCounts, NameCounts)> {
        let now = self.clock.now_ms();
        let (mut own, mut all) = (NameCounts::default(), NameCounts::default());
        for item in Self::all(self.partition(NAMES, "")).await? {
            let row: NameRow = read("suite name", item)?;
            if row.expires_at < now / 1_000 {
                continue;
            }
            let counts = if row.owner.as_deref() == Some(owner) { vec![&mut all, &mut own] } else { vec![&mut all] };
            for counts in counts {
                *(if row.kept_until > now { &mut counts.stored } else { &mut counts.kept }) += 1;
            }
        }
        Ok((own, all))
    }

    async fn write_suite(&self, record: &NamedSuite, seen: Option<&NamedSuite>) -> Result<bool> {
        let is_as_read = match seen {
            Some(seen) => is_unchanged(seen),
            None => item_is_missing().or(attribute("expires_at").is_below(self.clock.now_ms() / 1_000)),
        };
        let put = self.putting(item(SUITES, &record.name, record)?, Some(is_as_read))?;
        let row = NameRow {
            owner: record.owner.clone(),
            kept_until: record.kept_until.unwrap_or_default(),
            expires_at: record.expires_at.unwrap_or_default(),
        };
        self.is_done(vec![put, self.putting(item(NAMES, &record.name, &row)?, None)?]).await
    }

    async fn is_done(&self, writes: Vec<TransactWriteItem>) -> Result<bool> {
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }
}

/// When a name becomes free again, in seconds since 1970. `kept_until` is in milliseconds.
fn expiry_of_name(kept_until: u64) -> u64 {
    kept_until.saturating_add(millis(SUITE_NAME_KEPT)) / 1_000
}

/// The condition that a suite has not changed since it was read.
fn is_unchanged(seen: &NamedSuite) -> Condition {
    let (kept_until, version) = (attribute("kept_until"), attribute("version"));
    let is_kept_as_long = seen.kept_until.map_or_else(|| kept_until.is_missing(), |until| kept_until.is(until));
    let is_same_version = if seen.version == 0 { version.is_missing() } else { version.is(seen.version) };
    attribute("updated_at").is(seen.updated_at).and(is_kept_as_long).and(is_same_version)
}
