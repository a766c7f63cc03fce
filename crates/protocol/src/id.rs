//! Ids and names that a client may send, validated where they are made: none is empty or longer than a key of the table
//! can hold. Each is a type of its own, so that the compiler rejects one in the place of another.

use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use stepcast_suite::limits::NAME_BYTES;
use uuid::Uuid;

/// Why a text is not an id or a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId {
    /// What the text should be
    what: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has 1 to {NAME_BYTES} bytes", self.what)
    }
}

impl std::error::Error for InvalidId {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                if (1..=NAME_BYTES).contains(&text.len()) { Ok(Self(text)) } else { Err(InvalidId { what: $what }) }
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl From<&$name> for String {
            fn from(id: &$name) -> Self {
                id.0.clone()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// The id of a job, a `UUIDv7`: so ids sort by time. Clients may ask for any text.
    JobId, "the id of a job";
    /// The id of a connection, as API Gateway made it.
    ConnectionId, "the id of a connection";
    /// The name of a suite.
    SuiteName, "the name of a suite";
}

impl From<Uuid> for JobId {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_neither_empty_nor_longer_than_a_key() {
        assert_eq!("job-1".parse::<JobId>().expect("an id"), "job-1");
        assert_eq!("x".repeat(NAME_BYTES).parse::<ConnectionId>().expect("an id").as_str().len(), NAME_BYTES);
        for text in [String::new(), "x".repeat(NAME_BYTES + 1)] {
            let error = text.parse::<SuiteName>().expect_err("no name");
            assert_eq!(error.to_string(), "the name of a suite has 1 to 256 bytes");
        }
    }
}
