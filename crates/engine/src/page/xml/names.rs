//! Resolves the namespaces of names: <https://www.w3.org/TR/xml-names/>

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::Problem;
use html5ever::Namespace;
use std::collections::HashMap;
use stepcast_suite::selector::Prefixes;

/// Most namespace declarations in effect at one place.
const DECLARATIONS: usize = 1_000;
/// The namespace of `xml:`, which needs no declaration.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The prefix for names that have none but are in a namespace.
const DEFAULT: &str = "_";

/// The declarations in effect at the parser's position.
#[derive(Default)]
pub struct Names {
    /// The innermost last; the default namespace has an empty prefix
    known: HashMap<String, Vec<Namespace>>,
    /// The prefixes that each open element declares
    open: Vec<Vec<String>>,
    holding: usize,
    declared: Prefixes,
}

impl Names {
    /// Begins an element.
    pub fn enter(&mut self) {
        self.open.push(Vec::new());
    }

    /// Ends the innermost element.
    pub fn leave(&mut self) {
        for prefix in self.open.pop().unwrap_or_default() {
            self.holding = self.holding.saturating_sub(1);
            if let Some(namespaces) = self.known.get_mut(&prefix) {
                namespaces.pop();
            }
        }
    }

    /// Handles an attribute that declares a namespace; returns false for other attributes.
    pub fn declare(&mut self, attribute: &str, namespace: &str, is_root: bool) -> Result<bool, Problem> {
        let prefix = match split(attribute) {
            (None, "xmlns") => "",
            (Some("xmlns"), prefix) => prefix,
            _ => return Ok(false),
        };
        if !prefix.is_empty() && namespace.is_empty() {
            return Err(format!("the prefix `{prefix}` has an empty namespace").into());
        }
        if self.holding == DECLARATIONS {
            return Err(Problem::TooMany("1000 declarations of namespaces at one place"));
        }
        self.holding = self.holding.saturating_add(1);
        self.known.entry(prefix.to_owned()).or_default().push(namespace.into());
        if let Some(open) = self.open.last_mut() {
            open.push(prefix.to_owned());
        }
        match prefix {
            "" if is_root && !namespace.is_empty() => {
                self.declared.insert(DEFAULT.to_owned(), namespace.to_owned());
            }
            "" => {}
            // If a document declares a prefix several times, the first declaration counts.
            _ => {
                self.declared.entry(prefix.to_owned()).or_insert_with(|| namespace.to_owned());
            }
        }
        Ok(true)
    }

    /// The namespace of an element's name.
    pub fn of_element(&self, name: &str) -> Result<Namespace, Problem> {
        check(name)?;
        match split(name).0 {
            Some(prefix) => self.of_prefix(prefix),
            None => Ok(self.find("").cloned().unwrap_or_default()),
        }
    }

    /// The namespace of an attribute's name; a name without a prefix has none.
    pub fn of_attribute(&self, name: &str) -> Result<Namespace, Problem> {
        check(name)?;
        split(name).0.map_or_else(|| Ok(Namespace::default()), |prefix| self.of_prefix(prefix))
    }

    fn of_prefix(&self, prefix: &str) -> Result<Namespace, Problem> {
        match self.find(prefix) {
            Some(namespace) => Ok(namespace.clone()),
            None if prefix == "xml" => Ok(XML.into()),
            None => Err(format!("the prefix `{prefix}` is not declared").into()),
        }
    }

    fn find(&self, prefix: &str) -> Option<&Namespace> {
        self.known.get(prefix)?.last()
    }

    /// The namespaces of the document's prefixes.
    pub fn declared(self) -> Prefixes {
        let mut declared = self.declared;
        declared.entry("xml".to_owned()).or_insert_with(|| XML.to_owned());
        declared
    }
}

/// Splits a name into its prefix and the rest.
pub fn split(name: &str) -> (Option<&str>, &str) {
    name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local))
}

fn check(name: &str) -> Result<(), Problem> {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    let is_part = |c: char| is_start(c) || c.is_numeric() || !c.is_ascii() || matches!(c, '-' | '.');
    let is_name = |text: &str| text.starts_with(is_start) && text.chars().all(is_part);
    let (prefix, local) = split(name);
    if prefix.is_none_or(is_name) && is_name(local) {
        Ok(())
    } else {
        Err(format!("`{name}` is not a valid name").into())
    }
}
