//! Clients on their way to be registered: their creators ask, other people approve.

use super::render;
use crate::{
    Identity,
    model::{Auth, Client, Flow, Profile, Progress, RegistrationView, Terms, TokenForm},
    oauth, ops,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, header};
use kernel::{Ctx, Id, Problem, Text};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use web::{Choice, Errors, Form, Outcome, Row, Shell, Visit};

#[derive(Template)]
#[template(path = "clients.html")]
struct Page {
    shell: Shell,
    creator: bool,
    approver: bool,
    all: Vec<Line>,
    done: String,
}

/// A registration and how it is shown.
struct Line {
    one: RegistrationView,
    state: String,
    colour: &'static str,
    rows: Vec<Row>,
}

impl Page {
    fn line(shell: &Shell, one: RegistrationView) -> Line {
        let (text, colour) = match (one.state, one.active) {
            (Progress::Waiting, _) => ("clients-waiting", "yellow"),
            (Progress::Refused, _) => ("clients-refused", "red"),
            (Progress::Withdrawn, _) => ("clients-withdrawn", "grey"),
            (Progress::Approved, Some(true)) => ("clients-active", "green"),
            (Progress::Approved, Some(false)) => ("clients-suspended", "red"),
            (Progress::Approved, None) => ("clients-replaced", "grey"),
        };
        Line { state: shell.t(text), colour, rows: Self::rows(shell, &one), one }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn field(place: &usize) -> String {
        format!("reason-{place}")
    }

    fn waits(one: &RegistrationView) -> bool {
        one.state == Progress::Waiting
    }

    fn rows(shell: &Shell, one: &RegistrationView) -> Vec<Row> {
        let client = &one.asked;
        let mut rows = vec![
            Row::new(shell.t("clients-id"), client.id.clone()),
            Row::new(shell.t("clients-organisation"), one.organisation.clone()),
            Row::new(shell.t("clients-auth"), shell.t(auth(client))),
            Row::new(shell.t("clients-flow"), shell.t(flow(client))),
            Row::new(shell.t("clients-scopes"), client.scopes.clone()),
        ];
        if !client.redirect_uris.is_empty() {
            rows.push(Row::new(shell.t("clients-redirects"), client.redirect_uris.join(" ")));
        }
        if let Some(address) = &client.terms.jwks_uri {
            rows.push(Row::new(shell.t("clients-jwks-uri"), address.clone()));
        }
        rows.push(Row::new(
            shell.t("clients-asked"),
            format!("{} · {}", shell.of(&one.by), shell.moment(&one.at)),
        ));
        if let Some(by) = &one.decided_by {
            rows.push(Row::new(shell.t("clients-decided"), shell.of(by).to_owned()));
        }
        if !one.reason.is_empty() {
            rows.push(Row::new(shell.t("clients-reason"), one.reason.clone()));
        }
        rows
    }

    fn secret(one: &RegistrationView) -> bool {
        one.active.is_some()
            && one.asked.profile == Profile::Confidential
            && one.asked.terms.auth == Auth::ClientSecretBasic
    }
}

fn auth(client: &Client) -> &'static str {
    match (client.profile, client.terms.auth) {
        (Profile::Public, _) => "clients-auth-none",
        (_, Auth::PrivateKeyJwt) => "clients-auth-key",
        (_, Auth::ClientSecretBasic) => "clients-auth-secret",
        (_, Auth::SelfSignedTlsClientAuth) => "clients-auth-certificate",
    }
}

fn flow(client: &Client) -> &'static str {
    match client.terms.flow {
        Flow::High => "clients-flow-high",
        Flow::Baseline => "clients-flow-baseline",
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: Option<String>,
}

/// `GET /my/clients`.
pub(super) async fn page(
    State(identity): State<Identity>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let read = identity.0.db.read(move |tx| {
        Ok::<_, Problem>((ops::registrations(tx, &ctx)?, ops::client_roles(tx, &ctx)?))
    });
    let (all, (organisation, approver)) = read.await?;
    let shell = visit.shell("clients-title");
    let known = ["asked", "approve", "refuse", "withdraw", "suspend", "resume"]
        .map(|what| (what, format!("clients-done-{what}")));
    let done = known.iter().find(|(what, _)| asked.done.as_deref() == Some(what));
    let done = done.map_or_else(String::new, |(_, key)| shell.t(key));
    let all = all.into_iter().map(|one| Page::line(&shell, one)).collect();
    render(&Page { creator: organisation.is_some(), approver, all, done, shell })
}

