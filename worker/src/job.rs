//! A worker's knowledge of a job while it works on the job's tests: read once, shared by all of them.

use crate::coalesced::Coalesced;
use crate::kept::KeptJob;
use crate::results::ResultWriter;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_engine::Sent;
use stepcast_platform::seal::Sealer;
use stepcast_platform::table::{Batch, JobRecord, JobSource, SealedSecrets};
use stepcast_platform::{Clock, Error, FirstUse, Platform};
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::{AnswersFrom, Stop};
use stepcast_suite::document::Node;
use stepcast_suite::number;
use stepcast_suite::{Evidence, Suite};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Most jobs remembered at once; jobs that are not in use are dropped first.
const REMEMBERED: usize = 64;

/// How long ago the job may have been read before the table is asked again whether the job has to stop.
const REFRESH: Duration = Duration::from_secs(1);

/// Largest suite that is unpacked; the handler rejects larger ones.
const SUITE_BYTES: u64 = stepcast_suite::limits::SUITE_BYTES as u64;

/// A job that this process works on.
pub(crate) struct Job {
    pub id: JobId,
    /// The name of its suite
    pub suite: String,
    /// When it was accepted, in milliseconds since 1970
    pub created_at: u64,
    /// What its answers come from, if not from the site
    pub from: Option<AnswersFrom>,
    /// The job that this one repeats
    replay_of: Option<JobId>,
    source: FirstUse<Result<Source, String>>,
    /// What it is judged by, if that is the evidence of the other job
    kept: FirstUse<Result<KeptJob, String>>,
    pub results: ResultWriter,
    /// The reading of the job after results were counted
    pub follow_up: Coalesced,
    known: Mutex<Known>,
    /// Requests that were sent from here and are not counted in the job's item yet
    pub sent: Sent,
    clock: Clock,
    stopped: CancellationToken,
}

/// The last reading of a job.
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
    pub evidence: Option<Evidence>,
}

impl Job {
    /// Returns what the job runs, or why that can never be read, in which case its tests end with that reason. A
    /// temporary failure, because the table or the deployment's secret is unavailable, is an error: SQS delivers the
    /// work again. The source is read when it is first needed, since the reaper does not need it and may not open
    /// secrets.
    pub async fn source(&self, platform: &Platform) -> Result<&Result<Source, String>, Error> {
        let read = async {
            let source = Source::read(platform, &self.id).await?;
            if let Err(reason) = &source {
                tracing::error!(job = %self.id, reason, "What a job runs cannot be read; its tests end as errored");
            }
            Ok(source)
        };
        self.source.get_or_make(read).await
    }

    /// Returns the evidence by which the job is judged, if it is, or why there is none.
    pub async fn evidence(&self, platform: &Platform) -> Result<Option<&Result<KeptJob, String>>, Error> {
        let (Some(_), Some(earlier)) = (self.from, &self.replay_of) else { return Ok(None) };
        self.kept.get_or_make(KeptJob::read(platform, earlier)).await.map(Some)
    }

    /// Returns a batch of a planning, or `None` if that planning is not the one that counts.
    pub async fn batch(&self, platform: &Platform, plan: u64, number: u32) -> Result<Option<Batch>, Error> {
        if self.lock().record.plan < plan || !self.lock().record.is_in_batches() {
            // The job was planned after this process read it.
            if let Some(record) = platform.table.job(&self.id).await? {
                self.note(&record);
            }
        }
        let known = self.lock();
        Ok(known.record.batch(number).filter(|batch| batch.plan == plan))
    }

    /// Returns why the rest of the job is not run, as far as this process knows.
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

    /// Returns a token that is cancelled as soon as this process knows that the rest of the job is not run.
    pub fn stopped(&self) -> CancellationToken {
        self.stop();
        self.stopped.clone()
    }

    /// Returns who ended the job without waiting for its tests, as far as this process knows.
    pub fn ended_by(&self) -> Option<String> {
        self.lock().record.ended_by.clone()
    }

    /// Stores a new reading of the job. Readings may arrive out of order, so one with an older version does not replace
    /// a newer one.
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

    /// Checks whether the job has to stop, and reads the table for it unless that was done a moment ago.
    pub async fn refresh(&self, platform: &Platform) {
        // Its time may be over although no write says so.
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
            Err(error) => tracing::warn!(job = %self.id, %error, "A worker could not read whether a job has to stop"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job, once it has been read; `None` if it does not exist.
type Slot = FirstUse<Option<Arc<Job>>>;

/// The jobs this process remembers. The tests of a batch ask for their job at the same time, and it is read once for
/// all of them.
#[derive(Clone)]
pub(crate) struct Jobs {
    platform: Platform,
    known: Arc<Mutex<HashMap<JobId, Arc<Slot>>>>,
}

impl Jobs {
    pub fn new(platform: Platform) -> Self {
        Self { platform, known: Arc::default() }
    }

    /// Returns a job by its id, or `None` if there is no such job.
    pub async fn get(&self, id: &JobId) -> Result<Option<Arc<Job>>, Error> {
        let slot = self.slot(id);
        let read = async { Ok(self.platform.table.job(id).await?.map(|record| Arc::new(self.load(&record)))) };
        let job = slot.get_or_make(read).await?.clone();
        if job.is_none() {
            self.lock().remove(id);
        }
        Ok(job)
    }

    fn slot(&self, id: &JobId) -> Arc<Slot> {
        let mut known = self.lock();
        if known.len() >= REMEMBERED && !known.contains_key(id) {
            known.retain(|_, slot| is_used(slot));
        }
        known.entry(id.to_owned()).or_default().clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Arc<Slot>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, record: &JobRecord) -> Job {
        Job {
            id: record.job.clone(),
            suite: record.suite.clone(),
            created_at: record.created_at,
            from: record.from,
            replay_of: record.replay_of.clone(),
            source: FirstUse::default(),
            kept: FirstUse::default(),
            results: ResultWriter::new(self.platform.clone(), record.job.clone()),
            follow_up: Coalesced::default(),
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
    /// What is kept of the requests of a test, if nobody keeps less.
    pub fn evidence(&self, definition: usize) -> Evidence {
        let of_test = self.suite.tests.get(definition).and_then(|test| test.evidence);
        self.evidence.or(of_test).unwrap_or(Evidence::Failed)
    }

    async fn read(platform: &Platform, job: &JobId) -> Result<Result<Self, String>, Error> {
        let Some(source) = platform.table.job_source(job).await? else {
            return Ok(Err("what the job runs is not stored any more".to_owned()));
        };
        let secrets = if source.secrets.is_empty() {
            Ok(BTreeMap::new())
        } else {
            open_all(platform.keys.sealer().await?, &source.secrets)
        };
        // The time to read a suite grows with its size, and patterns take longer.
        let read = tokio::task::spawn_blocking(move || Self::of(source, secrets)).await;
        Ok(read.unwrap_or_else(|error| Err(format!("the stored suite cannot be read: {error}"))))
    }

    fn of(source: JobSource, secrets: Result<BTreeMap<String, String>, String>) -> Result<Self, String> {
        let JobSource { suite, vars, tags, only, evidence, .. } = source;
        Ok(Self { suite: read_suite(&suite)?, secrets: secrets?, vars, tags, only, evidence })
    }
}

/// Opens the sealed secrets. A secret that was sealed later replaces an earlier one of the same name.
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
