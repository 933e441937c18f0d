//! The signatures that stand in a PDF.

use super::{Pdf, Refused};
use crate::{
    cms::{self, Held},
    error::{Broken, Result},
    pki::unhex,
};
use lopdf::{Dictionary, Object};

/// Fields of a form, and fields within fields.
const FIELDS: usize = 10_000;
const DEPTH: usize = 32;

/// A signature that stands in a PDF.
pub struct Found {
    /// The name of its field.
    pub field: String,
    /// How many bytes of the file it speaks of, from the first on.
    pub covers: usize,
    /// Whether that is the whole file.
    pub whole: bool,
    /// Whether it holds, and what it says.
    pub held: Result<Held>,
}

/// Every signature in a PDF, the oldest first.
pub fn signatures(bytes: &[u8]) -> std::result::Result<Vec<Found>, Refused> {
    let pdf = Pdf::read(bytes)?;
    let (_, catalog) = pdf.catalog()?;
    let Some((_, Object::Dictionary(form))) = pdf.of(catalog, b"AcroForm")? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let mut left = FIELDS;
    fields(&pdf, form, b"Fields", (false, DEPTH), &mut left, &mut found)?;
    found.sort_by_key(|one| one.covers);
    Ok(found)
}

fn fields(
    pdf: &Pdf<'_>,
    of: &Dictionary,
    key: &[u8],
    (signs, depth): (bool, usize),
    left: &mut usize,
    found: &mut Vec<Found>,
) -> std::result::Result<(), Refused> {
    let Some((_, Object::Array(all))) = pdf.of(of, key)? else { return Ok(()) };
    let depth = depth.checked_sub(1).ok_or(Refused::Damaged)?;
    for one in all {
        *left = left.checked_sub(1).ok_or(Refused::Damaged)?;
        let Ok((_, Object::Dictionary(field))) = pdf.document.dereference(one) else { continue };
        let kind = field.get(b"FT").and_then(Object::as_name).ok();
        let signs = kind.map_or(signs, |kind| kind == b"Sig");
        if signs && let Some((_, Object::Dictionary(value))) = pdf.of(field, b"V")? {
            found.push(check(pdf, field, value));
        }
        fields(pdf, field, b"Kids", (signs, depth), left, found)?;
    }
    Ok(())
}

fn check(pdf: &Pdf<'_>, field: &Dictionary, value: &Dictionary) -> Found {
    let name = field.get(b"T").and_then(Object::as_str).map(said).unwrap_or_default();
    match range(pdf.bytes, value) {
        Ok((covers, pieces, contents)) => Found {
            field: name,
            covers,
            whole: covers == pdf.bytes.len(),
            held: cms::verify(&contents, &cms::Document::Pieces(&pieces)),
        },
        Err(why) => Found { field: name, covers: 0, whole: false, held: Err(why) },
    }
}

/// A text string (ISO 32000-2 §7.9.2), as far as it is plain.
fn said(bytes: &[u8]) -> String {
    match bytes.strip_prefix(&[0xfe, 0xff]) {
        Some(wide) => {
            let units = wide
                .chunks_exact(2)
                .map(|two| two.iter().fold(0, |all, b| all << 8 | u16::from(*b)));
            char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

type Range<'a> = (usize, [&'a [u8]; 2], Vec<u8>);

/// What a signature covers: all but exactly its own contents.
fn range<'a>(bytes: &'a [u8], value: &Dictionary) -> Result<Range<'a>> {
    let kind = value.get(b"SubFilter").and_then(Object::as_name).unwrap_or_default();
    if kind != b"ETSI.CAdES.detached" && kind != b"adbe.pkcs7.detached" {
        return Err(Broken("a kind of signature that is not checked here"));
    }
    let broken = Broken("the signature does not say what it covers");
    let numbers = value.get(b"ByteRange").and_then(Object::as_array).map_err(|_| broken)?;
    let number = |one: &Object| one.as_i64().ok().and_then(|one| usize::try_from(one).ok());
    let numbers: Option<Vec<usize>> = numbers.iter().map(number).collect();
    let Some(&[0, start, end, length]) = numbers.as_deref() else { return Err(broken) };
    let all = end.checked_add(length).filter(|all| *all <= bytes.len()).ok_or(broken)?;
    let (before, after) = (bytes.get(..start), bytes.get(end..all));
    let hole = bytes.get(start..end).ok_or(broken)?;
    let (Some(before), Some(after)) = (before, after) else { return Err(broken) };
    let hex = hole.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")).ok_or(broken)?;
    let own = value.get(b"Contents").and_then(Object::as_str).map_err(|_| broken)?;
    let gap = std::str::from_utf8(hex).ok().and_then(unhex).ok_or(broken)?;
    if gap != own {
        return Err(Broken("what is left out is not the signature alone"));
    }
    Ok((all, [before, after], message(&gap).ok_or(broken)?.to_vec()))
}

/// The message without the zeros behind it: as long as its own first bytes say (X.690 §8.1.3).
fn message(padded: &[u8]) -> Option<&[u8]> {
    let (0x30, first) = (*padded.first()?, usize::from(*padded.get(1)?)) else { return None };
    let length = if first < 0x80 {
        2 + first
    } else {
        let count = first & 0x7f;
        let digits = padded.get(2..2 + count).filter(|_| (1..=4).contains(&count))?;
        2 + count + digits.iter().fold(0, |all, digit| all << 8 | usize::from(*digit))
    };
    padded.get(..length)
}
