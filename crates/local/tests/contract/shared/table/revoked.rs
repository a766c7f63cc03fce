//! Tokens that were revoked.

use super::Fixture;
use stepcast_platform::table::Revoked;
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::limits::TOKEN_LIFETIME;

impl Fixture {
    async fn revoke(&self, token: &str) -> Revoked {
        let revoked = Revoked { token: token.to_owned(), principal: "ada".to_owned(), at: self.now() };
        self.table.revoke_token(revoked.clone()).await.expect("stored");
        revoked
    }

    async fn is_revoked(&self, token: &str) -> bool {
        self.table.is_revoked(token).await.expect("an answer")
    }
}

#[tokio::test]
async fn a_token_is_revoked_as_long_as_any_may_live() {
    let fixture = Fixture::new().await;
    fixture.revoke("token-1").await;
    assert!(fixture.is_revoked("token-1").await && !fixture.is_revoked("token-2").await);
    fixture.assert_expires("REVOKED", "token-1", TOKEN_LIFETIME).await;
    fixture.advance(TOKEN_LIFETIME);
    assert!(!fixture.is_revoked("token-1").await, "it has expired itself");
}

#[tokio::test]
async fn revoked_tokens_are_listed_page_by_page() {
    let fixture = Fixture::new().await;
    fixture.revoke("0").await;
    fixture.advance(TOKEN_LIFETIME);
    let [a, b, c] = [fixture.revoke("a").await, fixture.revoke("b").await, fixture.revoke("c").await];
    let mut query = PageQuery { cursor: None, limit: Some(3) };
    let (first, next) = fixture.table.revoked_tokens(&query).await.expect("an answer");
    assert_eq!((first, next.as_deref()), (vec![a, b], Some("b")), "expired entries are not listed");
    query.cursor = next;
    assert_eq!(fixture.table.revoked_tokens(&query).await.expect("an answer"), (vec![c], None));
}
