use super::{Picture, Size, figure};
use crate::{Html, parts::escape, text};
use kernel::Locale;
use std::fmt::Write as _;

/// One value that an inclusion proof gives, from the leaf upwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeStep {
    /// Whether it stands to the left of what is computed.
    pub left: bool,
    /// The given value, as people see it (the beginning of its hash will do).
    pub value: String,
}

impl TreeStep {
    /// The steps of an RFC 6962 inclusion proof: on which side each given value stands
    /// (RFC 9162 §2.1.3.2). A proof of the wrong length is cut to what fits.
    pub fn of_proof(index: u64, size: u64, values: &[String]) -> Vec<Self> {
        let (mut node, mut last) = (index, size.saturating_sub(1));
        let mut steps = Vec::new();
        for value in values {
            if last == 0 {
                break;
            }
            let left = node & 1 == 1 || node == last;
            if left && node & 1 == 0 {
                // No neighbour on this level or some above: the node rises unchanged.
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            }
            steps.push(Self { left, value: value.clone() });
            node >>= 1;
            last >>= 1;
        }
        steps
    }
}

/// The log as a growing tree: your leaf lit below, joined step by step with the proof's values, up to
/// the head that everyone sees. `index` counts from nought; `root` is the head as people see it.
#[expect(clippy::too_many_lines, reason = "one picture, drawn from the leaf up")]
pub fn tree(
    locale: Locale,
    id: &str,
    index: u64,
    size: u64,
    leaf: &str,
    steps: &[TreeStep],
    root: &str,
) -> Html {
    const LEVEL: u32 = 50;
    const MIDDLE: u32 = 190;
    let said = |key| escape(&text(locale, key, &[]));
    let levels = u32::try_from(steps.len()).unwrap_or(60).min(60);
    let (width, bottom) = (380_u32, 40 + levels * LEVEL);
    // The lit path sways by its sides, so that given values have room left and right of it.
    let mut x = MIDDLE;
    let mut path = String::new();
    let mut nodes = String::new();
    for (level, step) in (0_u32..).zip(steps.iter().take(60)) {
        let y = bottom - level * LEVEL;
        let (aside, up) = if step.left { (x - 60, x - 30) } else { (x + 60, x + 30) };
        let up = up.clamp(MIDDLE - 30, MIDDLE + 30);
        let _ = write!(
            path,
            "<path class=\"c-line\" d=\"M{aside} {y}L{up} {}\"/><path class=\"c-path\" d=\"M{x} {y}L{up} {}\"/>",
            y - LEVEL,
            y - LEVEL
        );
        let _ = write!(
            nodes,
            "<rect class=\"c-given\" x=\"{}\" y=\"{}\" width=\"18\" height=\"18\" rx=\"3\"/>",
            aside - 9,
            y - 9
        );
        let (at, anchor) = if step.left { (aside - 16, "end") } else { (aside + 16, "start") };
        let _ = write!(
            nodes,
            "<text class=\"c-text\" x=\"{at}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            y + 5,
            escape(&short(&step.value))
        );
        let _ = write!(
            nodes,
            "<circle class=\"{}\" cx=\"{x}\" cy=\"{y}\" r=\"{}\"/>",
            if level == 0 { "c-lit" } else { "c-node" },
            if level == 0 { 11 } else { 8 }
        );
        x = up;
    }
    let top = bottom - levels * LEVEL;
    let _ = write!(
        nodes,
        "<circle class=\"c-lit\" cx=\"{x}\" cy=\"{top}\" r=\"{}\"/>",
        if levels == 0 { 11 } else { 8 }
    );
    let _ = write!(
        nodes,
        "<text class=\"c-text c-strong\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        top - 18,
        said("chart-tree-root")
    );
    let _ = write!(
        nodes,
        "<text class=\"c-text c-strong\" x=\"{MIDDLE}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        bottom + 32,
        said("chart-tree-leaf")
    );
    let svg = path + &nodes;

    let number = |n: u64| n.to_string().into();
    let title =
        text(locale, "chart-tree-title", &[("index", number(index)), ("size", number(size))]);
    let desc = text(locale, "chart-tree-desc", &[("given", number(steps.len() as u64))]);
    let mut rows =
        vec![["1".to_owned(), said("chart-tree-leaf"), format!("<code>{}</code>", escape(leaf))]];
    for (at, step) in steps.iter().enumerate() {
        let side = said(if step.left { "chart-tree-left" } else { "chart-tree-right" });
        rows.push([(at + 2).to_string(), side, format!("<code>{}</code>", escape(&step.value))]);
    }
    rows.push([
        (steps.len() + 2).to_string(),
        said("chart-tree-root"),
        format!("<code>{}</code>", escape(root)),
    ]);
    let heads = ["chart-tree-step", "chart-tree-side", "chart-tree-value"]
        .map(|key| text(locale, key, &[]));
    Html::rendered(figure(
        locale,
        &Picture {
            id,
            title: &title,
            said: &desc,
            size: Size::Own { width, height: bottom + 44 },
            svg: &svg,
        },
        &heads,
        &rows,
    ))
}

/// The beginning of a hash, enough to compare by eye.
fn short(value: &str) -> String {
    match value.char_indices().nth(7) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
