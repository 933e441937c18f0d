//! `praya.toml` and `PRAYA_…`: what an installation is told, and what it refuses.

use crate::{
    App, Error, app, mark, portal,
    server::{self, Asks},
    tools::say,
};
use exchange::{pack::Pack, sources::Sources};
use kernel::World;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};
use store::Db;
use wire::jwk::PrivateJwk;

/// Every setting, as the file names it; `PRAYA_BASE_URL` overrides `base_url`, and so on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Where people reach us: `https://…`.
    base_url: Option<String>,
    /// Where we listen.
    listen: Option<SocketAddr>,
    /// `sqlite:PATH` or `postgres://…`.
    database: Option<String>,
    /// The pack's folder; the embedded Hong Kong pack without it.
    pack: Option<PathBuf>,
    /// The folder `{data}` of file and SQLite sources.
    data: Option<PathBuf>,
    /// A file of 64 hexadecimal digits: seals keys, derives nonces. The same on every node.
    secret_file: Option<PathBuf>,
    /// The log's private Ed25519 key (JWK). The same on every node.
    log_key_file: Option<PathBuf>,
    /// The certificate chain (PEM).
    tls_certificate: Option<PathBuf>,
    /// Its key (PEM).
    tls_key: Option<PathBuf>,
    /// Where programs are heard that prove themselves by a TLS certificate; nowhere without it.
    mtls_listen: Option<SocketAddr>,
    /// True where a proxy in front speaks TLS; then we must listen on loopback or a private address.
    tls_by_proxy: Option<bool>,
    /// Where `/metrics` is served, on a port of its own; nowhere without it.
    metrics_listen: Option<SocketAddr>,
    /// The mail server, `smtps://…` or `smtp://…`; nothing goes by mail without it.
    mail_server: Option<String>,
    /// Who mail is from.
    mail_from: Option<String>,
    /// The name at the mail server.
    mail_user: Option<String>,
    /// A file with the password at the mail server.
    mail_password_file: Option<PathBuf>,
    /// The address of a time-stamping authority (RFC 3161); without it ours stamps signatures.
    signing_tsa: Option<String>,
    /// A file with the certificates (PEM) to which that authority's must lead.
    signing_tsa_trust: Option<PathBuf>,
    /// Values of further placeholders in sources, such as `department_api`.
    #[serde(default)]
    places: BTreeMap<String, String>,
}

const NAMES: [&str; 18] = [
    "base_url",
    "listen",
    "database",
    "pack",
    "data",
    "secret_file",
    "log_key_file",
    "tls_certificate",
    "tls_key",
    "mtls_listen",
    "tls_by_proxy",
    "metrics_listen",
    "mail_server",
    "mail_from",
    "mail_user",
    "mail_password_file",
    "signing_tsa",
    "signing_tsa_trust",
];

/// The configuration, read and overridden.
pub(crate) struct Config {
    settings: Settings,
    origins: BTreeMap<&'static str, (String, String)>,
}

