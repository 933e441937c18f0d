use super::*;
use proptest::prelude::*;

#[test]
fn the_published_identity_card_numbers_are_accepted_however_typed() {
    for good in [
        "A123456(3)",
        "AB123456(9)",
        "E364912(5)",
        "D288754(2)",
        "AB987654(3)",
        "C668668(9)",
        " a123456（3）",
        "a 123456 3",
        "Ａ１２３４５６（３）",
        "A123456\u{200b}(3)",
    ] {
        assert!(Hkid::parse(good).is_ok(), "{good}");
    }
    assert_eq!(Hkid::parse("a123456(3)").unwrap().as_str(), "A1234563");
    assert_eq!(Hkid::parse("AB123456(9)").unwrap().masked(), "AB123***(*)");
}

#[test]
fn one_wrong_character_of_an_identity_card_number_is_refused() {
    for (bad, why) in [
        ("A123456(4)", Wrong::HkidCheck),
        ("A123457(3)", Wrong::HkidCheck),
        ("B123456(3)", Wrong::HkidCheck),
        ("A12345(3)", Wrong::HkidForm),
        ("", Wrong::Empty),
        (" （）", Wrong::Empty),
        ("1234567(8)", Wrong::HkidForm),
        ("ABC123456(3)", Wrong::HkidForm),
        ("A一23456(3)", Wrong::HkidForm),
        ("A123456(B)", Wrong::HkidForm),
        ("A123456三", Wrong::HkidForm),
    ] {
        assert_eq!(Hkid::parse(bad), Err(why), "{bad}");
    }
}

#[test]
fn a_mainland_resident_number_says_which_rule_it_fails() {
    let good = ResidentId::parse(" 110105 19491231 002x ").unwrap();
    assert_eq!(good.as_str(), "11010519491231002X");
    assert_eq!(good.birth().unwrap().to_string(), "1949-12-31");
    assert_eq!(good.masked(), "110*************2X");
    for (bad, why) in [
        ("110105194912310021", Wrong::ResidentCheck),
        ("110105199002290021", Wrong::ResidentDate),
        ("990105194912310021", Wrong::ResidentArea),
        ("11010519491231002", Wrong::ResidentForm),
        ("11010519491231002A", Wrong::ResidentForm),
        ("1101051949123100２X0", Wrong::ResidentForm),
        ("１１０１０５一九四九1231002X", Wrong::ResidentForm),
    ] {
        assert_eq!(ResidentId::parse(bad), Err(why), "{bad}");
    }
    // A residence permit of a person from Hong Kong: the same rule with 81 before it.
    assert!(ResidentId::parse("810000199408230021").is_ok());
}

#[test]
fn a_credit_code_with_a_wrong_check_character_is_warned_of_and_never_refused() {
    let good = Uscc::parse("9111 0000 6000 3734 1l").unwrap();
    assert!(good.checks());
    let odd = Uscc::parse("91110000600037341A").unwrap();
    assert!(!odd.checks());
    for bad in
        ["91110000600037341I", "9111000060003734L", "91AB0000600037341L", "九1110000600037341"]
    {
        assert_eq!(Uscc::parse(bad), Err(Wrong::UsccForm), "{bad}");
    }
}

#[test]
fn a_business_registration_number_is_eight_characters() {
    assert_eq!(Brn::parse("12345678-000-01-26-1").unwrap().as_str(), "12345678");
    assert_eq!(Brn::parse("１２３４５６７８－０００").unwrap().as_str(), "12345678");
    assert_eq!(Brn::parse("c0012345").unwrap().as_str(), "C0012345");
    for bad in ["1234567", "123456789", "ABC12345", "1234567X", "-000-01"] {
        assert_eq!(Brn::parse(bad), Err(Wrong::BrnForm), "{bad}");
    }
}

#[test]
fn a_company_number_keeps_its_zeros_and_stands_in_for_a_missing_registration() {
    for (typed, kept, stand_in) in [
        ("12345", "0012345", "C0012345"),
        ("0012345", "0012345", "C0012345"),
        ("f 1234", "F0001234", "F0001234"),
    ] {
        let number = CompanyNumber::parse(typed).unwrap();
        assert_eq!((number.as_str(), number.stand_in().as_str()), (kept, stand_in));
        assert_eq!(Brn::parse(stand_in).as_ref(), Ok(&number.stand_in()));
    }
    for bad in ["12345678", "F", "G1234", "12一4"] {
        assert_eq!(CompanyNumber::parse(bad), Err(Wrong::CompanyForm), "{bad}");
    }
}

