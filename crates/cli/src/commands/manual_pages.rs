//! `stepcast manual-pages`: the manual, for packages.

use crate::args::Arguments;
use crate::exit::Exit;
use anyhow::Context;
use clap::CommandFactory;
use std::path::Path;

/// Writes `stepcast.1` and a page for each command, such as `stepcast-run.1`.
pub(crate) fn manual_pages(folder: &Path) -> anyhow::Result<Exit> {
    clap_mangen::generate_to(Arguments::command(), folder)
        .with_context(|| format!("the manual could not be written to `{}`", folder.display()))?;
    Ok(Exit::Passed)
}
