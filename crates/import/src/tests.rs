//! Whatever a Hurl file contains, reading it ends, and the suite made of it is valid.

use super::hurl;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

/// The pieces of Hurl files, and near misses.
const PIECES: [&str; 72] = [
    "GET http://h/\n",
    "POST {{base}}/a?b=c#d\n",
    "TRACE http://h/\n",
    "get x\n",
    "HTTP 200\n",
    "HTTP/1.1 302\n",
    "HTTP *\n",
    "HTTP 99999999\n",
    "# A comment\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "accept: text/html\n",
    "Content-Length: 1\n",
    "x: ${a} {{b}} $${c} $\n",
    "bad\u{e9}name: x\n",
    "{{",
    "}}",
    "{{newUuid}}",
    "[Query]\n",
    "[Form]\n",
    "[Multipart]\n",
    "f: file,a.txt; text/plain\n",
    "[Cookies]\n",
    "[BasicAuth]\n",
    "[Options]\n",
    "[Captures]\n",
    "[Asserts]\n",
    "location: true\n",
    "retry: -1\n",
    "skip: true\n",
    "variable: a={{b}}\n",
    "variable: b={{a}}\n",
    "variable: é è=1\n",
    "max-time: 99h\n",
    "name: jsonpath \"$.a\"\n",
    "status == 200\n",
    "body == ",
    "header \"a\" ",
    "cookie \"a[Secure]\" ",
    "jsonpath \"$.a[*].b\" ",
    "jsonpath \"$[\" ",
    "xpath \"//a[1]\" ",
    "xpath \"count(//a)\" ",
    "regex /a(b)\\/c/ ",
    "regex \"(\" ",
    "bytes ",
    "redirects ",
    "certificate \"Subject\" ",
    "duration ",
    "count ",
    "nth -2147483649 ",
    "split \"\" ",
    "toDate \"%Q\" ",
    "base64Decode ",
    "not ",
    "exists\n",
    "isCollection\n",
    "isIpv4\n",
    "== 1e999\n",
    "== \"\\u{1F600}\\u{D800}\"\n",
    "> 18446744073709551616\n",
    "contains null\n",
    "{\"a\": [1, {{b}}, \"\\ud83d\\ude00{{c}}\"]}\n",
    "[[[[[[[[",
    "<a><b/></a>\n",
    "```json\n{\"${a}\": \"{{b}}\"}\n```\n",
    "```graphql\nquery { a }\nvariables {\"a\": 1}\n```\n",
    "`one line`\n",
    "base64,AA==;\n",
    "hex,ff;\n",
];

/// Reads a text and, if possible, makes a suite of it, which has to be valid.
fn import(text: &str) -> Result<(), TestCaseError> {
    if let Err(error) = hurl(Path::new("a ${b}.hurl"), text, &no_file) {
        prop_assert!(!error.to_string().contains("would not be valid"), "{error}");
    }
    Ok(())
}

fn no_file(path: &Path, _: usize) -> Result<Vec<u8>, String> {
    Err(format!("`{}` is not there", path.display()))
}

fn fixtures() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/import");
    let files = std::fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("a file").path());
    let hurl = files.filter(|path| path.extension().is_some_and(|extension| extension == "hurl"));
    hurl.map(|path| std::fs::read_to_string(path).expect("a Hurl file")).collect()
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        import(&text)?;
    }

    #[test]
    fn what_is_made_of_pieces_of_hurl_is_a_good_suite(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..24),
    ) {
        import(&pieces.concat())?;
        import(&format!("GET http://h/\nHTTP 200\n[Asserts]\n{}", pieces.concat()))?;
    }

    #[test]
    fn a_file_with_something_changed_is_a_good_suite(
        file in prop::sample::select(fixtures()),
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        piece in prop_oneof![prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned), any::<String>()],
    ) {
        let chars: Vec<char> = file.chars().collect();
        let from = at.index(chars.len());
        let to = (from + length).min(chars.len());
        let changed: String = chars[..from].iter().copied().chain(piece.chars()).chain(chars[to..].iter().copied()).collect();
        import(&changed)?;
    }
}

#[test]
fn what_a_name_cannot_have_is_left_out_of_it() {
    let text = "# One\ttwo\u{202e}\nGET http://h/\nHTTP 200\n";
    let made = hurl(Path::new("shop\u{7}s.hurl"), text, &no_file).expect("a suite");
    assert!(made.suite.contains("suite: shop s\n") && made.suite.contains("name: One two\n"), "{}", made.suite);
}

#[test]
fn fuzz_hurl() {
    stepcast_fuzz::fuzz(&stepcast_fuzz::languages::HURL, |text| {
        // The suite of a large file may be invalid: it may have too many steps.
        let _ = hurl(Path::new("a.hurl"), text, &no_file);
    });
}

#[test]
fn what_nests_without_an_end_is_refused() {
    for opening in ["[", "{\"a\":", "[{\"a\":"] {
        let text = format!("POST http://h/\n{}", opening.repeat(100_000));
        let error = hurl::read(&text).expect_err("too deep");
        assert!(error.message.contains("nested more than"), "{}", error.message);
    }
}
