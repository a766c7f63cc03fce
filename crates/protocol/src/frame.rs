//! Events packed into messages: one JSON object a line, as many lines as fit.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use crate::limits::{FRAME_BYTES, MESSAGE_BYTES};

/// Packs lines into messages that API Gateway meters as one each, if that is possible: a longer line travels alone.
/// Lines that no message can hold are left out; nothing that is written here is that long.
pub fn pack(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in lines.into_iter().filter(|line| line.len() <= MESSAGE_BYTES) {
        match messages.last_mut() {
            Some(message) if message.len().saturating_add(line.len()) < FRAME_BYTES => {
                message.push('\n');
                message.push_str(&line);
            }
            _ => messages.push(line),
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_lines_share_a_message() {
        assert_eq!(pack(["a".into(), "b".into()]), ["a\nb"]);
        assert_eq!(pack(["a".repeat(FRAME_BYTES - 1), "b".into()]).len(), 2);
        assert_eq!(pack(["a".repeat(FRAME_BYTES - 2), "b".into()]).len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_long(lengths in prop::collection::vec(1_usize..70_000, 0..20)) {
            let lines: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
            let messages = pack(lines.clone());
            prop_assert!(messages.iter().all(|message| message.len() <= MESSAGE_BYTES));
            let unpacked: Vec<&str> = messages.iter().flat_map(|message| message.split('\n')).collect();
            prop_assert_eq!(unpacked, lines);
        }
    }
}
