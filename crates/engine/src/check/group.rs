//! Judges groups of checks. Every check in a group is evaluated, and the group is reported as one check that names
//! those that did not hold.

use super::Verdict;
use crate::excerpt::excerpt;
use crate::mask::Mask;
use crate::page::Page;
use crate::scope::Scope;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckKind, CheckResult};
use stepcast_suite::Check;

/// How many checks of a group are reported in full.
const MOST_DESCRIBED: usize = 3;

/// Evaluates all checks of a group, until the page is given up.
pub fn judge(checks: &[Check], page: &Page, scope: &Scope, mask: &Mask) -> Vec<Verdict> {
    let wanted = checks.iter().take_while(|_| !page.is_given_up());
    wanted.map(|check| super::judge(check, page, scope, mask)).collect()
}

/// Holds if one check holds. If none holds and one is errored, the group is errored too.
pub fn any(verdicts: &[Verdict], mask: &Mask) -> Verdict {
    let text = any_named(names(verdicts), mask);
    if verdicts.iter().any(|verdict| verdict.result.outcome.is_pass()) {
        return CheckResult::passed(text).into();
    }
    let outcome = if has(verdicts, Outcome::Errored) { Outcome::Errored } else { Outcome::Failed };
    let expected = format!("one of {} checks to hold", verdicts.len());
    let is_unread = verdicts.iter().any(|verdict| verdict.is_unread);
    Verdict { result: group_result(text, outcome, expected, verdicts, mask), is_unread, is_group: true }
}

/// Holds if every check holds. A failed check decides, even if others are errored.
pub fn all(verdicts: &[Verdict], mask: &Mask) -> Verdict {
    let text = all_named(names(verdicts), mask);
    let outcome = if has(verdicts, Outcome::Failed) { Outcome::Failed } else { Outcome::Errored };
    if verdicts.iter().all(|verdict| verdict.result.outcome.is_pass()) {
        return CheckResult::passed(text).into();
    }
    let mut failed = verdicts.iter().filter(|verdict| verdict.result.outcome == Outcome::Failed);
    let is_unread = failed.all(|verdict| verdict.is_unread);
    let expected = format!("all of {} checks to hold", verdicts.len());
    Verdict { result: group_result(text, outcome, expected, verdicts, mask), is_unread, is_group: true }
}

/// Holds if the check does not hold, unless it failed because the body could not be read.
pub fn not(verdict: &Verdict, mask: &Mask) -> Verdict {
    let Verdict { result, is_unread, .. } = verdict;
    let text = not_named(&result.check, mask);
    let expected = Some("the check not to hold".to_owned());
    match result.outcome {
        Outcome::Failed if *is_unread => {
            let result = CheckResult { check: text, expected, ..result.clone() };
            Verdict { is_unread: true, ..result.into() }
        }
        Outcome::Failed => CheckResult::passed(text).into(),
        Outcome::Errored => CheckResult { check: text, ..result.clone() }.into(),
        _ => {
            let actual = Some("it holds".into());
            CheckResult { kind: CheckKind::Check, check: text, outcome: Outcome::Failed, expected, actual, hint: None }
                .into()
        }
    }
}

fn has(verdicts: &[Verdict], outcome: Outcome) -> bool {
    verdicts.iter().any(|verdict| verdict.result.outcome == outcome)
}

/// Names a group by the names of its checks.
pub fn any_named(checks: impl Iterator<Item = String>, mask: &Mask) -> String {
    named("any", " or ", checks, mask)
}

/// Names a group by the names of its checks.
pub fn all_named(checks: impl Iterator<Item = String>, mask: &Mask) -> String {
    named("all", " and ", checks, mask)
}

/// Names the opposite of a check.
pub fn not_named(check: &str, mask: &Mask) -> String {
    excerpt(&format!("not ({check})"), mask)
}

fn names(verdicts: &[Verdict]) -> impl Iterator<Item = String> {
    verdicts.iter().map(|verdict| verdict.result.check.clone())
}

fn named(group: &str, joint: &str, checks: impl Iterator<Item = String>, mask: &Mask) -> String {
    let checks: Vec<_> = checks.map(|check| format!("({check})")).collect();
    excerpt(&format!("{group} of {}", checks.join(joint)), mask)
}

fn group_result(check: String, outcome: Outcome, expected: String, verdicts: &[Verdict], mask: &Mask) -> CheckResult {
    let broken: Vec<_> = verdicts.iter().filter(|verdict| !verdict.result.outcome.is_pass()).collect();
    let mut described: Vec<String> = broken.iter().take(MOST_DESCRIBED).map(|verdict| describe(verdict)).collect();
    if broken.len() > MOST_DESCRIBED {
        described.push(format!("{} more", broken.len() - MOST_DESCRIBED));
    }
    CheckResult {
        kind: CheckKind::Check,
        check,
        outcome,
        expected: Some(expected),
        actual: Some(excerpt(&described.join("; "), mask)),
        hint: broken.iter().find_map(|verdict| verdict.result.hint.clone()),
    }
}

/// Describes a check, like "css `h1` exists: found nothing".
fn describe(verdict: &Verdict) -> String {
    let result = &verdict.result;
    let found = result.actual.as_deref().unwrap_or("nothing");
    match result.outcome {
        _ if verdict.is_group => format!("{}: ({found})", result.check),
        Outcome::Errored => format!("{}: {found}", result.check),
        _ => format!("{}: found {found}", result.check),
    }
}
