//! The embedded tables, beyond the shared suite: their file, their sweep and their access key.

use crate::support::{ACCESS_KEY_ID, access_key, dynamodb, listen, serve, soon};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use std::path::Path;
use std::time::Duration;
use stepcast_local::table::TableService;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

async fn serve_tables(directory: &Path) -> (TableService, String) {
    let tables = TableService::open(directory.join("table.db")).expect("a database");
    let (listener, endpoint) = listen().await;
    serve(listener, tables.router(access_key()));
    (tables, endpoint)
}

async fn create_table(client: &Client) {
    let key = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S).build();
    let schema = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build();
    client
        .create_table()
        .table_name("stepcast")
        .attribute_definitions(key.expect("a definition"))
        .key_schema(schema.expect("a schema"))
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .expect("a table");
}

async fn put(client: &Client, key: &str, expires_at: &str) {
    let put = client.put_item().table_name("stepcast").item("pk", AttributeValue::S(key.into()));
    put.item("expires_at", AttributeValue::N(expires_at.into())).send().await.expect("stored");
}

async fn exists(client: &Client, key: &str) -> bool {
    let get = client.get_item().table_name("stepcast").key("pk", AttributeValue::S(key.into())).consistent_read(true);
    get.send().await.expect("an answer").item.is_some()
}

#[tokio::test]
async fn items_outlive_the_process() {
    let directory = TempDir::new().expect("a directory");
    let (_, endpoint) = serve_tables(directory.path()).await;
    let client = dynamodb(&endpoint, ACCESS_KEY_ID);
    create_table(&client).await;
    put(&client, "job", "9999999999").await;

    let (_, endpoint) = serve_tables(directory.path()).await;
    assert!(exists(&dynamodb(&endpoint, ACCESS_KEY_ID), "job").await);
}

#[tokio::test]
async fn expired_items_are_swept() {
    let directory = TempDir::new().expect("a directory");
    let (tables, endpoint) = serve_tables(directory.path()).await;
    let client = dynamodb(&endpoint, ACCESS_KEY_ID);
    create_table(&client).await;
    let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build();
    let enable = client.update_time_to_live().table_name("stepcast");
    enable.time_to_live_specification(specification.expect("a specification")).send().await.expect("enabled");
    put(&client, "old", "1000000000").await;
    put(&client, "new", "9999999999").await;

    let shutdown = CancellationToken::new();
    let sweep = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { tables.sweep_expired(Duration::from_millis(1), shutdown).await }
    });
    soon(async { while exists(&client, "old").await {} }).await;
    assert!(exists(&client, "new").await);
    shutdown.cancel();
    soon(sweep).await.expect("it stops");
}

#[tokio::test]
async fn another_access_key_is_refused() {
    let directory = TempDir::new().expect("a directory");
    let (_, endpoint) = serve_tables(directory.path()).await;
    let refused = dynamodb(&endpoint, "AKIDSOMEBODYELSE").list_tables().send().await.expect_err("refused");
    assert_eq!(refused.code(), Some("UnrecognizedClientException"));
}
