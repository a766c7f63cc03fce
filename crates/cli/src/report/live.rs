//! A bar that moves while tests end.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;
use stepcast_protocol::state::TestState;
use stepcast_protocol::{Event, EventBody, JobState};

/// The bar.
pub(super) struct Live {
    bar: ProgressBar,
}

impl Live {
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{spinner} {bar:30} {pos}/{len} {elapsed} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    pub fn show(&self, state: &JobState, event: &Event) {
        let Some(job) = &state.summary else { return };
        self.bar.set_length(u64::from(job.counts.total));
        self.bar.set_position(u64::from(job.counts.finished()));
        match &event.body {
            EventBody::StepStarted { test, step } => {
                let name = state.tests.get(test).map_or("", |test| &test.name);
                let tries =
                    step.tries.filter(|tries| *tries > 1).map_or_else(String::new, |tries| format!(", try {tries}"));
                self.bar.set_message(super::one_line(&format!("{name}: {}{tries}", step.name)));
            }
            EventBody::TestState(TestState { name, waiting_for: Some(host), .. }) => {
                self.bar.set_message(super::one_line(&format!("{name}: waiting for its turn at {host}")));
            }
            EventBody::TestStarted { name, .. } => self.bar.set_message(super::one_line(name)),
            EventBody::JobAccepted { .. } => self.bar.set_message("planning"),
            _ => {}
        }
    }

    pub fn print(&self, text: &str) {
        self.bar.println(text);
    }

    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
