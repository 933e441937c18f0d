//! Operations from the command line.

use crate::{Error, config::Config};
use clap::{Args, Subcommand};
use exchange::pack;
use kernel::{Actor, Ctx, Locale, World};
use std::{
    io::Write,
    path::{Path, PathBuf},
};
use store::Db;
use wire::tlog::NoteVerifier;

/// Says a line to whoever ran the command.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").ok();
}

/// Which database.
#[derive(Args)]
pub(crate) struct Database {
    /// A data folder (SQLite).
    #[arg(long, conflicts_with = "database")]
    data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`.
    #[arg(long)]
    database: Option<String>,
}

impl Database {
    fn url(&self) -> Result<String, Error> {
        match (&self.data, &self.database) {
            (Some(folder), _) => Ok(format!("sqlite:{}", folder.join("praya.sqlite").display())),
            (None, Some(url)) => Ok(url.clone()),
            (None, None) => Err("which database? Give --data FOLDER or --database URL".into()),
        }
    }

    fn file(&self) -> Result<PathBuf, Error> {
        let url = self.url()?;
        let path = url
            .strip_prefix("sqlite:")
            .ok_or("this works on an SQLite database; use PostgreSQL's own tools for PostgreSQL")?;
        Ok(PathBuf::from(path))
    }

    /// The log's public key, as given or as it lies in the data folder.
    fn log_key(&self, given: Option<&str>) -> Result<String, Error> {
        let beside = self.data.as_ref().map(|folder| folder.join("log.vkey"));
        match (given, beside) {
            (Some(key), _) => Ok(key.to_owned()),
            (None, Some(file)) if file.exists() => Ok(std::fs::read_to_string(file)?),
            (None, _) => Err("which log? Give --log-key: the text of /log/key".into()),
        }
    }

    async fn open(&self) -> Result<Db, Error> {
        let url = self.url()?;
        if let Some(path) = url.strip_prefix("sqlite:")
            && !Path::new(path).exists()
        {
            return Err(format!("there is no database at {path}").into());
        }
        Ok(Db::open(&url).await?)
    }
}

/// Which configuration.
#[derive(Args)]
pub(crate) struct ConfigFile {
    /// The configuration file.
    #[arg(long, default_value = "praya.toml")]
    pub(crate) config: PathBuf,
}

/// `praya keys …`
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Announces a new key that signs from tomorrow; the old one is retired a week later.
    Rotate(ConfigFile),
    /// Makes the files that hold an installation's secrets: its secret and the log's key.
    New {
        /// The folder to write them to.
        folder: PathBuf,
    },
    /// The certification authority behind signatures on documents.
    #[command(subcommand)]
    Ca(crate::signing_keys::Ca),
    /// The time-stamping authority behind them.
    #[command(subcommand)]
    Tsa(crate::signing_keys::Tsa),
}

/// `praya client …`
#[derive(Subcommand)]
pub(crate) enum Client {
    /// Registers a client, or another node, from a JSON file (docs/runbook.md).
    #[command(
        after_help = "A bank, bank.json:\n  {\"id\": \"harbour-bank\", \"name\": {\"en\": \"…\", \"tc\": \"…\", \"sc\": \"…\"}, \"profile\": \"confidential\",\n   \"redirect_uris\": [\"https://bank.example/callback\"], \"scopes\": \"records\", \"jwks\": {\"keys\": […]}}\n\nAnother node, its keys from its /oauth/jwks:\n  {\"id\": \"our-neighbour\", \"name\": {…}, \"profile\": \"confidential\", \"jwks\": {\"keys\": […]},\n   \"node\": {\"registers\": [\"vehicles\"], \"purposes\": [\"loan-assessment\"]}}\n\n  praya client add --config praya.toml bank.json"
    )]
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// The file.
        file: PathBuf,
    },
    /// Makes a secret for a client that proves itself by one, and prints it this once. The one before is good
    /// for another day.
    Secret {
        #[command(flatten)]
        config: ConfigFile,
        /// Its client id.
        id: String,
    },
    /// Lets a person register clients for an organisation (`creator`), or approve what others registered
    /// (`approver`); without an organisation it takes that back.
    Role {
        #[command(flatten)]
        config: ConfigFile,
        /// The person's handle.
        person: String,
        /// `creator` or `approver`.
        role: String,
        /// For which organisation.
        organisation: Option<String>,
    },
    /// Stops a client: no token of it works any more.
    Stop {
        #[command(flatten)]
        config: ConfigFile,
        /// Its client id.
        id: String,
    },
    /// Starts a stopped client again.
    Start {
        #[command(flatten)]
        config: ConfigFile,
        /// Its client id.
        id: String,
    },
}

/// `praya admin …`
#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Makes a person with the right of administration, and prints the link by which they add a passkey.
    Invite {
        #[command(flatten)]
        config: ConfigFile,
        /// Their name.
        name: String,
        /// The department they belong to.
        #[arg(long, default_value = "dpo")]
        department: String,
    },
}

/// `praya check`.
pub(crate) fn check(folder: &Path) -> Result<(), Error> {
    let mistakes = match pack::load_dir(folder) {
        Ok(pack) => {
            crate::portal::content(&pack)?;
            let count = pack.registers().count();
            say(&format!(
                "{}: no mistakes; {} departments, {count} registers, {} purposes",
                folder.display(),
                pack.departments().count(),
                pack.purposes().count()
            ));
            return Ok(());
        }
        Err(mistakes) => mistakes,
    };
    for mistake in &mistakes {
        say(&mistake.to_string());
    }
    Err(format!(
        "{} {} in {}",
        mistakes.len(),
        if mistakes.len() == 1 { "mistake" } else { "mistakes" },
        folder.display()
    )
    .into())
}

/// `praya migrate`.
pub(crate) async fn migrate(database: &Database) -> Result<(), Error> {
    let applied = Db::open(&database.url()?).await?.migrate().await?;
    say(&if applied.is_empty() {
        "up to date".to_owned()
    } else {
        format!("applied {}", applied.join(", "))
    });
    Ok(())
}

/// `praya backup`.
pub(crate) async fn backup(database: &Database, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(format!("{} exists already; name a new file", to.display()).into());
    }
    database.file()?;
    database.open().await?.backup(to).await?;
    say(&format!("written: {}", to.display()));
    Ok(())
}

/// `praya restore`: only a copy that proves itself takes the place of a database.
pub(crate) async fn restore(
    database: &Database,
    from: &Path,
    log_key: Option<&str>,
) -> Result<(), Error> {
    let to = database.file()?;
    let key = database.log_key(log_key)?;
    let copy = Database { data: None, database: Some(format!("sqlite:{}", from.display())) };
    verify_database(&copy, Some(&key)).await?;
    if to.exists() {
        let kept = to.with_extension("before-restore.sqlite");
        std::fs::rename(&to, &kept)?;
        say(&format!("the database that was there is kept as {}", kept.display()));
        for suffix in ["-wal", "-shm"] {
            let beside = PathBuf::from(format!("{}{suffix}", to.display()));
            if beside.exists() {
                std::fs::rename(&beside, format!("{}{suffix}", kept.display()))?;
            }
        }
    }
    std::fs::copy(from, &to)?;
    let db = database.open().await?;
    let ctx = Ctx::new(&World::system(), Actor::System("restore"), Locale::En);
    db.write(move |tx| identity::ops::hold(tx, &ctx, 0)).await?;
    let size = db.read(identity::ops::log_size).await?;
    say(&format!("restored: {}", to.display()));
    say(&format!(
        "nothing is issued from it and nobody signs in until you say how far it may be trusted: `praya trust --log-size {size}`"
    ));
    say(
        "entries that were published after this copy was made are missing from it: a witness or monitor will say so",
    );
    Ok(())
}

/// `praya trust`.
pub(crate) async fn trust(file: &ConfigFile, size: i64) -> Result<(), Error> {
    let db = Config::read(&file.config)?.database().await?;
    let ctx = Ctx::new(&World::system(), Actor::System("command line"), Locale::En);
    let Some(held) = db.read(identity::ops::held).await? else {
        return Err("this database was not restored".into());
    };
    if held.size != size {
        return Err(
            format!("its log had {} entries when it was restored, not {size}", held.size).into()
        );
    }
    db.write(move |tx| identity::ops::trust(tx, &ctx, size)).await?;
    say(
        "it is trusted, and issues again within ten seconds; what was decided after that entry is for people to do again, revocations first",
    );
    Ok(())
}

/// `praya export`.
pub(crate) fn export(to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(format!("{} exists already; name a new folder", to.display()).into());
    }
    let pack = pack::load_embedded().map_err(|mistakes| {
        mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    })?;
    let mut count = 0;
    for (path, bytes) in pack.files() {
        let path = to.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes)?;
        count += 1;
    }
    say(&format!("{count} files in {}", to.display()));
    Ok(())
}

/// `praya verify --data|--database`.
pub(crate) async fn verify_database(
    database: &Database,
    log_key: Option<&str>,
) -> Result<(), Error> {
    let key = database.log_key(log_key)?;
    let db = database.open().await?;
    let verifier = NoteVerifier::new(key.trim())
        .map_err(|error| format!("--log-key is not a note verifier key: {error}"))?;
    let report = evidence::verify::database(&db, verifier, Vec::new(), |done, all| {
        if done % 100_000 == 0 && done > 0 {
            say(&format!("{done} of {all} entries checked"));
        }
    })
    .await?;
    let said = |problem: kernel::Problem| problem.to_string();
    let registered = identity::verify::Registered::read(&db).await.map_err(said)?;
    let signed = registered.clone();
    let rows = exchange::verify::rows(&db, move |tx, person, digest, kept| {
        registered.fault(tx, person, digest, kept)
    });
    let rows = rows.await.map_err(said)?;
    let signatures = signing::verify::rows(&db, move |tx, person, digest, kept| {
        signed.fault(tx, person, digest, kept)
    });
    let rows = rows.into_iter().chain(signatures.await.map_err(said)?);
    let faults: Vec<_> = report.faults.iter().map(ToString::to_string).chain(rows).collect();
    for fault in &faults {
        say(fault);
    }
    if !faults.is_empty() {
        return Err(format!("{} rows do not agree with the log", faults.len()).into());
    }
    say(&format!(
        "{} entries, {} erased: every record agrees with the log",
        report.entries, report.erased
    ));
    Ok(())
}

/// `praya keys`.
pub(crate) async fn keys(command: Keys) -> Result<(), Error> {
    match command {
        Keys::Ca(command) => crate::signing_keys::ca(command).await,
        Keys::Tsa(command) => crate::signing_keys::tsa(command).await,
        Keys::New { folder } => crate::config::new_secrets(&folder),
        Keys::Rotate(file) => {
            let config = Config::read(&file.config)?;
            let (db, world) = (config.database().await?, World::system());
            let keys = identity::Keys::load(&db, &world, &config.secret()?).await?;
            let ctx = Ctx::new(&world, Actor::System("keys"), Locale::En);
            db.write(move |tx| identity::ops::rotate_keys(tx, &ctx, keys.sealer())).await?;
            say("new keys are announced; they sign from tomorrow");
            Ok(())
        }
    }
}

/// `praya client`.
pub(crate) async fn client(command: Client) -> Result<(), Error> {
    let (Client::Add { config: file, .. }
    | Client::Role { config: file, .. }
    | Client::Secret { config: file, .. }
    | Client::Stop { config: file, .. }
    | Client::Start { config: file, .. }) = &command;
    let config = Config::read(&file.config)?;
    let db = config.database().await?;
    let ctx = Ctx::new(&World::system(), Actor::System("command line"), Locale::En);
    match &command {
        Client::Add { file, .. } => {
            let client: identity::model::Client = serde_json::from_slice(&std::fs::read(file)?)?;
            let id = client.id.clone();
            if let Some(node) = &client.node {
                in_pack(&*config.pack()?, node)?;
            }
            // A demonstration stands on plain http on this machine, which `serve` refuses; so do its clients.
            let near = config.base().starts_with("http://localhost");
            db.write(move |tx| identity::ops::register_client(tx, &ctx, &client, near)).await?;
            say(&format!("registered: {id}"));
        }
        Client::Role { person, role, organisation, .. } => {
            let wanted = identity::model::ClientRole::parse(role)
                .ok_or("the role is `creator` or `approver`")?;
            let handle = person.clone();
            let found = db.read(move |tx| identity::ops::person_by_handle(tx, &handle)).await?;
            let id = found.ok_or_else(|| format!("there is no person {person:?}"))?.id;
            let of = organisation.clone();
            db.write(move |tx| {
                identity::ops::set_client_role(tx, &ctx, &id, wanted, of.as_deref())
            })
            .await?;
            say(&format!("{person}: {role} {}", organisation.as_deref().unwrap_or("no longer")));
        }
        Client::Secret { id, .. } => {
            let client = id.clone();
            say(&db.write(move |tx| identity::ops::new_secret(tx, &ctx, &client)).await?);
        }
        Client::Stop { id, .. } => {
            let client = id.clone();
            db.write(move |tx| identity::ops::stop_client(tx, &ctx, &client)).await?;
            say(&format!("stopped: {id}"));
        }
        Client::Start { id, .. } => {
            let client = id.clone();
            db.write(move |tx| identity::ops::start_client(tx, &ctx, &client)).await?;
            say(&format!("started: {id}"));
        }
    }
    Ok(())
}

/// A node may ask for what the pack has: a slip of the pen would be found only when it asks.
fn in_pack(pack: &pack::Pack, node: &ports::NodeRights) -> Result<(), Error> {
    let register = node.registers.iter().find(|id| pack.register(id).is_none());
    let purpose = node.purposes.iter().find(|id| pack.purpose(id).is_none());
    match (register, purpose) {
        (Some(id), _) => Err(format!("the pack has no register {id:?}").into()),
        (_, Some(id)) => Err(format!("the pack has no purpose {id:?}").into()),
        (None, None) => Ok(()),
    }
}

/// `praya source`.
pub(crate) async fn source(file: &ConfigFile) -> Result<(), Error> {
    let config = Config::read(&file.config)?;
    let sources = config.sources(&config.pack()?)?;
    sources.probe().await;
    let mut silent = 0;
    for (id, health) in sources.health() {
        let good = health.last_error.is_none();
        silent += usize::from(!good);
        say(&format!(
            "{id:<28} {}",
            if good {
                "answers".to_owned()
            } else {
                format!("does not answer: {}", health.last_error.unwrap_or_default())
            }
        ));
    }
    for (id, report) in sources.load_reports().await {
        say(&format!("{id}: {} rows, {} of them unmapped", report.rows, report.unmapped));
        for row in &report.listed {
            let value = row.value.as_ref().map(|value| format!(": {value}")).unwrap_or_default();
            say(&format!("  row {}: {}{value}", row.row, row.why));
        }
    }
    if silent == 0 { Ok(()) } else { Err(format!("{silent} sources do not answer").into()) }
}

/// `praya admin`.
pub(crate) async fn admin(command: Admin) -> Result<(), Error> {
    let Admin::Invite { config, name, department } = command;
    let config = Config::read(&config.config)?;
    let db = config.database().await?;
    let ctx = Ctx::new(&World::system(), Actor::System("command line"), Locale::En);
    let handle = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let new = identity::ops::NewPerson {
        id: None,
        handle,
        name: kernel::Text::same(&name),
        hkid: None,
        made_up: false,
    };
    let token = db
        .write(move |tx| {
            let person = identity::ops::add_person(tx, &ctx, &new)?;
            identity::ops::add_officer(tx, &ctx, &person, &department, kernel::Role::Admin)?;
            identity::ops::invite(tx, &ctx, &person)
        })
        .await?;
    let link = format!("/invitation/{token}");
    say(&format!("{}{link}", config.base()));
    say(
        "The link works once, within 24 hours. It gives the right of administration: hand it over in person.",
    );
    Ok(())
}

/// `praya routes`: put together over an empty database that is thrown away.
pub(crate) async fn routes() -> Result<(), Error> {
    let folder = std::env::temp_dir().join(format!("praya-routes-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let db = Db::open(&format!("sqlite:{}", folder.join("praya.sqlite").display())).await?;
    db.migrate().await?;
    let pack = std::sync::Arc::new(
        pack::load_embedded()
            .map_err(|mistakes| format!("{} mistakes in the pack", mistakes.len()))?,
    );
    let places = std::collections::BTreeMap::new();
    let sources = std::sync::Arc::new(exchange::sources::Sources::new(
        pack.clone(),
        &places,
        World::system(),
    )?);
    let log_key = wire::jwk::PrivateJwk::generate_ed25519()?;
    let settings = crate::app::Settings {
        mtls: None,
        db,
        world: World::system(),
        base: "https://localhost".to_owned(),
        pack,
        sources,
        secret: [0; 32],
        log_key,
        by_proxy: false,
        mail: None,
        tsa: None,
        demo: false,
    };
    let app = crate::App::build(settings).await?;
    say(&crate::route_table(&app.table));
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