#[derive(Deserialize, Default, Clone)]
pub(super) struct New {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    name_en: String,
    #[serde(default)]
    name_tc: String,
    #[serde(default)]
    name_sc: String,
    #[serde(default)]
    auth: String,
    #[serde(default)]
    tokens: String,
    #[serde(default)]
    flow: String,
    #[serde(default)]
    redirect_uris: String,
    #[serde(default)]
    jwks: String,
    #[serde(default)]
    jwks_uri: String,
    #[serde(default)]
    backchannel_logout_uri: String,
    #[serde(default)]
    post_logout_redirect_uris: String,
    #[serde(default)]
    scopes: String,
}

impl New {
    /// The form as it would have been filled in for a client.
    fn of(client: &Client) -> Self {
        let keyed = client.terms.jwks_uri.is_none()
            && client.jwks["keys"].as_array().is_some_and(|keys| !keys.is_empty());
        let auth = match (client.profile, client.terms.auth) {
            (Profile::Public, _) => "none",
            (_, Auth::ClientSecretBasic) => "secret",
            _ => "key",
        };
        let lines = |all: &[String]| all.join("\n");
        Self {
            client_id: client.id.clone(),
            name_en: client.name.en.clone(),
            name_tc: client.name.tc.clone(),
            name_sc: client.name.sc.clone(),
            auth: auth.to_owned(),
            tokens: if client.terms.tokens == TokenForm::Jwt { "jwt" } else { "opaque" }.to_owned(),
            flow: if client.terms.flow == Flow::Baseline { "baseline" } else { "high" }.to_owned(),
            redirect_uris: lines(&client.redirect_uris),
            jwks: if keyed { client.jwks.to_string() } else { String::new() },
            jwks_uri: client.terms.jwks_uri.clone().unwrap_or_default(),
            backchannel_logout_uri: client.terms.backchannel_logout_uri.clone().unwrap_or_default(),
            post_logout_redirect_uris: lines(&client.terms.post_logout_redirect_uris),
            scopes: client.scopes.clone(),
        }
    }

    /// What is asked; what the form does not show stays as it was.
    fn client(&self, was: Option<Client>) -> Client {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let words = |text: &str| text.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>();
        let (profile, auth) = match self.auth.as_str() {
            "secret" => (Profile::Confidential, Auth::ClientSecretBasic),
            "none" => (Profile::Public, Auth::PrivateKeyJwt),
            _ => (Profile::Confidential, Auth::PrivateKeyJwt),
        };
        let flow = if self.flow == "baseline" { Flow::Baseline } else { Flow::High };
        let tokens = if self.tokens == "jwt" { TokenForm::Jwt } else { TokenForm::Opaque };
        let keys = given(&self.jwks).map_or_else(
            || json!({"keys": []}),
            |text| serde_json::from_str(&text).unwrap_or(Json::Null),
        );
        Client {
            id: self.client_id.trim().to_owned(),
            name: Text {
                en: self.name_en.trim().to_owned(),
                tc: self.name_tc.trim().to_owned(),
                sc: self.name_sc.trim().to_owned(),
            },
            redirect_uris: words(&self.redirect_uris),
            jwks: keys,
            profile,
            webhook: was.as_ref().and_then(|was| was.webhook.clone()),
            scopes: words(&self.scopes).join(" "),
            active: true,
            node: None,
            terms: Terms {
                auth,
                tokens,
                jwks_uri: given(&self.jwks_uri),
                flow,
                backchannel_logout_uri: given(&self.backchannel_logout_uri),
                post_logout_redirect_uris: words(&self.post_logout_redirect_uris),
                ..was.map_or_else(Terms::default, |was| was.terms)
            },
        }
    }
}

#[derive(Template)]
#[template(path = "client_new.html")]
struct NewPage {
    shell: Shell,
    form: New,
    auth: Vec<Choice>,
    tokens: Vec<Choice>,
    flow: Vec<Choice>,
    errors: Errors,
}

fn form(visit: &Visit, form: New, problem: Option<&Problem>) -> NewPage {
    let shell = visit.shell("client-new-title");
    let choice = |value: &str, text: &str, picked: &str| {
        Choice::new(value, shell.t(text)).checked(value == picked)
    };
    let or = |text: &str, first: &str| if text.is_empty() { first } else { text }.to_owned();
    let (auth, tokens) = (or(&form.auth, "key"), or(&form.tokens, "opaque"));
    let flow = or(&form.flow, "high");
    NewPage {
        auth: ["key", "secret", "none"]
            .map(|one| choice(one, &format!("clients-auth-{one}"), &auth))
            .into(),
        tokens: ["opaque", "jwt"]
            .map(|one| choice(one, &format!("client-new-tokens-{one}"), &tokens))
            .into(),
        flow: ["high", "baseline"]
            .map(|one| choice(one, &format!("clients-flow-{one}"), &flow))
            .into(),
        errors: problem.map(|problem| Errors::of_problem(&shell, problem)).unwrap_or_default(),
        form,
        shell,
    }
}

