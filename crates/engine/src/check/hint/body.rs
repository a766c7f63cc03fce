//! Describes the body when it is not what the check looked for.

use crate::check::found::Found;
use crate::check::{look, part};
use crate::excerpt::beginning;
use crate::mask::{MASKED, Mask};
use crate::page::Page;
use stepcast_suite::Subject;

/// How much of it is quoted, in characters.
const QUOTED: usize = 60;

/// The beginning of the body.
pub fn describe(page: &Page, mask: &Mask) -> String {
    match page.text().trim_start() {
        "" => "it is empty".to_owned(),
        text => format!("it begins \"{}\"", beginning(text, QUOTED, mask)),
    }
}

/// Why a pattern finds nothing: it does not match the body, or the match does not include the group.
pub fn of_pattern(pattern: &str, group: Option<u32>, page: &Page, mask: &Mask) -> Option<String> {
    let whole = Subject::Regex { pattern: pattern.to_owned(), group: Some(0) };
    Some(match look::look(&whole, page).ok()? {
        Found::Text(text) => {
            let is_part = part::is_part_text(&text, &whole, &[], page, mask);
            let matched = if is_part { MASKED.to_owned() } else { beginning(&text, QUOTED, mask) };
            format!("the pattern matches \"{matched}\", but not its group {}", group.unwrap_or(1))
        }
        _ => format!("the pattern matches nothing in the body; {}", describe(page, mask)),
    })
}
