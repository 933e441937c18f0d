//! `praya keys ca|tsa`: the authorities behind signatures.

use crate::{
    Error,
    config::{Config, write_private},
    tools::{ConfigFile, say},
};
use ::signing::{
    authority::{self, Called, Kind},
    cms::Signer,
    pki::{self, Key, Reason},
};
use clap::{Args, Subcommand};
use kernel::{Actor, Ctx, Locale, World};
use std::path::{Path, PathBuf};

/// What an authority is called.
#[derive(Args)]
pub(crate) struct Named {
    /// Its name.
    #[arg(long)]
    name: String,
    /// The organisation that runs it.
    #[arg(long)]
    organisation: String,
    /// The country, two letters.
    #[arg(long, default_value = "HK")]
    country: String,
}

/// A certificate and key made elsewhere.
#[derive(Args)]
pub(crate) struct Imported {
    /// The certificate, then those above it (PEM).
    #[arg(long)]
    certificate: PathBuf,
    /// Its P-256 key, PKCS#8 (PEM), readable by its owner alone.
    #[arg(long)]
    key: PathBuf,
}

/// `praya keys ca …`
#[derive(Subcommand)]
pub(crate) enum Ca {
    /// Makes a certification authority that certifies itself, and prints its certificate.
    #[command(
        after_help = "Example:\n  praya keys ca init --name 'Harbour Signing CA' --organisation 'Digital Office' > ca.pem"
    )]
    Init {
        #[command(flatten)]
        config: ConfigFile,
        #[command(flatten)]
        named: Named,
    },
    /// Takes an authority that a recognised one certified, in place of `init`.
    #[command(
        after_help = "Example:\n  praya keys ca import --certificate chain.pem --key issuing.key"
    )]
    Import {
        #[command(flatten)]
        config: ConfigFile,
        #[command(flatten)]
        imported: Imported,
    },
    /// Issues a certificate for signing documents: the seal of an office, say. People need none of these.
    #[command(
        after_help = "Example:\n  praya keys ca issue --name 'Companies Registry' --to seal\n\nwrites seal/key.pem and seal/certificate.pem (the certificate, then those above it)."
    )]
    Issue {
        #[command(flatten)]
        config: ConfigFile,
        /// Whose.
        #[arg(long)]
        name: String,
        /// The folder to write to; made if it does not exist.
        #[arg(long)]
        to: PathBuf,
    },
    /// The newest certificates, one line each: serial number, from, until, state, name.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// How many.
        #[arg(long, default_value_t = 50)]
        most: u32,
    },
    /// Revokes a certificate from now on.
    #[command(
        after_help = "Example:\n  praya keys ca revoke 4f2a… --reason key-compromise\n\nReasons: unspecified, key-compromise, superseded, ended."
    )]
    Revoke {
        #[command(flatten)]
        config: ConfigFile,
        /// Its serial number, as `list` shows it.
        serial: String,
        /// Why.
        #[arg(long, default_value = "unspecified")]
        reason: String,
    },
    /// Prints the list of revoked certificates as it stands now (PEM); also at /sign/ca.crl.
    Crl {
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// `praya keys tsa …`
#[derive(Subcommand)]
pub(crate) enum Tsa {
    /// Makes a time-stamping authority that ours certifies, served at /tsa, and prints its certificate.
    #[command(
        after_help = "Example:\n  praya keys tsa init --name 'Harbour TSA' --organisation 'Digital Office' > tsa.pem\n  openssl ts -query -data file -cert -out q.tsq\n  curl -H 'Content-Type: application/timestamp-query' --data-binary @q.tsq https://praya.example/tsa -o r.tsr\n  openssl ts -verify -queryfile q.tsq -in r.tsr -CAfile ca.pem\n\nTo use one elsewhere instead, set `signing_tsa` to its address."
    )]
    Init {
        #[command(flatten)]
        config: ConfigFile,
        #[command(flatten)]
        named: Named,
    },
    /// Takes an authority that a recognised one certified, in place of `init`.
    Import {
        #[command(flatten)]
        config: ConfigFile,
        #[command(flatten)]
        imported: Imported,
    },
}

