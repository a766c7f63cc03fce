//! Statistics of the runs.

use crate::runs::{Phase, Runs, TESTS};
use std::fmt;
use stepcast_tests::Site;

/// The counts of a chaos test.
pub struct Numbers {
    seed: u64,
    kills: usize,
    asked: usize,
    accepted: usize,
    jobs: usize,
    again: usize,
}

impl Numbers {
    /// Starts all counts at zero.
    pub fn new(seed: u64) -> Self {
        Self { seed, kills: 0, asked: 0, accepted: 0, jobs: 0, again: 0 }
    }

    /// Counts a kill of the server while these runs are under way.
    pub fn killed(&mut self, runs: &Runs) {
        self.kills += 1;
        self.asked += runs.in_phase(Phase::Asked);
        self.accepted += runs.in_phase(Phase::Accepted);
    }

    /// Counts a run whose job ended correctly.
    pub fn finished(&mut self, site: &Site, run: u64) {
        self.jobs += 1;
        let pages =
            [format!("/page/{run}"), format!("/page/{run}-again"), format!("/slow/{run}"), format!("/held/{run}")];
        self.again += pages.iter().map(|page| site.hits(page)).filter(|hits| *hits > 1).count();
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, kills, asked, accepted, jobs, again } = self;
        writeln!(f, "seed                              {seed}")?;
        writeln!(f, "runs, each with one job           {jobs}")?;
        writeln!(f, "tests, each counted once          {}", jobs * TESTS)?;
        writeln!(f, "servers killed                    {kills}")?;
        writeln!(f, "runs under way at a kill")?;
        writeln!(f, "  asked for, not yet accepted     {asked}")?;
        writeln!(f, "  accepted, no verdict yet        {accepted}")?;
        writeln!(f, "tests run more than once for it   {again}")
    }
}
