//! Pages of lists: at most one frame long, with the place where the next page begins.

use crate::reply::Failure;
use serde::Serialize;
use stepcast_protocol::limits::FRAME_BYTES;
use stepcast_suite::limits::NAME_BYTES;

/// Room in a frame for what surrounds a list.
const ENVELOPE_BYTES: usize = 1_024;

/// Shortens a page to what one frame holds. If that removes items, returns the last remaining item as the cursor of the
/// next page.
pub(crate) fn fit<T: Serialize>(items: &mut Vec<T>, cursor_of: impl Fn(&T) -> &str) -> Option<String> {
    let mut size = 0;
    let fitting = items.iter().take_while(|item| {
        size += serde_json::to_string(item).map_or(0, |json| json.len() + 1);
        size < FRAME_BYTES - ENVELOPE_BYTES
    });
    let most = fitting.count().max(1);
    if items.len() <= most {
        return None;
    }
    items.truncate(most);
    items.last().map(|item| cursor_of(item).to_owned())
}

/// Rejects a cursor that cannot be one of ours.
pub(crate) fn check_cursor(cursor: Option<&str>) -> Result<(), Failure> {
    if cursor.is_some_and(|cursor| cursor.is_empty() || cursor.len() > NAME_BYTES) {
        return Err(Failure::bad_request("`cursor` has to be the one that came with the previous page"));
    }
    Ok(())
}
