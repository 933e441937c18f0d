//! The small certification authority and the time-stamping authority; synchronous, in the caller's transaction.

use crate::{
    cms::Signer,
    error::Broken,
    pki::{self, Holder, Issuer, Key, Order, Reason, Revoked, Use},
    sql, tsp,
};
use der::{Decode, Encode};
use kernel::{Actor, Ctx, Id, Problem, Timestamp, from_micros, micros};
use serde_json::json;
use store::Tx;
use wire::seal::Sealer;
use x509_cert::{Certificate, SubjectPublicKeyInfo};

/// An authority's own certificate is good for ten years.
const AUTHORITY_DAYS: i64 = 3650;
/// A certificate for documents: two years.
const DAYS: i64 = 730;
/// A list of revoked certificates is good for a week; it is made anew whenever it is asked for.
const CRL_DAYS: i64 = 7;

/// Which authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Issues certificates.
    Certificates,
    /// Issues time-stamps.
    Times,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Certificates => "ca",
            Self::Times => "tsa",
        }
    }
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        Self::internal(broken)
    }
}

fn operator(ctx: &Ctx) -> Result<(), Problem> {
    match &ctx.actor {
        Actor::System(_) => Ok(()),
        _ => ctx.admin().map(drop),
    }
}

/// Seals the keys of authorities.
pub fn sealer(secret: &[u8; 32]) -> Result<Sealer, wire::Error> {
    Sealer::new(secret, "signing authorities")
}

/// An authority as it is kept.
pub fn authority(tx: &mut Tx<'_>, sealer: &Sealer, kind: Kind) -> Result<Option<Signer>, Problem> {
    let Some(row) = tx.query_opt(sql::AUTHORITY, &[kind.as_str().into()])? else { return Ok(None) };
    let key = sealer.open(kind.as_str(), row.blob(2)?).map_err(|_| {
        Problem::internal("an authority's key does not open: is this the installation's secret?")
    })?;
    Ok(Some(Signer {
        key: Key::from_der(&key)?,
        certificate: Certificate::from_der(row.blob(0)?).map_err(Problem::internal)?,
        chain: pki::split(row.blob(1)?)?,
    }))
}

/// The authority, or `503 signing-not-set-up`.
pub fn needed(tx: &mut Tx<'_>, sealer: &Sealer, kind: Kind) -> Result<Signer, Problem> {
    authority(tx, sealer, kind)?.ok_or_else(|| Problem::new(503, "signing-not-set-up"))
}

/// Keeps an authority made here or elsewhere; there is one of each kind.
pub fn keep(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    kind: Kind,
    authority: &Signer,
) -> Result<(), Problem> {
    operator(ctx)?;
    if !authority.key.fits(&authority.certificate) {
        return Err(Broken("the key is not that of the certificate").into());
    }
    let sealed = sealer.seal(kind.as_str(), &authority.key.to_der()?).map_err(Problem::internal)?;
    let certificate = authority.certificate.to_der().map_err(Problem::internal)?;
    let args = [
        kind.as_str().into(),
        certificate.as_slice().into(),
        pki::join(&authority.chain)?.into(),
        sealed.into(),
        micros(ctx.now).into(),
    ];
    if tx.execute(sql::ADD_AUTHORITY, &args)? == 0 {
        return Err(Problem::new(409, "authority-exists"));
    }
    let record = json!({
        "kind": "signing-authority", "authority": kind.as_str(), "at": ctx.now,
        "certificate_digest": wire::b64::encode(wire::sha256(&[&certificate])),
    });
    evidence::append(tx, ctx, "signing-authority", "signing", &record)?;
    Ok(())
}

/// What a new authority is called.
pub struct Called<'a> {
    /// The country, two letters.
    pub country: &'a str,
    /// The organisation.
    pub organisation: &'a str,
    /// The authority.
    pub name: &'a str,
}

impl<'a> Called<'a> {
    fn holder(&self) -> Holder<'a> {
        Holder {
            country: self.country,
            organisation: Some(self.organisation),
            name: self.name,
            number: None,
        }
    }
}

/// Makes a certification authority that certifies itself.
pub fn new_ca(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    base: &str,
    called: &Called<'_>,
) -> Result<Certificate, Problem> {
    let key = Key::generate(ctx)?;
    let order = order(ctx, base, called.holder(), key.public()?, Use::Authority, AUTHORITY_DAYS);
    let certificate = pki::certify(order, None, Some(&key))?;
    let authority = Signer { key, certificate, chain: Vec::new() };
    keep(tx, ctx, sealer, Kind::Certificates, &authority)?;
    Ok(authority.certificate)
}

/// Makes a time-stamping authority that ours certifies.
pub fn new_tsa(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    base: &str,
    called: &Called<'_>,
) -> Result<Certificate, Problem> {
    let key = Key::generate(ctx)?;
    let (ca, chain) = issuer(tx, sealer)?;
    let order = order(ctx, base, called.holder(), key.public()?, Use::Times, AUTHORITY_DAYS);
    let certificate = pki::certify(order, Some(&ca), None)?;
    note(tx, ctx, &certificate, called.name, None)?;
    let authority = Signer { key, certificate, chain };
    keep(tx, ctx, sealer, Kind::Times, &authority)?;
    Ok(authority.certificate)
}

/// The certification authority and the chain that goes with what it issues.
fn issuer(tx: &mut Tx<'_>, sealer: &Sealer) -> Result<(Issuer, Vec<Certificate>), Problem> {
    let Signer { key, certificate, chain } = needed(tx, sealer, Kind::Certificates)?;
    let all = std::iter::once(certificate.clone()).chain(chain).collect();
    Ok((Issuer { certificate, key }, all))
}

