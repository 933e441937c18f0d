//! Who and what is there at the beginning.

use super::BACK;
use crate::{
    Identity,
    model::{Client, Profile},
    ops, rules,
};
use axum::{Router, extract::Request, middleware::Next};
use kernel::{Actor, Ctx, Id, Locale, Problem, Role, Text, World};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::Tx;
use web::{
    Brand, Visit,
    cookies::{Cookie, Cookies},
};

fn name(en: &str) -> Text {
    Text::same(en)
}

pub(super) fn everyone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    bank_jwks: &Json,
    rival_jwks: &Json,
) -> Result<(Id, Id, Id), Problem> {
    let mut person = |handle: &str, hkid: &str, en: &str| {
        let new = ops::NewPerson {
            id: None,
            handle: handle.to_owned(),
            name: name(en),
            hkid: kernel::identifiers::IdentityCard::parse(hkid).ok(),
            made_up: true,
        };
        ops::add_person(tx, ctx, &new)
    };
    let chan = person("chan-mei-ling", "A1234563", "Chan Mei Ling")?;
    let wong = person("wong-ka-ho", "E3649125", "Wong Ka Ho")?;
    let admin = person("lee-admin", "D2887542", "Lee Admin")?;
    let company = ops::NewCompany {
        id: None,
        brn: kernel::identifiers::Brn::parse("12345678").unwrap(),
        name: name("Lucky Star Trading Ltd"),
        made_up: true,
    };
    let company = ops::add_company(tx, ctx, &company)?;
    for one in [&chan, &wong] {
        let mandate = ops::Mandate {
            company: company.clone(),
            person: one.clone(),
            role: "director".to_owned(),
            scopes: "records mandates".to_owned(),
            from: ctx.now,
            delegated_by: None,
            parent: None,
            extent: ports::Extent { needs: 1, ..ports::Extent::whole() },
        };
        ops::add_mandate(tx, ctx, &mandate)?;
    }
    ops::add_officer(tx, ctx, &admin, "ogcio", Role::Admin)?;
    let bank = Client {
        id: "harbour-bank".to_owned(),
        name: name("Harbour Bank"),
        redirect_uris: vec![BACK.to_owned(), "https://bank.example/other".to_owned()],
        jwks: bank_jwks.clone(),
        profile: Profile::Confidential,
        webhook: Some("https://bank.example/hook".to_owned()),
        scopes: format!("records {}", rules::BATCH),
        active: true,
        node: None,
        terms: crate::model::Terms::default(),
    };
    ops::add_client(tx, ctx, &bank)?;
    let rival = Client {
        id: "rival-bank".to_owned(),
        name: name("Rival Bank"),
        jwks: rival_jwks.clone(),
        ..bank
    };
    ops::add_client(tx, ctx, &rival)?;
    let app = Client {
        id: "pocket-app".to_owned(),
        name: name("Pocket App"),
        redirect_uris: vec!["http://127.0.0.1/back".to_owned()],
        jwks: json!({"keys": []}),
        profile: Profile::Public,
        webhook: None,
        scopes: "records".to_owned(),
        active: true,
        node: None,
        terms: crate::model::Terms::default(),
    };
    ops::add_client(tx, ctx, &app)?;
    Ok((chan, wong, company))
}

/// What the binary's middleware does for every request.
pub(super) fn with_visit(
    router: Router,
    identity: &Identity,
    world: &World,
    cookies: Cookies,
) -> Router {
    let (identity, world) = (identity.clone(), world.clone());
    let brand = Arc::new(Brand { government: Text::same("Test"), demo: true });
    let visit = move |mut request: Request, next: Next| {
        let (identity, world, brand, cookies) =
            (identity.clone(), world.clone(), brand.clone(), cookies.clone());
        async move {
            let token =
                cookies.read(request.headers(), Cookie::Session).unwrap_or_default().to_owned();
            let known = identity.visitor(&token).await.unwrap();
            let (actor, user) =
                known.map_or((Actor::Anonymous, None), |(actor, user)| (actor, Some(user)));
            let here = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
            let ctx = Ctx::new(&world, actor, Locale::En);
            let csrf =
                web::cookies::csrf(&cookies, request.headers()).unwrap_or_default().to_owned();
            request.extensions_mut().insert(Visit { ctx, brand, user, csrf, here });
            web::render_problems(request, |request| next.run(request)).await
        }
    };
    router.layer(axum::middleware::from_fn(visit))
}
