//! PDFs signed, and what we and others say of them.

use super::{
    authority::{Place, ctx},
    openssl::Folder,
    samples,
};
use crate::{
    authority::{self, Kind},
    cms,
    pdf::{self, Pdf, Refused, signatures},
    pki,
    tsp::Question,
};
use proptest::prelude::*;
use std::process::Command;

/// Signs, with a time-stamp; the signed PDF and the serial number.
async fn sign(place: &Place, bytes: Vec<u8>, name: &'static str) -> (Vec<u8>, String) {
    place
        .write(move |tx, place| {
            let ctx = ctx();
            let signer = authority::once(
                tx,
                &ctx,
                &place.sealer,
                "http://127.0.0.1:9",
                (&"per_1".into(), name),
            )?;
            let prepared = Pdf::read(&bytes)?.prepare(name, ctx.now)?;
            let message = cms::sign(&signer, &prepared.digest(), None)?;
            let question = Question::new(&cms::imprint(&message)?, ctx.random())?;
            let token = authority::stamp(tx, &ctx, &place.sealer, &question)?;
            let kept = pdf::Prepared::kept(&prepared.keep())?;
            Ok((kept.fill(&cms::stamped(&message, &token)?)?, pki::serial(&signer.certificate)))
        })
        .await
}

async fn ca(place: &Place) -> pki::Certificate {
    place
        .write(|tx, place| authority::needed(tx, &place.sealer, Kind::Certificates))
        .await
        .certificate
}

/// How many signatures hold, lead to the authority, and whether the last covers the whole file.
fn held(bytes: &[u8], ca: &pki::Certificate) -> Result<(usize, usize, bool), Refused> {
    let all = signatures(bytes)?;
    let good = all.iter().filter(|one| {
        one.held.as_ref().is_ok_and(|held| held.is_trusted(std::slice::from_ref(ca), ctx().now))
    });
    Ok((good.count(), all.len(), all.last().is_some_and(|one| one.whole)))
}

#[tokio::test]
async fn a_signed_pdf_keeps_what_stood_there_and_holds_until_one_byte_is_changed() {
    for place in Place::each().await {
        let ca = ca(&place).await;
        for (kind, original) in samples::all() {
            let (signed, _) = sign(&place, original.clone(), "陳美玲 Chan").await;
            assert!(signed.starts_with(&original), "{kind}");
            assert_eq!(held(&signed, &ca), Ok((1, 1, true)), "{kind}");
            // The message itself has a test of its own.
            let hole = signed.windows(10).rposition(|part| part == b"/Contents<").unwrap();
            let behind = signed.windows(2).rposition(|part| part == b"0>").unwrap();
            let after = behind + 1..signed.len();
            for at in (0..hole + 10).step_by(7).chain(after) {
                let mut bad = signed.clone();
                bad[at] ^= 1;
                assert_ne!(held(&bad, &ca), Ok((1, 1, true)), "{kind}: byte {at} may change");
            }
            let longer = [&signed[..], b"\n% more"].concat();
            assert_eq!(held(&longer, &ca).map(|(.., whole)| whole), Ok(false), "{kind}");
        }
    }
}

#[tokio::test]
async fn a_second_signature_leaves_the_first_good() {
    for place in Place::each().await {
        let ca = ca(&place).await;
        for (kind, original) in samples::all() {
            let (once, _) = sign(&place, original, "One").await;
            let (twice, _) = sign(&place, once.clone(), "Two").await;
            assert!(twice.starts_with(&once));
            assert_eq!(held(&twice, &ca), Ok((2, 2, true)), "{kind}");
            let mut bad = twice.clone();
            bad[30] ^= 1;
            assert!(held(&bad, &ca).is_ok_and(|(good, ..)| good == 0) || held(&bad, &ca).is_err());
        }
    }
}

