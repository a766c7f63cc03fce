//! Which messages go out next if several tenants have some waiting.
//!
//! A message's group is its tenant. The next message always belongs to the tenant with the fewest in flight, so a
//! tenant with ten thousand waiting messages does not delay a tenant with one. Amazon SQS does so only once it
//! considers a tenant noisy; here it is the rule.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>

use std::collections::VecDeque;

/// A tenant with messages waiting.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// How many of its messages are being worked on
    pub(super) in_flight: usize,
    /// When each of the next messages became visible, and its row; oldest first
    pub(super) waiting: VecDeque<(i64, i64)>,
}

/// The rows of the next `max` messages, in the order they should go out.
pub(super) fn choose(mut groups: Vec<Group>, max: usize) -> Vec<i64> {
    let mut chosen = Vec::with_capacity(max);
    while chosen.len() < max {
        let next = groups
            .iter_mut()
            .filter(|group| !group.waiting.is_empty())
            // Between tenants with equally many in flight, the one that has waited longest.
            .min_by_key(|group| (group.in_flight, group.waiting.front().copied()));
        let Some(group) = next else { break };
        group.in_flight += 1;
        chosen.extend(group.waiting.pop_front().map(|(_, row)| row));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(in_flight: usize, waiting: impl IntoIterator<Item = (i64, i64)>) -> Group {
        Group { in_flight, waiting: waiting.into_iter().collect() }
    }

    #[test]
    fn one_group_goes_out_in_order() {
        assert_eq!(choose(vec![group(3, [(1, 10), (2, 11), (3, 12)])], 2), [10, 11]);
    }

    #[test]
    fn a_quiet_group_goes_before_a_noisy_one() {
        let noisy = group(9, (0..20).map(|row| (0, row)));
        let quiet = group(0, [(99, 100), (99, 101)]);
        assert_eq!(choose(vec![noisy, quiet], 3), [100, 101, 0]);
    }

    #[test]
    fn equal_groups_take_turns() {
        let one = group(0, [(1, 10), (1, 11)]);
        let other = group(0, [(2, 20), (2, 21)]);
        assert_eq!(choose(vec![one, other], 4), [10, 20, 11, 21]);
    }
}
