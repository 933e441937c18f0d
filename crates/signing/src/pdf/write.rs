//! The increment: a signature, its field, what names them, and a cross-reference section of the kind the
//! file has.

use super::{Pdf, Prepared, ROOM, Refused};
use kernel::Timestamp;
use lopdf::{Dictionary, Object, ObjectId, StringFormat, dictionary, xref::XrefType};
use std::collections::BTreeMap;

/// Each number of `/ByteRange`, wide enough for any file we take.
const WIDTH: usize = 10;

fn text(words: &str) -> Object {
    let bytes = if words.is_ascii() {
        words.as_bytes().to_vec()
    } else {
        let units = std::iter::once(0xfeff).chain(words.encode_utf16());
        units.flat_map(u16::to_be_bytes).collect()
    };
    Object::String(bytes, StringFormat::Hexadecimal)
}

/// A date as PDF writes it (ISO 32000-2 §7.9.4), in UTC.
fn date(at: Timestamp) -> String {
    let plain: String = at.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    format!("D:{plain}+00'00'")
}

/// The objects of the increment, by their ids.
type Changed = BTreeMap<ObjectId, Object>;

/// Adds `more` to the array under `key` of `dictionary`: there, or in the object of its own that it is.
fn add(
    pdf: &Pdf<'_>,
    changed: &mut Changed,
    dictionary: &mut Dictionary,
    key: &[u8],
    more: Object,
) -> Result<(), Refused> {
    let (id, mut array) = match pdf.of(dictionary, key)? {
        Some((id, Object::Array(array))) => (id, array.clone()),
        Some((_, Object::Null)) | None => (None, Vec::new()),
        Some(_) => return Err(Refused::Damaged),
    };
    array.push(more);
    match id {
        Some(id) => drop(changed.insert(id, Object::Array(array))),
        None => dictionary.set(key, Object::Array(array)),
    }
    Ok(())
}

pub(super) fn update(pdf: &Pdf<'_>, name: &str, at: Timestamp) -> Result<Prepared, Refused> {
    let document = &pdf.document;
    let size = document.trailer.get(b"Size").and_then(Object::as_i64).unwrap_or(0);
    let size = u32::try_from(size).map_err(|_| Refused::Damaged)?;
    let first = size.max(document.max_id.saturating_add(1));
    // Objects are numbered up to 8,388,607 (ISO 32000-2, annex C).
    if first > 8_000_000 {
        return Err(Refused::Damaged);
    }
    let (signature, field) = ((first, 0), (first + 1, 0));
    let page = document.page_iter().next().ok_or(Refused::Damaged)?;
    let mut changed = Changed::new();

    let widget = dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig",
        "T" => text(&format!("Signature {first}")),
        "V" => Object::Reference(signature), "P" => Object::Reference(page),
        "F" => 132, "Rect" => vec![0.into(), 0.into(), 0.into(), 0.into()],
    };
    changed.insert(field, Object::Dictionary(widget));

    let mut own = document.get_dictionary(page)?.clone();
    let before = own.clone();
    add(pdf, &mut changed, &mut own, b"Annots", Object::Reference(field))?;
    if own != before {
        changed.insert(page, Object::Dictionary(own));
    }

    let (root, catalog) = pdf.catalog()?;
    let (place, mut form) = match pdf.of(catalog, b"AcroForm")? {
        Some((place, Object::Dictionary(form))) => (place, form.clone()),
        Some((_, Object::Null)) | None => (None, Dictionary::new()),
        Some(_) => return Err(Refused::Damaged),
    };
    add(pdf, &mut changed, &mut form, b"Fields", Object::Reference(field))?;
    // Signatures exist, and the file is only ever added to.
    form.set("SigFlags", 3);
    if let Some(place) = place {
        drop(changed.insert(place, Object::Dictionary(form)));
    } else {
        let mut catalog = catalog.clone();
        catalog.set("AcroForm", Object::Dictionary(form));
        changed.insert(root, Object::Dictionary(catalog));
    }
    Ok(assemble(pdf, signature, &changed, name, at))
}

fn assemble(
    pdf: &Pdf<'_>,
    signature: ObjectId,
    changed: &Changed,
    name: &str,
    at: Timestamp,
) -> Prepared {
    let mut out = pdf.bytes.to_vec();
    if !out.ends_with(b"\n") {
        out.push(b'\n');
    }
    let mut places: BTreeMap<ObjectId, usize> = BTreeMap::new();
    for (id, object) in changed {
        places.insert(*id, out.len());
        out.extend(format!("{} {} obj\n", id.0, id.1).bytes());
        print(&mut out, object);
        out.extend(b"\nendobj\n");
    }
    places.insert(signature, out.len());
    out.extend(
        format!(
            "{} 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M({})/Name",
            signature.0,
            date(at)
        )
        .bytes(),
    );
    print(&mut out, &text(name));
    out.extend(b"/ByteRange");
    let range = out.len();
    out.extend(format!("[0 {:WIDTH$} {:WIDTH$} {:WIDTH$}]", 0, 0, 0).bytes());
    out.extend(b"/Contents");
    let start = out.len();
    out.push(b'<');
    out.extend(std::iter::repeat_n(b'0', 2 * ROOM));
    out.push(b'>');
    let hole = start..out.len();
    out.extend(b">>\nendobj\n");
    let next = signature.0 + 2;
    match pdf.document.reference_table.cross_reference_type {
        XrefType::CrossReferenceTable => table(pdf, &mut out, &places, next),
        XrefType::CrossReferenceStream => stream(pdf, &mut out, &places, next),
    }
    let numbers =
        format!("[0 {:WIDTH$} {:WIDTH$} {:WIDTH$}]", hole.start, hole.end, out.len() - hole.end);
    out.splice(range..range + numbers.len(), numbers.bytes());
    Prepared { bytes: out, hole }
}

