//! Records of made-up companies. What several registers say of one company agrees.

use super::{
    Company, Data, bilingual_address,
    draw::{Draw, age, date, days, years},
    names::TRADES,
};
use kernel::Date;
use serde_json::{Value as Json, json};

/// One dollar, in cents.
const DOLLAR: i64 = 100;

/// What all registers know of a company.
struct Firm<'a> {
    data: &'a Data,
    company: &'a Company,
    today: Date,
    incorporated: Date,
    address: String,
    employees: i64,
    shares: i64,
    charges: Vec<Charge>,
    /// Behind with its papers and taxes.
    behind: bool,
}

struct Charge {
    created: Date,
    amount: i64,
    outstanding: bool,
}

/// The records of a company in a register, newest first; `None` for a register nobody wrote made-up
/// records for.
pub(super) fn rows(
    data: &Data,
    register: &str,
    company: &Company,
    today: Date,
) -> Option<Vec<Json>> {
    let firm = Firm::new(data, company, today);
    let draw = &data.draw(&[register, &company.brn]);
    Some(match register {
        "business-registration" => firm.business_registration(),
        "company-particulars" => firm.particulars(draw),
        "directors" => firm.directors(draw),
        "annual-returns" => firm.annual_returns(draw),
        "charges" => firm.charges(draw),
        "tax-filing-status" => firm.taxes(draw),
        "trade-declarations" => firm.declarations(draw),
        "food-licences" => firm.food_licences(draw),
        "vehicles" => firm.vehicles(draw),
        "land-holdings" => firm.land(draw),
        "employees-compensation" => firm.compensation(draw),
        _ => return None,
    })
}

impl<'a> Firm<'a> {
    fn new(data: &'a Data, company: &'a Company, today: Date) -> Self {
        let draw = data.draw(&["firm", &company.brn]);
        let old = draw.between(3 * 366, 18 * 365);
        let charge = |_| {
            let back = draw.between(60, old - 300);
            let amount = draw.between(5, 200) * 100_000 * DOLLAR;
            Charge { created: days(today, -back), amount, outstanding: back < 5 * 365 }
        };
        let mut charges: Vec<_> = (0..draw.between(1, 3)).map(charge).collect();
        charges.sort_by_key(|charge| std::cmp::Reverse(charge.created));
        Self {
            data,
            company,
            today,
            incorporated: days(today, -old),
            address: bilingual_address(&draw),
            employees: draw.between(2, 80),
            shares: draw.pick(&[1_000, 10_000, 100_000, 1_000_000]),
            charges,
            // The companies of the personas are in order.
            behind: draw.once_in(15) && company.number >= 3,
        }
    }

    fn business_registration(&self) -> Vec<Json> {
        let commenced = days(self.incorporated, 14);
        let certificates = age(commenced, self.today) + i64::from(!self.behind);
        vec![json!({
            "name_en": self.company.name.en,
            "name_tc": self.company.name.tc,
            "business_nature": TRADES[self.company.trade].nature,
            "address": self.address,
            "commenced_on": commenced,
            "valid_until": days(years(commenced, certificates), -1),
            "status": if self.behind { "expired" } else { "registered" },
        })]
    }

    fn particulars(&self, draw: &Draw) -> Vec<Json> {
        vec![json!({
            "name_en": self.company.name.en,
            "name_tc": self.company.name.tc,
            "company_type": "private",
            "incorporated_on": self.incorporated,
            "registered_address": self.address,
            "secretary_name": self.data.another_adult(draw, &self.company.directors).both_names(),
            "issued_capital": self.shares * draw.pick(&[1, 1, 10]) * DOLLAR,
            "status": "live",
        })]
    }

