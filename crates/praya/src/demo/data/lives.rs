//! Records of made-up people. What several registers say of one person agrees.

use super::{
    Data, Person, address,
    draw::{Draw, age, date, days, years},
};
use kernel::{Date, identifiers::ResidentId};
use serde_json::{Value as Json, json};

/// What all registers know of a person.
struct Life<'a> {
    person: &'a Person,
    today: Date,
    born: Date,
    /// In English and in Chinese.
    home: (String, String),
    /// Since when the home is theirs.
    since: Date,
}

/// The records of a person in a register, newest first; `None` for a register nobody wrote made-up
/// records for.
pub(super) fn rows(data: &Data, register: &str, person: &Person, today: Date) -> Option<Vec<Json>> {
    let draw = data.draw(&["life", &person.card]);
    let life = Life {
        person,
        today,
        born: born(person)
            .unwrap_or_else(|| days(years(today, -person.age), -draw.between(20, 340))),
        home: address(&draw),
        since: days(today, -draw.between(400, 2_500)),
    };
    let draw = &data.draw(&[register, &person.card]);
    Some(match register {
        "identity-particulars" => life.identity(draw),
        "resident-particulars" => life.resident(),
        "address" => life.address(draw),
        "rates" => life.rates(draw),
        "driving-licence" => life.driving(draw),
        "student-records" => life.school(draw),
        _ => return None,
    })
}

/// A resident number says when.
fn born(person: &Person) -> Option<Date> {
    ResidentId::parse(&person.card).ok()?.birth()
}

impl Life<'_> {
    fn resident(&self) -> Vec<Json> {
        vec![json!({
            "name": self.person.name.sc,
            "sex": if self.person.female { "f" } else { "m" },
            "date_of_birth": self.born,
        })]
    }

    fn identity(&self, draw: &Draw) -> Vec<Json> {
        // Nobody under 11 has a card of their own.
        let longest = (self.person.age - 11) * 365;
        vec![json!({
            "name_en": self.person.name.en,
            "name_tc": self.person.name.tc,
            "date_of_birth": self.born,
            "sex": if self.person.female { "f" } else { "m" },
            "residence_status": if draw.once_in(8) { "non_permanent" } else { "permanent" },
            "card_issued_on": days(self.today, -draw.between(30, longest.clamp(60, 2_600))),
        })]
    }

    fn address(&self, draw: &Draw) -> Vec<Json> {
        vec![json!({
            "address_en": self.home.0,
            "address_tc": self.home.1,
            "area": draw.pick(&["hong_kong_island", "kowloon", "new_territories"]),
            "since": self.since,
            "confirmed_on": days(self.today, -draw.between(5, 390)),
        })]
    }

    /// Four quarters: 5% of the rateable value a year for rates, 3% for government rent.
    fn rates(&self, draw: &Draw) -> Vec<Json> {
        if self.person.age < 25 {
            return Vec::new();
        }
        let account = format!("{:08}", draw.below(100_000_000));
        let value = draw.between(60, 480) * 100_000;
        let months = i64::from(self.today.year()) * 12 + i64::from(self.today.month()) - 1;
        let bill = |back| {
            let month = (months / 3 - back) * 3;
            date(month / 12, i8::try_from(month % 12 + 1).unwrap_or(1), 2)
        };
        let row = |billed: Date| {
            json!({
                "account_number": account,
                "property_address": format!("{} {}", self.home.0, self.home.1),
                "rateable_value": value,
                "billed_on": billed,
                "amount": value * 8 / 100 / 4,
                "paid": days(billed, 28) < self.today,
            })
        };
        (0..5).map(bill).filter(|billed| *billed <= self.today).take(4).map(row).collect()
    }

    /// Of ten years each; the personas all drive, of others three in four.
    fn driving(&self, draw: &Draw) -> Vec<Json> {
        let grown = (self.person.age - 18) * 365;
        if grown < 365 || (!self.person.persona && draw.once_in(4)) {
            return Vec::new();
        }
        let first = days(self.today, -draw.between(200, grown.min(30 * 365)));
        let suspended = !self.person.persona && draw.once_in(15);
        let classes = ["private_car", "private_car", "light_goods", "motor_cycle"];
        let licences = age(first, self.today) / 10 + 1;
        vec![json!({
            "licence_number": format!("{:08}", draw.below(100_000_000)),
            "licence_class": draw.pick(&classes),
            "first_issued_on": first,
            "valid_until": days(years(first, licences * 10), -1),
            "status": if suspended { "suspended" } else { "in_force" },
            "penalty_points": if suspended { 15 } else { draw.pick(&[0, 0, 0, 3, 5, 8]) },
        })]
    }

    /// The last three years at school, to the sixth form or to now.
    fn school(&self, draw: &Draw) -> Vec<Json> {
        let school = draw.pick(&[
            "Egret Road Secondary School (made up) 白鷺路中學（虛構）",
            "Banyan Path College (made up) 榕樹徑書院（虛構）",
            "Quayside School (made up) 堤岸學校（虛構）",
        ]);
        let number = format!("S{:07}", draw.below(10_000_000));
        let first = i64::from(self.born.year()) + 12;
        let row = |form: i64| {
            let year = first + form - 1;
            let status = match (date(year + 1, 9, 1) > self.today, form) {
                (true, _) => "enrolled",
                (false, 6) => "graduated",
                (false, _) => "completed",
            };
            json!({
                "student_number": number,
                "school_year": year,
                "school": school,
                "class": format!("S{form}"),
                "enrolled_on": date(year, 9, 1),
                "status": status,
            })
        };
        (1..=6)
            .rev()
            .filter(|form| date(first + form - 1, 9, 1) <= self.today)
            .take(3)
            .map(row)
            .collect()
    }
}
