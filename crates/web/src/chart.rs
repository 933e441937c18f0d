//! Pictures drawn by the server, each with a table behind it: no script, no colour that carries
//! meaning alone, good in the dark and on paper. Colours are classes of `style/60-pictures.css`.

mod tree;

pub use tree::{TreeStep, tree};

use crate::{Html, parts::escape, text};
use kernel::Locale;
use std::fmt::Write as _;

/// How many dots stand on each other before a month shows a bar with its number instead.
const DOTS: u32 = 12;

/// One month of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// Its name in the reader's language, short: `Nov 2026`, `2026年11月`.
    pub name: String,
    /// How many looks.
    pub looks: u32,
}

/// One bar: an office, a queue's age, a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for, in the reader's language.
    pub name: String,
    /// How much.
    pub value: u64,
    /// Whether it is behind its pledge; said in the table too, by the caller's `name`.
    pub late: bool,
}

impl Bar {
    /// A bar.
    pub fn new(name: impl Into<String>, value: u64) -> Self {
        Self { name: name.into(), value, late: false }
    }
}

/// A dot per look, by month, oldest first. A month with more than twelve looks is a bar with its number.
pub fn timeline(locale: Locale, id: &str, title: &str, months: &[Month]) -> Html {
    let tallest = months.iter().map(|month| month.looks.min(DOTS)).max().unwrap_or(0).max(3);
    let base = tallest * 15 + 26;
    let mut svg =
        format!("<line class=\"c-grid\" x1=\"0\" x2=\"100%\" y1=\"{base}.5\" y2=\"{base}.5\"/>");
    for (at, month) in months.iter().enumerate() {
        // The middle of its column, in hundredths of a per cent of the width.
        let x = percent(at * 2 + 1, months.len() * 2);
        if month.looks > DOTS {
            let (top, bottom) = (base - 10 - (DOTS - 1) * 15, base - 10);
            let _ = write!(
                svg,
                "<line class=\"c-tower\" x1=\"{x}\" x2=\"{x}\" y1=\"{top}\" y2=\"{bottom}\"/>"
            );
            let _ = write!(
                svg,
                "<text class=\"c-text c-strong\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                top - 12,
                month.looks
            );
        } else {
            for dot in 0..month.looks {
                let _ = write!(
                    svg,
                    "<circle class=\"c-dot\" cx=\"{x}\" cy=\"{}\" r=\"5.5\"/>",
                    base - 10 - dot * 15
                );
            }
        }
        // Where columns are many and the page narrow, every second name is left out; the newest stays.
        let class = if months.len() > 6 && (months.len() - at).is_multiple_of(2) {
            "c-text c-second"
        } else {
            "c-text"
        };
        let _ = write!(
            svg,
            "<text class=\"{class}\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            base + 20,
            escape(&month.name)
        );
    }
    let said: Vec<_> = months
        .iter()
        .map(|month| {
            text(
                locale,
                "chart-looks-in",
                &[("month", month.name.clone().into()), ("looks", f64::from(month.looks).into())],
            )
        })
        .collect();
    let rows: Vec<_> =
        months.iter().map(|month| [escape(&month.name), month.looks.to_string()]).collect();
    let heads = [text(locale, "chart-month", &[]), text(locale, "chart-looks", &[])];
    Html::rendered(figure(
        locale,
        &Picture {
            id,
            title,
            said: &said.join("; "),
            size: Size::Fluid { height: base + 30 },
            svg: &svg,
        },
        &heads,
        &rows,
    ))
}