#[test]
fn telephone_numbers_are_told_apart_by_the_plans() {
    use PhoneKind::{Elsewhere, Fixed, Mobile, Other};
    for (typed, kept, kind) in [
        ("5123 4567", "+85251234567", Mobile),
        ("６１２３４５６７", "+85261234567", Mobile),
        ("(852) 9123-4567", "+85291234567", Mobile),
        ("+852 4641 2345", "+85246412345", Mobile),
        ("70712345", "+85270712345", Mobile),
        ("41234567", "+85241234567", Other),
        ("71234567", "+85271234567", Other),
        ("81234567", "+85281234567", Other),
        ("21234567", "+85221234567", Fixed),
        ("131 2345 6789", "+8613123456789", Mobile),
        ("+86 (0)755-8123 4567", "+8675581234567", Fixed),
        ("86 13123456789", "+8613123456789", Mobile),
        ("0044 20 7946 0958", "+442079460958", Elsewhere),
    ] {
        let phone = Phone::parse(typed).unwrap_or_else(|wrong| panic!("{typed}: {wrong}"));
        assert_eq!((phone.as_str(), phone.kind()), (kept, kind), "{typed}");
        assert_eq!(Phone::parse(&phone.pretty()), Ok(phone), "{typed}");
    }
    assert_eq!(Phone::parse("51234567").unwrap().pretty(), "+852 5123 4567");
    assert_eq!(Phone::parse("51234567").unwrap().masked(), "+852*****567");
    for (bad, why) in [
        ("12345678", Wrong::PhoneHongKong),
        ("+852 5123 456", Wrong::PhoneHongKong),
        ("+86 12123456789", Wrong::PhoneMainland),
        ("512345", Wrong::PhoneForm),
        ("+1234567890123456", Wrong::PhoneForm),
        ("5123456七", Wrong::PhoneForm),
        ("call me", Wrong::PhoneForm),
    ] {
        assert_eq!(Phone::parse(bad), Err(why), "{bad}");
    }
}

#[test]
fn no_number_of_a_person_is_whole_in_a_log() {
    let shown = format!(
        "{:?} {:?} {:?}",
        Hkid::parse("A123456(3)"),
        ResidentId::parse("11010519491231002X"),
        Phone::parse("51234567"),
    );
    for whole in ["A123456", "11010519491231002X", "51234567"] {
        assert!(!shown.contains(whole), "{shown}");
    }
    // Nor in the refusal of what was sent as JSON.
    let refused = serde_json::from_str::<Hkid>("\"A1234564\"").unwrap_err().to_string();
    assert!(!refused.contains("A123456"), "{refused}");
}

#[test]
fn identifiers_are_text_in_json_and_are_read_as_strictly() {
    let hkid: Hkid = serde_json::from_str("\"a123456(3)\"").unwrap();
    assert_eq!(serde_json::to_string(&hkid).unwrap(), "\"A1234563\"");
    assert!(serde_json::from_str::<Brn>("\"1234\"").is_err());
    assert!(serde_json::from_str::<Uscc>("7").is_err());
}

proptest! {
    #[test]
    fn every_generated_number_is_read_back(letter in "[A-Z]{1,2}", digits in "[0-9]{6}") {
        let made = Hkid::from_body(&format!("{letter}{digits}")).unwrap();
        prop_assert_eq!(Hkid::parse(&made.pretty()), Ok(made));
    }

    #[test]
    fn one_wrong_digit_is_always_found(digits in "[0-9]{6}", at in 0..6_usize, by in 1..10_u8) {
        let made = Hkid::from_body(&format!("K{digits}")).unwrap();
        let mut wrong = made.as_str().as_bytes().to_vec();
        wrong[at + 1] = b'0' + (wrong[at + 1] - b'0' + by) % 10;
        prop_assert_eq!(Hkid::parse(&String::from_utf8(wrong).unwrap()), Err(Wrong::HkidCheck));
    }

    #[test]
    fn what_is_read_is_read_again_as_the_same(text in "\\PC{0,24}|[A-F0-9０-９ ()-]{1,24}|[+]?[0-9]{1,18}") {
        // Nothing panics, and the kept form is its own kept form.
        macro_rules! again { ($($kind:ident),*) => {$(
            if let Ok(one) = $kind::parse(&text) {
                prop_assert_eq!($kind::parse(one.as_str()), Ok(one.clone()));
                let _ = format!("{one:?}");
            }
        )*}}
        again!(Hkid, ResidentId, Uscc, Brn, CompanyNumber, Phone);
    }
}
