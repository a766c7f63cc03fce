//! `wait` and `until`: a step that waits before its request, and repeats it until its checks hold.
//!
//! Each try is a request like any other: politeness towards the host and the step's `timeout` apply. Cookies from a try
//! are kept; captures and the result are those of the last try. If the job stops, the step ends as cancelled in the
//! pause before the next try.

use crate::scope::Scope;
use crate::step::{StepEnd, StepRun};
use cookie_store::CookieStore;
use std::time::Duration;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckKind, CheckResult};
use stepcast_suite::Until;
use stepcast_suite::duration::format;
use stepcast_suite::limits::TRIES_PER_STEP;
use tokio::time::{Instant, sleep, sleep_until};

/// Runs a step with its waits; calls `announce` for each try after the first.
pub async fn run(
    step: &StepRun<'_>,
    jar: &mut CookieStore,
    scope: Scope,
    announce: impl FnMut(u32),
) -> (StepEnd, Scope) {
    let begun = Instant::now();
    if let Some(wait) = step.step.wait.filter(|_| step.playback.is_none())
        && step.called_off.run_until_cancelled(sleep(wait)).await.is_none()
    {
        return (StepEnd::called_off(begun.elapsed()), scope);
    }
    let (end, scope) = match step.step.until {
        None => step.run(jar, scope).await,
        Some(until) => ask_until(until, step, jar, scope, announce).await,
    };
    (StepEnd { duration: begun.elapsed(), ..end }, scope)
}

async fn ask_until(
    until: Until,
    step: &StepRun<'_>,
    jar: &mut CookieStore,
    scope: Scope,
    mut announce: impl FnMut(u32),
) -> (StepEnd, Scope) {
    let mut started = Instant::now();
    let ends_at = started + until.within;
    let mut tries = 1;
    let most = most_tries(until, step.playback.is_some());
    loop {
        let next = started + until.every;
        let (mut end, after) = step.run(jar, scope.clone()).await;
        end.tries = Some(tries);
        end.has_asked |= tries > 1;
        let is_over = next.max(Instant::now()) > ends_at || tries == most;
        if end.outcome.is_failure() && is_over && !end.is_permanent {
            end.results.push(not_in_time(until, tries, end.outcome));
        }
        if !end.outcome.is_failure() || is_over || end.is_permanent {
            return (end, after);
        }
        let pause = if step.playback.is_some() { started } else { next };
        if step.called_off.run_until_cancelled(sleep_until(pause)).await.is_none() {
            return (StepEnd { has_asked: true, tries: Some(tries), ..StepEnd::called_off(Duration::ZERO) }, scope);
        }
        (started, tries) = (Instant::now(), tries + 1);
        announce(tries);
    }
}

/// The most tries that a step makes. Recorded answers come without a pause, so their number stands for the time.
fn most_tries(until: Until, is_played: bool) -> u32 {
    let in_time = until.within.as_nanos() / until.every.as_nanos().max(1) + 1;
    let in_time = u32::try_from(in_time).unwrap_or(u32::MAX);
    if is_played { in_time.min(TRIES_PER_STEP) } else { TRIES_PER_STEP }
}

fn not_in_time(until: Until, tries: u32, outcome: Outcome) -> CheckResult {
    let count = if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") };
    CheckResult {
        kind: CheckKind::Check,
        check: format!("until {}", format(until.within)),
        outcome,
        expected: Some(format!("checks that hold within {}", format(until.within))),
        actual: Some(format!("they did not hold in {count}")),
        hint: Some(
            "the failures above are from the last try; give `until` a longer `within` if it takes longer".to_owned(),
        ),
    }
}
