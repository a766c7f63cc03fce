//! Judges groups of checks. Every check in one is made, and the group is told as one check that says which did not hold.

use super::Verdict;
use crate::excerpt::excerpt;
use crate::mask::Mask;
use crate::page::Page;
use crate::scope::Scope;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::CheckResult;
use stepcast_suite::Check;

/// How many checks of a group are told in full.
const TOLD: usize = 3;

/// Makes all checks of a group, as long as somebody waits for them.
pub fn judge(checks: &[Check], page: &Page, scope: &Scope, mask: &Mask) -> Vec<Verdict> {
    let wanted = checks.iter().take_while(|_| !page.is_given_up());
    wanted.map(|check| super::judge(check, page, scope, mask)).collect()
}

/// Holds if one does. If none does and one could not be told, neither can the group.
pub fn any(verdicts: &[Verdict], mask: &Mask) -> Verdict {
    let results = results_of(verdicts);
    let text = named("any", " or ", &results, mask);
    if results.iter().any(|result| result.outcome.is_pass()) {
        return CheckResult::passed(text).into();
    }
    let outcome = if has(&results, Outcome::Errored) { Outcome::Errored } else { Outcome::Failed };
    let expected = format!("one of {} checks to hold", results.len());
    let is_unread = verdicts.iter().any(|verdict| verdict.is_unread);
    Verdict { result: group_result(text, outcome, expected, &results, mask), is_unread }
}

/// Holds if every one does. One that does not is certain, whatever could not be told.
pub fn all(verdicts: &[Verdict], mask: &Mask) -> Verdict {
    let results = results_of(verdicts);
    let text = named("all", " and ", &results, mask);
    let outcome = if has(&results, Outcome::Failed) { Outcome::Failed } else { Outcome::Errored };
    if results.iter().all(|result| result.outcome.is_pass()) {
        return CheckResult::passed(text).into();
    }
    let mut failed = verdicts.iter().filter(|verdict| verdict.result.outcome == Outcome::Failed);
    let is_unread = failed.all(|verdict| verdict.is_unread);
    let expected = format!("all of {} checks to hold", results.len());
    Verdict { result: group_result(text, outcome, expected, &results, mask), is_unread }
}

/// Holds if the check does not, unless that is because nothing could be read.
pub fn not(verdict: &Verdict, mask: &Mask) -> Verdict {
    let Verdict { result, is_unread } = verdict;
    let text = excerpt(&format!("not ({})", result.check), mask);
    let expected = Some("the check not to hold".to_owned());
    match result.outcome {
        Outcome::Failed if *is_unread => {
            Verdict { result: CheckResult { check: text, expected, ..result.clone() }, is_unread: true }
        }
        Outcome::Failed => CheckResult::passed(text).into(),
        Outcome::Errored => CheckResult { check: text, ..result.clone() }.into(),
        _ => {
            let actual = Some("it holds".into());
            CheckResult { check: text, outcome: Outcome::Failed, expected, actual, hint: None }.into()
        }
    }
}

fn results_of(verdicts: &[Verdict]) -> Vec<&CheckResult> {
    verdicts.iter().map(|verdict| &verdict.result).collect()
}

fn has(results: &[&CheckResult], outcome: Outcome) -> bool {
    results.iter().any(|result| result.outcome == outcome)
}

fn named(group: &str, joint: &str, results: &[&CheckResult], mask: &Mask) -> String {
    let checks: Vec<_> = results.iter().map(|result| format!("({})", result.check)).collect();
    excerpt(&format!("{group} of {}", checks.join(joint)), mask)
}

fn group_result(
    check: String,
    outcome: Outcome,
    expected: String,
    results: &[&CheckResult],
    mask: &Mask,
) -> CheckResult {
    let broken: Vec<_> = results.iter().filter(|result| !result.outcome.is_pass()).collect();
    let mut told: Vec<String> = broken.iter().take(TOLD).map(|result| tell(result)).collect();
    if broken.len() > TOLD {
        told.push(format!("{} more", broken.len() - TOLD));
    }
    CheckResult {
        check,
        outcome,
        expected: Some(expected),
        actual: Some(excerpt(&told.join("; "), mask)),
        hint: broken.iter().find_map(|result| result.hint.clone()),
    }
}

/// Whether it is told as several checks; no subject begins so.
fn is_group(result: &CheckResult) -> bool {
    ["any of (", "all of ("].iter().any(|group| result.check.starts_with(group))
}

/// Like "css `h1` exists: found nothing".
fn tell(result: &CheckResult) -> String {
    let found = result.actual.as_deref().unwrap_or("nothing");
    match result.outcome {
        _ if is_group(result) => format!("{}: ({found})", result.check),
        Outcome::Errored => format!("{}: {found}", result.check),
        _ => format!("{}: found {found}", result.check),
    }
}
