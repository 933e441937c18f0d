//! The contrast of every pair of colours that the style uses (WCAG 2.2, 1.4.3 and 1.4.11), by day and by night.

use std::collections::BTreeMap;

fn tokens(block: &str) -> BTreeMap<String, [f64; 3]> {
    let hex = |text: &str| -> Option<[f64; 3]> {
        let digits = text.trim().strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let part = |at: usize| {
            u8::from_str_radix(&digits[at..at + 2], 16).ok().map(|value| f64::from(value) / 255.0)
        };
        Some([part(0)?, part(2)?, part(4)?])
    };
    block
        .split(';')
        .filter_map(|line| line.trim().rsplit_once("--")?.1.split_once(':'))
        .filter_map(|(name, value)| Some((name.trim().to_owned(), hex(value)?)))
        .collect()
}

fn luminance(colour: [f64; 3]) -> f64 {
    let [r, g, b] =
        colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_pair_of_colours_can_be_read_by_day_and_by_night() {
    let style = std::fs::read_to_string("style/10-tokens.css").unwrap();
    let root = |after: &str| {
        style
            .split(after)
            .nth(1)
            .unwrap()
            .split(":root {")
            .nth(1)
            .unwrap()
            .split('}')
            .next()
            .unwrap()
            .to_owned()
    };
    let day = tokens(&root("*/"));
    let mut night = day.clone();
    night.extend(tokens(&root("(prefers-color-scheme: dark)")));
    assert!(day.len() >= 20 && night != day);
    let text = [
        ("ink", "paper"),
        ("ink", "mist"),
        ("ink", "harbour-mist"),
        ("ink-soft", "paper"),
        ("ink-soft", "mist"),
        ("harbour", "paper"),
        ("harbour", "mist"),
        ("harbour", "harbour-mist"),
        ("harbour-dark", "paper"),
        ("harbour-dark", "harbour-mist"),
        ("visited", "paper"),
        ("visited", "mist"),
        ("on-harbour", "harbour"),
        ("on-harbour", "harbour-dark"),
        ("lantern", "paper"),
        ("lantern", "lantern-mist"),
        ("on-lantern", "lantern"),
        ("on-lantern", "lantern-dark"),
        ("jade", "paper"),
        ("jade", "jade-mist"),
        ("on-jade", "jade"),
        ("amber", "amber-mist"),
        ("amber", "paper"),
        ("on-ring", "ring"),
    ];
    let shapes = [
        ("line-strong", "paper"),
        ("line-strong", "mist"),
        ("harbour", "mist"),
        ("ink", "ring"),
        ("lantern", "paper"),
        ("amber", "mist"),
        ("amber", "amber-mist"),
    ];
    for (when, tokens) in [("day", &day), ("night", &night)] {
        for (pairs, least) in [(&text[..], 4.5), (&shapes[..], 3.0)] {
            for (a, b) in pairs {
                // At night the ring stands out by itself, and its outline from the ring by day alone.
                if when == "night" && *b == "ring" && *a == "ink" {
                    assert!(contrast(tokens["ring"], tokens["paper"]) >= 3.0);
                    continue;
                }
                let found = contrast(tokens[*a], tokens[*b]);
                assert!(found >= least, "{a} on {b} by {when}: {found:.2} to 1, at least {least}");
            }
        }
    }
}
