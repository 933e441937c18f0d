//! What a form may ask for: a table. The words of a field are `field-<id>`.

use kernel::identifiers::Phone;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Words.
    Text,
    /// Words on several lines.
    Lines,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Mail,
    /// One of these; the words of each are `field-<id>-<choice>`.
    Choice(&'static [&'static str]),
    /// A date; from a register alone.
    Date,
    /// An identity card number; from a register alone.
    Hkid,
}

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) id: &'static str,
    pub(crate) kind: Kind,
    /// The register and the field there that say it.
    pub(crate) register: Option<(&'static str, &'static str)>,
    /// Whether a person may say it themselves.
    pub(crate) own: bool,
}

const IDENTITY: &str = "identity-particulars";
const ADDRESS: &str = "address";

const fn register(id: &'static str, kind: Kind, from: (&'static str, &'static str)) -> Field {
    Field { id, kind, register: Some(from), own: false }
}

const fn own(id: &'static str, kind: Kind) -> Field {
    Field { id, kind, register: None, own: true }
}

const fn both(id: &'static str, kind: Kind, from: (&'static str, &'static str)) -> Field {
    Field { id, kind, register: Some(from), own: true }
}

/// Every field, in the order of pages. Names and addresses stand in both scripts, and are never converted.
pub(crate) const FIELDS: [Field; 16] = [
    both("name-en", Kind::Text, (IDENTITY, "name_en")),
    both("name-zh", Kind::Text, (IDENTITY, "name_tc")),
    register("hkid", Kind::Hkid, (IDENTITY, "hkid")),
    register("birth-date", Kind::Date, (IDENTITY, "date_of_birth")),
    register("sex", Kind::Choice(&["f", "m"]), (IDENTITY, "sex")),
    own("title", Kind::Choice(&["mr", "mrs", "miss", "ms", "dr", "prof"])),
    own("marital-status", Kind::Choice(&["single", "married", "divorced", "widowed"])),
    own("mobile", Kind::Phone),
    own("home-phone", Kind::Phone),
    own("office-phone", Kind::Phone),
    own("email", Kind::Mail),
    both("address-en", Kind::Lines, (ADDRESS, "address_en")),
    both("address-zh", Kind::Lines, (ADDRESS, "address_tc")),
    own("postal-address", Kind::Lines),
    own(
        "education",
        Kind::Choice(&["primary", "secondary", "post-secondary", "degree", "postgraduate"]),
    ),
    own("occupation", Kind::Text),
];

/// A field by its id.
pub(crate) fn field(id: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.id == id)
}

impl Field {
    /// A value as it is kept, or the code of what is wrong with it. `None`: nothing was written.
    pub(crate) fn read(&self, typed: &str) -> Result<Option<String>, &'static str> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let longest = if self.kind == Kind::Lines { 400 } else { 120 };
        let breaks =
            |c: char| c.is_control() && !(self.kind == Kind::Lines && matches!(c, '\n' | '\r'));
        if typed.chars().count() > longest || typed.chars().any(breaks) {
            return Err("value-form");
        }
        match self.kind {
            Kind::Text => Ok(Some(typed.to_owned())),
            Kind::Lines => Ok(Some(typed.replace("\r\n", "\n"))),
            Kind::Phone => match Phone::parse(typed) {
                Ok(phone) => Ok(Some(phone.into())),
                Err(wrong) => Err(wrong.code()),
            },
            Kind::Mail if is_mail(typed) => Ok(Some(typed.to_owned())),
            Kind::Mail => Err("address-form"),
            Kind::Choice(choices) if choices.contains(&typed) => Ok(Some(typed.to_owned())),
            Kind::Choice(_) | Kind::Date | Kind::Hkid => Err("value-form"),
        }
    }
}

/// Something before the at, a host with a dot behind it.
fn is_mail(typed: &str) -> bool {
    let Some((name, host)) = typed.rsplit_once('@') else { return false };
    let plain = |c: char| !c.is_whitespace() && c != '@' && !"<>()[],;:\\\"".contains(c);
    !name.is_empty()
        && typed.chars().filter(|c| *c != '@').all(plain)
        && !name.contains('@')
        && host.contains('.')
        && host.split('.').all(|part| !part.is_empty())
}
