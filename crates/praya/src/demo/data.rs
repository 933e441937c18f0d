//! Made-up people, companies and records, the same for the same seed. Identity card numbers have valid
//! check digits and belong to nobody we know of; every page says that they are made up.

use exchange::pack::{Cardinality, Field, FieldType, Pack, Register};
use jiff::ToSpan;
use kernel::{Date, Entropy, SeededEntropy, Text, hk::Hkid};
use ports::SubjectKind;
use serde_json::{Map, Value as Json, json};

/// A made-up person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// A short name for the sign-in page and for programs.
    pub(crate) handle: String,
    pub(crate) name: Text,
    pub(crate) hkid: String,
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
}

/// Everything that is made up.
pub(crate) struct Data {
    pub(crate) people: Vec<Person>,
    pub(crate) companies: Vec<Company>,
    random: SeededEntropy,
}

const SURNAMES: [(&str, &str); 16] = [
    ("Chan", "陳"),
    ("Wong", "黃"),
    ("Lam", "林"),
    ("Cheung", "張"),
    ("Leung", "梁"),
    ("Ho", "何"),
    ("Ng", "吳"),
    ("Lau", "劉"),
    ("Yip", "葉"),
    ("Tse", "謝"),
    ("Kwok", "郭"),
    ("Tang", "鄧"),
    ("Mak", "麥"),
    ("Fung", "馮"),
    ("Szeto", "司徒"),
    ("Au-yeung", "歐陽"),
];
const GIVEN: [(&str, &str); 16] = [
    ("Mei Ling", "美玲"),
    ("Ka Ho", "家豪"),
    ("Wing Yan", "詠恩"),
    ("Chi Keung", "志強"),
    ("Siu Ming", "小明"),
    ("Hoi Yan", "凱欣"),
    ("Kwok Wai", "國偉"),
    ("Yuk Lan", "玉蘭"),
    ("Tsz Kit", "子傑"),
    ("Suk Fan", "淑芬"),
    ("Wai Lun", "偉倫"),
    ("Ching Man", "靜雯"),
    ("Pak Hei", "柏熙"),
    ("Lai Kuen", "麗娟"),
    ("Man Fai", "文輝"),
    ("Sze Nga", "思雅"),
];
const FIRST: [(&str, &str, &str); 14] = [
    ("Lucky Star", "幸運星", "幸运星"),
    ("Golden Junk", "金帆", "金帆"),
    ("Harbour Light", "海光", "海光"),
    ("Jade Peak", "翠峰", "翠峰"),
    ("Silver Tide", "銀濤", "银涛"),
    ("Red Lantern", "紅燈籠", "红灯笼"),
    ("East Pier", "東碼頭", "东码头"),
    ("Cloud Terrace", "雲台", "云台"),
    ("Nine Bamboo", "九竹", "九竹"),
    ("Morning Ferry", "晨渡", "晨渡"),
    ("Lotus Gate", "蓮門", "莲门"),
    ("North Star", "北斗", "北斗"),
    ("Tai Ping", "太平", "太平"),
    ("Wind Vane", "風標", "风标"),
];
const TRADE: [(&str, &str, &str); 8] = [
    ("Trading", "貿易", "贸易"),
    ("Shipping", "航運", "航运"),
    ("Foods", "食品", "食品"),
    ("Logistics", "物流", "物流"),
    ("Engineering", "工程", "工程"),
    ("Catering", "飲食", "餐饮"),
    ("Textiles", "紡織", "纺织"),
    ("Electronics", "電子", "电子"),
];
const STREETS: [(&str, &str); 8] = [
    ("Made-up Road", "虛構道"),
    ("Sample Street", "示例街"),
    ("Lantern Lane", "燈籠里"),
    ("Quayside Terrace", "堤岸臺"),
    ("Junk Bay Avenue", "帆灣大道"),
    ("Banyan Path", "榕樹徑"),
    ("Typhoon Street", "颱風街"),
    ("Egret Road", "白鷺路"),
];

/// The first company's number; the others follow.
const BRN: usize = 70_000_000;

impl Data {
    /// Twelve personas with work to do, forty more people, and `companies` companies.
    pub(crate) fn new(seed: u64, companies: usize) -> Self {
        let mut data =
            Self { people: Vec::new(), companies: Vec::new(), random: SeededEntropy::new(seed) };
        for i in 0..52 {
            data.add_person(i);
        }
        data.add_company(0, 0, vec![0], 1);
        data.add_company(1, 1, vec![1, 2, 3], 2);
        data.add_company(5, 5, vec![0, 4], 1);
        for i in 3..companies {
            let director = 5 + i % 47;
            let (first, trade) = (data.below(FIRST.len()), data.below(TRADE.len()));
            data.add_company(first, trade, vec![director], 1);
        }
        data
    }

