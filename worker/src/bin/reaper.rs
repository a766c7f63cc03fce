//! The Lambda function that runs on a schedule and takes care of jobs that do not move.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use stepcast_platform::{Clock, Config, Platform, logging};
use stepcast_worker::Reaper;

#[tokio::main]
async fn main() -> Result<(), Error> {
    logging::init();
    let config = Config::from_environment()?;
    let platform = Platform::connect(&config, Clock::system()).await;
    let reaper = &Reaper::new(platform, config.lease);
    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| async move {
        reaper.reap().await;
        reaper.flush_traces().await;
        Ok::<_, Error>(Value::Null)
    }))
    .await
}
