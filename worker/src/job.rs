//! What a worker knows of a job while it works on its tests: read once, shared by all of them.

use crate::coalesced::Coalesced;
use crate::finish::Finisher;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_engine::Sent;
use stepcast_platform::seal::Sealer;
use stepcast_platform::table::{JobRecord, JobSource, SealedSecrets};
use stepcast_platform::{Clock, Error, FirstUse, Platform};
use stepcast_protocol::state::Stop;
use stepcast_suite::Suite;
use stepcast_suite::document::Node;
use stepcast_suite::number;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Most jobs remembered at once; the ones nobody works on go first.
const REMEMBERED: usize = 64;

/// How long ago the job may have been looked at before it is asked again whether it is to stop.
const REFRESH: Duration = Duration::from_secs(1);

/// Largest suite that is unpacked; the handler has refused larger ones.
const SUITE_BYTES: u64 = stepcast_suite::limits::SUITE_BYTES as u64;

/// A job in the hands of this process.
pub(crate) struct Job {
    pub id: String,
    source: FirstUse<Result<Source, String>>,
    pub finisher: Finisher,
    pub looks: Coalesced,
    known: Mutex<Known>,
    /// Requests that were sent from here and are not counted in the job's item yet
    pub sent: Sent,
    clock: Clock,
    stopped: CancellationToken,
}

/// What was last read of a job.
struct Known {
    record: JobRecord,
    looked_at: Instant,
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
    /// What the job runs; or why nobody can ever read that, in which case its tests end with that reason. Where it
    /// cannot be read just now, because the table or the deployment's secret is not to be had, that is an error: the
    /// work comes again. Read when it is first needed, since the reaper, which has no use for it, may not open secrets.
    pub async fn source(&self, platform: &Platform) -> Result<&Result<Source, String>, Error> {
        let read = async {
            let source = Source::read(platform, &self.id).await?;
            if let Err(reason) = &source {
                tracing::error!(job = self.id, reason, "What a job runs cannot be read; its tests end as errored");
            }
            Ok(source)
        };
        self.source.get_or_make(read).await
    }

    /// Why what is left of the job is not run, as far as is known here.
    pub fn stop(&self) -> Option<Stop> {
        let stop = {
            let record = &self.lock().record;
            let requests = record.requests + self.sent.count();
            record.stop(self.clock.now_ms()).or_else(|| record.limits.used_up(requests))
        };
        if stop.is_some() {
            self.stopped.cancel();
        }
        stop
    }

    /// Cancelled as soon as it is known here that what is left of the job is not run.
    pub fn stopped(&self) -> CancellationToken {
        self.stop();
        self.stopped.clone()
    }

    /// Who ended the job without waiting for its tests, as far as is known here.
    pub fn ended_by(&self) -> Option<String> {
        self.lock().record.ended_by.clone()
    }

    /// Takes in what was just read of the job. Of two readings that cross, the older may come last.
    pub fn note(&self, record: &JobRecord) {
        {
            let mut known = self.lock();
            known.looked_at = Instant::now();
            if record.v > known.record.v {
                known.record = record.clone();
            }
        }
        self.stop();
    }

    /// Looks whether the job is to stop; at the table, unless that was done a moment ago.
    pub async fn refresh(&self, platform: &Platform) {
        // Its time may be over without anybody having written so.
        self.stop();
        {
            let mut known = self.lock();
            if known.looked_at.elapsed() < REFRESH {
                return;
            }
            known.looked_at = Instant::now();
        }
        match platform.table.job(&self.id).await {
            Ok(Some(record)) => self.note(&record),
            Ok(None) => {}
            Err(error) => tracing::warn!(job = self.id, %error, "A job could not be looked at"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job, once it was read; nothing, where there is none.
type Slot = FirstUse<Option<Arc<Job>>>;

/// The jobs this process remembers. The tests of a batch ask for their job at once, and it is read once for all.
#[derive(Clone)]
pub(crate) struct Jobs {
    platform: Platform,
    known: Arc<Mutex<HashMap<String, Arc<Slot>>>>,
}

impl Jobs {
    pub fn new(platform: Platform) -> Self {
        Self { platform, known: Arc::default() }
    }

    /// A job by its id; nothing, where there is none.
    pub async fn get(&self, id: &str) -> Result<Option<Arc<Job>>, Error> {
        let slot = self.slot(id);
        let read = async { Ok(self.platform.table.job(id).await?.map(|record| Arc::new(self.load(&record)))) };
        let job = slot.get_or_make(read).await?.clone();
        if job.is_none() {
            self.lock().remove(id);
        }
        Ok(job)
    }

    fn slot(&self, id: &str) -> Arc<Slot> {
        let mut known = self.lock();
        if known.len() >= REMEMBERED && !known.contains_key(id) {
            known.retain(|_, slot| is_used(slot));
        }
        known.entry(id.to_owned()).or_default().clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Slot>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, record: &JobRecord) -> Job {
        Job {
            id: record.job.clone(),
            source: FirstUse::default(),
            finisher: Finisher::new(self.platform.clone(), record.job.clone()),
            looks: Coalesced::default(),
            known: Mutex::new(Known { record: record.clone(), looked_at: Instant::now() }),
            sent: Sent::default(),
            clock: self.platform.clock.clone(),
            stopped: CancellationToken::new(),
        }
    }
}

/// Whether a job is being read or worked on.
fn is_used(slot: &Arc<Slot>) -> bool {
    let job = slot.get().and_then(Option::as_ref);
    Arc::strong_count(slot) > 1 || job.is_some_and(|job| Arc::strong_count(job) > 1)
}

impl Source {
    async fn read(platform: &Platform, job: &str) -> Result<Result<Self, String>, Error> {
        let Some(source) = platform.table.job_source(job).await? else {
            return Ok(Err("what the job runs is not stored any more".to_owned()));
        };
        let secrets = if source.secrets.is_empty() {
            Ok(BTreeMap::new())
        } else {
            open_all(platform.keys.sealer().await?, &source.secrets)
        };
        // Reading a suite takes as long as it is large, and patterns take longer.
        let read = tokio::task::spawn_blocking(move || Self::of(source, secrets)).await;
        Ok(read.unwrap_or_else(|error| Err(format!("the stored suite cannot be read: {error}"))))
    }

    fn of(source: JobSource, secrets: Result<BTreeMap<String, String>, String>) -> Result<Self, String> {
        let JobSource { suite, vars, tags, only, .. } = source;
        Ok(Self { suite: read_suite(&suite)?, secrets: secrets?, vars, tags, only })
    }
}

/// What was sealed later stands in place of what was sealed before.
fn open_all(sealer: &Sealer, all: &[SealedSecrets]) -> Result<BTreeMap<String, String>, String> {
    let mut secrets = BTreeMap::new();
    for SealedSecrets { job, sealed, .. } in all {
        let text = sealer.open(job, sealed).map_err(|error| error.to_string())?;
        let opened: BTreeMap<String, String> =
            serde_json::from_str(&text).map_err(|error| format!("the secrets cannot be read: {error}"))?;
        secrets.extend(opened);
    }
    Ok(secrets)
}

fn read_suite(packed: &[u8]) -> Result<Suite, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("the stored suite cannot be read: {error}");
    let reader = std::io::Read::take(flate2::read::GzDecoder::new(packed), SUITE_BYTES);
    let text = std::io::read_to_string(reader).map_err(|error| unreadable(&error))?;
    let value = number::read(&text).map_err(|error| unreadable(&error))?;
    stepcast_suite::read(&Node::from(&value))
        .map_err(|problems| format!("this version cannot run the stored suite: {problems}"))
}
