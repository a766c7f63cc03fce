//! Suites as people write them.

use std::fs;
use stepcast_protocol::suite::{Body, Suite};

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).expect("a suite")
}

#[test]
fn the_example_of_the_design_is_read_but_for_what_is_not_there_yet() {
    let text = read("tests/fixtures/suites/design.yaml");
    let problems = Suite::parse(&text).expect_err("`links` checks are for a later version");
    let told: Vec<_> = problems.0.iter().map(|problem| (problem.path.as_str(), problem.message.as_str())).collect();
    assert_eq!(told, [("tests[3].expect[0].links", "`links` checks are not available in this version")]);

    let suite = Suite::parse(&text.replace("links: { scope: same_host }", "status: 200")).expect("a suite");
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
