//! Signing in by another provider, linking a name there to an account here, and ending that.

use super::{device, render};
use crate::{
    Identity, federation,
    model::LinkView,
    ops::{self, Try},
    rules,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use kernel::{Problem, Text};
use ports::Provider;
use serde::Deserialize;
use web::{Form, LeadsAway, Outcome, Shell, Visit};

/// The providers that people can sign in by, by id.
pub(super) fn choices(identity: &Identity) -> Vec<(String, Text)> {
    identity.0.providers.iter().map(|one| (one.id.clone(), one.name.clone())).collect()
}

#[derive(Template)]
#[template(path = "federation.html")]
struct Page {
    shell: Shell,
    providers: Vec<(String, Text)>,
    links: Vec<LinkView>,
    done: String,
}

impl Page {
    fn name(&self, id: &str) -> String {
        let known = self.providers.iter().find(|(known, _)| known == id);
        known.map_or_else(|| id.to_owned(), |(_, name)| self.shell.of(name).to_owned())
    }

    fn claim(&self, claim: &str) -> String {
        self.shell.t(&format!("federation-claim-{claim}"))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn worth(&self, level: &crate::model::Level) -> String {
        self.shell.t(&format!("federation-level-{}", level.as_str()))
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: Option<String>,
}

/// `GET /my/federation`.
pub(super) async fn page(
    State(identity): State<Identity>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let keys = identity.0.keys.clone();
    let links = identity.0.db.read(move |tx| ops::links(tx, &ctx, keys.sealer())).await?;
    let shell = visit.shell("federation-title");
    let done = asked.done.filter(|done| ["linked", "unlinked"].contains(&done.as_str()));
    let page = Page {
        providers: choices(&identity),
        links,
        done: done.map_or_else(String::new, |done| shell.t(&format!("federation-done-{done}"))),
        shell,
    };
    Ok((LeadsAway, render(&page)?).into_response())
}

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: Option<String>,
}

fn provider<'a>(identity: &'a Identity, id: &str) -> Result<&'a Provider, Problem> {
    let found = identity.0.providers.iter().find(|one| one.id == id);
    found.ok_or_else(|| Problem::new(404, "not-found"))
}

async fn begin(
    identity: &Identity,
    visit: Visit,
    id: &str,
    link: bool,
    next: &str,
) -> Outcome<Response> {
    let provider = provider(identity, id)?;
    let ctx = visit.ctx;
    let asked = Try {
        provider: provider.id.clone(),
        nonce: wire::b64::encode(ctx.random::<32>()),
        verifier: wire::b64::encode(ctx.random::<32>()),
        wants: None,
        next: next.to_owned(),
    };
    let state = ops::secret(&ctx, "sta");
    let (keys, kept, of) = (identity.0.keys.clone(), asked.clone(), state.clone());
    let browser = visit.csrf;
    let begin = move |tx: &mut store::Tx<'_>| {
        ops::begin_try(tx, &ctx, keys.sealer(), (&of, &browser), link, kept.clone())
    };
    identity.0.db.write::<_, Problem>(begin).await?;
    let there = federation::ask(identity, provider, &state, &asked, link).await?;
    Ok(Redirect::to(&there).into_response())
}

/// `POST /federation/{provider}`: sign in there, to be signed in here.
pub(super) async fn start(
    State(identity): State<Identity>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<Next>,
) -> Outcome<Response> {
    begin(&identity, visit, &id, false, rules::local_path(form.next.as_deref())).await
}

/// `POST /my/federation/{provider}/link`: signed in here; now there as well.
pub(super) async fn link(
    State(identity): State<Identity>,
    visit: Visit,
    Path(id): Path<String>,
    Form(super::sign_in::Nothing {}): Form<super::sign_in::Nothing>,
) -> Outcome<Response> {
    begin(&identity, visit, &id, true, "/my/federation?done=linked").await
}

#[derive(Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    code: Option<String>,
}

/// `GET /federation/{provider}/back`: the provider's answer.
pub(super) async fn back(
    State(identity): State<Identity>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(back): Query<Back>,
) -> Outcome<Response> {
    let provider = provider(&identity, &id)?;
    let (ctx, keys, state) = (visit.ctx.clone(), identity.0.keys.clone(), back.state);
    let browser = visit.csrf.clone();
    let take = move |tx: &mut store::Tx<'_>| {
        ops::take_try(tx, &ctx, keys.sealer(), (&state, &browser), &id)
    };
    let asked = identity.0.db.write::<_, Problem>(take).await?;
    let asked = asked.ok_or_else(|| Problem::new(400, "federation-over"))?;
    // Another provider's answer must not reach this one's token endpoint (RFC 9207).
    if back.iss.as_deref() != Some(provider.issuer.as_str()) {
        return Err(Problem::new(403, "federation-issuer").into());
    }
    let code = back.code.ok_or_else(|| Problem::new(403, "federation-refused"))?;
    let found = federation::redeem(&identity, &visit.ctx, provider, &asked, code).await?;
    let (ctx, done, device) = (visit.ctx.clone(), asked.clone(), device(&headers));
    let keys = identity.0.keys.clone();
    let answer = move |tx: &mut store::Tx<'_>| {
        ops::answered(tx, &ctx, keys.sealer(), &done, &found, &device)
    };
    match identity.0.db.write::<_, Problem>(answer).await? {
        Some(token) => {
            Ok(super::sign_in::signed_in(&identity, &visit.ctx, &token, Some(&asked.next)))
        }
        None => Ok(Redirect::to(&asked.next).into_response()),
    }
}

#[derive(Deserialize)]
pub(super) struct Unlink {
    link: String,
}

/// `POST /my/federation/unlink`.
pub(super) async fn unlink(
    State(identity): State<Identity>,
    visit: Visit,
    Form(form): Form<Unlink>,
) -> Outcome<Response> {
    let ctx = visit.ctx;
    let end = move |tx: &mut store::Tx<'_>| ops::unlink(tx, &ctx, &form.link);
    identity.0.db.write::<_, Problem>(end).await?;
    Ok(Redirect::to("/my/federation?done=unlinked").into_response())
}
