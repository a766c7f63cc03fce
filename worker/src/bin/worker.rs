//! The Lambda function behind the queue.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use stepcast_platform::{Clock, Config, Platform, logging};
use stepcast_worker::Worker;
use stepcast_worker::environment::engine_config;

#[tokio::main]
async fn main() -> Result<(), Error> {
    logging::init();
    let config = Config::from_environment()?;
    let platform = Platform::connect(&config, Clock::system()).await;
    let worker = &Worker::new(platform, config.lease, engine_config())?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let response = worker.handle(event.payload, Some(event.context.deadline)).await;
        worker.flush_traces().await;
        Ok::<_, Error>(response)
    }))
    .await
}