fn ctx() -> Ctx {
    Ctx::new(&World::system(), Actor::System("command line"), Locale::En)
}

fn read(imported: &Imported) -> Result<Signer, Error> {
    let at = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = |path: &Path| std::fs::read_to_string(path).map_err(|why| at(path, &why));
    crate::config::private(&imported.key)?;
    let chain = pki::read_pem(&text(&imported.certificate)?)
        .map_err(|why| at(&imported.certificate, &why))?;
    let key = Key::from_pem(&text(&imported.key)?).map_err(|why| at(&imported.key, &why))?;
    let mut chain = chain.into_iter();
    let certificate = chain.next().ok_or("no certificate in the file")?;
    if !key.fits(&certificate) {
        return Err("the key is not that of the first certificate".into());
    }
    Ok(Signer { key, certificate, chain: chain.collect() })
}

fn pem(certificate: &pki::Certificate) -> Result<String, Error> {
    Ok(pki::certificate_pem(certificate)?.trim_end().to_owned())
}

/// What the operations of this file work on.
struct Place {
    db: store::Db,
    sealer: wire::seal::Sealer,
    base: String,
}

impl Place {
    async fn open(file: &ConfigFile) -> Result<Self, Error> {
        let config = Config::read(&file.config)?;
        let sealer = authority::sealer(&config.secret()?)?;
        Ok(Self { db: config.database().await?, sealer, base: config.base() })
    }

    async fn keep(self, kind: Kind, imported: &Imported) -> Result<(), Error> {
        let signer = read(imported)?;
        self.db.write(move |tx| authority::keep(tx, &ctx(), &self.sealer, kind, &signer)).await?;
        say("kept");
        Ok(())
    }

    async fn init(self, kind: Kind, named: Named) -> Result<(), Error> {
        let Self { db, sealer, base } = self;
        let made = db.write(move |tx| {
            let called = Called {
                country: &named.country,
                organisation: &named.organisation,
                name: &named.name,
            };
            match kind {
                Kind::Certificates => authority::new_ca(tx, &ctx(), &sealer, &base, &called),
                Kind::Times => authority::new_tsa(tx, &ctx(), &sealer, &base, &called),
            }
        });
        say(&pem(&made.await?)?);
        Ok(())
    }
}

/// `praya keys tsa`.
pub(crate) async fn tsa(command: Tsa) -> Result<(), Error> {
    match command {
        Tsa::Init { config, named } => Place::open(&config).await?.init(Kind::Times, named).await,
        Tsa::Import { config, imported } => {
            Place::open(&config).await?.keep(Kind::Times, &imported).await
        }
    }
}

/// `praya keys ca`.
pub(crate) async fn ca(command: Ca) -> Result<(), Error> {
    match command {
        Ca::Init { config, named } => {
            Place::open(&config).await?.init(Kind::Certificates, named).await?;
        }
        Ca::Import { config, imported } => {
            Place::open(&config).await?.keep(Kind::Certificates, &imported).await?;
        }
        Ca::Issue { config, name, to } => issue(Place::open(&config).await?, name, &to).await?,
        Ca::List { config, most } => {
            let Place { db, .. } = Place::open(&config).await?;
            let all = db.read(move |tx| authority::list(tx, &ctx(), most.into())).await?;
            for one in all {
                let state = one.revoked.map_or_else(
                    || "good".to_owned(),
                    |(at, why)| format!("revoked {} {why}", day(at)),
                );
                let (from, until) = (day(one.at), day(one.expires_at));
                say(&format!("{} {from} {until} {state:<32} {}", one.serial, one.name));
            }
        }
        Ca::Revoke { config, serial, reason } => {
            let Place { db, .. } = Place::open(&config).await?;
            let reason = Reason::parse(&reason)
                .ok_or("a reason is one of: unspecified, key-compromise, superseded, ended")?;
            let gone = serial.clone();
            db.write(move |tx| authority::revoke(tx, &ctx(), &gone, reason)).await?;
            say(&format!("revoked: {serial}"));
        }
        Ca::Crl { config } => {
            let Place { db, sealer, .. } = Place::open(&config).await?;
            let list = db.read(move |tx| authority::crl(tx, &sealer, ctx().now)).await?;
            say(pki::pem("X509 CRL", &list)?.trim_end());
        }
    }
    Ok(())
}

