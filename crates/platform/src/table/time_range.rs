//! Selects jobs of a time range by their ids.

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
    /// The range of ids that a query asks for, or `None` if it sets no limits.
    pub fn asked_for(query: &JobsQuery) -> Option<Self> {
        if query.since.is_none() && query.until.is_none() {
            return None;
        }
        let from = query.since.map_or_else(|| Uuid::nil().to_string(), first_id);
        let until = query.until.map_or_else(|| Uuid::max().to_string(), first_id);
        Some(Self { from, until })
    }

    /// Returns where to continue, or `None` if nothing is left: DynamoDB rejects a start outside the range, and a range
    /// that ends before it begins.
    pub fn start<'a>(&self, cursor: Option<&'a str>) -> Option<Start<'a>> {
        let is_left = self.from <= self.until && cursor.is_none_or(|cursor| cursor >= self.from.as_str());
        is_left.then(|| Start(cursor.filter(|cursor| *cursor <= self.until.as_str())))
    }

    /// A query for the ids of this partition in the range.
    pub fn query(&self, table: &Table, partition: &str) -> QueryFluentBuilder {
        table
            .partition(partition, "")
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :until")
            .expression_attribute_values(":from", text(&self.from))
            .expression_attribute_values(":until", text(&self.until))
    }
}

/// The id after which to continue; without one, the newest is the first.
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
