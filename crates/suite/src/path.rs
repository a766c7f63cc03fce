//! The path to a node. It is put together only when it is reported: a key may be as long as a suite, and have a hundred
//! thousand values below it.

use std::fmt;
use std::rc::Rc;

/// A path like `tests[2].expect[0].css`; empty for the whole suite.
#[derive(Clone, Default)]
pub(super) struct Path<'a>(Option<Rc<Link<'a>>>);

struct Link<'a> {
    before: Path<'a>,
    part: Part<'a>,
}

enum Part<'a> {
    Key(&'a str),
    Item(usize),
    Written(String),
}

impl<'a> Path<'a> {
    /// A path that is written out.
    pub fn written(text: impl Into<String>) -> Self {
        Self::default().with(Part::Written(text.into()))
    }

    /// The path to the value of a key.
    pub fn key(&self, key: &'a str) -> Self {
        self.clone().with(Part::Key(key))
    }

    /// The path to an item of a list.
    pub fn item(&self, number: usize) -> Self {
        self.clone().with(Part::Item(number))
    }

    /// The path to the value of a key, as text.
    pub fn to_key(&self, key: &str) -> String {
        if self.0.is_none() { key.to_owned() } else { format!("{self}.{key}") }
    }

    /// Whether it leads to the headers of a step or of the defaults.
    pub fn is_of_headers(&self) -> bool {
        let is_key = |part: &Part, key: &str| matches!(part, Part::Key(own) if *own == key);
        let Some(link) = self.0.as_ref().filter(|link| is_key(&link.part, "headers")) else { return false };
        link.before.0.as_ref().is_some_and(|above| match &above.part {
            Part::Item(_) => true,
            part => is_key(part, "defaults") && above.before.0.is_none(),
        })
    }

    fn with(self, part: Part<'a>) -> Self {
        Self(Some(Rc::new(Link { before: self, part })))
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(link) = &self.0 else { return Ok(()) };
        link.before.fmt(f)?;
        match &link.part {
            Part::Key(key) if link.before.0.is_none() => f.write_str(key),
            Part::Key(key) => write!(f, ".{key}"),
            Part::Item(number) => write!(f, "[{number}]"),
            Part::Written(text) => f.write_str(text),
        }
    }
}
