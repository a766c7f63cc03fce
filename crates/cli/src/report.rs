//! The output of a run, for people and for programs.
//!
//! Progress and messages go to standard error, data to standard output. On a terminal progress is a bar that moves;
//! elsewhere it is a line for every test that ends.

mod annotations;
mod changes;
mod events;
mod failures;
mod junit;
mod live;
mod markdown;
mod printed;
mod since;
mod summary;

use crate::args::ReportArguments;
use crate::suite_file::{Places, SuiteFile};
use crate::usage_error::UsageError;
use annotations::Annotations;
use console::{Term, style};
use events::EventWriter;
use live::Live;
use markdown::Markdown;
pub(crate) use printed::one_line;
pub(crate) use since::{ago, whole as whole_difference};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use stepcast_protocol::command::Level;
use stepcast_protocol::state::TestState;
use stepcast_protocol::{Event, EventBody, JobState, Outcome};
use stepcast_suite::duration;

/// Shows a message to the user.
pub(crate) fn message(text: &str) {
    to_stderr(&printed::lines(text));
}

/// Prints data.
pub(crate) fn data(text: &str) {
    exact(&printed::lines(text));
}

/// Prints JSON.
pub(crate) fn json(text: &str) {
    exact(&printed::json(text));
}

/// Prints text that is already harmless, unchanged.
pub(crate) fn exact(text: &str) {
    #[expect(clippy::print_stdout, reason = "this is where data goes")]
    {
        println!("{text}");
    }
}

fn to_stderr(text: &str) {
    #[expect(clippy::print_stderr, reason = "this is where messages go")]
    {
        eprintln!("{text}");
    }
}

/// Shows a run while it happens, and its result.
pub(crate) struct Reporter {
    events: Option<EventWriter>,
    junit: Option<PathBuf>,
    finished: Vec<JobState>,
    markdown: Option<Markdown>,
    annotations: Option<Annotations>,
    /// The places in the suite's files, if something names them
    places: Option<Places>,
    is_watched: bool,
    live: Option<Live>,
    shown: BTreeSet<u32>,
    /// The longest time that the server said it collects events for, in milliseconds
    pace_ms: u64,
}

impl Reporter {
    /// Opens the requested files.
    pub fn new(arguments: &ReportArguments) -> Result<Self, UsageError> {
        let is_watched = Term::stderr().is_term() && std::env::var_os("CI").is_none();
        Ok(Self {
            events: arguments.json.as_deref().map(EventWriter::open).transpose()?,
            junit: arguments.junit.clone(),
            finished: Vec::new(),
            markdown: arguments.markdown.clone().map(Markdown::new),
            annotations: Annotations::if_wanted(),
            places: None,
            is_watched,
            live: None,
            shown: BTreeSet::new(),
            pace_ms: 0,
        })
    }

    /// Takes the file of the run that starts, so that reports can say where a check stands.
    pub fn begin(&mut self, file: &SuiteFile) {
        let is_wanted = self.markdown.is_some() || self.annotations.is_some();
        // <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>
        let root = || std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
        self.places = is_wanted.then(|| file.places(root()));
    }

    /// How much of a job is needed: people and JUnit get the checks that did not hold, and only JSON has every step.
    pub fn detail(&self) -> Level {
        if self.events.is_some() { Level::Steps } else { Level::Tests }
    }

    /// Shows an event that has been taken into `state`.
    pub fn event(&mut self, event: &Event, state: &JobState) {
        if let Some(events) = &mut self.events {
            events.write(event);
        }
        if self.is_watched && self.live.is_none() {
            self.live = Some(Live::new());
        }
        match &event.body {
            EventBody::JobAccepted { suite, stored, .. } => {
                let version =
                    stored.as_ref().map_or_else(String::new, |stored| format!(", version {}", stored.version));
                self.note(&format!("{}{version}: job {}", one_line(suite), event.job.as_deref().unwrap_or("?")));
            }
            EventBody::TestFinished(finished) => self.test(state, finished.test),
            EventBody::TestState(test) => self.test(state, test.test),
            EventBody::JobState(page) => page.tests.iter().for_each(|test| self.test(state, test.test)),
            EventBody::Comment { principal, text } => {
                self.note(&format!("{}: {}", one_line(principal), one_line(text)));
            }
            EventBody::Pace { every_ms } => self.pace(*every_ms),
            EventBody::Notice { text } => self.note(&format!("notice: {}", one_line(text))),
            _ => {}
        }
        if let Some(live) = &self.live {
            live.show(state, event);
        }
    }

