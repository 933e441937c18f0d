//! What OpenSSL says of what we make, and of the same with one byte changed.

use super::authority::{Place, ctx};
use crate::{
    authority::{self, Called, Kind},
    cms, pki,
    tsp::{self, Question},
};
use der::Encode;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A folder of one test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("signing-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Whether `openssl` accepts, and what it said.
fn openssl(arguments: &[&str], files: &[(&str, &Path)]) -> Option<(bool, String)> {
    let mut command = Command::new("openssl");
    command.args(arguments);
    for (flag, path) in files {
        command.arg(flag).arg(path);
    }
    let out = command.output().ok()?;
    let said = [out.stdout, out.stderr].concat();
    Some((out.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

fn skipped() -> bool {
    let missing = openssl(&["version"], &[]).is_none();
    if missing {
        println!("skipped: needs openssl");
    }
    missing
}

#[tokio::test]
async fn openssl_accepts_our_signature_with_its_time_stamp_and_refuses_another_document() {
    if skipped() {
        return;
    }
    for place in Place::each().await {
        let folder = Folder::new("cms");
        let document = b"I agree.\n";
        let digest = wire::sha256(&[document]);
        let (ca, message) = place
            .write(move |tx, place| {
                let ctx = ctx();
                let signer = authority::once(
                    tx,
                    &ctx,
                    &place.sealer,
                    "https://x",
                    (&"per_1".into(), "陳美玲"),
                )?;
                let message = cms::sign(&signer, &digest, Some(ctx.now))?;
                let question = Question::new(&cms::imprint(&message)?, [9; 8])?;
                let token = authority::stamp(tx, &ctx, &place.sealer, &question)?;
                let ca = authority::needed(tx, &place.sealer, Kind::Certificates)?;
                Ok((ca.certificate.to_der().unwrap(), cms::stamped(&message, &token)?))
            })
            .await;
        let ca = folder.write("ca.pem", pki::pem("CERTIFICATE", &ca).unwrap().as_bytes());
        let signature = folder.write("signature.p7s", &message);
        let document = folder.write("document.txt", document);
        let other = folder.write("other.txt", b"I agree!\n");
        let check = |signature: &Path, document: &Path| {
            let files = [("-in", signature), ("-content", document), ("-CAfile", &*ca)];
            openssl(&["cms", "-verify", "-binary", "-inform", "DER", "-out", "/dev/null"], &files)
                .unwrap()
        };
        let (good, said) = check(&signature, &document);
        assert!(good, "{said}");
        let (good, said) = check(&signature, &other);
        assert!(!good, "{said}");

        let held = cms::verify(&message, &cms::Document::Sha256(digest)).unwrap();
        assert_eq!(held.stamp.as_ref().unwrap().at, ctx().now);
        let ca = pki::read_pem(&std::fs::read_to_string(&ca).unwrap()).unwrap();
        assert!(held.is_trusted(&ca, ctx().now));
        assert!(!held.is_trusted(&[held.signer.clone()][..0], ctx().now));
        assert!(cms::verify(&message, &cms::Document::Sha256([1; 32])).is_err());
        // Every byte counts, but those of the authority's certificate: the one that is trusted is another copy.
        let copy = ca[0].to_der().unwrap();
        let copies: Vec<_> = message
            .windows(copy.len())
            .enumerate()
            .filter(|(_, part)| *part == copy)
            .map(|(at, _)| at..at + copy.len())
            .collect();
        let mut unharmed = Vec::new();
        for at in (0..message.len()).filter(|at| !copies.iter().any(|copy| copy.contains(at))) {
            let mut bad = message.clone();
            bad[at] ^= 1;
            let still = cms::verify(&bad, &cms::Document::Sha256(digest));
            if still.is_ok_and(|held| held.stamp.is_some() && held.is_trusted(&ca, ctx().now)) {
                unharmed.push(at);
            }
        }
        // The version numbers of the two messages and their signers say nothing.
        assert!(unharmed.len() <= 4, "{unharmed:?} may change unseen");
    }
}

#[tokio::test]
async fn openssl_accepts_our_time_stamps_and_refuses_one_of_another_file() {
    if skipped() {
        return;
    }
    for place in Place::each().await {
        let folder = Folder::new("ts");
        let file = folder.write("file.txt", b"at this time\n");
        let query = folder.path("file.tsq");
        for extra in [&["-cert"][..], &["-no_nonce", "-cert"], &["-sha512", "-cert"], &[]] {
            let asked = [&["ts", "-query"], extra].concat();
            let (good, said) = openssl(&asked, &[("-data", &*file), ("-out", &*query)]).unwrap();
            assert!(good, "{said}");
            let question = Question::read(&std::fs::read(&query).unwrap()).unwrap();
            let (ca, tsa, answer) = place
                .write(move |tx, place| {
                    let token = authority::stamp(tx, &ctx(), &place.sealer, &question)?;
                    let ca = authority::needed(tx, &place.sealer, Kind::Certificates)?;
                    let tsa = authority::needed(tx, &place.sealer, Kind::Times)?;
                    let pem = |one: &x509_cert::Certificate| {
                        pki::pem("CERTIFICATE", &one.to_der().unwrap()).unwrap()
                    };
                    Ok((pem(&ca.certificate), pem(&tsa.certificate), tsp::answer(&token)?))
                })
                .await;
            let (ca, tsa) =
                (folder.write("ca.pem", ca.as_bytes()), folder.write("tsa.pem", tsa.as_bytes()));
            let reply = folder.write("file.tsr", &answer);
            let check = |query: &Path| {
                let files = [
                    ("-queryfile", query),
                    ("-in", &*reply),
                    ("-CAfile", &*ca),
                    ("-untrusted", &*tsa),
                ];
                openssl(&["ts", "-verify"], &files).unwrap()
            };
            let (good, said) = check(&query);
            assert!(good, "{extra:?} {said}");
            let other = folder.write("other.txt", b"at that time\n");
            let (good, said) = openssl(
                &["ts", "-query"],
                &[("-data", &*other), ("-out", &folder.path("other.tsq"))],
            )
            .unwrap();
            assert!(good, "{said}");
            assert!(!check(&folder.path("other.tsq")).0);
        }
        let md5 =
            openssl(&["ts", "-query", "-md5"], &[("-data", &*file), ("-out", &*query)]).unwrap();
        assert!(md5.0, "{}", md5.1);
        let refused = Question::read(&std::fs::read(&query).unwrap()).unwrap_err();
        assert_eq!(refused, tsp::Refused::Algorithm);
        let reply = folder.write("refused.tsr", &refused.answer().unwrap());
        let (_, said) = openssl(&["ts", "-reply", "-text"], &[("-in", &*reply)]).unwrap();
        assert!(
            said.contains("Rejected") && said.contains("unrecognized or unsupported algorithm"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn openssl_reads_our_list_and_finds_the_revoked_certificate_in_it() {
    if skipped() {
        return;
    }
    for place in Place::each().await {
        let folder = Folder::new("crl");
        let (ca, good, bad, list) = place
            .write(move |tx, place| {
                let ctx = ctx();
                let mut one = |name: &str| {
                    let id = format!("per_{name}").into();
                    Ok::<_, kernel::Problem>(
                        authority::once(tx, &ctx, &place.sealer, "https://x", (&id, name))?
                            .certificate,
                    )
                };
                let (good, bad) = (one("good")?, one("bad")?);
                authority::revoke(tx, &ctx, &pki::serial(&bad), pki::Reason::KeyCompromise)?;
                let again = authority::revoke(tx, &ctx, &pki::serial(&bad), pki::Reason::Ended);
                assert_eq!(again.unwrap_err().code, "certificate-unknown");
                let ca = authority::needed(tx, &place.sealer, Kind::Certificates)?;
                Ok((ca.certificate, good, bad, authority::crl(tx, &place.sealer, ctx.now)?))
            })
            .await;
        let read = <x509_cert::crl::CertificateList as der::Decode>::from_der(&list).unwrap();
        assert_eq!(pki::is_revoked(&read, &ca, &bad), Some(true));
        assert_eq!(pki::is_revoked(&read, &ca, &good), Some(false));
        assert_eq!(pki::is_revoked(&read, &good, &bad), None, "another's list says nothing");
        let pem =
            |one: &x509_cert::Certificate| pki::pem("CERTIFICATE", &one.to_der().unwrap()).unwrap();
        let crl = folder.write("ca.crl", pki::pem("X509 CRL", &list).unwrap().as_bytes());
        let ca = folder.write("ca.pem", pem(&ca).as_bytes());
        for (certificate, accepted) in [(good, true), (bad, false)] {
            let certificate = folder.write("one.pem", pem(&certificate).as_bytes());
            let mut command = Command::new("openssl");
            command.args(["verify", "-crl_check", "-CAfile"]).arg(&ca).arg("-CRLfile").arg(&crl);
            command.arg(&certificate);
            let out = command.output().unwrap();
            let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
            assert_eq!(out.status.success(), accepted, "{said}");
        }
    }
}

#[tokio::test]
async fn there_is_one_authority_of_each_kind_and_its_key_lies_sealed() {
    for place in Place::each().await {
        let again = place
            .try_write(|tx, place| {
                let called = Called { country: "HK", organisation: "x", name: "y" };
                authority::new_ca(tx, &ctx(), &place.sealer, "https://x", &called).map(drop)
            })
            .await;
        assert_eq!(again.unwrap_err().code, "authority-exists");
        let key = place
            .write(|tx, place| authority::needed(tx, &place.sealer, Kind::Certificates))
            .await
            .key;
        let secret = key.to_der().unwrap();
        let kept = place
            .write(|tx, _| {
                Ok(tx.query(crate::sql::AUTHORITY, &["ca".into()])?[0].blob(2)?.to_vec())
            })
            .await;
        assert!(!kept.windows(16).any(|part| secret.windows(16).any(|one| one == part)));
        let other = authority::sealer(&[8; 32]).unwrap();
        let opened = place
            .try_write(move |tx, _| authority::needed(tx, &other, Kind::Certificates).map(drop))
            .await;
        assert_eq!(opened.unwrap_err().status, 500);
    }
}
