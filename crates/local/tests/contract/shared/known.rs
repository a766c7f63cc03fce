//! The complete list of the implementations' differences from AWS's documentation, and the only way round an assertion.

use std::fmt;

/// The implementation that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implementation {
    /// This crate's own, without a known difference that a test here could find
    Embedded,
    /// SQS of `LocalStack`
    LocalStack,
    /// API Gateway and Lambda of `MiniStack`
    MiniStack,
}

/// A difference from AWS's documentation. docs/EMULATORS.md describes each, with the page it contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// A receipt of an earlier delivery deletes the message
    StaleReceiptDeletes,
    /// A message that is visible can be hidden with a receipt of its last delivery
    NotInFlightIsHidden,
    /// A message can be hidden for more than twelve hours
    VisibilityHasNoEnd,
    /// A message can be delayed for more than a quarter of an hour
    DelayHasNoEnd,
    /// The numbers in a queue's attributes have no limits
    AttributesHaveNoEnd,
    /// A request for no messages gets one
    NoMessagesIsOne,
    /// A message that is moved back from the dead-letter queue stays the same message
    WhatIsMovedStaysTheSame,
    /// A failed entry of a batch is not marked as the sender's fault
    NobodyIsAtFault,
    /// A rejected client gets 403, whatever status `$connect` returned, and also if `$connect` failed
    EveryRefusalIs403,
    /// The subprotocol that `$connect` chooses is not passed on
    NoSubprotocol,
    /// What `$default` returns is sent, although there is no route response
    WhatIsReturnedIsSent,
    /// The error of a function is sent to the client
    WhatFailsIsTold,
    /// `$disconnect` does not get the client's close code
    EveryCloseIs1006,
    /// Every event gives the present as the time of the connection
    EveryEventConnects,
    /// `GetConnection` answers with names that its SDKs do not know
    ConnectionsAreCapitalised,
    /// Messages of any size are taken, either way
    MessagesHaveNoEnd,
    /// A binary message is taken as text
    BinaryIsText,
}

impl Known {
    /// Returns the implementation that has this difference.
    fn whose(self) -> Implementation {
        match self {
            Self::StaleReceiptDeletes
            | Self::NotInFlightIsHidden
            | Self::VisibilityHasNoEnd
            | Self::DelayHasNoEnd
            | Self::AttributesHaveNoEnd
            | Self::NoMessagesIsOne
            | Self::WhatIsMovedStaysTheSame
            | Self::NobodyIsAtFault => Implementation::LocalStack,
            Self::EveryRefusalIs403
            | Self::NoSubprotocol
            | Self::WhatIsReturnedIsSent
            | Self::WhatFailsIsTold
            | Self::EveryCloseIs1006
            | Self::EveryEventConnects
            | Self::ConnectionsAreCapitalised
            | Self::MessagesHaveNoEnd
            | Self::BinaryIsText => Implementation::MiniStack,
        }
    }
}

impl Implementation {
    /// Asserts the documented behaviour. For an implementation with a known difference, asserts the difference instead,
    /// so that an outdated entry of the list is found.
    #[track_caller]
    pub fn assert(self, holds: bool, unless: Known, found: impl fmt::Debug) {
        if self.has(unless) {
            assert!(!holds, "{self:?} does as AWS documents by now; take `{unless:?}` off the list: {found:?}");
        } else {
            assert!(holds, "not as AWS documents, which is known of others as `{unless:?}`: {found:?}");
        }
    }

    /// Returns whether this implementation has the difference, for assertions that hold only without it.
    pub fn has(self, difference: Known) -> bool {
        self == difference.whose()
    }
}

#[test]
fn every_difference_is_documented() {
    let (_, list) = include_str!("known.rs").split_once("pub enum Known {").expect("the list");
    let (list, _) = list.split_once("\n}").expect("its end");
    let documented = include_str!("../../../../../docs/EMULATORS.md");
    for name in list.lines().filter_map(|line| line.trim().strip_suffix(',')) {
        assert!(documented.contains(&format!("| `{name}` |")), "docs/EMULATORS.md should say what `{name}` is");
    }
}
