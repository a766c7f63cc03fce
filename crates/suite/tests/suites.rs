//! Suites as people write them.

use std::fs;
use stepcast_suite::{Body, Check, Links, Suite};

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).expect("a suite")
}

#[test]
fn the_example_of_the_design_is_read() {
    let text = read("tests/fixtures/suites/design.yaml");
    let suite = Suite::parse(&text).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(suite.tests[3].steps[0].expect, [Check::Links(Links::default())]);
    let sign_in = suite.tests.iter().find(|test| test.name == "Sign in").expect("a test");
    let form = [("user", "${user}"), ("password", "${secret.password}"), ("csrf", "${csrf}")];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    assert_eq!(sign_in.steps[1].request.body, Some(Body::Form(form)));
}

#[test]
fn the_examples_are_good() {
    for name in ["shop", "broken", "documentation"] {
        let text = read(&format!("examples/{name}.yaml"));
        Suite::parse(&text).unwrap_or_else(|problems| panic!("{}", problems.render(name, &text)));
    }
}
