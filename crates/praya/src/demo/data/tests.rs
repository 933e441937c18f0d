use super::*;
use exchange::sources::mapping::map_row;
use kernel::identifiers::Brn;

const TODAY: Date = jiff::civil::date(2026, 11, 23);

fn keys(data: &Data, register: &Register) -> Vec<String> {
    match register.subject {
        SubjectKind::Company => data.companies.iter().map(|company| company.brn.clone()).collect(),
        SubjectKind::Person => data.people.iter().map(|person| person.card.clone()).collect(),
    }
}

/// Every row of a register, by subject.
fn rows(data: &Data, register: &str, today: Date) -> Vec<Vec<Map<String, Json>>> {
    let pack = exchange::pack::load_embedded().unwrap();
    let register = pack.register(register).unwrap();
    keys(data, register).iter().map(|key| data.records(register, key, today)).collect()
}

fn date_of(row: &Map<String, Json>, field: &str) -> Date {
    row[field].as_str().unwrap().parse().unwrap()
}

#[test]
fn every_made_up_number_has_a_valid_form_and_nobody_shares_one() {
    let data = Data::new(1, 500);
    assert_eq!((data.people.len(), data.companies.len()), (52, 500));
    assert!(data.people.iter().all(|person| Hkid::parse(&person.card).is_ok()));
    assert!(data.companies.iter().all(|company| Brn::parse(&company.brn).is_ok()));
    let different = |words: Vec<&String>| words.iter().collect::<HashSet<_>>().len();
    assert_eq!(different(data.people.iter().map(|person| &person.card).collect()), 52);
    assert_eq!(different(data.people.iter().map(|person| &person.handle).collect()), 52);
    assert_eq!(different(data.companies.iter().map(|company| &company.brn).collect()), 500);
    assert_eq!(different(data.companies.iter().map(|company| &company.name.tc).collect()), 500);
}

#[test]
fn the_companies_the_demo_speaks_of_are_who_it_says() {
    let data = Data::new(1, 60);
    let of = |i: usize| {
        let company = &data.companies[i];
        let names =
            company.directors.iter().map(|i| data.people[*i].name.en.as_str()).collect::<Vec<_>>();
        (company.name.en.as_str(), company.name.tc.as_str(), names, company.needs)
    };
    assert_eq!(
        of(0),
        ("Lucky Star Trading Limited", "幸運星貿易有限公司", vec!["Chan Mei Ling"], 1)
    );
    assert_eq!(
        of(1),
        (
            "Golden Junk Shipping Limited",
            "金帆航運有限公司",
            vec!["Wong Ka Ho", "Lam Wing Yan", "Cheung Chi Keung"],
            2
        )
    );
    assert_eq!(data.people[0].name.tc, "陳美玲");
}

#[test]
fn the_same_seed_makes_the_same_records_in_whatever_order_they_are_asked_for() {
    let (one, again, other) = (Data::new(7, 20), Data::new(7, 20), Data::new(8, 20));
    let vehicles = rows(&one, "vehicles", TODAY);
    rows(&again, "charges", TODAY);
    assert_eq!(rows(&again, "vehicles", TODAY), vehicles);
    assert_ne!(rows(&other, "vehicles", TODAY), vehicles);
    assert_ne!(one.people[20].card, other.people[20].card);
}

#[test]
fn every_record_fits_its_register_whatever_the_day() {
    let pack = exchange::pack::load_embedded().unwrap();
    for today in
        ["2026-11-23", "2027-02-28", "2028-02-29", "2027-04-01", "2027-08-15", "2027-12-31"]
    {
        let today = today.parse().unwrap();
        let data = Data::new(1823, 150);
        for register in pack.registers() {
            let source = pack.source(&register.source).unwrap();
            let fields: Vec<_> = register.fields.iter().map(|field| field.id.clone()).collect();
            let mut found = 0;
            for key in keys(&data, register) {
                let rows = data.records(register, &key, today);
                found += usize::from(!rows.is_empty());
                for row in rows {
                    assert!(
                        row.keys().all(|field| fields.contains(field)),
                        "{}: {row:?}",
                        register.id
                    );
                    map_row(register, source, &row, &key, &fields)
                        .unwrap_or_else(|error| panic!("{}: {error}: {row:?}", register.id));
                }
            }
            assert!(
                found * 4 >= keys(&data, register).len(),
                "{}: {found} subjects alone",
                register.id
            );
        }
    }
}

#[test]
fn what_the_registers_say_of_one_company_agrees() {
    let data = Data::new(1823, 150);
    let of = |register| rows(&data, register, TODAY);
    let (business, particulars, returns, charges) = (
        of("business-registration"),
        of("company-particulars"),
        of("annual-returns"),
        of("charges"),
    );
    for (i, company) in data.companies.iter().enumerate() {
        let (business, particulars) = (&business[i][0], &particulars[i][0]);
        assert_eq!(
            (&business["name_tc"], &business["address"]),
            (&particulars["name_tc"], &particulars["registered_address"])
        );
        let incorporated = date_of(particulars, "incorporated_on");
        assert!(charges[i].iter().all(|charge| date_of(charge, "created_on") > incorporated));
        assert!(
            charges[i].iter().any(|charge| charge["status"] == "outstanding")
                || returns[i][0]["mortgages_total"] == 0
        );
        for pair in returns[i].windows(2) {
            assert!(
                date_of(&pair[0], "made_up_to") > date_of(&pair[1], "made_up_to"),
                "{}",
                company.brn
            );
        }
        for row in &returns[i] {
            assert!(
                date_of(row, "filed_on") > date_of(row, "made_up_to")
                    && date_of(row, "filed_on") <= TODAY
            );
        }
        let expired = date_of(business, "valid_until") < TODAY;
        assert_eq!(business["status"] == "expired", expired, "{business:?}");
        assert!(i >= KNOWN.len() || !expired);
    }
}

#[test]
fn pupils_are_at_school_and_do_not_drive_or_direct() {
    let data = Data::new(1823, 150);
    let (schools, licences, born) = (
        rows(&data, "student-records", TODAY),
        rows(&data, "driving-licence", TODAY),
        rows(&data, "identity-particulars", TODAY),
    );
    for (i, person) in data.people.iter().enumerate() {
        let eighteenth = draw::years(date_of(&born[i][0], "date_of_birth"), 18);
        assert!(!schools[i].is_empty());
        assert!(
            licences[i].iter().all(|licence| date_of(licence, "first_issued_on") >= eighteenth
                && date_of(licence, "valid_until") >= TODAY)
        );
        assert!(person.age >= 18 || licences[i].is_empty(), "{}", person.handle);
        assert!(!person.persona || !licences[i].is_empty(), "{}", person.handle);
        let directs = data.companies.iter().any(|company| company.directors.contains(&i));
        assert!(!directs || eighteenth <= TODAY);
    }
    assert!(schools.iter().any(|years| years[0]["status"] == "enrolled"));
}

#[test]
fn a_register_nobody_wrote_records_for_has_its_examples_under_the_right_key() {
    let pack = exchange::pack::load_embedded().unwrap();
    let mut register = pack.register("vehicles").unwrap().clone();
    register.id = "boats".to_owned();
    let rows = Data::new(1, 5).records(&register, "70000003", TODAY);
    assert_eq!(rows.len(), register.examples.len());
    assert_eq!(
        (&rows[0]["brn"], &rows[0]["make_model"]),
        (&Json::from("70000003"), &Json::from("Mersey 4x2 van"))
    );
}
