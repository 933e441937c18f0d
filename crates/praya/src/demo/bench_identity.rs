//! A data folder for `bench identity`: services that ask in their own name, open sessions, people to sign in.

use super::{SEED, data::Data, seed};
use crate::Error;
use clap::Args;
use identity::model::{Auth, Client, Flow, Profile, Terms, TokenForm};
use kernel::{Actor, Ctx, Locale, Problem, Text, World};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use store::Db;
use wire::jwk::PrivateJwk;

/// Sessions are written this many to a transaction.
const CHUNK: usize = 2000;

/// `praya bench-identity`.
#[derive(Args)]
pub(crate) struct IdentityOptions {
    /// The data folder to fill.
    #[arg(long)]
    data: PathBuf,
    /// How many open sessions.
    #[arg(long, default_value_t = 0)]
    sessions: usize,
}

/// Fills the folder; writes `identity.json` with what a client must know, and `sessions.txt`.
pub(crate) async fn fill(options: IdentityOptions) -> Result<(), Error> {
    let folder = options.data.as_path();
    std::fs::create_dir_all(folder)?;
    let db = Db::open(&format!("sqlite:{}", folder.join("praya.sqlite").display())).await?;
    db.migrate().await?;
    let world = World::system();
    seed::people(&db, &world, &Data::new(SEED, 60)).await?;
    let ctx = Ctx::new(&world, Actor::System("bench"), Locale::En);
    let key = PrivateJwk::generate_p256("sig")?;
    let mut public: Json = serde_json::from_str(&key.to_json())?;
    public.as_object_mut().and_then(|members| members.remove("d"));
    let client = |id: &str, auth, tokens| Client {
        id: id.to_owned(),
        name: Text::same(id),
        redirect_uris: Vec::new(),
        jwks: json!({"keys": [public]}),
        profile: Profile::Confidential,
        webhook: None,
        scopes: "api:tax:read".to_owned(),
        active: true,
        node: None,
        terms: Terms { auth, tokens, ..Terms::default() },
    };
    let site = Client {
        redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
        scopes: "openid profile".to_owned(),
        terms: Terms { auth: Auth::ClientSecretBasic, flow: Flow::Baseline, ..Terms::default() },
        ..client("bench-site", Auth::ClientSecretBasic, TokenForm::Opaque)
    };
    let clients = [
        site,
        client("bench-jwt", Auth::ClientSecretBasic, TokenForm::Jwt),
        client("bench-opaque", Auth::ClientSecretBasic, TokenForm::Opaque),
        client("bench-key-jwt", Auth::PrivateKeyJwt, TokenForm::Jwt),
        client("bench-key", Auth::PrivateKeyJwt, TokenForm::Opaque),
    ];
    let with = ctx.clone();
    let secrets = db
        .write(move |tx| {
            let mut secrets = serde_json::Map::new();
            for client in &clients {
                identity::ops::register_client(tx, &with, client, true)?;
                if client.terms.auth == Auth::ClientSecretBasic {
                    let secret = identity::ops::new_secret(tx, &with, &client.id)?;
                    secrets.insert(client.id.clone(), secret.into());
                }
            }
            Ok::<_, Problem>(secrets)
        })
        .await?;
    let people = db.read(identity::ops::personas).await?;
    let with = (ctx.clone(), people.clone());
    let invitations = db
        .write(move |tx| {
            let invite =
                |one: &identity::model::Persona| identity::ops::invite(tx, &with.0, &one.id);
            with.1.iter().map(invite).collect::<Result<Vec<_>, Problem>>()
        })
        .await?;
    let key: Json = serde_json::from_str(&key.to_json())?;
    let all = json!({"secrets": secrets, "key": key, "invitations": invitations});
    std::fs::write(folder.join("identity.json"), serde_json::to_vec(&all)?)?;
    let mut sessions = Vec::new();
    while sessions.len() < options.sessions {
        let n = CHUNK.min(options.sessions - sessions.len());
        let (ctx, people) = (ctx.clone(), people.clone());
        let made = db.write(move |tx| {
            let people = people.iter().cycle().take(n);
            let made = people.map(|one| identity::ops::bench_session(tx, &ctx, &one.id));
            made.collect::<Result<Vec<_>, Problem>>()
        });
        sessions.extend(made.await?);
    }
    std::fs::write(folder.join("sessions.txt"), sessions.join("\n"))?;
    Ok(())
}
