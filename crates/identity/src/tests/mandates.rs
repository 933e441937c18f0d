use super::site::{Site, each};
use crate::ops;
use http::StatusCode;
use kernel::{Id, Problem, Timestamp};
use ports::Directory as _;

async fn give(
    site: &Site,
    from: i64,
    until: Option<i64>,
    scopes: &str,
    delegated_by: Option<Id>,
) -> Id {
    let (ctx, company, person) = (site.system(), site.company.clone(), site.wong.clone());
    let at = |seconds: i64| Timestamp::from_second(site.now().as_second() + seconds).unwrap();
    let mandate = ops::Mandate {
        company,
        person,
        role: "manager".to_owned(),
        scopes: scopes.to_owned(),
        needs: 2,
        from: at(from),
        until: until.map(at),
        delegated_by,
    };
    site.db.write(move |tx| ops::add_mandate(tx, &ctx, &mandate)).await.unwrap()
}

async fn holds(site: &Site, mandate: &Id) -> bool {
    let (port, person, now, mandate) =
        (site.port.clone(), site.wong.clone(), site.now(), mandate.clone());
    let all = site.db.read(move |tx| port.authorities(tx, &person, now)).await.unwrap();
    all.iter().any(|authority| authority.mandate == mandate)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_counts_from_its_first_to_its_last_moment_for_its_scope() {
    for site in each().await {
        let mandate = give(&site, 60, Some(120), "records", None).await;
        assert!(!holds(&site, &mandate).await, "not yet");
        site.clock.advance(60);
        assert!(holds(&site, &mandate).await);
        site.clock.advance(60);
        assert!(!holds(&site, &mandate).await, "no longer");
        let other = give(&site, 0, None, "mandates", None).await;
        assert!(!holds(&site, &other).await, "another scope");
        let (port, company, now) = (site.port.clone(), site.company.clone(), site.now());
        let people = site.db.read(move |tx| port.holders(tx, &company, now)).await.unwrap();
        assert_eq!(people.len(), 2, "each person once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_director_takes_back_what_a_person_gave_but_not_what_the_register_says() {
    for site in each().await {
        let given = give(&site, 0, None, "records", Some(site.chan.clone())).await;
        let register = give(&site, 0, None, "records", None).await;
        let session = site.signed_in("chan-mei-ling").await;
        let page = site.get("/my/mandates", &session).await;
        assert_eq!(page.text.matches("/my/mandates/revoke").count(), 1, "{}", page.text);
        let reply =
            site.form("/my/mandates/revoke", &session, &[("mandate", register.as_str())]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        let stranger = site.signed_in("lee-admin").await;
        let reply =
            site.form("/my/mandates/revoke", &stranger, &[("mandate", given.as_str())]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "a stranger does not even learn of it");
        assert!(holds(&site, &given).await && holds(&site, &register).await);
        let reply =
            site.form("/my/mandates/revoke", &session, &[("mandate", given.as_str())]).await;
        assert_eq!(reply.location(), "/my/mandates?done=1");
        assert!(!holds(&site, &given).await, "refused at once");
        assert_eq!(site.get("/my/mandates", "").await.location(), "/sign-in?next=/my/mandates");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_program_and_administrators_makes_people_mandates_and_clients() {
    let site = Site::sqlite().await;
    let (ctx, company, person) =
        (site.as_person(&site.wong), site.company.clone(), site.wong.clone());
    let outcome: Result<(), Problem> = site
        .db
        .write(move |tx| {
            let mandate = ops::Mandate {
                company: company.clone(),
                person: person.clone(),
                role: "director".to_owned(),
                scopes: "records mandates".to_owned(),
                needs: 1,
                from: ctx.now,
                until: None,
                delegated_by: None,
            };
            assert_eq!(ops::add_mandate(tx, &ctx, &mandate).unwrap_err().status, 403);
            assert_eq!(ops::invite(tx, &ctx, &person).unwrap_err().status, 403);
            assert_eq!(ops::stop_client(tx, &ctx, "harbour-bank").unwrap_err().status, 403);
            assert_eq!(
                ops::add_officer(tx, &ctx, &person, "ird", kernel::Role::Admin).unwrap_err().status,
                403
            );
            let new = ops::NewPerson {
                id: None,
                handle: "x".to_owned(),
                name: kernel::Text::same("X"),
                hkid: None,
                made_up: true,
            };
            assert_eq!(ops::add_person(tx, &ctx, &new).unwrap_err().status, 403);
            Ok(())
        })
        .await;
    outcome.unwrap();
    let ctx = site.system();
    let new = ops::NewPerson {
        id: None,
        handle: "chan-mei-ling".to_owned(),
        name: kernel::Text::same("X"),
        hkid: None,
        made_up: true,
    };
    let again = site.db.write(move |tx| ops::add_person(tx, &ctx, &new)).await;
    assert_eq!(again.unwrap_err().code, "person-exists");
}
