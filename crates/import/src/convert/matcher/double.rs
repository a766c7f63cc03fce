//! Numbers that Hurl rounds to a double: every number that is rounded to the same double is equal to it.

use super::Matcher;
use crate::yaml::Yaml;

/// Bits of a double's significand that are stored (IEEE 754, binary64).
const STORED_BITS: u32 = 52;
/// The number of digits from which a double is compared with all numbers that are rounded to it: with fewer digits, it
/// is the only short number near.
const LONG: usize = 16;
/// The digits of a written bound: enough that no number ever occurs between it and the true bound.
const BOUND_DIGITS: u128 = 10_u128.pow(19);
/// Most binary places behind the point of a bound: ten times so much still fits.
const PLACES: u32 = 120;

/// The numbers that are rounded to one double.
pub(super) struct Rounded {
    lowest: Bound,
    highest: Bound,
}

/// Where the numbers that are rounded to a double end.
struct Bound {
    written: String,
    /// Whether the written bound is itself rounded to the double. A bound that was cut lies inside and is; an exact
    /// one is if the double is even, which is the one taken of two doubles at the same distance.
    is_included: bool,
}

/// Whether a double is written with so many digits that others would be rounded to it.
pub(super) fn is_long(number: f64) -> bool {
    number.to_string().chars().filter(char::is_ascii_digit).collect::<String>().trim_matches('0').len() >= LONG
}

impl Rounded {
    /// Those that are rounded to `number`, unless it is zero, or too large or small to write its bounds.
    pub fn to(number: f64) -> Option<Self> {
        let bits = number.abs().to_bits();
        let exponent = u32::try_from(bits >> STORED_BITS).ok().filter(|exponent| *exponent > 0)?;
        let stored = bits & ((1 << STORED_BITS) - 1);
        let significand = u128::from(stored | 1 << STORED_BITS);
        // Four times the significand, so that half of the way to the next double, or a quarter, is a whole number.
        let exponent = i32::try_from(exponent).ok()? - 1075 - 2;
        let below = if stored == 0 { 1 } else { 2 };
        let is_even = significand.is_multiple_of(2);
        let bound = |significand, toward| {
            let (digits, is_exact) = decimal(significand, exponent, toward)?;
            let sign = if number < 0.0 { "-" } else { "" };
            Some(Bound { written: format!("{sign}{digits}"), is_included: is_even || !is_exact })
        };
        let near_zero = bound(4 * significand - below, Cut::Up)?;
        let far_from_zero = bound(4 * significand + 2, Cut::Down)?;
        Some(if number < 0.0 {
            Self { lowest: far_from_zero, highest: near_zero }
        } else {
            Self { lowest: near_zero, highest: far_from_zero }
        })
    }

    /// The matchers for a number that is rounded to it.
    pub fn equal(&self) -> [Matcher; 2] {
        [self.bound("at_least"), self.bound("at_most")]
    }

    /// The matcher for a number whose rounded value compares with it in this way.
    pub fn bound(&self, name: &str) -> Matcher {
        let bound = if matches!(name, "at_least" | "below") { &self.lowest } else { &self.highest };
        let name = match (name, bound.is_included) {
            ("at_least", true) | ("above", false) => "at_least",
            ("at_least", false) | ("above", true) => "above",
            ("below", true) | ("at_most", false) => "below",
            _ => "at_most",
        };
        (name, Yaml::Written(bound.written.clone()))
    }
}

/// Which way a number goes that has too many digits to be written.
#[derive(Clone, Copy)]
enum Cut {
    Up,
    Down,
}

/// `significand` times two to the power of `exponent`, cut after some digits, and whether it is exact.
fn decimal(significand: u128, exponent: i32, cut: Cut) -> Option<(String, bool)> {
    let places = exponent.unsigned_abs();
    if exponent >= 0 {
        return significand.checked_mul(2_u128.checked_pow(places)?).map(|whole| (whole.to_string(), true));
    }
    if places > PLACES {
        return None;
    }
    let (mut digits, mut rest) = (significand >> places, significand & ((1 << places) - 1));
    let mut behind = 0;
    while rest > 0 && digits < BOUND_DIGITS {
        rest *= 10;
        digits = digits * 10 + (rest >> places);
        rest &= (1 << places) - 1;
        behind += 1;
    }
    let is_exact = rest == 0;
    let digits = match cut {
        Cut::Up if !is_exact => digits + 1,
        Cut::Up | Cut::Down => digits,
    };
    let written = format!("{digits:0>width$}", width = behind + 1);
    let (whole, fraction) = written.split_at(written.len() - behind);
    Some((if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }, is_exact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stepcast_suite::number::Decimal;

    fn bound_of((_, bound): &Matcher) -> &str {
        let Yaml::Written(bound) = bound else { panic!("{bound:?}") };
        bound
    }

    /// Whether all matchers hold of the number that is written so, as the engine compares it: exactly.
    fn hold(matchers: &[Matcher], written: &str) -> bool {
        let number = Decimal::parse(written).expect("a number");
        matchers.iter().all(|matcher| {
            let bound = Decimal::parse(bound_of(matcher)).expect("a number");
            match matcher.0 {
                "above" => number > bound,
                "at_least" => number >= bound,
                "below" => number < bound,
                "at_most" => number <= bound,
                other => panic!("{other}"),
            }
        })
    }

    /// Numbers of 17 digits and fewer about a double, with its neighbours: what texts of it look like.
    fn written_near(number: f64) -> Vec<String> {
        let texts = [number.next_down(), number, number.next_up()].map(|near| near.to_string());
        let rounded = (14..=17).map(|digits| format!("{number:.digits$e}"));
        texts.into_iter().chain(rounded).collect()
    }

    fn check_near(number: f64) {
        let Some(rounded) = Rounded::to(number) else { return };
        let equal = rounded.equal();
        let bounds = equal.each_ref().map(|bound| bound_of(bound).to_owned());
        for written in written_near(number).iter().chain(&bounds) {
            let is_rounded_to_it = written.parse::<f64>().expect("a number").to_bits() == number.to_bits();
            assert_eq!(hold(&equal, written), is_rounded_to_it, "{number:?}: {written} and {equal:?}");
        }
    }

    #[test]
    fn bounds_are_half_way_to_the_neighbours() {
        let third = Rounded::to(1.0 / 3.0).expect("bounds");
        let [lowest, highest] = third.equal();
        assert_eq!(lowest, ("at_least", Yaml::Written("0.33333333333333328708".into())));
        assert_eq!(highest, ("at_most", Yaml::Written("0.33333333333333334258".into())));
        // Below a power of two the next double is half as far away.
        let [lowest, highest] = Rounded::to(9_007_199_254_740_992.0).expect("bounds").equal();
        assert_eq!(lowest, ("at_least", Yaml::Written("9007199254740991.5".into())));
        assert_eq!(highest, ("at_most", Yaml::Written("9007199254740993".into())));
        assert!(Rounded::to(0.0).is_none() && Rounded::to(1e-300).is_none() && Rounded::to(1e300).is_none());
    }

    /// The shortest text of a double can lie so near the end of its numbers that the bound is cut to that text.
    #[test]
    fn a_bound_that_was_cut_is_included() {
        check_near(-0.114_452_324_351_180_1);
        check_near(0.114_452_324_351_180_1);
    }

    proptest! {
        #[test]
        fn what_lies_between_is_rounded_to_it(number in prop_oneof![-1e15..1e15_f64, -1.0..1.0_f64, 1e-9..1e-6_f64]) {
            check_near(number);
        }
    }
}
