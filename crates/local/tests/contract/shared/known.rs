//! What implementations do otherwise than AWS documents it: the whole list, and the only way round an assertion.

use std::fmt;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implementation {
    /// This crate's own, of which no difference is known that a test here asks about
    Embedded,
    /// SQS of `LocalStack`
    LocalStack,
    /// API Gateway and Lambda of `MiniStack`
    MiniStack,
}

/// A difference from AWS's documentation; each stands in docs/EMULATORS.md with the page it contradicts.
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
    /// Attributes of a queue can have any number
    AttributesHaveNoEnd,
    /// Whoever asks for no messages gets one
    NoMessagesIsOne,
    /// A message that is moved back from the dead-letter queue is no new one
    WhatIsMovedStaysTheSame,
    /// An entry of a batch that failed is not the sender's fault
    NobodyIsAtFault,
    /// A client that is refused sees 403, whatever `$connect` said and if it failed
    EveryRefusalIs403,
    /// The subprotocol that `$connect` chooses is not passed on
    NoSubprotocol,
    /// What `$default` returns is sent, although there is no route response
    WhatIsReturnedIsSent,
    /// The error of a function is sent to the client
    WhatFailsIsTold,
    /// `$disconnect` is not told how the client closed
    EveryCloseIs1006,
    /// Every event says that the connection was made just now
    EveryEventConnects,
    /// `GetConnection` answers with names that its SDKs do not know
    ConnectionsAreCapitalised,
    /// Messages of any size are taken, either way
    MessagesHaveNoEnd,
    /// A binary message is taken as text
    BinaryIsText,
}

impl Known {
    /// Whose it is.
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
    /// Asserts what AWS documents. An implementation that is known to do otherwise has to do otherwise, so that the list
    /// does not outlive what it lists.
    #[track_caller]
    pub fn assert(self, holds: bool, unless: Known, found: impl fmt::Debug) {
        if self.has(unless) {
            assert!(!holds, "{self:?} does as AWS documents by now; take `{unless:?}` off the list: {found:?}");
        } else {
            assert!(holds, "not as AWS documents, which is known of others as `{unless:?}`: {found:?}");
        }
    }

    /// Whether this implementation has the difference: for what can only be asserted where it has not.
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
