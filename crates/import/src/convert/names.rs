//! Names with variables in them. A suite fills in values but not names, so the known values are put in here.

use crate::hurl::{
    Body, Capture, Entry, EntryOption, Expression, Pair, Part, Piece, Query, Request, Template, Test, Value,
};
use std::collections::BTreeMap;

/// The entries with every variable in a name replaced by its value in the `[Options]` of that entry or one before it.
pub(super) fn filled_in(entries: &[Entry]) -> Vec<Entry> {
    let mut known = Known::default();
    let mut entries = entries.to_vec();
    for entry in &mut entries {
        for option in &mut entry.request.options {
            known.take(option);
        }
        known.fill_in_request(&mut entry.request);
        for header in entry.response.iter_mut().flat_map(|response| &mut response.headers) {
            known.fill_in(&mut header.key);
        }
        let Some(response) = &mut entry.response else { continue };
        for capture in &mut response.captures {
            known.fill_in_capture(capture);
        }
        for assert in &mut response.asserts {
            known.fill_in_query(&mut assert.query);
            // A text that is compared by order has to be known.
            if let Test::Compare(operator, Value::Text(template)) = &mut assert.predicate.test
                && operator.is_order()
            {
                known.fill_in(template);
            }
        }
        for capture in &response.captures {
            known.forget(capture.name.literal());
        }
    }
    entries
}

/// The values of variables that are known before anything is requested.
#[derive(Default)]
struct Known(BTreeMap<String, String>);

impl Known {
    fn take(&mut self, option: &mut EntryOption) {
        if option.name != "variable" {
            self.fill_in(&mut option.value);
            return;
        }
        let Some(Piece::Text(first)) = option.value.0.first() else { return };
        let Some((name, value)) = first.split_once('=') else { return };
        let (name, value) = (name.trim().to_owned(), value.trim_start());
        if option.value.literal().is_some() {
            let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            self.0.insert(name, unquoted.unwrap_or(value).to_owned());
        } else {
            self.forget(Some(&name));
        }
    }

    fn forget(&mut self, name: Option<&str>) {
        name.and_then(|name| self.0.remove(name));
    }

    fn fill_in_request(&self, request: &mut Request) {
        let pairs = [&mut request.headers, &mut request.query, &mut request.form, &mut request.cookies];
        pairs.into_iter().flatten().for_each(|Pair { key, .. }| self.fill_in(key));
        for part in &mut request.multipart {
            match part {
                Part::Field(pair) => self.fill_in(&mut pair.key),
                Part::File { name, path, .. } => {
                    self.fill_in(name);
                    self.fill_in(path);
                }
            }
        }
        if let Some(Body::File(name)) = request.body.as_mut().map(|body| &mut body.value) {
            self.fill_in(name);
        }
    }

    fn fill_in_capture(&self, capture: &mut Capture) {
        self.fill_in(&mut capture.name);
        self.fill_in_query(&mut capture.query);
    }

    fn fill_in_query(&self, query: &mut Query) {
        if let Query::Header(name) | Query::Cookie { name, .. } | Query::Variable(name) = query {
            self.fill_in(name);
        }
    }

    fn fill_in(&self, template: &mut Template) {
        let mut filled = Template::default();
        for piece in std::mem::take(&mut template.0) {
            match &piece {
                Piece::Expression(Expression::Variable(name)) if self.0.contains_key(name) => {
                    self.0[name].chars().for_each(|c| filled.push(c));
                }
                Piece::Text(text) => text.chars().for_each(|c| filled.push(c)),
                Piece::Expression(_) => filled.0.push(piece),
            }
        }
        *template = filled;
    }
}