    fn below(&self, n: usize) -> usize {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % n.max(1) as u64).unwrap_or(0)
    }

    fn pick<T: Copy>(&self, from: &[T], fallback: T) -> T {
        from.get(self.below(from.len())).copied().unwrap_or(fallback)
    }

    fn add_person(&mut self, i: usize) {
        // The first sixteen pair each surname with the given name of the same place: the personas are fixed.
        let (surname, given) =
            if i < 16 { (i, i) } else { (self.below(16), (i * 7 + self.below(16)) % 16) };
        let ((surname, family), (given, own)) = (SURNAMES[surname % 16], GIVEN[given % 16]);
        let english = format!("{surname} {given}");
        let chinese = format!("{family}{own}");
        let handle = english.to_lowercase().replace(' ', "-");
        let handle = if self.people.iter().any(|other| other.handle == handle) {
            format!("{handle}-{i}")
        } else {
            handle
        };
        let hkid = loop {
            let letter = char::from(b'A' + u8::try_from(self.below(26)).unwrap_or(0));
            let body = format!("{letter}{:06}", self.below(1_000_000));
            if let Some(hkid) = Hkid::from_body(&body)
                && !self.people.iter().any(|other| other.hkid == hkid.as_str())
            {
                break hkid.as_str().to_owned();
            }
        };
        // A name is never converted between scripts: the Chinese one stands as the person writes it.
        self.people.push(Person {
            handle,
            name: Text { en: english, tc: chinese.clone(), sc: chinese },
            hkid,
        });
    }

    fn add_company(&mut self, first: usize, trade: usize, directors: Vec<usize>, needs: u32) {
        let ((first, first_tc, first_sc), (trade, trade_tc, trade_sc)) =
            (FIRST[first % FIRST.len()], TRADE[trade % TRADE.len()]);
        let n = self.companies.len();
        let number = if n < 3 { String::new() } else { format!(" {n}") };
        let name = Text {
            en: format!("{first} {trade}{number} Limited"),
            tc: format!("{first_tc}{trade_tc}{number}有限公司").replace(' ', ""),
            sc: format!("{first_sc}{trade_sc}{number}有限公司").replace(' ', ""),
        };
        let brn = format!("{:08}", BRN + n);
        self.companies.push(Company { name, brn, directors, needs });
    }

    /// The records of one subject in a register, in the register's fields.
    pub(crate) fn records(
        &self,
        register: &Register,
        key: &str,
        name: &Text,
        today: Date,
    ) -> Vec<Map<String, Json>> {
        if register.id == "directors" {
            return self.directors(register, key, name, today);
        }
        let rows = match register.cardinality {
            Cardinality::One => 1,
            Cardinality::Many => 1 + self.below(4),
        };
        (0..rows).map(|row| self.record(register, key, name, row, today)).collect()
    }

    fn record(
        &self,
        register: &Register,
        key: &str,
        name: &Text,
        row: usize,
        today: Date,
    ) -> Map<String, Json> {
        register
            .fields
            .iter()
            .map(|field| (field.id.clone(), self.value(register, field, key, name, row, today)))
            .collect()
    }

    /// The directors that the mandates know, under their own names.
    fn directors(
        &self,
        register: &Register,
        key: &str,
        name: &Text,
        today: Date,
    ) -> Vec<Map<String, Json>> {
        let place = key.parse().ok().and_then(|brn: usize| brn.checked_sub(BRN));
        let company = place.and_then(|place| self.companies.get(place));
        let people = company
            .into_iter()
            .flat_map(|company| &company.directors)
            .filter_map(|i| self.people.get(*i));
        let own = |(row, person): (usize, &Person)| {
            let mut record = self.record(register, key, name, row, today);
            for (field, value) in &mut record {
                match field.as_str() {
                    "director_name_en" => *value = json!(person.name.en),
                    "director_name_tc" => *value = json!(person.name.tc),
                    "director_hkid" => *value = json!(person.hkid),
                    _ => {}
                }
            }
            record
        };
        people.enumerate().map(own).collect()
    }

    fn value(
        &self,
        register: &Register,
        field: &Field,
        key: &str,
        name: &Text,
        row: usize,
        today: Date,
    ) -> Json {
        if field.id == register.key {
            return key.into();
        }
        match field.kind {
            FieldType::Money => json!(i64::try_from(self.below(9_000_000)).unwrap_or(0) * 100),
            FieldType::Number => number(self, &field.id, row, today),
            FieldType::Boolean => json!(self.below(2) == 1),
            // Definitions name the ordinary case first: most companies are in order.
            FieldType::Choice => field
                .choices
                .get(if self.below(6) == 0 { self.below(field.choices.len()) } else { 0 })
                .map_or(Json::Null, |choice| json!(choice)),
            FieldType::Date => json!(self.date(&field.id, row, today).to_string()),
            FieldType::Hkid => self
                .people
                .get(self.below(self.people.len()))
                .map_or(Json::Null, |person| json!(person.hkid)),
            FieldType::Brn => json!(format!("{:08}", 70_000_000 + self.below(60))),
            FieldType::Text => json!(self.text(&field.id, name, row)),
        }
    }

    /// Ends and expiries lie ahead, births long ago, everything else in the last years, newest first.
    fn date(&self, id: &str, row: usize, today: Date) -> Date {
        let days = i64::try_from(self.below(300)).unwrap_or(0);
        let years = i64::try_from(row).unwrap_or(0);
        let span =
            if ["expir", "until", "due", "valid_to", "end"].iter().any(|word| id.contains(word)) {
                (days + 30).days()
            } else if id.contains("birth") {
                (-(25 * 365 + days * 40)).days()
            } else if ["incorporat", "commence", "appointed", "first"]
                .iter()
                .any(|word| id.contains(word))
            {
                (-(4 * 365 + days * 7)).days()
            } else {
                (-(years * 365 + days)).days()
            };
        today.checked_add(span).unwrap_or(today)
    }

    fn text(&self, id: &str, name: &Text, row: usize) -> String {
        let person = || {
            self.people
                .get(self.below(self.people.len()))
                .map(|person| person.name.clone())
                .unwrap_or_default()
        };
        let (street, street_tc) = self.pick(&STREETS, STREETS[0]);
        let (house, floor) = (1 + self.below(200), 1 + self.below(30));
        let chinese = ["_tc", "_zh", "_chinese", "_sc"].iter().any(|end| id.ends_with(end));
        let is = |words: &[&str]| words.iter().any(|word| id.contains(word));
        if is(&["address", "location", "premises", "place"]) {
            return if chinese {
                format!("{street_tc}{house}號{floor}樓（虛構）")
            } else {
                format!("{floor}/F, {house} {street} (made up)")
            };
        }
        if is(&["director", "holder", "secretary", "officer", "driver", "chargee", "owner"])
            && is(&["name"])
            || is(&["chargee", "school"])
        {
            let person = person();
            return if is(&["chargee"]) {
                "Harbour Bank (made up)".to_owned()
            } else if is(&["school"]) {
                "Egret Road Secondary School (made up)".to_owned()
            } else if chinese {
                person.tc
            } else {
                person.en
            };
        }
        if is(&["name"]) {
            return if id.ends_with("_sc") {
                name.sc.clone()
            } else if chinese {
                name.tc.clone()
            } else {
                name.en.clone()
            };
        }
        if is(&["number", "reference", "certificate", "_no", "plate", "mark"]) || id == "no" {
            let letters: String = id
                .chars()
                .filter(char::is_ascii_alphabetic)
                .take(2)
                .collect::<String>()
                .to_uppercase();
            return format!("{letters}{:06}", 100_000 + row * 1000 + self.below(900_000));
        }
        let words: &[&str] = if is(&["property"]) {
            &[
                "Flat B, 9/F, 12 Banyan Path (made up)",
                "Godown 3, 5 Quayside Terrace (made up)",
                "Shop 2, G/F, 88 Lantern Lane (made up)",
            ]
        } else if is(&["nature", "business"]) {
            &[
                "General trading",
                "Import and export of foodstuffs",
                "Freight forwarding",
                "Catering",
                "Electronic components",
            ]
        } else if is(&["goods", "commodity", "description"]) {
            &[
                "Dried seafood",
                "Ceramic tableware",
                "Electric motors",
                "Woven cotton fabric",
                "Machine parts",
            ]
        } else if is(&["make", "model"]) {
            &["Mersey 4x2 van", "Kestrel saloon", "Quay flatbed", "Heron minibus"]
        } else if is(&["country", "nationality"]) {
            &["Hong Kong, China", "Mainland China", "Japan", "Thailand", "Viet Nam"]
        } else if is(&["class", "grade", "form"]) {
            &["S4", "S5", "S6", "1", "2"]
        } else {
            &["Made-up entry A", "Made-up entry B", "Made-up entry C"]
        };
        self.pick(words, "Made up").to_owned()
    }
}

