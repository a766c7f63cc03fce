//! The suite of a Hurl file passes if the site is right and fails if it is wrong.

use super::command_line::{Files, run};
use stepcast_tests::Site;

const HURL: &str = r#"
# The form has a token
GET {{base}}/form
HTTP 200
Content-Type: text/html; charset=utf-8
[Captures]
csrf: xpath "string(//input[@name='csrf']/@value)"
[Asserts]
xpath "//form" count == 1
body not contains "Hello"

# Signing in needs it
POST {{base}}/login
[Options]
location: true
[Form]
csrf: {{csrf}}
password: {{password}}
HTTP 200
[Asserts]
url endsWith "/account"
redirects count == 1
xpath "string(//h1)" == "Hello, ana"

# The cookie stays
GET {{base}}/account
HTTP 200

# The answer that sets it leads elsewhere
POST {{base}}/login
[Form]
csrf: {{csrf}}
password: {{password}}
HTTP 303
Location: /account
[Asserts]
cookie "session" == "ana"

# A page that says what it is told to
GET {{base}}/echo
[Query]
text: {{page}}
HTTP *
[Asserts]
status < 300
jsonpath "$.items" count == 2
jsonpath "$.items[*].sku" contains "A1"
jsonpath "$.items[0].price" >= 9.5
jsonpath "$.items[0].sold" not exists
regex /"sku":"(\w)1"/ == "A"
body matches /^\{/
bytes count < 100
duration < 60000
"#;

const RIGHT: &str = r#"{"items":[{"sku":"A1","price":9.5},{"sku":"B2"}]}"#;
const WRONG: &str = r#"{"items":[{"sku":"A1","price":9},{"sku":"B2"}]}"#;

#[tokio::test]
async fn an_imported_suite_judges_like_the_file_it_was_made_of() {
    let (site, files) = (Site::start().await, Files::new());
    let hurl = files.write("shop.hurl", HURL);
    let suite = files.path("shop.yaml").display().to_string();
    let imported = run(&["import", &hurl, "--output", &suite]).await;
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    assert!(imported.stderr.ends_with(": 5 requests, 21 asserts: 21 carried over\n"), "{}", imported.stderr);

    let base = format!("base={}", site.base);
    for (page, password, code, failure) in [
        (RIGHT, "hunter2", 0, ""),
        (WRONG, "hunter2", 1, "json `$.items[0].price` type number and at_least 9.5"),
        (RIGHT, "hunter3", 1, "url ends_with \"/account\""),
    ] {
        let (page, password) = (format!("page={page}"), format!("password={password}"));
        let checked = run(&["check", &suite, "--var", &base, "--var", &page, "--var", &password]).await;
        assert_eq!(checked.code, code, "{page} {password}: {}{}", checked.stdout, checked.stderr);
        assert!(checked.stdout.contains(failure), "{}", checked.stdout);
    }
}