    /// Says that events come late, and again only if they come much later.
    fn pace(&mut self, every_ms: u64) {
        if every_ms >= self.pace_ms.saturating_mul(2).max(1) {
            self.pace_ms = every_ms;
            let every = duration::format(Duration::from_millis(every_ms));
            self.note(&format!("many watch or the gateway is busy: updates come about every {every}"));
        }
    }

    /// Shows a message without disturbing the bar.
    pub fn note(&self, text: &str) {
        self.note_harmless(&printed::lines(text));
    }

    fn note_harmless(&self, text: &str) {
        match &self.live {
            Some(live) => live.print(text),
            None => to_stderr(text),
        }
    }

    /// Takes the bar away until something moves again.
    pub fn close(&mut self) {
        if let Some(live) = self.live.take() {
            live.clear();
        }
    }

    /// Shows the result of the run and writes the reports; more runs may follow.
    pub fn finish(&mut self, state: &JobState, link: Option<&str>) -> anyhow::Result<()> {
        self.close();
        let is_piped = self.events.as_ref().is_some_and(EventWriter::is_standard_output);
        if let Some(events) = &mut self.events {
            events.end(state, link)?;
        }
        if let Some(path) = &self.junit {
            self.finished.push(state.clone());
            junit::write(path, &self.finished)?;
        }
        let places = self.places.take();
        if let Some(markdown) = &mut self.markdown {
            markdown.add(state, link, places.as_ref())?;
        }
        self.shown.clear();
        let text = printed::styled_lines(&summary::render(state, link));
        if is_piped {
            to_stderr(&text);
        } else {
            exact(&text);
        }
        if let Some(annotations) = self.annotations.as_mut().filter(|_| !is_piped) {
            annotations.render(state, places.as_ref()).iter().for_each(|line| exact(line));
        }
        Ok(())
    }

    /// Shows the end of a test, once.
    fn test(&mut self, state: &JobState, number: u32) {
        let Some(test) = state.tests.get(&number) else { return };
        let Some(outcome) = test.outcome else { return };
        if !self.shown.insert(number) {
            return;
        }
        // On a terminal the bar counts what passed; only what did not is worth a line.
        if self.live.is_none() || !outcome.is_pass() {
            self.note_harmless(&printed::styled_lines(&line_of(test, outcome)));
        }
    }
}

fn line_of(test: &TestState, outcome: Outcome) -> String {
    let took = duration::format(Duration::from_millis(test.duration_ms.unwrap_or_default()));
    let tries = if test.attempt > 1 { format!(", {} tries", test.attempt) } else { String::new() };
    // A flaky outcome says so itself.
    let change = test.change.map(changes::words).filter(|words| *words != outcome.as_str());
    let change = change.map_or_else(String::new, |words| format!(", {words}"));
    format!("{} {} ({took}{tries}{change})", mark(outcome), one_line(&test.name))
}

/// An outcome as a word, coloured if colours are shown.
fn mark(outcome: Outcome) -> String {
    let word = style(format!("{:<9}", outcome.as_str())).for_stderr();
    match outcome {
        Outcome::Passed => word.green(),
        Outcome::Failed => word.red(),
        Outcome::Errored | Outcome::Blocked => word.magenta(),
        Outcome::Flaky => word.yellow(),
        Outcome::Skipped | Outcome::Cancelled => word.dim(),
    }
    .to_string()
}
