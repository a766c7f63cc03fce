//! `--json`: every event a line, `job.finished` last.

use super::printed;
use crate::usage_error::UsageError;
use std::fs::File;
use std::io::{self, BufWriter, LineWriter, Write};
use std::path::Path;
use stepcast_protocol::{Event, EventBody, JobState};

/// Writes events to a file or to standard output.
pub(super) struct EventWriter {
    out: Box<dyn Write + Send>,
    is_standard_output: bool,
    job: Option<String>,
    last: Option<Event>,
    error: Option<io::Error>,
}

impl EventWriter {
    pub fn open(path: &Path) -> Result<Self, UsageError> {
        let is_standard_output = path.as_os_str() == "-";
        let out: Box<dyn Write + Send> = if is_standard_output {
            Box::new(LineWriter::new(io::stdout()))
        } else {
            let file = File::create(path);
            Box::new(BufWriter::new(
                file.map_err(|error| UsageError::new(format!("`{}` cannot be written: {error}", path.display())))?,
            ))
        };
        Ok(Self { out, is_standard_output, job: None, last: None, error: None })
    }

    pub fn is_standard_output(&self) -> bool {
        self.is_standard_output
    }

    /// Writes an event. The verdict is kept for the end: events that it is based on may still arrive.
    pub fn write(&mut self, event: &Event) {
        self.job.clone_from(&event.job);
        match event.body {
            EventBody::JobFinished(_) => self.last = Some(event.clone()),
            _ => self.write_line(event),
        }
    }

    /// Writes the verdict, even if it came with a whole state and not as an event of its own. It has the address of the
    /// job's page as `url`, which the server does not send.
    pub fn end(&mut self, state: &JobState, link: Option<&str>) -> anyhow::Result<()> {
        if let Some(last) = self.last.take().or_else(|| finished(self.job.take(), state)) {
            let mut json = last.to_json();
            if let (Some(link), Some('}')) = (link, json.pop()) {
                json += ",\"url\":";
                json += &serde_json::Value::from(link).to_string();
            }
            self.write_text(&(json + "}"));
        }
        self.out.flush()?;
        match self.error.take() {
            Some(error) => Err(anyhow::Error::new(error).context("not all events could be written")),
            None => Ok(()),
        }
    }

    fn write_line(&mut self, event: &Event) {
        self.write_text(&event.to_json());
    }

    fn write_text(&mut self, json: &str) {
        if self.error.is_none() {
            self.error = writeln!(self.out, "{}", printed::json(json)).err();
        }
    }
}

fn finished(id: Option<String>, state: &JobState) -> Option<Event> {
    let job = state.summary.as_ref()?;
    Some(Event {
        body: EventBody::JobFinished(job.end()?),
        at: job.created_at.clone(),
        job: id,
        v: Some(state.v),
        re: None,
    })
}