    fn directors(&self, draw: &Draw) -> Vec<Json> {
        let people = self.company.directors.iter().filter_map(|i| self.data.people.get(*i));
        let row = |(i, person): (usize, &super::Person)| {
            let later = if i == 0 { 0 } else { draw.between(30, 1000) };
            json!({
                "director_name_en": person.name.en,
                "director_name_tc": person.name.tc,
                "capacity": "director",
                "appointed_on": days(self.incorporated, later),
                "correspondence_address": self.address,
                "director_hkid": person.card,
            })
        };
        people.enumerate().map(row).collect()
    }

    /// One for each anniversary of incorporation, due within 42 days.
    fn annual_returns(&self, draw: &Draw) -> Vec<Json> {
        let row = |anniversary| {
            let made_up_to = years(self.incorporated, anniversary);
            let late = draw.once_in(12) || self.behind && draw.once_in(2);
            let filed =
                days(made_up_to, if late { draw.between(60, 160) } else { draw.between(5, 41) });
            let owed = self
                .charges
                .iter()
                .filter(|charge| charge.outstanding && charge.created <= made_up_to);
            let row = json!({
                "document_number": format!("{}{:07}", filed.year(), draw.below(10_000_000)),
                "return_year": made_up_to.year(),
                "made_up_to": made_up_to,
                "filed_on": filed,
                "late": late,
                "shares_issued": self.shares,
                "mortgages_total": owed.map(|charge| charge.amount).sum::<i64>(),
            });
            (filed <= self.today).then_some(row)
        };
        (1..=age(self.incorporated, self.today)).rev().filter_map(row).take(6).collect()
    }

    fn charges(&self, draw: &Draw) -> Vec<Json> {
        let lenders = [
            "Harbour Bank (made up) 海港銀行（虛構）",
            "Quayside Finance Limited (made up) 堤岸財務有限公司（虛構）",
        ];
        let goods = &TRADES[self.company.trade].goods;
        let row = |charge: &Charge| {
            json!({
                "charge_number": format!("CH{:06}", draw.below(1_000_000)),
                "chargee": draw.pick(&lenders),
                "amount_secured": charge.amount,
                "property_description": format!("Stock 存貨: {}", draw.pick(goods)),
                "created_on": charge.created,
                "status": if charge.outstanding { "outstanding" } else { "released" },
            })
        };
        self.charges.iter().map(row).collect()
    }

    /// A return is issued each 1 April for the year before; it is due, extended, by 15 August.
    fn taxes(&self, draw: &Draw) -> Vec<Json> {
        let issued = |year| date(year + 1, 4, 1);
        let last = i64::from(self.today.year())
            - if issued(i64::from(self.today.year()) - 1) > self.today { 2 } else { 1 };
        let profits = draw.between(5, 600) * 10_000;
        let row = |year| {
            let due = date(year + 1, 8, 15);
            let filed = due < self.today && !(self.behind && year == last);
            let owing = self.behind && year >= last - 1;
            let status = match (filed, due < self.today) {
                (true, _) if draw.once_in(6) => "extended",
                (true, _) => "in_time",
                (false, true) => "overdue",
                (false, false) => "extended",
            };
            json!({
                "assessment_year": year,
                "return_issued_on": issued(year),
                "due_on": due,
                "filed": filed,
                "filing_status": status,
                // Not known before the return is there.
                "assessable_profits": filed.then(|| profits * draw.between(80, 130) / 100 * DOLLAR),
                "tax_outstanding": if owing { profits / 12 * DOLLAR } else { 0 },
            })
        };
        (i64::from(self.incorporated.year()) + 1..=last).rev().take(6).map(row).collect()
    }

    fn declarations(&self, draw: &Draw) -> Vec<Json> {
        let countries = [
            "Mainland China 中國內地",
            "Japan 日本",
            "Thailand 泰國",
            "Viet Nam 越南",
            "Korea 韓國",
            "Australia 澳洲",
        ];
        let row = |i: i64| {
            let lodged = days(self.today, -(i * 35 + draw.between(2, 34)));
            let direction = draw.pick(&["import", "import", "export", "re_export"]);
            json!({
                "declaration_number": format!("{}{:08}", lodged.year(), draw.below(100_000_000)),
                "direction": direction,
                "lodged_on": lodged,
                "goods": draw.pick(&TRADES[self.company.trade].goods),
                "country": draw.pick(&countries),
                "value": draw.between(40, 2_000) * 1_000 * DOLLAR,
                "status": if draw.once_in(9) { "amended" } else { "accepted" },
            })
        };
        (0..draw.between(4, 10)).map(row).collect()
    }

