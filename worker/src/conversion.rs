//! Converts jobs that a version before has planned, with a message and an item for each test.

use crate::tracker::Tracker;
use std::collections::HashMap;
use stepcast_platform::Error;
use stepcast_platform::table::{Batch, BatchRecord, Conversion, JobRecord};
use stepcast_protocol::JobId;
use stepcast_protocol::state::JobStatus;

/// How often a conversion is tried while the job changes: workers of the version before may still count results.
const TRIES: u32 = 10;

impl Tracker {
    /// Converts a job unless that was done.
    pub(crate) async fn convert(&self, id: &JobId) -> Result<(), Error> {
        match self.platform.table.job(id).await? {
            Some(record) => self.in_batches(&record).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Returns a job with its tests in batches: as it is, or converted. The open batches of a converted job are queued.
    async fn in_batches(&self, record: &JobRecord) -> Result<JobRecord, Error> {
        let mut record = record.clone();
        for _ in 0..TRIES {
            if record.status != JobStatus::Running || record.is_in_batches() {
                return Ok(record);
            }
            let size = JobRecord::batch_size(record.counts.total, self.platform.workers);
            match self.platform.table.convert(&record, size).await? {
                Conversion::Done(converted) => {
                    tracing::info!(job = %converted.job, "A job of the version before was converted");
                    self.queue_open_batches(&converted).await?;
                    return Ok(*converted);
                }
                Conversion::Changed => {}
            }
            record = self.platform.table.job(&record.job).await?.unwrap_or(record);
        }
        Err(Error::unreadable("job", "it changes too often to be converted"))
    }

    /// Returns the batches of a job in which tests are open, as they are stored.
    pub(crate) async fn open_batches(&self, record: &JobRecord) -> Result<Vec<(Batch, BatchRecord)>, Error> {
        let record = self.in_batches(record).await?;
        self.stored_batches(&record).await
    }

    async fn stored_batches(&self, record: &JobRecord) -> Result<Vec<(Batch, BatchRecord)>, Error> {
        let claimed = self.platform.table.claimed_batches(record).await?;
        let mut claimed: HashMap<u32, BatchRecord> = claimed.into_iter().map(|stored| (stored.batch, stored)).collect();
        let stored = record.batches().map(|batch| {
            let stored = claimed.remove(&batch.number).unwrap_or_default();
            (batch, stored)
        });
        Ok(stored.filter(|(batch, stored)| !stored.is_finished(batch)).collect())
    }

    /// Queues the batches of a job in which tests are open and that no worker has taken.
    pub(crate) async fn queue_open_batches(&self, record: &JobRecord) -> Result<(), Error> {
        let open = self.stored_batches(record).await?.into_iter();
        self.queue_batches(open.filter(|(_, stored)| !stored.is_taken()).map(|(batch, _)| batch)).await
    }
}