impl Config {
    /// Reads the file and the environment. A missing file is empty; an unknown setting is refused.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
        let mut table: toml::Table =
            text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
        let mut origins = BTreeMap::new();
        for name in NAMES {
            let variable = format!("PRAYA_{}", name.to_uppercase());
            if let Ok(value) = std::env::var(&variable) {
                let value = if name == "tls_by_proxy" {
                    toml::Value::Boolean(value == "true")
                } else {
                    toml::Value::String(value)
                };
                table.insert(name.to_owned(), value);
                origins.insert(name, variable);
            } else if table.contains_key(name) {
                origins.insert(name, path.display().to_string());
            }
        }
        let shown = |name| {
            table.get(name).map_or_else(
                || "(not set)".to_owned(),
                |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), redact),
            )
        };
        let origins = NAMES
            .into_iter()
            .map(|name| {
                (name, (shown(name), origins.remove(name).unwrap_or_else(|| "default".to_owned())))
            })
            .collect();
        let settings = table.try_into().map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { settings, origins })
    }

    /// Our public address, without a slash at the end.
    pub(crate) fn base(&self) -> String {
        self.settings
            .base_url
            .as_deref()
            .unwrap_or("https://localhost:8443")
            .trim_end_matches('/')
            .to_owned()
    }

    /// The database, up to date.
    pub(crate) async fn database(&self) -> Result<Db, Error> {
        let url = self
            .settings
            .database
            .as_deref()
            .ok_or("`database` is not set: sqlite:PATH or postgres://…")?;
        let db = Db::open(url).await?;
        db.migrate().await?;
        Ok(db)
    }

    /// The installation's secret.
    pub(crate) fn secret(&self) -> Result<[u8; 32], Error> {
        let path = self
            .settings
            .secret_file
            .as_ref()
            .ok_or("`secret_file` is not set: make one with `praya keys new FOLDER`")?;
        secret_in(path)
    }

    /// The definitions.
    pub(crate) fn pack(&self) -> Result<Arc<Pack>, Error> {
        pack(self.settings.pack.as_deref())
    }

    /// The departments' records.
    pub(crate) fn sources(&self, pack: &Arc<Pack>) -> Result<Arc<Sources>, Error> {
        let mut places = self.settings.places.clone();
        if let Some(data) = &self.settings.data {
            places.insert("data".to_owned(), data.display().to_string());
        }
        Ok(Arc::new(Sources::new(pack.clone(), &places, World::system())?))
    }

    fn log_key(&self) -> Result<PrivateJwk, Error> {
        let path = self
            .settings
            .log_key_file
            .as_ref()
            .ok_or("`log_key_file` is not set: make one with `praya keys new FOLDER`")?;
        private(path)?;
        Ok(PrivateJwk::parse(&std::fs::read(path)?)?)
    }

    /// How mail leaves, if it does.
    fn mail(&self) -> Result<Option<inbox::MailSettings>, Error> {
        let settings = &self.settings;
        let Some(server) = settings.mail_server.clone() else { return Ok(None) };
        let from = settings.mail_from.clone().ok_or("mail_server needs mail_from")?;
        let login = match (&settings.mail_user, &settings.mail_password_file) {
            (Some(user), Some(path)) => {
                private(path)?;
                let password = std::fs::read_to_string(path)?.trim_end().to_owned();
                Some((user.clone(), password))
            }
            (None, None) => None,
            _ => return Err("mail_user and mail_password_file go together: set both".into()),
        };
        Ok(Some(inbox::MailSettings { server, from, login }))
    }

    /// The time-stamping authority elsewhere, if there is one.
    fn tsa(&self) -> Result<Option<signing::Tsa>, Error> {
        let (address, trust) = match (&self.settings.signing_tsa, &self.settings.signing_tsa_trust)
        {
            (Some(address), Some(trust)) => (address, trust),
            (None, None) => return Ok(None),
            _ => {
                return Err("signing_tsa and signing_tsa_trust go together: set both".into());
            }
        };
        let text = std::fs::read_to_string(trust)
            .map_err(|why| format!("signing_tsa_trust: {}: {why}", trust.display()))?;
        let trusted =
            signing::pki::read_pem(&text).map_err(|why| format!("signing_tsa_trust: {why}"))?;
        if trusted.is_empty() {
            return Err("signing_tsa_trust: no certificate in it".into());
        }
        let url = address.parse().map_err(|why| format!("signing_tsa: {why}"))?;
        Ok(Some(signing::Tsa { url, client: outbound::client(true)?, trusted }))
    }

    /// Why this must not be served, if it must not.
    fn insecure(&self) -> Option<String> {
        let base = self.base();
        let listen = self.listen();
        let by_proxy = self.settings.tls_by_proxy == Some(true);
        if !base.starts_with("https://") {
            return Some(format!(
                "base_url is {base}: people would send their records in the clear. Use https://"
            ));
        }
        if self.settings.tls_certificate.is_some() != self.settings.tls_key.is_some() {
            return Some("tls_certificate and tls_key go together: set both".to_owned());
        }
        if self.settings.mtls_listen.is_some() && self.settings.tls_certificate.is_none() {
            return Some("mtls_listen needs tls_certificate and tls_key: we must see the certificates ourselves".to_owned());
        }
        if self.settings.tls_certificate.is_none() && !by_proxy {
            return Some("no TLS: set tls_certificate and tls_key, or tls_by_proxy = true where a proxy in front speaks TLS".to_owned());
        }
        if self.settings.tls_certificate.is_none() && !inside(listen) {
            return Some(format!(
                "tls_by_proxy is set, but listening on {listen} lets anyone past the proxy: listen on a loopback or private address"
            ));
        }
        if let Some(listen) = self.settings.metrics_listen.filter(|listen| !inside(*listen)) {
            return Some(format!(
                "metrics_listen is {listen}: anyone could read how much is done here. Give a loopback or private address"
            ));
        }
        let database = self.settings.database.as_deref().unwrap_or_default();
        match store::in_the_clear(database) {
            Ok(None) => None,
            Ok(Some(why)) => Some(format!(
                "database: {why}, and the server is on another machine: records would cross the network in the clear. Leave sslmode out or write sslmode=require; sslrootcert=FILE names an authority of your own"
            )),
            Err(error) => Some(format!("database: {error}")),
        }
    }

    fn listen(&self) -> SocketAddr {
        self.settings.listen.unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443))
    }
}

