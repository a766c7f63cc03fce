//! The commands, each in a file of its own.

mod admin;
mod cancel;
mod comment;
mod evidence;
mod finish;
mod hello;
mod history;
mod jobs;
mod replay;
mod run;
mod share;
mod stored_name;
mod suites;
mod tokens;
mod watch;

use crate::reply::{Caller, Failure};
use crate::scope;
use stepcast_protocol::{Command, EventBody};

/// Carries out a command and answers it, if its sender is allowed to send it.
pub(crate) async fn carry_out(caller: &Caller<'_>, command: Command) -> Result<(), Failure> {
    scope::check(&caller.connection, &command)?;
    match command {
        Command::Hello => hello::hello(caller).await,
        Command::Ping => Ok(caller.answer(EventBody::Pong).await?),
        Command::Run(run) => run::run(caller, *run).await,
        Command::Watch(topic) => watch::watch(caller, topic).await,
        Command::Unwatch(topic) => watch::unwatch(caller, topic).await,
        Command::Job { job, test } => watch::job(caller, &job, test).await,
        Command::Jobs(query) => jobs::jobs(caller, &query).await,
        Command::Evidence(query) => evidence::evidence(caller, &query).await,
        Command::History(query) => history::history(caller, query).await,
        Command::Cancel { job } => cancel::cancel(caller, &job).await,
        Command::Replay(replay) => Box::pin(replay::replay(caller, replay)).await,
        Command::Comment { job, text } => comment::comment(caller, &job, &text).await,
        Command::PutSuite { name, suite, suite_gz, owner } => {
            suites::put(caller, suites::Put { name, suite, suite_gz, owner }).await
        }
        Command::GetSuite { name } => suites::get(caller, name.as_str()).await,
        Command::ListSuites(query) => suites::list(caller, &query).await,
        Command::DeleteSuite { name } => suites::delete(caller, name.as_str()).await,
        Command::Connections(query) => admin::connections(caller, &query).await,
        Command::Disconnect { connection } => admin::disconnect(caller, &connection).await,
        Command::Broadcast { text } => admin::broadcast(caller, &text).await,
        Command::Finish { job } => finish::finish(caller, &job).await,
        Command::Redrive => admin::redrive(caller).await,
        Command::Share { job, expires_s, evidence } => share::share(caller, &job, expires_s, evidence).await,
        Command::RevokeToken { token } => tokens::revoke(caller, &token).await,
        Command::ListRevokedTokens(query) => tokens::revoked(caller, &query).await,
    }
}
