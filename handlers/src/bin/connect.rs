//! The Lambda function of the `$connect` route.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use stepcast_handlers::connect::connect;
use stepcast_platform::{Clock, Config, Platform, logging};

#[tokio::main]
async fn main() -> Result<(), Error> {
    logging::init();
    let platform = &Platform::connect(&Config::from_environment()?, Clock::system()).await;
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| async move {
        connect(platform, event.payload).await.map_err(Error::from)
    }))
    .await
}