#[derive(Deserialize)]
pub(super) struct Change {
    /// The client that is to be changed.
    change: Option<String>,
}

/// `GET /my/clients/new`.
pub(super) async fn new_form(
    State(identity): State<Identity>,
    visit: Visit,
    Query(Change { change }): Query<Change>,
) -> Outcome<Response> {
    let was = registered(&identity, &visit, change.unwrap_or_default()).await?;
    render(&form(&visit, was.as_ref().map(New::of).unwrap_or_default(), None))
}

async fn registered(
    identity: &Identity,
    visit: &Visit,
    id: String,
) -> Result<Option<Client>, Problem> {
    let ctx = visit.ctx.clone();
    identity.0.db.read(move |tx| ops::registered_client(tx, &ctx, &id)).await
}

/// Reads a client's keys from its own address, if it has one, and asks that it be registered.
pub(crate) async fn ask(identity: &Identity, ctx: Ctx, client: &mut Client) -> Result<Id, Problem> {
    let (roles, may) = (ctx.clone(), identity.0.db.clone());
    // Before we call anywhere for them.
    let (creator, _) = may.read(move |tx| ops::client_roles(tx, &roles)).await?;
    if creator.is_none() {
        return Err(Problem::new(403, "client-role-needed"));
    }
    if let Some(address) = &client.terms.jwks_uri {
        client.jwks = oauth::fetch_keys(identity, address).await?;
    }
    let (demo, asked) = (identity.0.demo, client.clone());
    identity.0.db.write(move |tx| ops::ask_client(tx, &ctx, &asked, demo)).await
}

/// `POST /my/clients/new`.
pub(super) async fn new(
    State(identity): State<Identity>,
    visit: Visit,
    Form(sent): Form<New>,
) -> Outcome<Response> {
    let was = registered(&identity, &visit, sent.client_id.trim().to_owned()).await?;
    match ask(&identity, visit.ctx.clone(), &mut sent.client(was)).await {
        Ok(_) => Ok(Redirect::to("/my/clients?done=asked").into_response()),
        Err(problem) if problem.status == 400 => {
            let page = render(&form(&visit, sent, Some(&problem)))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Template)]
#[template(path = "client_secret.html")]
struct SecretPage {
    shell: Shell,
    lead: String,
    secret: String,
}

/// A secret is seen once: the page is kept nowhere.
fn shown(visit: &Visit, title: &str, lead: &str, secret: String) -> Outcome<Response> {
    let shell = visit.shell(title);
    let mut response = render(&SecretPage { lead: shell.t(lead), shell, secret })?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `POST /my/clients/token`.
pub(super) async fn token(
    State(identity): State<Identity>,
    visit: Visit,
    Form(super::sign_in::Nothing {}): Form<super::sign_in::Nothing>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let token = identity.0.db.write(move |tx| ops::registration_token(tx, &ctx)).await?;
    shown(&visit.at("/my/clients".to_owned()), "client-token-title", "client-token-lead", token)
}

#[derive(Deserialize, Clone)]
pub(super) struct Answer {
    #[serde(default)]
    reason: String,
}

/// `POST /my/clients/{id}/{answer}`.
pub(super) async fn answer(
    State(identity): State<Identity>,
    visit: Visit,
    Path((id, answer)): Path<(Id, String)>,
    Form(sent): Form<Answer>,
) -> Outcome<Response> {
    let (ctx, demo, what) = (visit.ctx.clone(), identity.0.demo, answer.clone());
    let done = identity.0.db.write(move |tx| {
        match what.as_str() {
            "approve" => ops::decide_client(tx, &ctx, &id, true, "", demo)?,
            "refuse" => ops::decide_client(tx, &ctx, &id, false, &sent.reason, demo)?,
            "withdraw" => ops::withdraw_client(tx, &ctx, &id)?,
            "suspend" => ops::suspend_client(tx, &ctx, &id)?,
            "resume" => ops::resume_client(tx, &ctx, &id)?,
            "secret" => return ops::rotate_secret(tx, &ctx, &id).map(Some),
            _ => return Err(Problem::new(404, "not-found")),
        }
        Ok::<_, Problem>(None)
    });
    match done.await? {
        Some(secret) => shown(
            &visit.at("/my/clients".to_owned()),
            "client-secret-title",
            "client-secret-lead",
            secret,
        ),
        None => Ok(Redirect::to(&format!("/my/clients?done={answer}")).into_response()),
    }
}
