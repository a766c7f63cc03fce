//! Numbers that are compared by their whole part only: those of `toInt`, and days from or until now.

use super::{Matcher, Wanted, exists};
use crate::convert::kind::Kind;
use crate::hurl::Operator;
use crate::yaml::Yaml;

/// The requirement on the number, or on the date the days are counted to, for its whole part to compare with `number`
/// in this way.
pub(super) fn convert(operator: Operator, number: i64, is_negated: bool, kind: Kind) -> Option<Wanted> {
    let near = number.checked_sub(1)?..=number.checked_add(1)?;
    let equal =
        || -> Vec<Matcher> { [above(*near.start()), below(*near.end())].map(|bound| matcher(bound, kind)).into() };
    Some(match operator {
        Operator::Equal if is_negated => Wanted::none(vec![equal()]),
        Operator::Equal => Wanted::any(vec![equal()]),
        Operator::NotEqual if is_negated => Wanted::any_if_there(vec![equal()]),
        Operator::NotEqual => Wanted { any: vec![vec![exists(true)]], none: vec![equal()], of_nothing: false },
        _ => {
            let bound = match (operator, is_negated) {
                (Operator::Greater, false) | (Operator::LessOrEqual, true) => above(number),
                (Operator::GreaterOrEqual, false) | (Operator::Less, true) => above(*near.start()),
                (Operator::Less, false) | (Operator::GreaterOrEqual, true) => below(number),
                (Operator::LessOrEqual, false) | (Operator::Greater, true) => below(*near.end()),
                _ => return None,
            };
            let wanted = vec![vec![matcher(bound, kind)]];
            if is_negated { Wanted::any_if_there(wanted) } else { Wanted::any(wanted) }
        }
    })
}

/// A bound by the name of its matcher.
type Bound = (&'static str, i64);

/// The bound for a greater whole part. Numbers are cut off towards zero.
fn above(number: i64) -> Bound {
    if number >= 0 { ("at_least", number.saturating_add(1)) } else { ("above", number) }
}

fn below(number: i64) -> Bound {
    if number <= 0 { ("at_most", number.saturating_sub(1)) } else { ("below", number) }
}

fn matcher((name, number): Bound, kind: Kind) -> Matcher {
    let from_now = |days: i64| match days {
        0 => "now".to_owned(),
        days => format!("now{days:+}d"),
    };
    match kind {
        Kind::DaysAfter => (name, Yaml::Text(from_now(number))),
        // The more days ago, the earlier.
        Kind::DaysBefore => (mirrored(name), Yaml::Text(from_now(number.saturating_neg()))),
        _ => (name, Yaml::Number(number.into())),
    }
}

fn mirrored(name: &str) -> &'static str {
    match name {
        "above" => "below",
        "at_least" => "at_most",
        "below" => "above",
        _ => "at_least",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holds(matchers: &[Matcher], value: f64) -> bool {
        matchers.iter().all(|(name, bound)| {
            let Yaml::Number(bound) = bound else { return false };
            let bound = bound.as_f64().expect("a number");
            match *name {
                "above" => value > bound,
                "at_least" => value >= bound,
                "below" => value < bound,
                _ => value <= bound,
            }
        })
    }

    proptest! {
        #[test]
        fn bounds_hold_of_the_whole_part(tenths in -40_i32..40, number in -3_i64..4) {
            let value = f64::from(tenths) / 10.0;
            let whole = value.trunc();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let than = number as f64;
            let any = |operator| convert(operator, number, false, Kind::Truncated).expect("bounds").any.remove(0);
            prop_assert_eq!(holds(&any(Operator::Equal), value), (whole - than).abs() < 0.5);
            prop_assert_eq!(holds(&any(Operator::Greater), value), whole > than);
            prop_assert_eq!(holds(&any(Operator::GreaterOrEqual), value), whole >= than);
            prop_assert_eq!(holds(&any(Operator::Less), value), whole < than);
            prop_assert_eq!(holds(&any(Operator::LessOrEqual), value), whole <= than);
        }
    }

    #[test]
    fn days_ago_count_backwards() {
        let wanted = convert(Operator::Greater, 30, false, Kind::DaysBefore).expect("a bound");
        assert_eq!(wanted.any, [[("at_most", Yaml::text("now-31d"))]]);
        let wanted = convert(Operator::Less, 0, false, Kind::DaysAfter).expect("a bound");
        assert_eq!(wanted.any, [[("at_most", Yaml::text("now-1d"))]]);
    }
}
