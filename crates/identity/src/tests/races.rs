use super::site::{BACK, VERIFIER, each};
use http::StatusCode;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_redemptions_of_one_code_exactly_one_wins_and_its_tokens_end() {
    for site in each().await {
        let (code, _) = site.code(&site.bank).await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        let proofs: Vec<_> =
            (0..100).map(|_| site.proof(&site.bank, "POST", "/oauth/token", None)).collect();
        let all =
            futures(&proofs, |proof| site.call(&site.bank, "/oauth/token", &pairs, Some(proof)))
                .await;
        let won: Vec<_> = all.iter().filter(|reply| reply.status == StatusCode::OK).collect();
        assert_eq!(
            won.len(),
            1,
            "{:?}",
            all.iter().map(super::site::Reply::error).collect::<Vec<_>>()
        );
        // A loser of the race on PostgreSQL may be told to try again; that burns nothing.
        for reply in all.iter().filter(|reply| reply.status != StatusCode::OK) {
            assert!(
                ["invalid_grant", "temporarily_unavailable"].contains(&reply.error().as_str()),
                "{}",
                reply.text
            );
        }
        assert_eq!(site.redeem(&site.bank, &code).await.error(), "invalid_grant");
        assert!(!site.works(&site.bank, won[0].json()["access_token"].as_str().unwrap()).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_proof_sent_many_times_at_once_is_taken_once() {
    for site in each().await {
        let proof = site.proof(&site.bank, "POST", "/oauth/token", None);
        let pairs = [("grant_type", "client_credentials"), ("scope", "exchange:batch")];
        let proofs = vec![proof; 20];
        let all =
            futures(&proofs, |proof| site.call(&site.bank, "/oauth/token", &pairs, Some(proof)))
                .await;
        assert_eq!(all.iter().filter(|reply| reply.status == StatusCode::OK).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_public_refresh_token_used_by_two_at_once_serves_at_most_one() {
    for site in each().await {
        let (code, _) = site.code(&site.app).await;
        let token = site.redeem(&site.app, &code).await.json()["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let proofs: Vec<_> =
            (0..10).map(|_| site.proof(&site.app, "POST", "/oauth/token", None)).collect();
        let all =
            futures(&proofs, |proof| site.call(&site.app, "/oauth/token", &pairs, Some(proof)))
                .await;
        assert_eq!(all.iter().filter(|reply| reply.status == StatusCode::OK).count(), 1);
        assert_eq!(site.refresh(&site.app, &token).await.error(), "invalid_grant");
    }
}

async fn futures<'a, F: Future>(of: &'a [String], make: impl Fn(&'a str) -> F) -> Vec<F::Output> {
    futures_util::future::join_all(of.iter().map(|one| make(one))).await
}
