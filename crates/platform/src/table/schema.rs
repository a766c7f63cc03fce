//! Creates the table for the embedded stack and the tests; on AWS the template creates it.

use super::{Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};

impl Table {
    /// Asks the table for an item that does not exist, to see whether it answers.
    pub async fn answer(&self) -> Result<()> {
        self.is_revoked("none").await.map(|_| ())
    }

    /// Creates the table, unless it exists.
    pub async fn create_if_missing(&self) -> Result<()> {
        let made = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute("pk")?)
            .attribute_definitions(attribute("sk")?)
            .key_schema(key("pk", KeyType::Hash)?)
            .key_schema(key("sk", KeyType::Range)?)
            .send()
            .await;
        match made {
            Ok(_) => self.expire_items().await,
            Err(error)
                if error.as_service_error().is_some_and(
                    aws_sdk_dynamodb::operation::create_table::CreateTableError::is_resource_in_use_exception,
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(failed(error)),
        }
    }

    async fn expire_items(&self) -> Result<()> {
        let attribute = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true);
        let attribute = attribute.build().map_err(|error| incomplete(&error))?;
        let request = self.client.update_time_to_live().table_name(&self.name).time_to_live_specification(attribute);
        request.send().await.map_err(failed)?;
        Ok(())
    }
}

fn attribute(name: &str) -> Result<AttributeDefinition> {
    let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
    definition.build().map_err(|error| incomplete(&error))
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(|error| incomplete(&error))
}

fn incomplete(error: &BuildError) -> Error {
    Error::unreadable("table definition", error)
}
