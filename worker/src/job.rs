//! What a worker knows of a job while it works on its tests: read once, shared by all of them.

use crate::finish::Finisher;
use crate::verdict::Looks;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use stepcast_platform::table::{JobRecord, JobSource};
use stepcast_platform::{Error, Platform};
use stepcast_protocol::document::Node;
use stepcast_protocol::suite::{self, Suite};
use tokio::time::Instant;

/// Most jobs remembered at once; the ones nobody works on go first.
const REMEMBERED: usize = 64;

/// How long ago the job may have been looked at before it is asked again whether somebody cancelled it.
const REFRESH: Duration = Duration::from_secs(1);

/// Largest suite that is unpacked; the handler has refused larger ones.
const SUITE_BYTES: u64 = stepcast_protocol::limits::SUITE_BYTES as u64;

/// A job in the hands of this process.
pub(crate) struct Job {
    pub id: String,
    /// What it runs; or why that cannot be read, in which case its tests end with that reason
    pub source: Result<Source, String>,
    pub finisher: Finisher,
    pub looks: Looks,
    cancel_requested: AtomicBool,
    looked_at: Mutex<Instant>,
}

/// What a job runs.
pub(crate) struct Source {
    pub suite: Suite,
    pub vars: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, String>,
    pub tags: Vec<String>,
    pub only: Vec<String>,
}

impl Job {
    /// Whether somebody asked the job to stop, as far as is known here.
    pub fn is_cancelled(&self) -> bool {
        self.cancel_requested.load(Ordering::Relaxed)
    }

    /// Takes in what was just read of the job.
    pub fn note(&self, record: &JobRecord) {
        self.cancel_requested.fetch_or(record.cancel_requested, Ordering::Relaxed);
        *self.looked_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Looks whether somebody cancelled the job, unless that was done a moment ago.
    pub async fn refresh(&self, platform: &Platform) {
        {
            let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
            if looked_at.elapsed() < REFRESH {
                return;
            }
            *looked_at = Instant::now();
        }
        match platform.table.job(&self.id).await {
            Ok(Some(record)) => self.note(&record),
            Ok(None) => {}
            Err(error) => tracing::warn!(job = self.id, %error, "A job could not be looked at"),
        }
    }
}

/// The jobs this process remembers.
#[derive(Clone)]
pub(crate) struct Jobs {
    platform: Platform,
    known: Arc<Mutex<HashMap<String, Arc<Job>>>>,
}

impl Jobs {
    pub fn new(platform: Platform) -> Self {
        Self { platform, known: Arc::default() }
    }

    /// A job by its id; nothing, where there is none.
    pub async fn get(&self, id: &str) -> Result<Option<Arc<Job>>, Error> {
        if let Some(job) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(Some(job.clone()));
        }
        let table = &self.platform.table;
        let (record, source) = tokio::try_join!(table.job(id), table.job_source(id))?;
        let (Some(record), Some(source)) = (record, source) else { return Ok(None) };
        let job = Arc::new(self.load(&record, source));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, job| Arc::strong_count(job) > 1);
        }
        Ok(Some(known.entry(id.to_owned()).or_insert(job).clone()))
    }

    fn load(&self, record: &JobRecord, source: JobSource) -> Job {
        let source = self.read(source);
        if let Err(reason) = &source {
            tracing::error!(job = record.job, reason, "What a job runs cannot be read; its tests end as errored");
        }
        Job {
            id: record.job.clone(),
            source,
            finisher: Finisher::new(self.platform.clone(), record.job.clone()),
            looks: Looks::default(),
            cancel_requested: AtomicBool::new(record.cancel_requested),
            looked_at: Mutex::new(Instant::now()),
        }
    }

    fn read(&self, source: JobSource) -> Result<Source, String> {
        Ok(Source {
            suite: read_suite(&source.suite)?,
            secrets: self.open(&source.sealed_for, source.secrets.as_deref())?,
            vars: source.vars,
            tags: source.tags,
            only: source.only,
        })
    }

    fn open(&self, sealed_for: &str, sealed: Option<&[u8]>) -> Result<BTreeMap<String, String>, String> {
        let Some(sealed) = sealed else { return Ok(BTreeMap::new()) };
        let text = self.platform.sealer.open(sealed_for, sealed).map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|error| format!("the secrets cannot be read: {error}"))
    }
}

fn read_suite(packed: &[u8]) -> Result<Suite, String> {
    let reader = std::io::Read::take(flate2::read::GzDecoder::new(packed), SUITE_BYTES);
    let value: serde_json::Value =
        serde_json::from_reader(reader).map_err(|error| format!("the stored suite cannot be read: {error}"))?;
    suite::read(&Node::from(&value)).map_err(|problems| format!("this version cannot run the stored suite: {problems}"))
}
