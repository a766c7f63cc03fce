//! A JUnit report, as CI systems read it. XML 1.0 has no room for most control characters, escaped or not
//! (<https://www.w3.org/TR/xml/#charsets>), so they are written here by their numbers, as on a terminal.
//! <https://github.com/testmoapp/junitxml>

use super::{failures, one_line, printed};
use anyhow::Context;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event as Xml};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use stepcast_protocol::state::{Change, EarlierAttempt, JobSummary, TestState};
use stepcast_protocol::{JobState, Outcome};

/// Writes the report of all runs of one command.
pub(super) fn write(path: &Path, finished: &[JobState]) -> anyhow::Result<()> {
    let context = || format!("the JUnit report `{}` could not be written", path.display());
    let file = File::create(path).with_context(context)?;
    let mut writer = Writer::new_with_indent(BufWriter::new(file), b' ', 2);
    render(&mut writer, finished).with_context(context)?;
    writer.into_inner().flush().with_context(context)
}

fn render<W: Write>(writer: &mut Writer<W>, finished: &[JobState]) -> std::io::Result<()> {
    writer.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut suites = finished.iter().filter_map(|state| Some((state.summary.as_ref()?, state)));
    let element = writer.create_element("testsuites");
    element.write_inner_content(|writer| suites.try_for_each(|(job, state)| render_suite(writer, job, state)))?;
    Ok(())
}

fn render_suite<W: Write>(writer: &mut Writer<W>, job: &JobSummary, state: &JobState) -> std::io::Result<()> {
    let counts = &job.counts;
    let numbers = [
        ("tests", counts.total),
        ("failures", counts.failed),
        ("errors", counts.errored + counts.blocked),
        ("skipped", counts.skipped + counts.cancelled),
    ]
    .map(|(name, count)| (name, count.to_string()));
    let seconds = seconds(job.duration_ms);
    writer
        .create_element("testsuite")
        .with_attribute(("name", one_line(&job.suite).as_str()))
        .with_attributes(numbers.iter().map(|(name, count)| (*name, count.as_str())))
        .with_attribute(("time", seconds.as_str()))
        .with_attribute(("timestamp", one_line(&job.created_at).as_str()))
        .write_inner_content(|writer| state.tests.values().try_for_each(|test| render_test(writer, job, test)))?;
    Ok(())
}

fn render_test<W: Write>(writer: &mut Writer<W>, job: &JobSummary, test: &TestState) -> std::io::Result<()> {
    let (name, class, time) = (one_line(&test.name), one_line(&job.suite), seconds(test.duration_ms));
    let case = writer
        .create_element("testcase")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("classname", class.as_str()))
        .with_attribute(("time", time.as_str()));
    let element = match test.outcome {
        Some(Outcome::Passed | Outcome::Flaky) => {
            if test.change.is_none() && test.earlier.is_empty() {
                return case.write_empty().map(|_| ());
            }
            let content = |writer: &mut Writer<W>| {
                test.change.map_or(Ok(()), |change| render_change(writer, change))?;
                render_attempts(writer, "flaky", &test.earlier)
            };
            return case.write_inner_content(content).map(|_| ());
        }
        Some(Outcome::Failed) => "failure",
        Some(Outcome::Skipped | Outcome::Cancelled) => "skipped",
        _ => "error",
    };
    let outcome = test.outcome.map_or("without an outcome", Outcome::as_str);
    case.write_inner_content(|writer| {
        test.change.map_or(Ok(()), |change| render_change(writer, change))?;
        let details = test.outcome.map_or_else(String::new, |outcome| failures::render(test, outcome));
        writer.create_element(element).with_attribute(("message", outcome)).write_text_content(text(&details))?;
        render_attempts(writer, "rerun", &test.earlier)
    })?;
    Ok(())
}

/// The attempts before the last, as Surefire writes them: `flakyFailure` and `flakyError` of a test that passed in the
/// end, otherwise `rerunFailure` and `rerunError`.
/// <https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html>
fn render_attempts<W: Write>(writer: &mut Writer<W>, kind: &str, earlier: &[EarlierAttempt]) -> std::io::Result<()> {
    for attempt in earlier {
        let failed = if attempt.outcome == Outcome::Failed { "Failure" } else { "Error" };
        let message = format!("attempt {}: {}", attempt.attempt, attempt.outcome.as_str());
        writer
            .create_element(format!("{kind}{failed}"))
            .with_attribute(("message", message.as_str()))
            .write_text_content(text(&failures::render_attempt(attempt)))?;
    }
    Ok(())
}

fn text(details: &str) -> BytesText<'static> {
    BytesText::new(&printed::lines(&console::strip_ansi_codes(details))).into_owned()
}

fn render_change<W: Write>(writer: &mut Writer<W>, change: Change) -> std::io::Result<()> {
    writer.create_element("properties").write_inner_content(|writer| {
        let property = writer.create_element("property").with_attribute(("name", "change"));
        property.with_attribute(("value", change.as_str())).write_empty().map(|_| ())
    })?;
    Ok(())
}

fn seconds(ms: Option<u64>) -> String {
    let ms = ms.unwrap_or_default();
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}
