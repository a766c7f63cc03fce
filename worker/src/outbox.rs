//! Queues notifications of suites that broke or recovered. The outbox of the table holds them until they are delivered.

use crate::tracker::Tracker;
use stepcast_platform::table::{JobRecord, PendingNotification};
use stepcast_platform::{Error, Work};

impl Tracker {
    /// Queues the notification if the verdict changed the suite. If that fails, the reaper does it.
    pub(crate) async fn queue_notification(&self, closed: &JobRecord) {
        let Some(change) = closed.suite_change else { return };
        tracing::info!(job = %closed.job, suite = closed.suite, change = change.as_str(), "A suite changed");
        if let Err(error) = self.platform.queue.send(&Work::Notify { job: closed.job.clone() }).await {
            tracing::warn!(job = %closed.job, %error, "A notification could not be queued; the reaper will queue it");
        }
    }

    /// Queues the notifications whose next try is due, or whose message was lost.
    pub(crate) async fn queue_notifications_again(&self) {
        if !self.platform.webhooks.are_configured() {
            return;
        }
        let pending = match self.platform.table.notifications_to_queue().await {
            Ok(pending) => pending,
            Err(error) => return tracing::warn!(%error, "The outbox could not be read"),
        };
        for notification in &pending {
            if let Err(error) = self.queue_again_once(notification).await {
                tracing::warn!(job = %notification.job, %error, "A notification could not be queued again");
            }
        }
    }

    async fn queue_again_once(&self, notification: &PendingNotification) -> Result<(), Error> {
        if self.platform.table.note_queued(notification).await? {
            self.platform.queue.send(&Work::Notify { job: notification.job.clone() }).await?;
        }
        Ok(())
    }
}
