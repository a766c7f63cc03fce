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
    lowest: String,
    highest: String,
    /// Whether the bounds themselves are rounded to it: of two doubles at the same distance the even one is taken
    is_even: bool,
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
        let lowest = decimal(4 * significand - below, exponent, true)?;
        let highest = decimal(4 * significand + 2, exponent, false)?;
        let is_even = significand.is_multiple_of(2);
        Some(if number < 0.0 {
            Self { lowest: format!("-{highest}"), highest: format!("-{lowest}"), is_even }
        } else {
            Self { lowest, highest, is_even }
        })
    }

    /// The matchers for a number that is rounded to it.
    pub fn equal(&self) -> [Matcher; 2] {
        [self.bound("at_least"), self.bound("at_most")]
    }

    /// The matcher for a number whose rounded value compares with it in this way.
    pub fn bound(&self, name: &str) -> Matcher {
        let bound = if matches!(name, "at_least" | "below") { &self.lowest } else { &self.highest };
        let name = match (name, self.is_even) {
            ("at_least", true) | ("above", false) => "at_least",
            ("at_least", false) | ("above", true) => "above",
            ("below", true) | ("at_most", false) => "below",
            _ => "at_most",
        };
        (name, Yaml::Written(bound.clone()))
    }
}

/// `significand` times two to the power of `exponent`, cut after some digits or rounded up there.
fn decimal(significand: u128, exponent: i32, up: bool) -> Option<String> {
    let places = exponent.unsigned_abs();
    if exponent >= 0 {
        return significand.checked_mul(2_u128.checked_pow(places)?).map(|whole| whole.to_string());
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
    let digits = if up && rest > 0 { digits + 1 } else { digits };
    let written = format!("{digits:0>width$}", width = behind + 1);
    let (whole, fraction) = written.split_at(written.len() - behind);
    Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stepcast_suite::number::Decimal;

    fn decimal_of((_, bound): &Matcher) -> Decimal<'_> {
        let Yaml::Written(bound) = bound else { panic!("{bound:?}") };
        Decimal::parse(bound).expect("a number")
    }

    #[test]
    fn bounds_are_half_way_to_the_neighbours() {
        let third = Rounded::to(1.0 / 3.0).expect("bounds");
        let [lowest, highest] = third.equal();
        assert_eq!(lowest, ("above", Yaml::Written("0.33333333333333328708".into())));
        assert_eq!(highest, ("below", Yaml::Written("0.33333333333333334258".into())));
        // Below a power of two the next double is half as far away.
        let [lowest, highest] = Rounded::to(9_007_199_254_740_992.0).expect("bounds").equal();
        assert_eq!(lowest, ("at_least", Yaml::Written("9007199254740991.5".into())));
        assert_eq!(highest, ("at_most", Yaml::Written("9007199254740993".into())));
        assert!(Rounded::to(0.0).is_none() && Rounded::to(1e-300).is_none() && Rounded::to(1e300).is_none());
    }

    proptest! {
        #[test]
        fn what_lies_between_is_rounded_to_it(number in prop_oneof![-1e15..1e15_f64, -1.0..1.0_f64, 1e-9..1e-6_f64]) {
            let Some(rounded) = Rounded::to(number) else { return Ok(()) };
            let [lowest, highest] = rounded.equal();
            for (_, bound) in [&lowest, &highest] {
                let Yaml::Written(bound) = bound else { panic!("{bound:?}") };
                let inside = bound.parse::<f64>().expect("a number");
                // A bound itself is rounded to it or, if it is exact, to its neighbour.
                let near = [number, number.next_up(), number.next_down()].map(f64::to_bits);
                prop_assert!(near.contains(&inside.to_bits()));
            }
            let written = [number.next_down(), number, number.next_up()].map(|number| number.to_string());
            let [before, own, next] = written.each_ref().map(|text| Decimal::parse(text).expect("a number"));
            prop_assert!(before < decimal_of(&lowest) && decimal_of(&lowest) < own);
            prop_assert!(own < decimal_of(&highest) && decimal_of(&highest) < next);
        }
    }
}