/// Whether only this machine or a private network reaches an address.
fn inside(listen: SocketAddr) -> bool {
    match listen.ip() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || (ip.segments()[0] & 0xfe00) == 0xfc00,
    }
}

/// The pack in a folder, or the embedded one.
pub(crate) fn pack(folder: Option<&Path>) -> Result<Arc<Pack>, Error> {
    let read = folder.map_or_else(exchange::pack::load_embedded, exchange::pack::load_dir);
    read.map(Arc::new).map_err(|mistakes| {
        mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").into()
    })
}

/// A database URL without its password.
fn redact(value: &str) -> String {
    match (value.split_once("://"), value.rfind('@')) {
        (Some((scheme, _)), Some(at)) => {
            format!("{scheme}://***{}", value.get(at..).unwrap_or_default())
        }
        _ => value.to_owned(),
    }
}

/// Reads a secret of 64 hexadecimal digits.
pub(crate) fn secret_in(path: &Path) -> Result<[u8; 32], Error> {
    private(path)?;
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let digits = text.trim();
    let mut secret = [0; 32];
    let bad = || format!("{} must hold 64 hexadecimal digits", path.display());
    if digits.len() != 64 || !digits.is_ascii() {
        return Err(bad().into());
    }
    for (i, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(i * 2..i * 2 + 2).unwrap_or_default(), 16)
            .map_err(|_| bad())?;
    }
    Ok(secret)
}

/// Refuses a secret that others on the machine can read.
#[cfg(unix)]
pub(crate) fn private(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?
        .permissions()
        .mode();
    if mode.trailing_zeros() >= 6 {
        Ok(())
    } else {
        Err(format!("{} can be read by others: chmod 600 it", path.display()).into())
    }
}

