//! Logs of the functions: JSON lines on standard output, where Lambda picks them up.

use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` sets the level; if it is not set, libraries log warnings and Stepcast logs information.
pub fn init() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,stepcast_platform=info,stepcast_handlers=info,stepcast_worker=info"));
    // A second call, as in tests, leaves the first one in place.
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).without_time().try_init();
}

/// Writes a line of its own to the log.
pub(crate) fn line(text: &str) {
    #[expect(clippy::print_stdout, reason = "on Lambda this is the log")]
    {
        println!("{text}");
    }
}