/// The trailer's keys that live on.
fn trailer(pdf: &Pdf<'_>, size: u32) -> Dictionary {
    let mut trailer = Dictionary::new();
    for key in [&b"Root"[..], b"Info", b"ID"] {
        if let Ok(value) = pdf.document.trailer.get(key) {
            trailer.set(key, value.clone());
        }
    }
    trailer.set("Size", i64::from(size));
    trailer.set("Prev", i64::try_from(pdf.xref).unwrap_or_default());
    trailer
}

/// Runs of numbers that follow one another: the first, and each object's generation and place.
fn runs(places: &BTreeMap<ObjectId, usize>) -> Vec<(u32, Vec<(u16, usize)>)> {
    let mut runs: Vec<(u32, Vec<(u16, usize)>)> = Vec::new();
    for ((number, generation), place) in places {
        let follows = |run: &&mut (u32, Vec<(u16, usize)>)| {
            usize::try_from(*number).ok() == usize::try_from(run.0).ok().map(|at| at + run.1.len())
        };
        match runs.last_mut().filter(follows) {
            Some(run) => run.1.push((*generation, *place)),
            None => runs.push((*number, vec![(*generation, *place)])),
        }
    }
    runs
}

fn table(pdf: &Pdf<'_>, out: &mut Vec<u8>, places: &BTreeMap<ObjectId, usize>, size: u32) {
    let at = out.len();
    out.extend(b"xref\n");
    for (first, run) in runs(places) {
        out.extend(format!("{first} {}\n", run.len()).bytes());
        for (generation, place) in run {
            out.extend(format!("{place:010} {generation:05} n\r\n").bytes());
        }
    }
    out.extend(b"trailer\n");
    print(out, &Object::Dictionary(trailer(pdf, size)));
    out.extend(format!("\nstartxref\n{at}\n%%EOF\n").bytes());
}

fn stream(pdf: &Pdf<'_>, out: &mut Vec<u8>, places: &BTreeMap<ObjectId, usize>, own: u32) {
    let at = out.len();
    let mut places = places.clone();
    places.insert((own, 0), at);
    let (mut index, mut rows) = (Vec::new(), Vec::new());
    for (first, run) in runs(&places) {
        index.push(Object::Integer(first.into()));
        index.push(Object::Integer(i64::try_from(run.len()).unwrap_or_default()));
        for (generation, place) in run {
            rows.push(1);
            rows.extend(u32::try_from(place).unwrap_or_default().to_be_bytes());
            rows.extend(generation.to_be_bytes());
        }
    }
    let mut dictionary = trailer(pdf, own + 1);
    dictionary.set("Type", "XRef");
    dictionary.set("W", vec![1.into(), 4.into(), 2.into()]);
    dictionary.set("Index", index);
    dictionary.set("Length", i64::try_from(rows.len()).unwrap_or_default());
    out.extend(format!("{own} 0 obj\n").bytes());
    print(out, &Object::Dictionary(dictionary));
    out.extend(b"\nstream\n");
    out.extend(rows);
    out.extend(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").bytes());
}

fn print_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_graphic() && !b"#%/()<>[]{}".contains(byte) {
            out.push(*byte);
        } else {
            out.extend(format!("#{byte:02x}").bytes());
        }
    }
}

/// An object as a file has it. A stream never stands in what we write anew.
fn print(out: &mut Vec<u8>, object: &Object) {
    match object {
        Object::Null | Object::Stream(_) => out.extend(b"null"),
        Object::Boolean(yes) => out.extend(yes.to_string().bytes()),
        Object::Integer(number) => out.extend(number.to_string().bytes()),
        Object::Real(number) => out.extend(number.to_string().bytes()),
        Object::Name(name) => print_name(out, name),
        Object::String(bytes, _) => {
            out.push(b'<');
            out.extend(crate::pki::hex(bytes).bytes());
            out.push(b'>');
        }
        Object::Array(all) => {
            out.push(b'[');
            for (i, one) in all.iter().enumerate() {
                if i > 0 {
                    out.push(b' ');
                }
                print(out, one);
            }
            out.push(b']');
        }
        Object::Dictionary(all) => {
            out.extend(b"<<");
            for (key, value) in all {
                print_name(out, key);
                out.push(b' ');
                print(out, value);
            }
            out.extend(b">>");
        }
        Object::Reference((number, generation)) => {
            out.extend(format!("{number} {generation} R").bytes());
        }
    }
}