async fn issue(place: Place, name: String, to: &Path) -> Result<(), Error> {
    let key = Key::generate(&ctx())?;
    let public = key.public()?;
    let Place { db, sealer, base } = place;
    std::fs::create_dir_all(to)?;
    write_private(&to.join("key.pem"), &key.to_pem()?)?;
    let issued = db
        .write(move |tx| authority::issue(tx, &ctx(), &sealer, &base, &name, public.clone()))
        .await?;
    let chain = issued.iter().map(pki::certificate_pem).collect::<Result<String, _>>()?;
    std::fs::write(to.join("certificate.pem"), chain)?;
    say(&format!("written: {}", to.display()));
    Ok(())
}

fn day(at: kernel::Timestamp) -> String {
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

/// Authorities for the demo, the first time.
pub(crate) async fn for_demo(
    db: &store::Db,
    world: &World,
    secret: &[u8; 32],
    base: &str,
) -> Result<(), Error> {
    let (sealer, base) = (authority::sealer(secret)?, base.to_owned());
    let ctx = Ctx::new(world, Actor::System("demo"), Locale::En);
    let made = db.write(move |tx| {
        if authority::authority(tx, &sealer, Kind::Certificates)?.is_some() {
            return Ok(());
        }
        let called = |name| Called { country: "HK", organisation: "Made-up Digital Office", name };
        authority::new_ca(tx, &ctx, &sealer, &base, &called("Made-up Signing Authority"))?;
        authority::new_tsa(tx, &ctx, &sealer, &base, &called("Made-up Time-stamps"))?;
        Ok::<_, kernel::Problem>(())
    });
    Ok(made.await?)
}

/// `praya verify FILE.pdf`: every signature, by these authorities and their list.
pub(crate) fn verify(pdf: &[u8], trust: Option<&Path>, crl: Option<&Path>) -> Result<(), Error> {
    let trust =
        trust.ok_or("whom do you trust? Give --trust: the authority's certificate (PEM)")?;
    let trusted = pki::read_pem(&std::fs::read_to_string(trust)?)
        .map_err(|why| format!("{}: {why}", trust.display()))?;
    let list = crl.map(std::fs::read).transpose()?;
    let list = list.map(|bytes| pki::read_crl(&bytes)).transpose()?;
    let all =
        ::signing::pdf::signatures(pdf).map_err(|why| kernel::Problem::from(why).to_string())?;
    let now = ctx().now;
    let mut bad = all.is_empty();
    for one in &all {
        let held = match &one.held {
            Ok(held) => held,
            Err(why) => {
                bad = true;
                say(&format!("{}: {why}", one.field));
                continue;
            }
        };
        let name = pki::common_name(&held.signer);
        let why = held.fault(&trusted, list.as_ref(), now);
        bad |= why.is_some();
        let at = held.stamp.as_ref().map_or_else(String::new, |stamp| format!(" at {}", stamp.at));
        let said = why.map_or_else(|| "holds".to_owned(), |why| format!("NOT accepted: {why}"));
        say(&format!("{}: signed by {name}{at}; {said}", one.field));
    }
    if all.last().is_some_and(|last| !last.whole) {
        bad = true;
        say("something was added to the file after its last signature");
    }
    if list.is_none() {
        say("whether a certificate is revoked was not checked: give --crl");
    }
    match (all.is_empty(), bad) {
        (true, _) => Err("there is no signature in this PDF".into()),
        (_, true) => Err("not every signature can be accepted".into()),
        _ => Ok(()),
    }
}
