//! Says where redirects have led, for checks that did not expect them.

use crate::page::Page;
use stepcast_suite::Subject;

/// Names the final address, because an unexpected status may be that of another page.
pub fn hint(subject: &Subject, page: &Page) -> Option<String> {
    let response = page.response();
    let redirects = response.redirects.len();
    let is_about_the_way = matches!(subject, Subject::Status | Subject::Redirects) && redirects > 0;
    is_about_the_way.then(|| match redirects {
        1 => format!("a redirect led to `{}`", response.url),
        redirects => format!("{redirects} redirects led to `{}`", response.url),
    })
}
