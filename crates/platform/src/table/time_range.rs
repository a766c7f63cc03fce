//! Jobs of a time, by what their ids say of it.

use super::Table;
use super::item::text;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use stepcast_protocol::command::JobsQuery;
use stepcast_protocol::moment::Moment;
use uuid::Uuid;

/// The ids of jobs from one moment until another. An id is a `UUIDv7`, which begins with its time in milliseconds, so
/// these are the ids between two others: <https://www.rfc-editor.org/rfc/rfc9562#section-5.7>
pub(super) struct TimeRange {
    from: String,
    until: String,
}

impl TimeRange {
    /// Between which ids a query looks; nothing, where it does not say.
    pub fn asked_for(query: &JobsQuery) -> Option<Self> {
        if query.since.is_none() && query.until.is_none() {
            return None;
        }
        let from = query.since.map_or_else(|| Uuid::nil().to_string(), first_id);
        let until = query.until.map_or_else(|| Uuid::max().to_string(), first_id);
        Some(Self { from, until })
    }

    /// Where to go on: DynamoDB refuses a start that is not within, and a range that ends before it begins. Nothing, where
    /// nothing is left.
    pub fn start<'a>(&self, cursor: Option<&'a str>) -> Option<Start<'a>> {
        let is_left = self.from <= self.until && cursor.is_none_or(|cursor| cursor >= self.from.as_str());
        is_left.then(|| Start(cursor.filter(|cursor| *cursor <= self.until.as_str())))
    }

    /// The ids of this partition within.
    pub fn query(&self, table: &Table, partition: &str) -> QueryFluentBuilder {
        table
            .partition(partition, "")
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :until")
            .expression_attribute_values(":from", text(&self.from))
            .expression_attribute_values(":until", text(&self.until))
    }
}

/// After which id to go on, or from the newest on.
pub(super) struct Start<'a>(pub Option<&'a str>);

/// The smallest id a job of this millisecond can have.
fn first_id(moment: Moment) -> String {
    uuid::Builder::from_unix_timestamp_millis(moment.ms(), &[0; 10]).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_millisecond_has_nothing_but_its_time() {
        assert_eq!(first_id(Moment::from_ms(0)), "00000000-0000-7000-8000-000000000000");
        assert_eq!(first_id(Moment::from_ms(0x0199_0b2a_1234)), "01990b2a-1234-7000-8000-000000000000");
    }
}