#[test]
fn what_cannot_be_signed_is_refused_with_its_reason() {
    let refused =
        |bytes: &[u8]| Pdf::read(bytes).and_then(|pdf| pdf.prepare("x", ctx().now).map(drop)).err();
    let plain = samples::plain();
    assert_eq!(refused(&plain), None);
    assert_eq!(refused(b""), Some(Refused::Damaged));
    assert_eq!(refused(b"PK\x03\x04"), Some(Refused::Damaged));
    assert_eq!(refused(&plain[..plain.len() / 2]), Some(Refused::Damaged));
    assert_eq!(refused(&[b"junk", &plain[..]].concat()), Some(Refused::Damaged));
    let text = String::from_utf8_lossy(&plain).into_owned();
    let moved = text.replace("startxref\n", "startxref\n9");
    assert_eq!(refused(moved.as_bytes()), Some(Refused::Damaged));
    assert_eq!(refused(&vec![b'%'; pdf::LONGEST + 1]), Some(Refused::Long));
    let encrypted = samples::with_table(&[
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        "<</Filter/Standard/V 1/R 2/O(12345678901234567890123456789012)/U(12345678901234567890123456789012)/P -4>>",
    ]);
    let encrypted: Vec<u8> = {
        let at = encrypted.windows(6).rposition(|part| part == b"/Root ").unwrap();
        [&encrypted[..at], b"/Encrypt 4 0 R", &encrypted[at..]].concat()
    };
    assert_eq!(refused(&encrypted), Some(Refused::Encrypted));
    let closed = samples::with_table(&[
        "<</Type/Catalog/Pages 2 0 R/Perms<</DocMDP 4 0 R>>>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        "<</Type/Sig/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>",
    ]);
    assert_eq!(refused(&closed), Some(Refused::Closed));
    let deep =
        format!("<</Type/Catalog/Pages 2 0 R/X {}{}>>", "[".repeat(50_000), "]".repeat(50_000));
    let deep = samples::with_table(&[
        &deep,
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R>>",
    ]);
    assert!(refused(&deep).is_some());
    let circle = samples::with_table(&[
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[2 0 R]/Count 1>>",
    ]);
    assert!(refused(&circle).is_some());
}

proptest! {
    #[test]
    fn any_bytes_in_a_pdf_are_read_without_a_panic(
        at in 0usize..600, many in 1usize..8, with in any::<[u8; 8]>(), which in 0usize..3
    ) {
        let [(_, a), (_, b), (_, c)] = samples::all();
        let mut bytes = [a, b, c][which].clone();
        let at = at % bytes.len();
        let end = (at + many).min(bytes.len());
        bytes.splice(at..end, with);
        if let Ok(pdf) = Pdf::read(&bytes) {
            let _ = pdf.prepare("x", ctx().now).map(|one| one.digest());
        }
        drop(signatures(&bytes));
    }
}

#[tokio::test]
async fn pdfsig_accepts_what_we_sign_and_rejects_one_flipped_byte() {
    if Command::new("pdfsig").arg("-v").output().is_err() {
        println!("skipped: needs pdfsig");
        return;
    }
    for place in Place::each().await {
        let folder = Folder::new("pdfsig");
        for (kind, original) in samples::all() {
            let length = original.len();
            let (once, _) = sign(&place, original, "One").await;
            let (twice, _) = sign(&place, once.clone(), "Two").await;
            let said = |bytes: &[u8]| {
                let file = folder.write("file.pdf", bytes);
                let out = Command::new("pdfsig").arg("-nocert").arg(file).output().unwrap();
                String::from_utf8_lossy(&out.stdout).into_owned()
            };
            for (signed, count) in [(&once, 1), (&twice, 2)] {
                let said = said(signed);
                assert_eq!(said.matches("Signature is Valid").count(), count, "{kind}: {said}");
                assert!(
                    said.contains("ETSI.CAdES.detached") && said.contains("Total document signed"),
                    "{said}"
                );
            }
            let mut bad = once.clone();
            let at = length / 2;
            bad[at] ^= 1;
            assert!(!said(&bad).contains("Signature is Valid"), "{kind}");
        }
    }
}