    /// Of a year each, and only where there is food.
    fn food_licences(&self, draw: &Draw) -> Vec<Json> {
        let Some(kind) = TRADES[self.company.trade].food else { return Vec::new() };
        let row = |i| {
            let issued = days(self.today, -draw.between(10, 350));
            // A second shop that is closed.
            let closed = i > 0 && draw.once_in(3);
            let issued = if closed { years(issued, -2) } else { issued };
            json!({
                "licence_number": format!("{:02}{:08}", 20 + i, draw.below(100_000_000)),
                "licence_type": kind,
                "premises_address": bilingual_address(draw),
                "premises_name": format!(
                    "{} {}",
                    self.company.name.en.trim_end_matches(" Limited"),
                    self.company.name.tc.trim_end_matches("有限公司")
                ),
                "issued_on": issued,
                "valid_until": days(years(issued, 1), -1),
                "status": if closed { "cancelled" } else { "in_force" },
            })
        };
        (0..draw.between(1, 3)).map(row).collect()
    }

    fn vehicles(&self, draw: &Draw) -> Vec<Json> {
        let row = |i: i64| {
            let registered = days(self.today, -(i % 5 * 500 + draw.between(90, 580)));
            let (make, class) = draw.pick(&[
                ("Mersey 4x2 van 密時小貨車", "light_goods"),
                ("Kestrel saloon 紅隼房車", "private_car"),
                ("Quay flatbed 碼頭平板車", "medium_goods"),
                ("Heron minibus 蒼鷺小巴", "light_bus"),
            ]);
            let letter = draw.pick(&["A", "C", "E", "H", "K", "M", "R", "T", "W", "Y"]);
            json!({
                "registration_mark": format!("Z{letter} {}", draw.between(1_000, 9_999)),
                "make_model": make,
                "vehicle_class": class,
                "manufacture_year": registered.year() - i16::from(draw.once_in(3)),
                "first_registered_on": registered,
                "licence_valid_until": days(years(registered, age(registered, self.today) + 1), -1),
                "chassis_number": format!("MADEUP{:011}", draw.below(100_000_000_000)),
            })
        };
        let (least, most) = self.data.vehicles;
        (0..draw.between(least, most)).map(row).collect()
    }

    fn land(&self, draw: &Draw) -> Vec<Json> {
        let mut registered: Vec<_> =
            (0..draw.between(1, 2)).map(|_| days(self.today, -draw.between(200, 1_000))).collect();
        registered.sort_by_key(|date| std::cmp::Reverse(*date));
        let row = |registered| {
            let lot = draw.pick(&["IL", "KIL", "NKIL", "STTL"]);
            json!({
                "property_number": format!("C{:07}", draw.below(10_000_000)),
                "address": bilingual_address(draw),
                "lot_number": format!("{lot} {}", draw.between(90_000, 99_999)),
                "share": if draw.once_in(4) { "part" } else { "whole" },
                "consideration": draw.between(30, 400) * 100_000 * DOLLAR,
                "registered_on": registered,
                "mortgaged": self.charges.iter().any(|charge| charge.outstanding),
            })
        };
        registered.into_iter().map(row).collect()
    }

    fn compensation(&self, draw: &Draw) -> Vec<Json> {
        vec![json!({
            "policy_number": format!("EC{:07}", draw.below(10_000_000)),
            "insured_employees": self.employees,
            "valid_until": days(self.today, draw.between(20, 360)),
            "convicted": self.behind && draw.once_in(3),
        })]
    }
}
