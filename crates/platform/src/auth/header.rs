//! Checks the header of a token.

use jsonwebtoken::Header;

/// Returns the first header parameter that changes how the token has to be read and that is not supported; such a token
/// is rejected. `crit` names extensions a reader must understand (RFC 7515, section 4.1.11), and we support none. `b64`
/// says that the payload is not encoded (RFC 7797), which a JWT must not say (section 7 there).
pub(super) fn unknown_extension(header: &Header) -> Option<&'static str> {
    if header.crit.is_some() {
        return Some("crit");
    }
    header.extras.inner().contains_key("b64").then_some("b64")
}
