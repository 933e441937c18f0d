//! PDFs to sign, made here: with a table, with streams, with what is in the way.

use std::fmt::Write as _;
/// A one-page PDF with a cross-reference table.
pub(super) fn plain() -> Vec<u8> {
    with_table(&[
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Contents 4 0 R/Resources<<>>>>",
        "<</Length 8>>\nstream\n0 0 m f\n\nendstream",
    ])
}

pub(super) fn with_table(objects: &[&str]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", i + 1).bytes());
    }
    let at = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    out.extend(
        format!("trailer\n<</Size {size}/Root 1 0 R/ID[<00><01>]>>\nstartxref\n{at}\n%%EOF")
            .bytes(),
    );
    out
}

/// The same page with a cross-reference stream, catalog, pages and page in an object stream.
pub(super) fn streams() -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let inner = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>",
    ];
    let (mut head, mut body) = (String::new(), String::new());
    for (i, object) in inner.iter().enumerate() {
        write!(head, "{} {} ", i + 1, body.len()).unwrap();
        body.push_str(object);
        body.push('\n');
    }
    let content = out.len();
    out.extend(b"4 0 obj\n<</Length 8>>\nstream\n0 0 m f\n\nendstream\nendobj\n");
    let packed = out.len();
    let length = head.len() + body.len();
    out.extend(format!("5 0 obj\n<</Type/ObjStm/N 3/First {}/Length {length}>>\nstream\n{head}{body}\nendstream\nendobj\n", head.len()).bytes());
    let at = out.len();
    let mut rows: Vec<u8> = vec![0, 0, 0, 0, 0xff];
    for i in 0..3_u8 {
        rows.extend([2, 0, 0, 5, i]);
    }
    for place in [content, packed, at] {
        rows.push(1);
        rows.extend(&u32::try_from(place).unwrap().to_be_bytes()[1..]);
        rows.push(0);
    }
    out.extend(
        format!(
            "6 0 obj\n<</Type/XRef/Size 7/W[1 3 1]/Root 1 0 R/ID[<00><01>]/Length {}>>\nstream\n",
            rows.len()
        )
        .bytes(),
    );
    out.extend(rows);
    out.extend(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").bytes());
    out
}

/// A form in an object of its own, with its fields and the page's annotations in others.
pub(super) fn form() -> Vec<u8> {
    with_table(&[
        "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>/Annots 8 0 R>>",
        "<</Length 8>>\nstream\n0 0 m f\n\nendstream",
        "<</Fields 6 0 R/DA(/Helv 0 Tf)>>",
        "[7 0 R]",
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(x)/Rect[1 1 9 9]/P 3 0 R>>",
        "[7 0 R]",
    ])
}

/// Each with what it is.
pub(super) fn all() -> [(&'static str, Vec<u8>); 3] {
    [("table", plain()), ("streams", streams()), ("form", form())]
}
