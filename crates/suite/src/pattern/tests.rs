use super::*;

/// A hundredth of what is allowed, which is soon used up.
const LITTLE: usize = WORK / 100;

fn pattern(text: &str) -> Pattern {
    Pattern::within(&[text.to_owned()], LITTLE).expect(text)
}

fn find(text: &str, group: Option<u32>, page: &str) -> Result<Option<String>, TooLong> {
    pattern(text).find(page, group).map(|found| found.map(str::to_owned))
}

/// Long enough to need the engine for large patterns and texts.
fn long_text(of: &str, text: &str) -> String {
    text.repeat(1 + LITTLE / pattern(of).size() / text.len())
}

/// A pattern that is in another state after every byte of `hostile_text`.
const HOSTILE: &str = "[ab]*a[ab]{904}c";

/// `a` and `b` without a period.
fn hostile_text(length: usize) -> String {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 { 'a' } else { 'b' }
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn what_is_found_is_the_same_whichever_engine_is_asked() {
    for (text, group, end, expected) in [
        (r"(\w{1,20})@(\w{1,20})!", None, "someone@somewhere!", "someone"),
        (r"(\w{1,20})@(\w{1,20})!", Some(2), "someone@somewhere!", "somewhere"),
        (r"(\w{1,20})@(\w{1,20})!", Some(0), "someone@somewhere!", "someone@somewhere!"),
        (r"\b(?:\w{1,20}@|b)\w{1,20}$", None, " a@bc", "a@bc"),
        (r"(a|ab)(c|bcd)[\w]{0,20}", Some(2), "abcd", "bcd"),
        (r"(a|ab)(c|bcd)(?:\w{20})?", Some(0), "abcd", "abcd"),
        (r"(?:\w{20}|(x))y|z", None, "z", "z"),
    ] {
        let expected = Ok(Some(expected.to_owned()));
        assert_eq!(find(text, group, end), expected, "{text}");
        assert_eq!(find(text, group, &(long_text(text, ". ") + end)), expected, "{text}, in a long text");
    }
}

#[test]
fn patterns_that_would_take_too_long_are_given_up() {
    let text = hostile_text(long_text(HOSTILE, "a").len());
    assert_eq!(find(HOSTILE, None, &text), Err(TooLong::States));
    assert_eq!(pattern(HOSTILE).is_match(&text), Err(TooLong::States));
    assert_eq!(find(HOSTILE, None, &text[..1_000]), Ok(None));
}

#[test]
fn work_is_counted_over_all_texts() {
    let (hostile, text) = (pattern(HOSTILE), hostile_text(100_000));
    let asked = (0..100).map(|part| hostile.is_match(&text[part * 1_000..][..1_000]));
    let answered = asked.take_while(|found| *found == Ok(false)).count();
    assert!((1..100).contains(&answered), "{answered}");
}

#[test]
fn what_the_groups_matched_is_looked_for_in_what_the_whole_did_only() {
    let quoted = r"<((?:\w{1,20} ?)*)>";
    let text = long_text(quoted, "words ");
    assert_eq!(find(quoted, Some(1), &format!("{text}<a b>")), Ok(Some("a b".to_owned())));
    assert_eq!(find(quoted, Some(1), &format!("<{text}>")), Err(TooLong::States));
}

#[test]
fn ends_of_words_are_slow_where_words_are_not_ascii() {
    let word = r"\bprice\b";
    assert_eq!(find(word, None, &(long_text(word, ". ") + "price")), Ok(Some("price".to_owned())));
    assert_eq!(find(word, None, &(long_text(word, "é ") + "price")), Err(TooLong::WordBoundary));
    let ascii = r"(?-u:\b)price(?-u:\b)";
    assert_eq!(find(ascii, None, &(long_text(ascii, "é ") + "price")), Ok(Some("price".to_owned())));
}

#[test]
fn of_several_patterns_any_may_match() {
    let several = Pattern::any_of(&["^a".to_owned(), "b$".to_owned()]).expect("patterns");
    assert_eq!(
        ["ax", "xb", "xab", "xax"].map(|text| several.is_match(text)),
        [Ok(true), Ok(true), Ok(true), Ok(false)]
    );
    assert_eq!(Pattern::any_of(&[]).expect("no patterns").is_match("a"), Ok(false));
}

#[test]
fn errors_say_what_is_wrong_in_a_line() {
    let error = |pattern: &str| Pattern::new(pattern).expect_err(pattern).to_string();
    assert_eq!(error("(a"), "unclosed group");
    assert_eq!(
        error("(a{1,1000}){1,1000}"),
        "it takes more than 10485760 bytes of memory; use fewer or smaller repetitions"
    );
}
