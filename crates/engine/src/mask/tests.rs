//! A secret is hidden however a page encodes it.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;

const SECRET: &str = "p&ss/w\"o'r d<ü>";
const PEM: &str =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHh2\nYlZ0a2pXbTJ5dGV4dA==\n-----END PRIVATE KEY-----";

fn mask(values: &[&str]) -> Mask {
    Mask::new(&values.iter().enumerate().map(|(n, value)| (n.to_string(), (*value).to_owned())).collect())
}

/// An encoding of a text.
type Writer = fn(&str) -> String;

fn each_byte(text: &str, write: impl Fn(u8) -> String) -> String {
    text.bytes().map(write).collect()
}

fn each_unit(text: &str, write: impl Fn(u16) -> String) -> String {
    text.encode_utf16().map(write).collect()
}

fn each_char(text: &str, write: impl Fn(u32) -> String) -> String {
    text.chars().map(|c| write(c.into())).collect()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#039;")
}

fn handlebars(text: &str) -> String {
    html(text).replace('=', "&#x3D;").replace('/', "&#x2F;").replace('`', "&#x60;")
}

fn json(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// JSON as Go and .NET write it.
fn careful_json(text: &str) -> String {
    let mut json = json(text);
    for c in ['<', '>', '&', '\'', '+'] {
        json = json.replace(c, &format!("\\u{:04X}", u32::from(c)));
    }
    json
}

fn in_lines(text: &str) -> String {
    let encoded = STANDARD.encode(text);
    encoded.as_bytes().chunks(10).map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>().join("\r\n")
}

fn utf16(text: &str) -> String {
    STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

fn jwt(text: &str) -> String {
    let payload = URL_SAFE_NO_PAD.encode(json!({ "sub": "ana", "password": text, "iat": 1 }).to_string());
    format!("eyJhbGciOiJIUzI1NiJ9.{payload}.c2lnbmF0dXJl")
}

const WRITERS: [(&str, Writer); 25] = [
    ("as it is", |text| text.to_owned()),
    ("every byte percent-encoded", |text| each_byte(text, |byte| format!("%{byte:02X}"))),
    ("every byte percent-encoded in small letters", |text| each_byte(text, |byte| format!("%{byte:02x}"))),
    ("a component of an address", |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()),
    ("a form", |text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect()),
    ("escape() of JavaScript", |text| each_unit(text, |unit| format!("%u{unit:04X}"))),
    ("JSON", json),
    ("JSON of PHP", |text| json(text).replace('/', "\\/")),
    ("JSON of Go and .NET", careful_json),
    ("JSON, every character escaped", |text| each_unit(text, |unit| format!("\\u{unit:04x}"))),
    ("JSON, every character escaped in capitals", |text| each_unit(text, |unit| format!("\\u{unit:04X}"))),
    ("JavaScript", |text| each_char(text, |c| format!("\\u{{{c:x}}}"))),
    ("bytes in a program", |text| each_byte(text, |byte| format!("\\x{byte:02x}"))),
    ("HTML", html),
    ("HTML of handlebars", handlebars),
    ("HTML in numbers", |text| each_char(text, |c| format!("&#{c};"))),
    ("HTML in numbers without semicolons", |text| each_char(text, |c| format!("&#{c}"))),
    ("HTML in hexadecimal numbers", |text| each_char(text, |c| format!("&#x{c:X};"))),
    ("hexadecimal", |text| each_byte(text, |byte| format!("{byte:02x}"))),
    ("hexadecimal in capitals with colons", |text| each_byte(text, |byte| format!("{byte:02X}:"))),
    ("Base64", |text| STANDARD.encode(text)),
    ("Base64 for addresses", |text| URL_SAFE_NO_PAD.encode(text)),
    ("Base64 in lines", in_lines),
    ("Base64 of UTF-16", utf16),
    ("the payload of a JWT", jwt),
];

#[test]
fn a_secret_is_hidden_however_it_is_written() {
    let mask = mask(&[SECRET]);
    for (name, write) in WRITERS {
        let text = write(SECRET);
        let hidden = mask.hide(&format!("a=\"{text}\" b"));
        let rest = hidden.replace(MASKED, "");
        assert!(hidden.contains(MASKED) && rest.len() < 12 || name.contains("JWT"), "{name}: {text} -> {hidden}");
    }
    for text in ["P&SS/W\"O'R D<Ü>", "p&ss/w\"o'r\r\n\td<ü>", "p%26ss/w\\\"o&apos;r+d\\x3C%fc&gt"] {
        assert_eq!(mask.hide(&format!("a {text} b")), "a *** b", "{text}");
    }
}

#[test]
fn a_secret_is_hidden_inside_longer_base64() {
    let mask = mask(&["correct horse"]);
    for user in ["", "a:", "ab:", "abc:"] {
        for text in [STANDARD.encode(format!("{user}correct horse!")), URL_SAFE.encode(format!("{user}correct horse"))]
        {
            let hidden = mask.hide(&text);
            assert!(hidden.contains(MASKED) && hidden.len() < 14, "{hidden}");
        }
    }
}

#[test]
fn what_stands_beside_a_secret_in_a_token_is_left() {
    assert_eq!(mask(&["hunter2hunter2"]).hide("+ hunter2hunter2\\+ +x"), "***x");
    let hidden = mask(&["correct horse"]).hide(&jwt("correct horse"));
    let (before, after) = hidden.split_once(MASKED).expect("a secret");
    assert!(before.starts_with("eyJhbGciOiJIUzI1NiJ9.eyJ") && after.ends_with(".c2lnbmF0dXJl"), "{hidden}");
}

#[test]
fn a_key_is_hidden_however_its_lines_are_broken() {
    let mask = mask(&[PEM]);
    let key: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
    for text in [
        PEM.replace('\n', "\r\n"),
        PEM.replace('\n', "\\n"),
        PEM.replace('\n', " "),
        PEM.replace('\n', "&#10;"),
        PEM.replace('\n', ""),
        format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----"),
        utf8_percent_encode(&PEM.replace('\n', "\r\n"), NON_ALPHANUMERIC).to_string(),
    ] {
        assert_eq!(mask.hide(&format!("key: {text}.")), "key: ***.", "{text}");
    }
}

#[test]
fn case_matters_in_a_short_secret() {
    assert_eq!(mask(&["Hunter2"]).hide("Hunter2 hunter2 HUNTER2"), "*** *** HUNTER2");
    assert_eq!(mask(&["Hunter22"]).hide("Hunter22 hunter22 HUNTER22"), "*** *** ***");
}

#[test]
fn overlapping_secrets_leave_nothing_behind() {
    assert_eq!(mask(&["abcdef", "defghi", "abcd"]).hide("<abcdefghi>"), "<***>");
    assert_eq!(mask(&["abcd"]).hide("abcdabcd"), "******");
    // If several end at the same place, the longest counts.
    let nested: Vec<String> = (4..60).map(|length| format!("{}b", "a".repeat(length))).collect();
    let nested: Vec<&str> = nested.iter().map(String::as_str).collect();
    assert_eq!(mask(&nested).hide(&format!("<{}b>", "a".repeat(59))), "<***>");
}

#[test]
fn short_secrets_are_left_alone() {
    assert_eq!(mask(&["abc", "", "    "]).hide("abc    abc"), "abc    abc");
}

#[test]
fn a_secret_across_the_cut_is_hidden_whole() {
    let mask = mask(&["correct horse"]);
    assert_eq!(mask.hide_start("a correct horse b", 5), "a ***");
    assert_eq!(mask.hide_start("ü correct horse b", 1), "");
    assert_eq!(mask.hide_start("no secret", 5), "no se");
    let written = each_byte("correct horse", |byte| format!("%25{byte:02x}"));
    assert_eq!(mask.hide_start(&format!("a {written} b"), 5), "a ***");
}

#[test]
fn a_secret_is_found_wherever_a_long_text_is_cut_for_looking_at_it() {
    let mask = mask(&["correct horse"]);
    for before in (65_290..65_560).step_by(9).chain([131_060]) {
        let text = format!("{}correct%20horse", ".".repeat(before));
        assert!(mask.hide(&text).ends_with(".***"), "{before}");
    }
}

/// How many characters a secret has once its own escapes are decoded and its white space is folded. A backslash at the
/// end escapes what follows, so it does not count.
fn fewest_characters(secret: &str) -> usize {
    let mut view = View::of(secret.trim().trim_end_matches('\\').as_bytes());
    while let Some(decoded) = escapes::decode(&view) {
        view = decoded;
    }
    let decoded = String::from_utf8_lossy(&view.bytes);
    decoded.trim_end_matches('\\').split_whitespace().collect::<Vec<_>>().join(" ").chars().count()
}

/// Texts with characters that the encodings treat in a special way, and others.
fn secrets() -> impl Strategy<Value = String> {
    let special = prop::sample::select("%&\\+ =/<>'\"#;:x0uüßÉ€😀\n".chars().collect::<Vec<_>>());
    let c = prop_oneof![special, prop::char::range('!', '~')];
    let secret = prop::collection::vec(c, 4..24).prop_map(|chars| chars.into_iter().collect::<String>());
    secret.prop_filter("a secret of four characters", |secret| fewest_characters(secret) >= 4)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000, rng_seed: RngSeed::Fixed(10), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_secret_is_hidden_written_in_any_two_ways(
        secret in secrets(),
        inner in prop::sample::select(WRITERS.to_vec()),
        outer in prop::sample::select(WRITERS.to_vec()),
    ) {
        let secret = secret.trim();
        let written = outer.1(&inner.1(secret));
        let hidden = mask(&[secret]).hide(&format!("<p title=\"{written}\">"));
        prop_assert!(hidden.contains(MASKED), "{secret:?} in {} in {}: {written}", inner.0, outer.0);
        if ![inner.0, outer.0].iter().any(|name| name.contains("JWT")) {
            // Base64 leaves its padding and line breaks; a dump leaves its last colon, which may be escaped.
            prop_assert!(hidden.replace(MASKED, "").len() < "<p title=\"\">".len() + 40, "{secret:?}: {hidden}");
        }
    }

    #[test]
    fn a_long_secret_is_hidden_in_any_case(
        secret in "[ -~üÉß]{0,3}[!-*,-~]{9}[ -~üÉß]{0,9}",
        writer in prop::sample::select(WRITERS.to_vec()),
    ) {
        for text in [secret.to_uppercase(), secret.to_lowercase()] {
            let hidden = mask(&[&secret]).hide(&format!("<{}>", writer.1(&text)));
            prop_assert!(hidden.contains(MASKED), "{secret:?} {}: {hidden}", writer.0);
        }
    }

    #[test]
    fn any_text_is_looked_through(text in any::<String>(), pieces in prop::collection::vec("[%&\\\\]?[#xu]{0,2}[0-9a-fA-F]{0,9};?", 0..9)) {
        let text = text + &pieces.concat();
        let hidden = mask(&["0123", "abcdabcd"]).hide(&text);
        prop_assert!(hidden.len() <= text.len() + 3 * text.len());
        prop_assert_eq!(Mask::default().hide(&text), text);
    }
}