fn order<'a>(
    ctx: &Ctx,
    base: &'a str,
    holder: Holder<'a>,
    key: SubjectPublicKeyInfo,
    purpose: Use,
    days: i64,
) -> Order<'a> {
    Order { holder, key, purpose, serial: ctx.random(), from: ctx.now, days, base }
}

fn note(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    certificate: &Certificate,
    name: &str,
    person: Option<&Id>,
) -> Result<(), Problem> {
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration().as_micros();
    let args = [
        pki::serial(certificate).into(),
        name.into(),
        person.map(Id::as_str).into(),
        certificate.to_der().map_err(Problem::internal)?.into(),
        micros(ctx.now).into(),
        i64::try_from(end).map_err(Problem::internal)?.into(),
    ];
    tx.execute(sql::ADD_CERTIFICATE, &args)?;
    Ok(())
}

/// Certifies a key whose private half is somebody else's: an office's seal, say.
pub fn issue(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    base: &str,
    name: &str,
    key: SubjectPublicKeyInfo,
) -> Result<Vec<Certificate>, Problem> {
    operator(ctx)?;
    let (ca, chain) = issuer(tx, sealer)?;
    let country = country(&ca);
    let holder = Holder { country: &country, organisation: None, name, number: None };
    let certificate =
        pki::certify(order(ctx, base, holder, key, Use::Documents, DAYS), Some(&ca), None)?;
    note(tx, ctx, &certificate, name, None)?;
    let record = json!({
        "kind": "certificate-issued", "serial": pki::serial(&certificate), "name": name, "at": ctx.now,
    });
    evidence::append(tx, ctx, "certificate-issued", "signing", &record)?;
    Ok(std::iter::once(certificate).chain(chain).collect())
}

/// A key and certificate for one signature of a person; whoever calls this writes the log entry.
pub(crate) fn once(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    base: &str,
    (person, name): (&Id, &str),
) -> Result<Signer, Problem> {
    let (ca, chain) = issuer(tx, sealer)?;
    let key = Key::generate(ctx)?;
    let country = country(&ca);
    let holder = Holder { country: &country, organisation: None, name, number: None };
    let order = order(ctx, base, holder, key.public()?, Use::Documents, DAYS);
    let certificate = pki::certify(order, Some(&ca), None)?;
    note(tx, ctx, &certificate, name, Some(person))?;
    Ok(Signer { key, certificate, chain })
}

fn country(ca: &Issuer) -> String {
    let own = ca.certificate.tbs_certificate().subject().country();
    own.ok().flatten().map_or_else(|| "XX".to_owned(), |code| code.as_str().to_owned())
}

/// A certificate in the list of an operator.
pub struct Issued {
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// Of whom.
    pub name: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// Since when it is revoked, and why.
    pub revoked: Option<(Timestamp, String)>,
}

/// The newest certificates.
pub fn list(tx: &mut Tx<'_>, ctx: &Ctx, most: i64) -> Result<Vec<Issued>, Problem> {
    operator(ctx)?;
    let rows = tx.query(sql::CERTIFICATES, &[most.into()])?;
    rows.iter()
        .map(|row| {
            Ok(Issued {
                serial: row.text(0)?.to_owned(),
                name: row.text(1)?.to_owned(),
                at: from_micros(row.int(2)?),
                expires_at: from_micros(row.int(3)?),
                revoked: row
                    .opt_int(4)?
                    .map(|at| {
                        Ok::<_, Problem>((
                            from_micros(at),
                            row.opt_text(5)?.unwrap_or_default().to_owned(),
                        ))
                    })
                    .transpose()?,
            })
        })
        .collect()
}

/// Revokes a certificate from now on.
pub fn revoke(tx: &mut Tx<'_>, ctx: &Ctx, serial: &str, reason: Reason) -> Result<(), Problem> {
    operator(ctx)?;
    revoked(tx, ctx, serial, reason)
}

pub(crate) fn revoked(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    serial: &str,
    reason: Reason,
) -> Result<(), Problem> {
    let args = [serial.into(), micros(ctx.now).into(), reason.as_str().into()];
    if tx.execute(sql::REVOKE, &args)? == 0 {
        return Err(Problem::new(404, "certificate-unknown"));
    }
    let record = json!({
        "kind": "certificate-revoked", "serial": serial, "reason": reason.as_str(), "at": ctx.now,
    });
    evidence::append(tx, ctx, "certificate-revoked", "signing", &record)?;
    Ok(())
}

/// The list of revoked certificates as it stands now, in DER; public.
pub fn crl(tx: &mut Tx<'_>, sealer: &Sealer, now: Timestamp) -> Result<Vec<u8>, Problem> {
    let (ca, _) = issuer(tx, sealer)?;
    let rows = tx.query(sql::REVOKED, &[micros(now).into()])?;
    let revoked = rows
        .iter()
        .map(|row| {
            let reason = Reason::parse(row.opt_text(2)?.unwrap_or_default());
            Ok(Revoked {
                serial: row.text(0)?.to_owned(),
                at: from_micros(row.int(1)?),
                reason: reason.unwrap_or(Reason::Unspecified),
            })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok(pki::crl(&ca, &revoked, now, CRL_DAYS)?)
}

/// A token for a question, by our own authority.
pub fn stamp(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    question: &tsp::Question,
) -> Result<Vec<u8>, Problem> {
    let signer = needed(tx, sealer, Kind::Times)?;
    Ok(tsp::stamp(question, &signer, ctx.now, ctx.random())?)
}