/// Makes a secret and a log key in a folder, readable by their owner alone.
pub(crate) fn new_secrets(folder: &Path) -> Result<(), Error> {
    use kernel::Entropy;
    std::fs::create_dir_all(folder)?;
    let mut secret = [0; 32];
    kernel::SystemEntropy.fill(&mut secret);
    write_private(&folder.join("secret"), &hex(&secret))?;
    write_private(&folder.join("log-key.json"), &PrivateJwk::generate_ed25519()?.to_json())?;
    Ok(())
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Writes a file only its owner can read; refuses to overwrite one.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|error| format!("cannot make {}: {error}", path.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

/// `praya serve`.
pub(crate) async fn serve(path: &Path, print: bool) -> Result<(), Error> {
    let config = Config::read(path)?;
    if print {
        for (name, (value, origin)) in &config.origins {
            say(&format!("{name:<16} {value:<48} {origin}"));
        }
        return Ok(());
    }
    if let Some(why) = config.insecure() {
        return Err(format!("refusing to serve: {why}").into());
    }
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    portal::count();
    let pack = config.pack()?;
    let db = config.database().await?;
    let mark = config.settings.secret_file.as_deref().map(mark::beside);
    if let Some(file) = &mark {
        mark::check(&db, &World::system(), file).await?;
    }
    let app = App::build(app::Settings {
        db: db.clone(),
        world: World::system(),
        base: config.base(),
        mtls: config.settings.mtls_listen.and_then(|listen| server::beside(&config.base(), listen)),
        sources: config.sources(&pack)?,
        pack,
        secret: config.secret()?,
        log_key: config.log_key()?,
        by_proxy: config.settings.tls_by_proxy == Some(true),
        mail: config.mail()?,
        tsa: config.tsa()?,
        demo: false,
    })
    .await?;
    if let Some(file) = mark {
        tokio::spawn(mark::keep(db, file));
    }
    let acceptor = |asks| match (&config.settings.tls_certificate, &config.settings.tls_key) {
        (Some(chain), Some(key)) => server::tls_files(chain, key, asks).map(Some),
        _ => Ok(None),
    };
    let listener = server::bind(config.listen()).await?;
    if let Some(listen) = config.settings.metrics_listen {
        let (metrics, _) = portal::metrics_route().finish();
        tokio::spawn(server::serve(
            server::bind(listen).await?,
            None,
            metrics,
            server::asked_to_stop(),
        ));
    }
    say(&format!("Praya serves {} on {}", config.base(), config.listen()));
    let router = app.start();
    if let Some(listen) = config.settings.mtls_listen {
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

#[cfg(test)]
mod tests {
    use super::{Config, Settings, redact};
    use std::collections::BTreeMap;

    fn config(text: &str) -> Config {
        let settings: Settings = toml::from_str(text).unwrap();
        Config { settings, origins: BTreeMap::new() }
    }

    #[test]
    fn an_insecure_setting_is_refused_with_its_reason() {
        for (text, word) in [
            ("base_url = 'http://praya.example'", "clear"),
            ("base_url = 'https://praya.example'", "no TLS"),
            ("base_url = 'https://praya.example'\ntls_certificate = 'a'", "go together"),
            (
                "base_url = 'https://praya.example'\ntls_by_proxy = true\nmtls_listen = '0.0.0.0:8443'",
                "mtls_listen needs",
            ),
            (
                "base_url = 'https://praya.example'\ntls_by_proxy = true\nlisten = '0.0.0.0:80'",
                "past the proxy",
            ),
            (
                "base_url = 'https://praya.example'\ntls_by_proxy = true\ndatabase = 'postgres://10.0.0.5/praya?sslmode=prefer'",
                "in the clear. Leave sslmode out",
            ),
            (
                "base_url = 'https://praya.example'\ntls_by_proxy = true\nmetrics_listen = '0.0.0.0:9090'",
                "anyone could read",
            ),
        ] {
            assert!(config(text).insecure().unwrap().contains(word), "{text}");
        }
    }

    #[test]
    fn a_secure_setting_is_served() {
        for text in [
            "base_url = 'https://praya.example'\ntls_certificate = 'a'\ntls_key = 'b'\nlisten = '0.0.0.0:443'",
            "base_url = 'https://praya.example'\ntls_by_proxy = true\nlisten = '10.0.0.5:8080'",
            "base_url = 'https://praya.example'\ntls_by_proxy = true\ndatabase = 'postgres://10.0.0.5/praya'",
            "base_url = 'https://praya.example'\ntls_by_proxy = true\ndatabase = 'postgres:///praya?host=/run/postgresql&sslmode=disable'",
        ] {
            assert_eq!(config(text).insecure(), None, "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(redact("postgres://praya:hunter2@db/praya"), "postgres://***@db/praya");
    }
}
