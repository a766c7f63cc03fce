//! The names of principals. A principal is an issuer and a subject together: the same `sub` from two issuers names two
//! principals, and neither is a principal of the deployment's own tokens.
//!
//! A principal is stored and shown as one text, so the text has to contain both:
//!
//! | who | text |
//! | --- | --- |
//! | a subject of an OIDC issuer | `ISSUER#SUB` |
//! | a subject of the deployment's own tokens | `SUB` |
//! | the same, if `SUB` begins with `https://`, `http://` or `local#` | `local#SUB` |
//!
//! No two principals have the same text. An issuer's address begins with `https://` or `http://` and has no `#`
//! ([`super::TrustedIssuers`] rejects others), so the first `#` in a text of the first row ends the issuer, whatever
//! the `sub` contains. No text of the other rows begins like an issuer's address.

use stepcast_suite::plain;

/// Longest subject. The standard says 255 characters; issuers that let users compose the subject exceed that.
const SUBJECT_BYTES: usize = 512;

/// Whether a `sub` can be a principal's name: not empty, not too long, and without hidden characters.
pub fn is_name(subject: &str) -> bool {
    (1..=SUBJECT_BYTES).contains(&subject.len()) && plain::hidden(subject).is_none()
}

/// Prefixes of the text of an OIDC principal.
pub(super) const ADDRESS_STARTS: [&str; 2] = ["https://", "http://"];

/// Separates an issuer and a subject. An issuer cannot contain it: in an address it begins the fragment, which an
/// issuer must not have (OpenID Connect Discovery 1.0, section 3).
const SEPARATOR: char = '#';

/// Marks the deployment itself as the issuer, for subjects that could be read as those of another issuer.
const LOCAL: &str = "local#";

/// A subject of an OIDC issuer.
pub(super) fn of_issuer(issuer: &str, subject: &str) -> String {
    format!("{issuer}{SEPARATOR}{subject}")
}

/// A subject of the deployment's own tokens.
pub(super) fn local(subject: &str) -> String {
    let is_ambiguous = ADDRESS_STARTS.iter().chain(&[LOCAL]).any(|start| subject.starts_with(start));
    if is_ambiguous { format!("{LOCAL}{subject}") } else { subject.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plain_local_name_stays_as_it_is() {
        for name in ["admin", "ci", "share/01a2", "team#1", "repo:acme/shop:ref:refs/heads/main", ""] {
            assert_eq!(local(name), name);
        }
        assert_eq!(of_issuer("https://a.example", "admin"), "https://a.example#admin");
        assert_eq!(local("https://a.example#admin"), "local#https://a.example#admin");
        assert_eq!(local("local#https://a.example#admin"), "local#local#https://a.example#admin");
    }

    #[derive(Debug, Clone, PartialEq)]
    enum Who {
        Local(String),
        Of(String, String),
    }

    impl Who {
        fn text(&self) -> String {
            match self {
                Self::Local(subject) => local(subject),
                Self::Of(issuer, subject) => of_issuer(issuer, subject),
            }
        }
    }

    /// Makes texts of ambiguous pieces, so that collisions would be found.
    fn subject() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec!["https://", "http://", "a.example", "#", "local#", "admin", "/", "x"]);
        prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
    }

    fn who() -> impl Strategy<Value = Who> {
        let issuer =
            prop::sample::select(vec!["https://a.example", "https://a.example/x", "http://a.example", "https://x"]);
        prop_oneof![
            subject().prop_map(Who::Local),
            (issuer, subject()).prop_map(|(issuer, subject)| Who::Of(issuer.to_owned(), subject)),
        ]
    }

    proptest! {
        #[test]
        fn no_two_principals_have_the_same_text(one in who(), other in who()) {
            prop_assert_eq!(one.text() == other.text(), one == other, "{:?} and {:?}", one, other);
        }
    }
}
