//! Texts: `{{name}}` becomes `${name}`.

use crate::hurl::{Expression, Piece, Template};
use crate::notes::Unsaid;

/// A text as a template of a suite.
pub(super) fn text(template: &Template) -> Result<String, Unsaid> {
    encoded(template, literal)
}

/// The same with its literal text changed, but not what is filled in.
pub(super) fn encoded(template: &Template, encode: impl Fn(&str) -> String) -> Result<String, Unsaid> {
    let mut out = String::new();
    for piece in &template.0 {
        match piece {
            Piece::Text(text) => out.push_str(&encode(text)),
            Piece::Expression(expression) => {
                let name = reference(expression)?;
                if out.ends_with('$') {
                    let why =
                        "a `$` directly before a variable would be taken for an escape; make it part of the value";
                    return Unsaid::new(why);
                }
                out.push_str(&name);
            }
        }
    }
    Ok(out)
}

/// The reference that fills in a variable.
pub(super) fn reference(expression: &Expression) -> Result<String, Unsaid> {
    match expression {
        Expression::Variable(name) => Ok(format!("${{{name}}}")),
        Expression::Function(name) if name == "newUuid" => Ok("${new.uuid}".to_owned()),
        Expression::Function(name) if name == "newDate" => Ok("${new.date}".to_owned()),
        Expression::Function(name) => {
            Unsaid::new(format!("`{name}` generates a value, which a suite cannot do; give one with `--var`"))
        }
    }
}

/// A text in which nothing is to be filled in.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// The name of something, in which a suite fills nothing in.
pub(super) fn name(template: &Template) -> Result<String, Unsaid> {
    match template.literal() {
        Some(name) => Ok(name.to_owned()),
        None => Unsaid::new("its name has a variable in it, which a suite does not fill in there"),
    }
}

/// Percent-encoded, as in the query of an address.
pub(super) fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Whether something has to be filled in.
pub(super) fn has_variables(template: &Template) -> bool {
    template.literal().is_none()
}
