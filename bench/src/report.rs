//! One table, and the same for a program.

use crate::Failure;
use serde_json::json;
use std::{io::Write, path::Path};

/// One line: ours, and a peer's beside it where there is one.
pub(crate) struct Row {
    /// Its stable name.
    pub(crate) measure: String,
    /// What we measured.
    pub(crate) ours: f64,
    /// Of what.
    pub(crate) unit: &'static str,
    /// Who else was measured in the same run, and what.
    pub(crate) peer: Option<(&'static str, f64)>,
}

/// Rows in the order they were measured.
#[derive(Default)]
pub(crate) struct Report(Vec<Row>);

impl Report {
    /// Adds a row and says it at once: a run takes minutes.
    pub(crate) fn add(
        &mut self,
        measure: &str,
        suffix: &str,
        (ours, unit): (f64, &'static str),
        peer: Option<(&'static str, f64)>,
    ) -> Result<(), Failure> {
        say(&format!("  {measure}{suffix}: {} {unit}", number(ours)))?;
        self.0.push(Row { measure: format!("{measure}{suffix}"), ours, unit, peer });
        Ok(())
    }

    /// The table.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        let head = ["measure", "ours", "unit", "peer", "theirs", "ratio"].map(str::to_owned);
        let lines: Vec<[String; 6]> =
            std::iter::once(head).chain(self.0.iter().map(Row::cells)).collect();
        let width = |column: usize| {
            lines.iter().map(|line| line.get(column).map_or(0, String::len)).max().unwrap_or(0)
        };
        let (name, ours, unit, peer, theirs) = (width(0), width(1), width(2), width(3), width(4));
        for [a, b, c, d, e, f] in &lines {
            let line = format!("{a:name$}  {b:>ours$}  {c:unit$}  {d:peer$}  {e:>theirs$}  {f:>5}");
            say(line.trim_end())?;
        }
        Ok(())
    }

    /// The list, as JSON.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let rows = self.0.iter().map(|row| {
            let (peer, theirs) = row.peer.unzip();
            json!({"measure": row.measure, "ours": row.ours, "unit": row.unit, "peer": peer, "theirs": theirs, "ratio": row.ratio()})
        });
        std::fs::write(path, serde_json::to_vec_pretty(&rows.collect::<Vec<_>>())?)
            .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
    }
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        self.peer.map(|(_, theirs)| self.ours / theirs)
    }

    fn cells(&self) -> [String; 6] {
        let (peer, theirs) = self.peer.unzip();
        [
            self.measure.clone(),
            number(self.ours),
            self.unit.to_owned(),
            peer.unwrap_or_default().to_owned(),
            theirs.map(number).unwrap_or_default(),
            self.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        ]
    }
}

/// As many digits as mean something.
fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// A line on standard output.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
