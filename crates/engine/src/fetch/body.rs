//! Reads a body as it was sent, up to a limit.

use super::FetchError;
use bytes::{Bytes, BytesMut};
use url::Url;

/// Reads the whole body, or fails with `TooLarge` as soon as it exceeds `limit`.
pub async fn read(mut answer: reqwest::Response, limit: usize, url: &Url) -> Result<Bytes, FetchError> {
    let announced = answer.content_length().unwrap_or_default();
    if announced > limit as u64 {
        return Err(FetchError::TooLarge { limit });
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| FetchError::from_client(&error, url))? {
        if body.len() + chunk.len() > limit {
            return Err(FetchError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
