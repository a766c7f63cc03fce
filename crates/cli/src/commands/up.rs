//! `stepcast up`: the whole stack on this machine.

use crate::args::{ListenArguments, UpArguments, text_or_file};
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use crate::usage_error::UsageError;
use serde_json::json;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use stepcast_local::gateway::Limits;
use stepcast_local::reach::{self, Reach};
use stepcast_local::server::Transport;
use stepcast_local::stack::{Stack, StackOptions};
use stepcast_platform::origin::Origin;
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
    let reach = reach(&arguments.listen)?;
    let warning = warning(&arguments.listen, &reach);
    let listener = bind(arguments.listen.bind, arguments.port).await?;
    let options = StackOptions {
        data_dir: arguments.data_dir.clone(),
        reach,
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
        traces: true,
    };
    let stack = Stack::start(listener, options).await?;
    let endpoint = Endpoint { http: stack.local_http.clone(), ws: stack.ws.clone(), token: stack.token.clone() };
    endpoint.write(&arguments.data_dir)?;
    if arguments.json {
        let ready = json!({ "ready": true, "http": stack.local_http, "ws": stack.ws, "token": stack.token, "sign_in": stack.sign_in });
        report::json(&ready.to_string());
    } else {
        greet(&stack);
    }
    if let Some(warning) = warning {
        report::message(&warning);
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

/// Whoever opens the server to other machines says how these reach it, because that decides which pages may connect.
fn reach(arguments: &ListenArguments) -> anyhow::Result<Reach> {
    let ListenArguments { bind, public_url, tls_certificate, tls_key } = arguments;
    if !bind.is_loopback() && public_url.is_none() {
        let hint = "say how browsers and clients reach it, like `--public-url https://qa.example`";
        return Err(UsageError::with_hint(format!("--bind {bind} lets other machines connect"), hint).into());
    }
    let Some((certificate, key)) = tls_certificate.as_deref().zip(tls_key.as_deref()) else {
        return Ok(Reach { public: public_url.clone(), transport: Transport::Plain });
    };
    if !public_url.as_ref().is_some_and(Origin::is_https) {
        let hint = "give the address that the certificate is for, like `--public-url https://qa.example`";
        return Err(UsageError::with_hint("--tls-certificate needs a --public-url that is https", hint).into());
    }
    let transport = reach::tls(certificate, key).map_err(|error| UsageError::new(format!("{error:#}")))?;
    Ok(Reach { public: public_url.clone(), transport })
}

/// Says what an open server opens.
fn warning(arguments: &ListenArguments, reach: &Reach) -> Option<String> {
    let (bind, public) = (arguments.bind, reach.public.as_ref()?);
    if bind.is_loopback() || matches!(reach.transport, Transport::Tls(_)) {
        return None;
    }
    Some(if public.is_https() {
        format!(
            "warning: {bind} accepts plain HTTP from every machine that reaches it; let only the proxy for {public} do so"
        )
    } else {
        format!("warning: {public} is plain HTTP; everybody on the way can read tokens, suites and results")
    })
}

async fn bind(ip: IpAddr, port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((ip, port)).await.map_err(|error| {
        let (what, hint) = if error.kind() == io::ErrorKind::AddrNotAvailable {
            (format!("address {ip}"), "--bind takes an address of this machine, or 0.0.0.0 for all of them")
        } else {
            (format!("port {port}"), "choose another with --port, or any free one with --port 0")
        };
        UsageError::with_hint(format!("cannot listen on {what}: {error}"), hint).into()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bind: &str, public: Option<&str>) -> Option<String> {
        let public_url = public.map(|url| Origin::parse(url).expect("an origin"));
        let bind = bind.parse().expect("an address");
        let arguments = ListenArguments { bind, public_url, tls_certificate: None, tls_key: None };
        let reach = reach(&arguments).expect("it can be reached");
        warning(&arguments, &reach)
    }

    #[test]
    fn what_an_open_server_opens_is_said() {
        assert_eq!(told("127.0.0.1", None), None);
        assert_eq!(told("::1", Some("https://qa.example")), None);
        let behind_a_proxy = told("0.0.0.0", Some("https://qa.example")).expect("a warning");
        assert!(behind_a_proxy.contains("let only the proxy for https://qa.example do so"), "{behind_a_proxy}");
        let open = told("::", Some("http://qa.example")).expect("a warning");
        assert!(open.contains("everybody on the way can read tokens"), "{open}");
    }
}
