//! `praya demo`: the Hong Kong pack with made-up people, companies and records, and the demo bank.

mod bench;
mod bench_identity;
mod data;
mod departments;
mod seed;
mod sites;
mod tls;

pub(crate) use bench_identity::{IdentityOptions, fill as bench_identity};
pub(crate) use seed::{BenchOptions, bench_data};

use crate::{
    App, Error, app, cli, config, portal,
    server::{self, Asks},
    tools::say,
};
use clap::Args;
use exchange::sources::Sources;
use kernel::World;
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::Db;
use wire::jwk::PrivateJwk;

/// The seed of everything that is made up.
pub(crate) const SEED: u64 = 1823;

/// `praya demo`.
#[derive(Args)]
pub(crate) struct Options {
    /// Where Praya listens. The bank takes the next port. Anything but loopback needs --tls.
    #[arg(long, default_value_t = cli::DEMO)]
    listen: SocketAddr,
    /// The data folder; made if missing, used again if not.
    #[arg(long, default_value = "praya-data")]
    data: PathBuf,
    /// Speak https with a throwaway CA (DATA/ca.pem).
    #[arg(long)]
    tls: bool,
    /// Where programs are heard that prove themselves by a TLS certificate; needs --tls.
    #[arg(long, requires = "tls")]
    mtls: Option<SocketAddr>,
    /// Use this database instead of SQLite in the data folder: `postgres://…`
    #[arg(long)]
    database: Option<String>,
    /// The issuer, where this is a further node of a demo that runs elsewhere on the same database.
    #[arg(long)]
    issuer: Option<String>,
    /// The pack's folder; the embedded Hong Kong pack without it.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// Where the bank listens, if not on the next port.
    #[arg(long)]
    bank: Option<SocketAddr>,
}

/// Runs the demo until it is asked to stop.
pub(crate) async fn run(options: Options) -> Result<(), Error> {
    if !options.listen.ip().is_loopback() && !options.tls {
        return Err(format!(
            "{} can be reached from outside: add --tls, or listen on 127.0.0.1",
            options.listen
        )
        .into());
    }
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    portal::count();
    std::fs::create_dir_all(&options.data)
        .map_err(|error| format!("cannot make {}: {error}", options.data.display()))?;
    let bank_at = options
        .bank
        .unwrap_or(SocketAddr::new(options.listen.ip(), options.listen.port().saturating_add(1)));
    let (listener, bank_listener) =
        (server::bind(options.listen).await?, server::bind(bank_at).await?);
    let scheme = if options.tls { "https" } else { "http" };
    let address = |listener: &tokio::net::TcpListener| {
        listener.local_addr().map(|at| format!("{scheme}://localhost:{}", at.port()))
    };
    let bank_base = address(&bank_listener)?;
    let base = options.issuer.clone().map_or_else(|| address(&listener), Ok)?;
    let certificate = if options.tls { Some(tls::certificate(&options.data)?) } else { None };
    let acceptor = |asks| {
        certificate
            .as_ref()
            .map(|own| server::tls(own.chain.as_bytes(), own.key.as_bytes(), asks))
            .transpose()
    };

    let made = Made::prepare(&options, &base, &bank_base).await?;
    let log_key = made.app.log.key().to_owned();
    std::fs::write(options.data.join("log.vkey"), &log_key)?;
    write_json(
        &options.data.join("demo.json"),
        &made.description(&base, &bank_base, &log_key).await?,
    )?;
    let bank = bank::router(bank::Settings {
        base_url: bank_base.parse()?,
        issuer: base.parse()?,
        client_id: seed::BANK.to_owned(),
        signing_jwk: serde_json::from_str(&made.bank_keys.0.to_json())?,
        encryption_jwk: serde_json::from_str(&made.bank_keys.1.to_json())?,
        log_vkey: log_key,
        ca_pem: certificate.as_ref().map(|own| own.ca.clone()),
    });
    welcome(&base, &bank_base, &options.data);
    let bank_acceptor = acceptor(Asks::Nothing)?;
    tokio::spawn(server::serve(bank_listener, bank_acceptor, bank, server::asked_to_stop()));
    let router = made.app.start();
    if let Some(listen) = options.mtls {
        tokio::spawn(server::serve(
            server::bind(listen).await?,
            acceptor(Asks::Certificate)?,
            server::for_programs(router.clone()),
            server::asked_to_stop(),
        ));
    }
    server::serve(listener, acceptor(Asks::Nothing)?, router, server::asked_to_stop()).await;
    Ok(())
}

