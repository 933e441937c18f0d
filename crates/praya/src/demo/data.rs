//! Made-up people, companies and records, the same for the same seed. Identity card numbers have valid
//! check digits and belong to nobody we know of; every page says that they are made up.

mod draw;
mod firms;
mod lives;
mod names;

use draw::Draw;
use exchange::pack::{FieldType, Pack, Register};
use kernel::{
    Date, Text,
    identifiers::{Hkid, ResidentId},
};
use names::{FIRST, GIVEN, STREETS, SURNAMES, TRADES};
use ports::SubjectKind;
use serde_json::{Map, Value as Json};
use std::collections::HashSet;

/// People: those to sign in as, then the other adults, then the young.
const PERSONAS: usize = 16;
const ADULTS: usize = 36;
const PEOPLE: usize = 52;
/// The first made-up business registration number.
const FIRST_BRN: usize = 70_000_000;
/// Companies with a name and directors of their own: (first word, trade, directors, how many must agree).
const KNOWN: [(usize, usize, &[usize], u32); 3] =
    [(0, 0, &[0], 1), (1, 1, &[1, 2, 3], 2), (5, 5, &[0, 4], 1)];

/// A made-up person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// A short name for the sign-in page and for programs.
    pub(crate) handle: String,
    pub(crate) name: Text,
    /// Their identity card number, of the kind that the registers lie under.
    pub(crate) card: String,
    female: bool,
    /// In years.
    age: i64,
    /// Whether the demo speaks of them.
    persona: bool,
}

impl Person {
    /// `Chan Mei Ling 陳美玲`.
    fn both_names(&self) -> String {
        format!("{} {}", self.name.en, self.name.tc)
    }
}

/// A made-up company and who directs it.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) name: Text,
    pub(crate) brn: String,
    /// Indices into [`Data::people`].
    pub(crate) directors: Vec<usize>,
    /// How many of them must agree.
    pub(crate) needs: u32,
    number: usize,
    /// Index into [`TRADES`].
    trade: usize,
}

/// Everything that is made up.
pub(crate) struct Data {
    pub(crate) people: Vec<Person>,
    pub(crate) companies: Vec<Company>,
    /// A company owns so many vehicles, at least and at most.
    pub(super) vehicles: (i64, i64),
    pub(super) seed: u64,
}

impl Data {
    /// Sixteen personas, 36 more people, and `companies` companies; people by Hong Kong identity cards.
    pub(crate) fn new(seed: u64, companies: usize) -> Self {
        Self::of(seed, companies, FieldType::Hkid)
    }

    /// The same, people by the cards that the pack's registers lie under.
    pub(crate) fn for_pack(pack: &Pack, seed: u64, companies: usize) -> Self {
        let mut keys = registers_of(pack, SubjectKind::Person)
            .flat_map(|register| register.fields.iter().filter(|field| field.id == register.key));
        Self::of(seed, companies, keys.next().map_or(FieldType::Hkid, |field| field.kind))
    }

    fn of(seed: u64, companies: usize, kind: FieldType) -> Self {
        let mut people: Vec<Person> = Vec::with_capacity(PEOPLE);
        let (mut handles, mut cards) = (HashSet::new(), HashSet::new());
        let draw = Draw::new(seed, &["people"]);
        while people.len() < PEOPLE {
            let person = person(&draw, people.len(), kind);
            if handles.insert(person.handle.clone()) && cards.insert(person.card.clone()) {
                people.push(person);
            }
        }
        Self { people, companies: (0..companies).map(company).collect(), vehicles: (1, 4), seed }
    }

    /// The records of one subject in a register. A register that nobody wrote made-up records for has
    /// its own examples.
    pub(crate) fn records(
        &self,
        register: &Register,
        key: &str,
        today: Date,
    ) -> Vec<Map<String, Json>> {
        let rows = match register.subject {
            SubjectKind::Company => self
                .company(key)
                .and_then(|company| firms::rows(self, &register.id, company, today)),
            SubjectKind::Person => self
                .people
                .iter()
                .find(|person| person.card == key)
                .and_then(|person| lives::rows(self, &register.id, person, today)),
        };
        let examples = || register.examples.iter().filter_map(|row| serde_json::to_value(row).ok());
        let keyed = |row| match row {
            Json::Object(mut fields) => {
                fields.insert(register.key.clone(), key.into());
                Some(fields)
            }
            _ => None,
        };
        rows.unwrap_or_else(|| examples().collect()).into_iter().filter_map(keyed).collect()
    }

