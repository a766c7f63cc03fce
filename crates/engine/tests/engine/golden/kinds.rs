//! Which kinds of failures there have been, and which there could be.

use std::collections::BTreeSet;
use stepcast_engine::TestEnd;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::CheckResult;
use stepcast_suite::filter::FILTERS;
use stepcast_suite::matcher::MATCHERS;
use stepcast_suite::subject::SUBJECTS;
use stepcast_suite::{
    CertificateProperty, Check, CookieAttribute, HopAttribute, Matcher, Property, Subject, Test, ValueCheck,
};

/// Of each property one; the match in [`property`] fails to compile where one is missing.
const PROPERTIES: [&str; 6] = ["text", "texts", "html", "attr", "count", "exists"];
const GROUPS: [&str; 5] = ["any", "all", "not", "links", "error"];

/// The kinds that have been seen to fail.
#[derive(Default)]
pub struct Kinds(BTreeSet<String>);

impl Kinds {
    /// Notes what failed in a test of one step, and how any test ended.
    pub fn note(&mut self, test: &Test, end: &TestEnd) {
        self.add("outcome", end.outcome.as_str());
        let ([step], [state]) = (test.steps.as_slice(), end.steps.as_slice()) else { return };
        if step.expect.len() != state.checks.len() {
            return;
        }
        for (check, result) in step.expect.iter().zip(&state.checks) {
            if result.outcome == Outcome::Failed {
                self.note_check(check, result);
            }
        }
    }

    fn note_check(&mut self, check: &Check, result: &CheckResult) {
        match check {
            Check::One(check) => self.note_value(check, result),
            Check::Any(_) => self.add("group", "any"),
            Check::All(_) => self.add("group", "all"),
            Check::Not(_) => self.add("group", "not"),
            Check::Links(_) => self.add("group", "links"),
            Check::Error(_) => self.add("group", "error"),
        }
    }

    fn note_value(&mut self, check: &ValueCheck, result: &CheckResult) {
        let subject = check.subject.to_string();
        self.add("subject", subject.split(' ').next().unwrap_or_default());
        match &check.subject {
            Subject::Cookie { attribute: Some(attribute), .. } => self.add("cookie", attribute.name()),
            Subject::Hops { attribute, .. } => self.add("redirects", attribute.name()),
            Subject::Certificate(property) => self.add("cert", property.name()),
            Subject::Css { property, .. } => self.add("css", self::property(property)),
            _ => {}
        }
        let actual = result.actual.as_deref().unwrap_or_default();
        for filter in &check.filters {
            if actual.contains(&format!("which `{}` cannot use", filter.name())) {
                self.add("filter", filter.name());
            }
        }
        // Of several, another may be the one that failed.
        if let ([matcher], []) = (check.matchers.as_slice(), check.filters.as_slice()) {
            self.add("matcher", matcher.name());
            if let Matcher::Count(inner) = matcher {
                self.add("matcher", inner.name());
            }
        }
    }

    fn add(&mut self, kind: &str, name: &str) {
        self.0.insert(format!("{kind} {name}"));
    }

    /// What there could be and has not been.
    pub fn missing(self) -> Vec<String> {
        let all = [
            ("subject", SUBJECTS.to_vec()),
            ("matcher", MATCHERS.to_vec()),
            ("filter", FILTERS.to_vec()),
            ("css", PROPERTIES.to_vec()),
            ("group", GROUPS.to_vec()),
            ("cookie", CookieAttribute::ALL.map(CookieAttribute::name).to_vec()),
            ("redirects", HopAttribute::ALL.map(HopAttribute::name).to_vec()),
            ("cert", CertificateProperty::ALL.map(CertificateProperty::name).to_vec()),
            ("outcome", Outcome::ALL.map(Outcome::as_str).to_vec()),
        ];
        let wanted =
            all.into_iter().flat_map(|(kind, names)| names.into_iter().map(move |name| format!("{kind} {name}")));
        wanted.filter(|wanted| !self.0.contains(wanted)).collect()
    }
}

fn property(property: &Property) -> &'static str {
    match property {
        Property::Text => "text",
        Property::Texts => "texts",
        Property::Html => "html",
        Property::Attribute(_) => "attr",
        Property::Count => "count",
        Property::Exists => "exists",
    }
}
