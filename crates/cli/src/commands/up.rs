//! `stepcast up`: the whole stack on this machine.

use crate::args::{UpArguments, text_or_file};
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use crate::usage_error::UsageError;
use serde_json::json;
use std::io;
use std::time::Duration;
use stepcast_local::gateway::Limits;
use stepcast_local::stack::{Stack, StackOptions};
use stepcast_platform::webhooks::{self, Webhook};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Starts everything and runs until it is asked to stop.
pub(crate) async fn up(arguments: UpArguments) -> anyhow::Result<Exit> {
    start_logging();
    // Listens from here on, so that a signal during the start, or just after it, stops it in order as well.
    let stop = StopSignals::listen()?;
    #[cfg(unix)]
    crate::open_files::allow_many();
    let webhooks = arguments.webhooks.as_deref().map_or(Ok(Vec::new()), read_webhooks)?;
    let listener = bind(arguments.port).await?;
    let options = StackOptions {
        data_dir: arguments.data_dir.clone(),
        admin_token: arguments.admin_token,
        issuers: arguments.oidc_issuers,
        allowed_origins: arguments.allowed_origins,
        webhooks,
        allow_private_targets: arguments.allow_private_targets,
        allow_insecure_targets: arguments.allow_insecure_targets,
        workers: usize::from(arguments.workers),
        lease: arguments.lease,
        limits: Limits { idle: arguments.idle_timeout, lifetime: arguments.connection_lifetime, ..Limits::default() },
        principal_limits: arguments.principal_limits.into(),
        suites_kept: Duration::from_hours(24 * u64::from(arguments.suite_days)),
        evidence: arguments.evidence,
        evidence_bytes: u64::from(arguments.evidence_mib) * 1024 * 1024,
    };
    let stack = Stack::start(listener, options).await?;
    let endpoint = Endpoint { http: stack.http.clone(), ws: stack.ws.clone(), token: stack.token.clone() };
    endpoint.write(&arguments.data_dir)?;
    if arguments.json {
        let ready = json!({ "ready": true, "http": stack.http, "ws": stack.ws, "token": stack.token, "sign_in": stack.sign_in });
        report::json(&ready.to_string());
    } else {
        greet(&stack);
    }
    stop.first().await?;
    report::message("stopping; running tests continue at the next start");
    stack.stop().await;
    Endpoint::remove(&arguments.data_dir);
    Ok(Exit::Passed)
}

/// Not read with the other arguments: errors about those quote them, and here addresses and keys are secrets.
fn read_webhooks(text: &str) -> Result<Vec<Webhook>, UsageError> {
    let read = text_or_file(text).and_then(|json| webhooks::parse(&json).map_err(|error| error.to_string()));
    read.map_err(|problem| UsageError::new(format!("`--webhooks`: {problem}")))
}

async fn bind(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        UsageError::with_hint(
            format!("cannot listen on port {port}: {error}"),
            "choose another with --port, or any free one with --port 0",
        )
        .into()
    })
}

fn greet(stack: &Stack) {
    report::message(&format!(
        "Stepcast is up at {}\n\n  dashboard  {}\n             (signs in once)\n  run tests  stepcast run FILE\n",
        stack.http, stack.sign_in
    ));
}

/// Writes messages for the operator to standard error.
fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter).try_init();
}

/// The signals that ask the server to stop.
struct StopSignals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl StopSignals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the first of them.
    #[cfg(unix)]
    async fn first(mut self) -> io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }

    #[cfg(not(unix))]
    async fn first(self) -> io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