/// Bars side by side under their names, with their figures. `heads`: the two columns of the table.
pub fn bars(locale: Locale, id: &str, title: &str, heads: [&str; 2], bars: &[Bar]) -> Html {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let mut svg = String::new();
    for (at, bar) in (0_u32..).zip(bars) {
        let y = at * 46;
        // The track takes 88 of 100, so that its figure has room; what is not nothing is never invisible.
        let length = u32::try_from(u128::from(bar.value) * 88 / u128::from(most))
            .unwrap_or(88)
            .max(u32::from(bar.value > 0));
        let class = if bar.late { "c-bar c-late" } else { "c-bar" };
        let _ = write!(
            svg,
            "<text class=\"c-text\" x=\"0\" y=\"{}\">{}</text>",
            y + 15,
            escape(&bar.name)
        );
        let _ = write!(
            svg,
            "<rect class=\"c-track\" x=\"0\" y=\"{}\" width=\"88%\" height=\"12\" rx=\"2\"/>",
            y + 22
        );
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"0\" y=\"{}\" width=\"{length}%\" height=\"12\" rx=\"2\"/>",
            y + 22
        );
        let _ = write!(
            svg,
            "<text class=\"c-text c-strong\" x=\"100%\" y=\"{}\" text-anchor=\"end\">{}</text>",
            y + 33,
            bar.value
        );
    }
    let said: Vec<_> = bars.iter().map(|bar| format!("{}: {}", bar.name, bar.value)).collect();
    let rows: Vec<_> = bars.iter().map(|bar| [escape(&bar.name), bar.value.to_string()]).collect();
    let height = 46 * u32::try_from(bars.len().max(1)).unwrap_or(1);
    let picture =
        Picture { id, title, said: &said.join("; "), size: Size::Fluid { height }, svg: &svg };
    Html::rendered(figure(locale, &picture, &heads.map(str::to_owned), &rows))
}

/// A picture before it is framed.
struct Picture<'a> {
    /// Unique on the page.
    id: &'a str,
    title: &'a str,
    /// What it shows, in words.
    said: &'a str,
    size: Size,
    svg: &'a str,
}

/// How a drawing takes its width.
enum Size {
    /// The page's, positions in per cent, letters at their own size.
    Fluid { height: u32 },
    /// Its own, made smaller where the page is narrower.
    Own { width: u32, height: u32 },
}

/// A part as per cent, to two places.
fn percent(part: usize, of: usize) -> String {
    let hundredths = part * 10_000 / of.max(1);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// The frame of every picture: the drawing with its name and description, and the same as a table.
fn figure<const N: usize>(
    locale: Locale,
    picture: &Picture<'_>,
    heads: &[String; N],
    rows: &[[String; N]],
) -> String {
    let Picture { id, title, said, size, svg } = picture;
    let size = match size {
        Size::Fluid { height } => format!("class=\"c-fluid\" height=\"{height}\""),
        Size::Own { width, height } => {
            format!("viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\"")
        }
    };
    let (title, said) = (escape(title), escape(said));
    let mut out = String::new();
    let _ = write!(
        out,
        "<figure class=\"praya-chart\"><figcaption class=\"govuk-heading-s\">{title}</figcaption><svg {size} role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\
         <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{said}</desc>{svg}</svg>\
         <details class=\"govuk-details\"><summary class=\"govuk-details__summary\"><span class=\"govuk-details__summary-text\">{}</span></summary>\
         <div class=\"govuk-details__text\"><table class=\"govuk-table praya-dense\"><caption class=\"govuk-table__caption govuk-visually-hidden\">{title}</caption>\
         <thead class=\"govuk-table__head\"><tr class=\"govuk-table__row\">",
        escape(&text(locale, "part-as-table", &[]))
    );
    for head in heads {
        let _ =
            write!(out, "<th scope=\"col\" class=\"govuk-table__header\">{}</th>", escape(head));
    }
    out += "</tr></thead><tbody class=\"govuk-table__body\">";
    for row in rows {
        out += "<tr class=\"govuk-table__row\">";
        for cell in row {
            let _ = write!(out, "<td class=\"govuk-table__cell\">{cell}</td>");
        }
        out += "</tr>";
    }
    out += "</tbody></table></div></details></figure>";
    out
}
