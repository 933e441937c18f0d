use super::{Wrong, identifier, joined, masked_debug};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A telephone number as ITU-T E.164 writes it, `+85251234567`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);
identifier!(Phone);
masked_debug!(Phone);

/// What a number leads to, as far as the plans of Hong Kong and the Mainland say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneKind {
    /// A mobile.
    Mobile,
    /// A line to a place.
    Fixed,
    /// Of the right form, in a block that the plan as we know it does not give out. Blocks are opened all
    /// the time, so this is no refusal: whether a message arrives decides.
    Other,
    /// Of another country.
    Elsewhere,
}

/// First four digits of Hong Kong's mobiles (plan as in libphonenumber 9.0.43).
const MOBILE: &[RangeInclusive<u16>] = &[
    4060..=4063,
    4093..=4096,
    4243..=4246,
    4400..=4443,
    4445..=4499,
    4600..=4645,
    4647..=4666,
    4670..=4744,
    4748..=4748,
    4750..=4765,
    5100..=5149,
    5160..=5249,
    5253..=5257,
    5260..=5349,
    5354..=5358,
    5360..=5449,
    5460..=5549,
    5560..=5649,
    5660..=5669,
    5680..=5736,
    5740..=5749,
    5760..=5799,
    5900..=5958,
    5960..=5999,
    6010..=6261,
    6263..=6268,
    6270..=6665,
    6670..=6785,
    6790..=6859,
    6870..=6999,
    7010..=7059,
    7071..=7078,
    7080..=7088,
    7090..=7099,
    7101..=7104,
    8400..=8442,
    8480..=8483,
    8485..=8499,
    9010..=9109,
    9120..=9291,
    9293..=9391,
    9394..=9594,
    9596..=9597,
    9600..=9889,
    9899..=9899,
];
/// First four digits of Hong Kong's fixed lines.
const FIXED: &[RangeInclusive<u16>] = &[
    2100..=2219,
    2230..=2999,
    3100..=3129,
    3140..=3199,
    3400..=3429,
    3440..=3449,
    3460..=3529,
    3540..=3629,
    3640..=3729,
    3740..=3769,
    3790..=3799,
    3840..=3848,
    3850..=3865,
    3870..=3879,
    3890..=3929,
    3940..=3999,
    5801..=5809,
    5812..=5819,
];

impl Phone {
    /// Reads a number as people write it. Eight digits are Hong Kong's; eleven from 13 to 19 a Mainland
    /// mobile; any other country's begins with `+` or `00`.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let plain = joined(text)?.replace('.', "");
        let abroad = plain.strip_prefix('+').or_else(|| plain.strip_prefix("00"));
        let digits = abroad.unwrap_or(&plain);
        if !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(Wrong::PhoneForm);
        }
        let whole = match (abroad, digits.len()) {
            (None, 8) => format!("852{digits}"),
            (None, 11) if is_mainland_mobile(digits) => format!("86{digits}"),
            (None, 11) if digits.starts_with("852") => digits.to_owned(),
            (None, 13) if digits.starts_with("86") => digits.to_owned(),
            (None, _) => return Err(Wrong::PhoneForm),
            (Some(_), _) => digits.to_owned(),
        };
        if let Some(local) = whole.strip_prefix("852") {
            // 0 and 1 begin short codes and operators' prefixes.
            if local.len() != 8 || local.starts_with(['0', '1']) {
                return Err(Wrong::PhoneHongKong);
            }
        } else if let Some(local) = whole.strip_prefix("86") {
            // Many write the trunk's 0 before the area.
            let local = local.strip_prefix('0').unwrap_or(local);
            let fixed = (9..=11).contains(&local.len())
                && (local.starts_with("10") || !local.starts_with(['0', '1']));
            if !is_mainland_mobile(local) && !fixed {
                return Err(Wrong::PhoneMainland);
            }
            return Ok(Self(format!("+86{local}")));
        } else if !(7..=15).contains(&whole.len()) || whole.starts_with('0') {
            return Err(Wrong::PhoneForm);
        }
        Ok(Self(format!("+{whole}")))
    }

    /// What it leads to.
    pub fn kind(&self) -> PhoneKind {
        if let Some(local) = self.0.strip_prefix("+86") {
            return if is_mainland_mobile(local) { PhoneKind::Mobile } else { PhoneKind::Fixed };
        }
        let Some(local) = self.0.strip_prefix("+852") else { return PhoneKind::Elsewhere };
        let block = local.get(..4).and_then(|block| block.parse().ok()).unwrap_or(0);
        let within = |blocks: &[RangeInclusive<u16>]| blocks.iter().any(|one| one.contains(&block));
        match (within(MOBILE), within(FIXED)) {
            (true, _) => PhoneKind::Mobile,
            (_, true) => PhoneKind::Fixed,
            _ => PhoneKind::Other,
        }
    }

    /// As people read it: `+852 5123 4567`, `+86 131 2345 6789`.
    pub fn pretty(&self) -> String {
        let spaced = |code: &str, groups: [usize; 2]| {
            let local = self.0.strip_prefix(code)?;
            let (first, rest) = local.split_at_checked(groups[0])?;
            let (second, third) = rest.split_at_checked(groups[1])?;
            Some(format!("{code} {first} {second} {third}").trim_end().to_owned())
        };
        spaced("+852", [4, 4])
            .or_else(|| spaced("+86", [3, 4]).filter(|_| self.kind() == PhoneKind::Mobile))
            .unwrap_or_else(|| self.0.clone())
    }

    /// For pages and audit: the country's code where we know it, and the last three digits.
    pub fn masked(&self) -> String {
        let code = ["+852", "+86"].into_iter().find(|code| self.0.starts_with(code));
        let code = code.unwrap_or("+");
        let hidden = self.0.len() - code.len() - 3;
        format!("{code}{}{}", "*".repeat(hidden), &self.0[self.0.len() - 3..])
    }
}

fn is_mainland_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && !digits[1..].starts_with(['0', '1', '2'])
}