    fn company(&self, brn: &str) -> Option<&Company> {
        self.companies.get(brn.parse::<usize>().ok()?.checked_sub(FIRST_BRN)?)
    }

    fn draw(&self, words: &[&str]) -> Draw {
        Draw::new(self.seed, words)
    }

    /// An adult who is none of these.
    fn another_adult(&self, draw: &Draw, but: &[usize]) -> &Person {
        let others: Vec<_> = (0..ADULTS).filter(|i| !but.contains(i)).collect();
        &self.people[others[draw.below(others.len())]]
    }
}

/// An address in English and in Chinese, on a street that is on no map.
fn address(draw: &Draw) -> (String, String) {
    let (street, road) = draw.pick(&STREETS);
    let (house, floor) = (draw.between(1, 200), draw.between(1, 30));
    (format!("{floor}/F, {house} {street} (made up)"), format!("{road}{house}號{floor}樓（虛構）"))
}

/// The same in one field, as a register keeps it that has but one.
fn bilingual_address(draw: &Draw) -> String {
    let (english, chinese) = address(draw);
    format!("{english} {chinese}")
}

fn person(draw: &Draw, i: usize, kind: FieldType) -> Person {
    // The personas pair each surname with the given name of the same place, whatever the seed.
    let (surname, given) = if i < PERSONAS { (i, i) } else { (draw.below(16), draw.below(16)) };
    let ((surname, family), (given, own, female)) = (SURNAMES[surname], GIVEN[given]);
    let english = format!("{surname} {given}");
    // A name is never converted between scripts: the Chinese one stands as the person writes it.
    let chinese = format!("{family}{own}");
    let (letter, number) = (draw.below(13), draw.below(1_000_000));
    let age = if i < ADULTS { draw.between(28, 64) } else { draw.between(13, 21) };
    let card = if kind == FieldType::ResidentId {
        let (year, month, day) = (2026 - age, letter % 12 + 1, number % 28 + 1);
        // The province alone: no county has this number.
        let body = format!("440000{year}{month:02}{day:02}{:03}", number / 28 % 1_000);
        ResidentId::from_body(&body).map(String::from)
    } else {
        let letter = char::from(b"ABCDEGHKPRVYZ"[letter]);
        Hkid::from_body(&format!("{letter}{number:06}")).map(String::from)
    };
    Person {
        handle: english.to_lowercase().replace(' ', "-"),
        name: Text { en: english, tc: chinese.clone(), sc: chinese },
        card: card.unwrap_or_default(),
        female,
        age,
        persona: i < PERSONAS,
    }
}

#[expect(clippy::single_match_else, reason = "the two ways of naming stand side by side")]
fn company(number: usize) -> Company {
    let (first, trade, directors, needs, again) = match KNOWN.get(number) {
        Some((first, trade, directors, needs)) => (*first, *trade, directors.to_vec(), *needs, 0),
        None => {
            // Every first word with every trade, in an order that does not show; then again, numbered.
            let all = FIRST.len() * TRADES.len();
            let pairs =
                (0..all).map(|i| i * 43 % all).map(|i| (i / TRADES.len(), i % TRADES.len()));
            let free = pairs.filter(|pair| KNOWN.iter().all(|known| (known.0, known.1) != *pair));
            let (round, place) = (
                (number - KNOWN.len()) / (all - KNOWN.len()),
                (number - KNOWN.len()) % (all - KNOWN.len()),
            );
            let (first, trade) = free.clone().nth(place).unwrap_or_default();
            // Not the officer and the administrator, who are the last two personas.
            let director = 5 + number % (ADULTS - 7);
            let director = if director < PERSONAS - 2 { director } else { director + 2 };
            (first, trade, vec![director], 1, round)
        }
    };
    let ((en, tc, sc), does) = (FIRST[first], &TRADES[trade]);
    let (spaced, plain) = if again == 0 {
        Default::default()
    } else {
        (format!(" {}", again + 1), (again + 1).to_string())
    };
    Company {
        name: Text {
            en: format!("{en} {}{spaced} Limited", does.en),
            tc: format!("{tc}{}{plain}有限公司", does.tc),
            sc: format!("{sc}{}{plain}有限公司", does.sc),
        },
        brn: format!("{:08}", FIRST_BRN + number),
        directors,
        needs,
        number,
        trade,
    }
}

/// Every register of companies or of people.
pub(crate) fn registers_of(pack: &Pack, kind: SubjectKind) -> impl Iterator<Item = &Register> {
    pack.registers().filter(move |register| register.subject == kind)
}

#[cfg(test)]
mod tests;
