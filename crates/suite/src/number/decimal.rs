//! Numbers by their digits. Comparing two takes time linear in their written length, however large they are.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use std::cmp::Ordering;

/// A number as it is written: an optional sign, digits with at most one point, an optional exponent of ten. Those that
/// have the same value are equal. Exponents beyond 2^120 are not read.
#[derive(Debug, Clone, Copy)]
pub struct Decimal<'t> {
    is_negative: bool,
    /// The significant digits, before and behind the point: no zero at either end
    whole: &'t str,
    fraction: &'t str,
    /// The place of the point, counted from the first of the digits
    point: i128,
}

impl<'t> Decimal<'t> {
    /// Reads a number as people write it in text, without thousands separators or units.
    pub fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let is_negative = text.starts_with('-');
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        Self::of_digits(is_negative, whole, fraction, exponent)
    }

    fn of_digits(is_negative: bool, whole: &'t str, fraction: &'t str, exponent: i128) -> Option<Self> {
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let mut number = Self { is_negative, whole, fraction, point: exponent.checked_add(length(whole))? };
        if whole.is_empty() {
            number.fraction = fraction.trim_start_matches('0');
            number.point = exponent.checked_sub(length(fraction))?.checked_add(length(number.fraction))?;
        }
        if fraction.is_empty() {
            number.whole = whole.trim_end_matches('0');
        }
        Some(number)
    }

    /// Whether it has no fraction.
    pub fn is_integer(&self) -> bool {
        length(self.whole).saturating_add(length(self.fraction)) <= self.point || self.is_zero()
    }

    /// The number of its significant digits.
    pub fn digits(&self) -> usize {
        self.whole.len().saturating_add(self.fraction.len())
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    fn sign(&self) -> i8 {
        match (self.is_zero(), self.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes())
    }
}

fn length(text: &str) -> i128 {
    i128::try_from(text.len()).unwrap_or(i128::MAX)
}

fn read_exponent(text: &str) -> Option<i128> {
    text.parse::<i128>().ok().filter(|exponent| exponent.unsigned_abs() < 1 << 120)
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign.is_ne() || self.is_zero() {
            return by_sign;
        }
        // Digits are compared from the first, so of two with the same beginning the longer is larger.
        let by_size = self.point.cmp(&other.point).then_with(|| self.bytes().cmp(other.bytes()));
        if self.is_negative { by_size.reverse() } else { by_size }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Decimal<'_> {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn numbers_of_one_value_are_equal() {
        for (one, other) in [
            ("1", "1.0"),
            ("1e2", "100"),
            ("-0", "0.000e7"),
            ("0.0012", "1.2e-3"),
            ("12e-1", " 1.20 "),
            ("+5", "5."),
            (".5", "0.50"),
            ("1e400", "0.1E+401"),
            ("1e1000000000", "10e999999999"),
            ("00100", "1e2"),
            ("1002.0", "100.2e1"),
        ] {
            assert_eq!(read(one), read(other), "{one} {other}");
        }
    }

    #[test]
    fn numbers_stand_in_the_order_of_their_values() {
        let ordered = [
            "-1e400",
            "-10.5",
            "-10",
            "-1e-9",
            "0",
            "1e-400",
            "0.09",
            "0.1",
            "0.10000000000000000001",
            "1",
            "9.99",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e1000000000",
            "1.1e1000000000",
        ];
        for (place, one) in ordered.iter().enumerate() {
            for (other_place, other) in ordered.iter().enumerate() {
                assert_eq!(read(one).cmp(&read(other)), place.cmp(&other_place), "{one} {other}");
            }
        }
    }

    #[test]
    fn integers_have_no_fraction_however_they_are_written() {
        for text in ["0", "-5", "5.0", "1e400", "1.25e2", "0.0", "120e-1"] {
            assert!(read(text).is_integer(), "{text}");
        }
        for text in ["0.5", "1.25e1", "1e-400", "12e-1"] {
            assert!(!read(text).is_integer(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        for text in [
            "",
            ".",
            "-",
            "e5",
            "1e",
            "1.2.3",
            "0x1",
            "inf",
            "NaN",
            "1,5",
            "--1",
            "1e99999999999999999999999999999999999999",
        ] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn they_compare_as_floats_do_where_those_differ(one in -1e9_f64..1e9, other in -1e9_f64..1e9) {
            let texts = (one.to_string(), format!("{other:e}"));
            prop_assert_eq!(Some(read(&texts.0).cmp(&read(&texts.1))), one.partial_cmp(&other));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "[-+]?[0-9.eE+-]{0,20}|.*") {
            let _ = Decimal::parse(&text).map(|number| number.is_integer());
        }
    }
}