fn welcome(base: &str, bank: &str, data: &Path) {
    say(&format!(
        "Praya demo: everything is made up\n  portal  {base}\n  bank    {bank}   start a loan application here\n  sign in as Chan Mei Ling (director), or Wong Ka Ho (one of three directors, two must agree)\n  admin   sign in as Au-yeung Sze Nga, then {base}/admin\n  data    {}   for programs: demo.json",
        data.display()
    ));
}

fn write_json(path: &Path, value: &Json) -> Result<(), Error> {
    std::fs::write(path, serde_json::to_vec_pretty(value)?)
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}

/// What the demo made or found again.
struct Made {
    app: App,
    db: Db,
    bank_keys: (PrivateJwk, PrivateJwk),
    /// The programs that sign people in, for `demo.json`.
    sites: Vec<Json>,
}

impl Made {
    async fn prepare(options: &Options, base: &str, bank_base: &str) -> Result<Self, Error> {
        let folder = &options.data;
        let url = options
            .database
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", folder.join("praya.sqlite").display()));
        let db = Db::open(&url).await?;
        db.migrate().await?;
        let pack = config::pack(options.pack.as_deref())?;
        let world = World { zone: pack.zone(), currency: pack.currency(), ..World::system() };
        let made_up = data::Data::for_pack(&pack, SEED, 60);
        departments::write(&folder.join("departments"), &pack, &made_up, &world).await?;
        let api = departments::serve_api(&pack, &made_up, &world).await?;
        let places = BTreeMap::from([
            ("data".to_owned(), folder.display().to_string()),
            ("department_api".to_owned(), api),
        ]);
        let sources = Arc::new(Sources::new(pack.clone(), &places, world.clone())?);
        let bank_keys = (
            key_file(&folder.join("bank-signing.json"), || PrivateJwk::generate_p256("sig"))?,
            key_file(&folder.join("bank-encryption.json"), || PrivateJwk::generate_p256("enc"))?,
        );
        let log_key = key_file(&folder.join("log-key.json"), PrivateJwk::generate_ed25519)?;
        let app = App::build(app::Settings {
            db: db.clone(),
            world: world.clone(),
            base: base.to_owned(),
            mtls: options.mtls.and_then(|listen| server::beside(base, listen)),
            pack,
            sources,
            secret: secret(&folder.join("secret"))?,
            log_key,
            by_proxy: false,
            mail: None,
            tsa: None,
            demo: true,
        })
        .await?;
        let mut sites = Vec::new();
        // A further node finds everything there already.
        if options.issuer.is_none() {
            seed::people(&db, &world, &made_up).await?;
            seed::clients(&db, &world, bank_base, &bank_keys).await?;
            seed::history(&app, &world).await?;
            let secret = secret(&folder.join("secret"))?;
            crate::signing_keys::for_demo(&db, &world, &secret, base).await?;
            sites = sites::register(&db, &world, folder, &bank_keys.0).await?;
        }
        Ok(Self { app, db, bank_keys, sites })
    }

    /// `demo.json`: all that a program needs to walk the demo.
    async fn description(&self, base: &str, bank: &str, log_key: &str) -> Result<Json, Error> {
        let (personas, officers) = seed::describe(&self.db).await?;
        let departments: Vec<_> = self
            .app
            .exchange
            .pack
            .departments()
            .map(|department| json!({"id": department.id, "name": department.name}))
            .collect();
        let keys = [&self.bank_keys.0, &self.bank_keys.1]
            .map(|key| serde_json::from_str::<Json>(&key.to_json()).unwrap_or_default());
        let bank_client = json!({"client_id": seed::BANK, "redirect_uris": seed::redirects(bank), "jwks": {"keys": keys}});
        let clients: Vec<_> = std::iter::once(bank_client).chain(self.sites.clone()).collect();
        Ok(json!({
            "made_up": true, "base": base, "issuer": base, "bank": bank, "log_key": log_key,
            "personas": personas, "officers": officers, "departments": departments,
            "clients": clients,
        }))
    }
}

/// A key kept in a file of the data folder, made the first time.
fn key_file(
    path: &Path,
    make: impl FnOnce() -> wire::Result<PrivateJwk>,
) -> Result<PrivateJwk, Error> {
    if !path.exists() {
        config::write_private(path, &make()?.to_json())?;
    }
    Ok(PrivateJwk::parse(&std::fs::read(path)?)?)
}

fn secret(path: &Path) -> Result<[u8; 32], Error> {
    if !path.exists() {
        let random = kernel::SystemEntropy;
        let mut bytes = [0; 32];
        kernel::Entropy::fill(&random, &mut bytes);
        config::write_private(path, &config::hex(&bytes))?;
    }
    config::secret_in(path)
}
