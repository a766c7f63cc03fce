//! Notifies webhooks that a suite broke or recovered.
//!
//! The outbox of the table holds each notification, written in one transaction with the verdict; the message in the
//! queue only says when to send it. So nothing is lost if a function dies, and duplicate messages, closers and reapers
//! cause one delivery: the worker that claims the notification holds it while it posts. A receiver that does not
//! answer, or cannot take the notification now, is retried through the reaper, at growing intervals, and given up after
//! [`RETRY_FOR`]; the other receivers are not notified again by these retries. No receiver is notified of a change
//! before it knows of the one before. A receiver gets a notification twice only if its answer was lost or could not be
//! stored, and recognises the duplicate by its `webhook-id`.

mod message;
mod post;
mod signature;
mod slack;

use crate::Handled;
use futures_util::future::join_all;
use post::{Answer, Postman};
use std::time::Duration;
use stepcast_platform::table::{JobRecord, PendingNotification};
use stepcast_platform::webhooks::Webhook;
use stepcast_platform::{Error, Platform};
use stepcast_protocol::id::JobId;
use stepcast_protocol::notification::{FAILURES, Notification};
use stepcast_suite::duration::millis;

/// How long a worker holds a notification: well over the timeout of a request.
const HOLD: Duration = Duration::from_mins(1);

/// The pause after the first try, and the longest; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// How long a receiver that does not answer is retried.
const RETRY_FOR: Duration = Duration::from_hours(6);

/// Posts notifications to webhooks.
#[derive(Clone)]
pub(crate) struct Notifier {
    platform: Platform,
    postman: Postman,
}

impl Notifier {
    pub fn new(platform: Platform) -> Self {
        Self { platform, postman: Postman::default() }
    }

    /// Notifies every webhook that has not been notified yet. The reaper brings back what has to be retried, so the
    /// message is always done.
    pub async fn notify(&self, job: &JobId) -> Result<Handled, Error> {
        // Before the claim, so that the notification stays due if the list cannot be read.
        let webhooks = self.platform.webhooks.list().await?;
        let table = &self.platform.table;
        let Some(mut pending) = table.claim_notification(job, HOLD).await? else { return Ok(Handled::Done) };
        let Some((record, notification)) = self.notification(job).await? else {
            table.forget_notification(job).await?;
            return Ok(Handled::Done);
        };
        let before = table.notifications_before(&pending).await?;
        let due = webhooks.iter().filter(|webhook| webhook.wants(&record.suite));
        let due = due.filter(|webhook| !pending.notified.contains(&webhook.id));
        let knows_what_was_before = |webhook: &&Webhook| before.iter().all(|one| one.notified.contains(&webhook.id));
        let (to_notify, to_wait): (Vec<_>, Vec<_>) = due.partition(knows_what_was_before);
        let posted = to_notify.iter().map(|webhook| self.post(webhook, job, &notification));
        let answers = join_all(posted).await;
        let pause = self.note(&mut pending, to_notify.into_iter().zip(answers));
        let wait = (!to_wait.is_empty()).then(|| self.until_all_are_queued(&before));
        match pause.max(wait) {
            Some(pause) => table.put_off_notification(&pending, pause).await?,
            None => table.forget_notification(job).await?,
        }
        Ok(Handled::Done)
    }

    async fn notification(&self, job: &JobId) -> Result<Option<(JobRecord, Notification)>, Error> {
        let Some(record) = self.platform.table.job(job).await? else { return Ok(None) };
        let failing = if record.counts.failed + record.counts.errored + record.counts.blocked > 0 {
            self.platform.table.failing_tests(&record, FAILURES).await?
        } else {
            Vec::new()
        };
        let notification = message::notification(&record, &failing, self.platform.dashboard_url.as_deref());
        Ok(notification.map(|notification| (record, notification)))
    }

    async fn post(&self, webhook: &Webhook, job: &JobId, notification: &Notification) -> Answer {
        let seconds = self.platform.clock.now_ms() / 1_000;
        self.postman.post(webhook, &format!("msg_{job}"), seconds, notification).await
    }

    /// Returns how long until the last of these is tried again, but at least `FIRST_PAUSE`, since it may be under way.
    fn until_all_are_queued(&self, pending: &[PendingNotification]) -> Duration {
        let last = pending.iter().map(|pending| pending.queue_at).max().unwrap_or_default();
        Duration::from_millis(last.saturating_sub(self.platform.clock.now_ms())).max(FIRST_PAUSE)
    }

    /// Records which webhooks are done, and returns how long to wait before the others are retried, if there are any.
    fn note<'w>(
        &self,
        pending: &mut PendingNotification,
        answers: impl Iterator<Item = (&'w Webhook, Answer)>,
    ) -> Option<Duration> {
        let waited = self.platform.clock.now_ms().saturating_sub(pending.created_at);
        let mut pause: Option<Duration> = None;
        for (webhook, answer) in answers {
            let (job, host) = (&pending.job, &webhook.host);
            match answer {
                Answer::Taken => tracing::info!(%job, host, "A webhook was notified"),
                Answer::Refused(reason) => {
                    tracing::error!(%job, host, reason, "A webhook refused a notification and is not notified again");
                }
                Answer::NotNow(reason, _) if waited >= millis(RETRY_FOR) => {
                    tracing::error!(%job, host, reason, "A webhook could not be notified and is given up");
                }
                Answer::NotNow(reason, asked_for) => {
                    tracing::warn!(%job, host, reason, "A webhook could not be notified and is retried");
                    let wanted = asked_for.unwrap_or_default().max(pause_after(pending.tries)).min(LONGEST_PAUSE);
                    pause = Some(pause.unwrap_or_default().max(wanted));
                    continue;
                }
            }
            pending.notified.push(webhook.id.clone());
        }
        pause
    }
}

/// The pause after so many tries.
fn pause_after(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST_PAUSE)
}
