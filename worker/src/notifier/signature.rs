//! The signature of a notification, by Standard Webhooks.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme>

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, Engine};

/// Returns the value of `webhook-signature` for a body sent at `seconds` since 1970, or `None` if the key is not
/// base64.
pub fn sign(key: &str, id: &str, seconds: u64, body: &str) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(key).ok()?);
    let signature = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
    Some(format!("v1,{}", BASE64_STANDARD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    /// <https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py>
    #[test]
    fn the_signature_is_that_of_the_reference_libraries() {
        let signature = sign(
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }
}
