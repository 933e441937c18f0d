//! HTML endpoints: the consent page, My data, one consent, one look, the administration.

pub(crate) mod admin;
pub(crate) mod consent;
pub(crate) mod data;
pub(crate) mod mine;
pub(crate) mod sign;
pub(crate) mod waiting;

use crate::{
    Exchange,
    model::{Selection, Terms},
    pack::{Field, FieldType},
};
use kernel::{Money, Text};
use store::Cell;
use web::{Row, Shell};

/// One register on the consent page.
pub(crate) struct Sheet {
    pub(crate) register: String,
    pub(crate) department: String,
    /// `ok`, `none` or `unavailable`.
    pub(crate) status: &'static str,
    pub(crate) count: usize,
    pub(crate) lines: Vec<Line>,
    /// How many records are not shown one by one.
    pub(crate) more: usize,
}

impl Sheet {
    /// The heads of the columns, one a record.
    fn numbers(&self) -> std::ops::RangeInclusive<usize> {
        1..=self.count - self.more
    }
}

/// One field of it, with the value of each record that would be shared.
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) sensitive: bool,
    pub(crate) values: Vec<String>,
}

/// A value as a person reads it.
pub(crate) fn value_text(shell: &Shell, field: &Field, value: Cell<&str>) -> String {
    match (field.kind, value) {
        (FieldType::Money, Cell::Int(cents)) => shell.money(&Money::new(cents, shell.currency)),
        (FieldType::Date, Cell::Text(date)) => {
            date.parse::<kernel::Date>().map_or_else(|_| date.to_owned(), |date| shell.date(&date))
        }
        (FieldType::Choice, Cell::Text(choice)) => field
            .labels
            .get(choice)
            .map_or_else(|| choice.to_owned(), |words| shell.of(words).to_owned()),
        (FieldType::Hkid, Cell::Text(hkid)) => kernel::identifiers::Hkid::parse(hkid)
            .map_or_else(|_| hkid.to_owned(), |hkid| hkid.pretty()),
        (_, Cell::Bool(yes)) => shell.t(if yes { "value-yes" } else { "value-no" }),
        (_, Cell::Int(number)) => number.to_string(),
        (_, Cell::Real(number)) => number.to_string(),
        (_, Cell::Text(text)) => text.to_owned(),
        (_, Cell::Null | Cell::Other) => shell.t("value-none"),
    }
}

/// The last day before a moment: a consent that ends at midnight ends on the day before.
pub(crate) fn last_day(shell: &Shell, end: kernel::Timestamp) -> kernel::Date {
    shell.zone.day(end - jiff::SignedDuration::from_secs(1))
}

/// How often, how long, until when, as rows.
pub(crate) fn facts(exchange: &Exchange, shell: &Shell, terms: &Terms) -> Vec<Row> {
    let purpose = exchange
        .pack
        .purpose(&terms.purpose)
        .map_or_else(|| terms.purpose.clone(), |purpose| shell.of(&purpose.name).to_owned());
    let times = shell.t1(
        &format!("frequency-{}", terms.frequency.unit.name()),
        "times",
        i64::from(terms.frequency.times),
    );
    let life = shell.t1(
        &format!("life-{}", terms.data_life.unit.name()),
        "value",
        i64::from(terms.data_life.value),
    );
    let mut rows = vec![
        Row::new(shell.t("fact-purpose"), purpose),
        Row::new(shell.t("fact-frequency"), times),
        Row::new(shell.t("fact-until"), shell.date(&last_day(shell, terms.expires))),
        Row::new(shell.t("fact-life"), life),
        Row::new(shell.t("fact-mode"), shell.t(&format!("mode-{}", terms.mode.name()))),
    ];
    if let Some(range) = terms.range {
        rows.push(Row::new(
            shell.t("fact-range"),
            format!("{} – {}", shell.date(&range.from), shell.date(&range.to)),
        ));
    }
    rows
}

/// Each register with the names of its selected fields.
pub(crate) fn selected(
    exchange: &Exchange,
    shell: &Shell,
    selections: &[Selection],
) -> Vec<(String, String)> {
    let joint = if shell.locale == kernel::Locale::En { ", " } else { "、" };
    let line = |selection: &Selection| {
        let register = exchange.pack.register(&selection.register)?;
        let names: Vec<_> = selection
            .fields
            .iter()
            .filter_map(|id| crate::rules::field_of(register, id))
            .map(|field| shell.of(&field.name))
            .collect();
        Some((shell.of(&register.name).to_owned(), names.join(joint)))
    };
    selections.iter().filter_map(line).collect()
}

/// The colour of a state's tag.
pub(crate) fn colour(state: crate::model::State) -> &'static str {
    use crate::model::State;
    match state {
        State::Active => "green",
        State::Waiting | State::Paused => "yellow",
        State::Revoked | State::Refused => "red",
        State::Expired => "grey",
    }
}

/// A consumer's name, or its id when the directory has it no more.
pub(crate) fn consumer_name(exchange: &Exchange, tx: &mut store::Tx<'_>, client: &str) -> Text {
    exchange
        .deps
        .directory
        .consumer(tx, client)
        .ok()
        .flatten()
        .map_or_else(|| Text::same(client), |consumer| consumer.name)
}
