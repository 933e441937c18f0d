//! One-time codes of an app, after RFC 6238 and RFC 4226: six digits, thirty seconds, HMAC-SHA-1 as every app has it.

use aws_lc_rs::hmac;

/// How long a code stands, in seconds.
pub const STEP: i64 = 30;

/// The six digits of a step.
pub fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let at = usize::from(bytes[19] & 15);
    let number = bytes[at..at + 4].iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The step of a code that is good at `now` (seconds since 1970) and newer than the last one that was used: the
/// step of that moment, or a neighbour, since clocks differ.
pub fn good(secret: &[u8], code_given: &str, now: i64, last: i64) -> Option<i64> {
    let step = now.div_euclid(STEP);
    let fits = |at: &i64| {
        *at > last && crate::seal::same(code(secret, *at).as_bytes(), code_given.as_bytes())
    };
    [step - 1, step, step + 1].into_iter().find(fits)
}

#[cfg(test)]
mod tests {
    use super::{code, good};

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_of_a_clock_are_those_of_rfc_6238() {
        // RFC 6238 appendix B, the last six digits.
        for (at, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, at / 30), expected);
        }
    }

    #[test]
    fn the_codes_of_a_counter_are_those_of_rfc_4226() {
        // Appendix D.
        let all = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (count, expected) in (0..).zip(all) {
            assert_eq!(code(SECRET, count), expected);
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_half_a_minute_on_either_side() {
        let now = 1_111_111_111;
        let step = now / 30;
        for (off, fits) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = good(SECRET, &code(SECRET, step + off), now, 0);
            assert_eq!(found, fits.then_some(step + off));
        }
        assert_eq!(good(SECRET, &code(SECRET, step), now, step), None, "used");
        assert_eq!(good(SECRET, "", now, 0), None);
    }
}
