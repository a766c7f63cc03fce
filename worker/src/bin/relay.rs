//! The Lambda function behind the relay's queue.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use stepcast_platform::{Clock, Config, Platform, logging};
use stepcast_worker::Relay;

#[tokio::main]
async fn main() -> Result<(), Error> {
    logging::init();
    let config = Config::from_environment()?;
    let relay = &Relay::new(Platform::connect(&config, Clock::system()).await);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(relay.handle(event.payload).await)
    }))
    .await
}