fn number(data: &Data, id: &str, row: usize, today: Date) -> Json {
    let years = i16::try_from(row).unwrap_or(0);
    if id.contains("year") {
        return json!(today.year() - 1 - years);
    }
    json!(1 + data.below(5000))
}

/// Every register of companies or of people.
pub(crate) fn registers_of(pack: &Pack, kind: SubjectKind) -> impl Iterator<Item = &Register> {
    pack.registers().filter(move |register| register.subject == kind)
}

#[cfg(test)]
mod tests {
    use super::Data;
    use kernel::hk::{Brn, Hkid};

    #[test]
    fn every_made_up_number_has_a_valid_form_and_nobody_shares_one() {
        let data = Data::new(1, 60);
        assert_eq!((data.people.len(), data.companies.len()), (52, 60));
        assert!(data.people.iter().all(|person| Hkid::parse(&person.hkid).is_some()));
        assert!(data.companies.iter().all(|company| Brn::parse(&company.brn).is_some()));
        let mut hkids: Vec<_> = data.people.iter().map(|person| &person.hkid).collect();
        hkids.sort();
        hkids.dedup();
        assert_eq!(hkids.len(), 52);
    }

    #[test]
    fn the_same_seed_makes_the_same_people() {
        let names = |seed| {
            Data::new(seed, 10)
                .people
                .into_iter()
                .map(|person| (person.hkid, person.name.en))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(7), names(7));
        assert_ne!(names(7), names(8));
    }
}
