//! Translates a Hurl file into a suite.
//!
//! A file becomes one test, because its entries share cookies and variables; an entry becomes a step. What a suite
//! cannot express is left out with a note, and so is everything that the suite's own reader rejects.

mod assert;
mod body;
mod capture;
mod encoding;
mod failing;
mod file;
mod filter;
mod json;
mod kind;
mod matcher;
mod names;
mod options;
mod pairs;
mod refusal;
mod request;
mod response;
mod same;
mod subject;
mod text;
mod unset;

pub(super) use file::Folder;

use super::hurl::Entry;
use super::notes::{Kind, Note, Tally, Unsaid};
use super::yaml::{Item, Yaml};
use options::Options;
use stepcast_suite::document::Position;
use stepcast_suite::limits::{NAME_BYTES, STEPS_PER_TEST};
use stepcast_suite::plain;

/// The key that says whether redirects are followed.
const FOLLOW: &str = "follow";

/// A suite made of a Hurl file, and what to know about it.
pub(super) struct Converted {
    pub suite: Yaml,
    pub tally: Tally,
    /// Variables that nothing in the file gives a value
    pub unset: Vec<String>,
}

/// The state of the conversion.
pub(super) struct Context<'a> {
    folder: Folder<'a>,
    notes: Vec<Note>,
    tally: Tally,
    vars: Vec<(String, String)>,
    /// Captures of values without a text, which only matter if they are filled in somewhere
    textless: Vec<(Position, String)>,
    /// Whether an entry does not verify certificates
    is_insecure: bool,
    /// Whether the file is about how numbers are rounded
    rounds: bool,
}

/// A step with the comments around it.
#[derive(Clone)]
struct Step {
    at: Position,
    above: Vec<String>,
    keys: Vec<(String, Yaml)>,
    below: Vec<String>,
}

impl Context<'_> {
    fn note(&mut self, at: Position, kind: Kind, text: impl Into<String>) {
        self.notes.push(Note { at, kind, text: text.into() });
    }

    /// Notes what is left out, and returns the comment that says so in the suite.
    fn leave_out(&mut self, at: Position, text: impl Into<String>) -> String {
        let text = text.into();
        let comment = format!("{}: {text}", Kind::NotCarriedOver);
        self.note(at, Kind::NotCarriedOver, text);
        self.tally.lost += 1;
        comment
    }

    /// The same for what Hurl leaves out as well.
    fn leave_out_too(&mut self, at: Position, text: impl Into<String>) -> String {
        let comment = self.leave_out(at, text);
        self.tally.lost -= 1;
        comment
    }

    /// The value, if it could be made; otherwise the comment is kept for the step.
    fn keep<T>(&mut self, at: Position, what: &str, made: Result<T, Unsaid>, comments: &mut Vec<String>) -> Option<T> {
        made.map_err(|Unsaid(why)| comments.push(self.leave_out(at, format!("{what}: {why}")))).ok()
    }
}

/// Makes a suite of entries, if at least one of them can be expressed, and reports what to know about it; names of
/// files are looked up in `folder`.
pub(super) fn convert(entries: &[Entry], name: &str, folder: Folder<'_>) -> (Option<Converted>, Vec<Note>) {
    let mut asserts = entries.iter().filter_map(|entry| entry.response.as_ref()).flat_map(|answer| &answer.asserts);
    let mut context = Context {
        folder,
        notes: Vec::new(),
        tally: Tally::default(),
        vars: Vec::new(),
        textless: Vec::new(),
        is_insecure: false,
        rounds: asserts.any(assert::rounds),
    };
    let entries = names::filled_in(entries);
    // If all entries are skipped, so is the test; otherwise a skipped entry has no place in it.
    let is_skipped = entries.iter().all(|entry| options::is_skipped(&entry.request.options));
    let mut steps = steps(&entries, is_skipped, &mut context);
    if steps.is_empty() {
        return (None, context.notes);
    }
    let defaults = defaults(&mut steps, &context);
    let tests = tests(steps, name, is_skipped, &mut context);
    let mut suite = vec![("suite".to_owned(), Yaml::text(short(name)))];
    if !context.vars.is_empty() {
        let vars = std::mem::take(&mut context.vars).into_iter().map(|(name, value)| (name, Yaml::Text(value)));
        suite.push(("vars".to_owned(), Yaml::Map(vars.collect())));
    }
    if !defaults.is_empty() {
        suite.push(("defaults".to_owned(), Yaml::Map(defaults)));
    }
    suite.push(("tests".to_owned(), Yaml::Items(tests)));
    let suite = Yaml::Map(suite);
    let unset = unset::variables(&suite);
    for (at, name) in std::mem::take(&mut context.textless) {
        if unset.contains(&name) {
            let text =
                format!("the capture `{name}`: its value has no text form in Hurl; to use it, give --var {name}=VALUE");
            context.leave_out(at, text);
            context.tally.lost_captures += 1;
        }
    }
    if let Some(first) = entries.first()
        && suite.to_json().to_string().matches("${new.uuid}").count() > 1
    {
        let text = "`newUuid` gives one value for each attempt at the test, not one for each place that uses it";
        context.notes.push(Note { at: first.request.at, kind: Kind::Changed, text: text.to_owned() });
    }
    context.notes.sort_by_key(|note| note.at);
    (Some(Converted { suite, tally: context.tally, unset }), context.notes)
}

/// What applies to all steps. A step of Hurl follows redirects only if it says so.
fn defaults(steps: &mut [Step], context: &Context) -> Vec<(String, Yaml)> {
    let mut defaults = Vec::new();
    let follows = |(key, _): &(String, Yaml)| key == FOLLOW;
    if steps.iter().all(|step| step.keys.iter().any(follows)) {
        for step in steps {
            step.keys.retain(|key| !follows(key));
        }
    } else {
        defaults.push((FOLLOW.to_owned(), Yaml::Boolean(false)));
    }
    if context.is_insecure {
        defaults.push(("insecure".to_owned(), Yaml::Boolean(true)));
    }
    defaults
}

fn steps(entries: &[Entry], is_skipped: bool, context: &mut Context) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut above = Vec::new();
    for entry in entries {
        context.tally.requests += 1;
        if options::is_skipped(&entry.request.options) && !is_skipped {
            let text = format!("{} request: `skip` or `repeat: 0` leaves it out in Hurl as well", entry.request.method);
            above.push(context.leave_out_too(entry.request.at, text));
            count_lost(entry, context);
            continue;
        }
        let made = step(entry, &mut above, context);
        if let Some(keys) =
            context.keep(entry.request.at, &format!("{} request", entry.request.method), made, &mut above)
        {
            let step = Step { at: entry.request.at, above: std::mem::take(&mut above), keys, below: Vec::new() };
            let again = Step { above: Vec::new(), ..step.clone() };
            steps.push(step);
            let times = options::times(&entry.request.options);
            steps.extend(std::iter::repeat_n(again, times.saturating_sub(1)));
        } else {
            count_lost(entry, context);
        }
    }
    if let Some(last) = steps.last_mut() {
        last.below = above;
    }
    steps
}

/// Counts a request that is left out.
fn count_lost(entry: &Entry, context: &mut Context) {
    let asserts = entry.response.as_ref().map_or(0, response::asserts_of);
    context.tally.lost_requests += 1;
    context.tally.asserts += asserts;
    context.tally.lost_asserts += asserts;
}

/// The keys of a step; `above` gets the comments on what is left out of it.
fn step(entry: &Entry, above: &mut Vec<String>, context: &mut Context) -> Result<Vec<(String, Yaml)>, Unsaid> {
    let options = Options::of(&entry.request.options, context, above);
    let mut keys = request::convert(&entry.request, &options, context, above)?;
    if let Some(name) = name_of(&entry.comment) {
        keys.insert(0, ("name".to_owned(), Yaml::Text(name)));
    }
    if options.follows {
        keys.push((FOLLOW.to_owned(), Yaml::Boolean(true)));
    }
    if response::is_xml(entry.response.as_ref()) {
        keys.push(("as".to_owned(), Yaml::text("xml")));
    }
    keys.extend(options.wait().map(|wait| ("wait".to_owned(), wait)));
    let (capture, checks) = response::convert(entry.response.as_ref(), &options, context, above);
    let has_checks = checks.iter().any(|item| item.value().is_some());
    if has_checks || !capture.is_empty() {
        keys.extend(options.until(context).map(|until| ("until".to_owned(), until)));
    }
    if !capture.is_empty() {
        keys.push(("capture".to_owned(), Yaml::Map(capture)));
    }
    if has_checks {
        keys.push(("expect".to_owned(), Yaml::Items(checks)));
    } else {
        // A list of only comments is not a list.
        above.extend(checks.into_iter().filter_map(Item::into_comment));
    }
    Ok(keys)
}

/// The first line of the comment above an entry that has words in it.
fn name_of(comment: &[String]) -> Option<String> {
    let words = comment.iter().map(|line| line.trim_matches(|c: char| "#=-*~ \t".contains(c)));
    let name = words.into_iter().find(|line| line.contains(char::is_alphanumeric))?;
    Some(text::literal(&short(name)))
}

/// As much of a name as a suite accepts, with room for escapes, and with blanks for characters that a name cannot have.
fn short(name: &str) -> String {
    plain::replaced(&name[..name.floor_char_boundary(NAME_BYTES / 2)], |out, _| out.push(' ')).trim().to_owned()
}

/// One test, or as many as the limit on steps requires.
fn tests(steps: Vec<Step>, name: &str, is_skipped: bool, context: &mut Context) -> Vec<Item> {
    let count = steps.len().div_ceil(STEPS_PER_TEST);
    let mut steps = steps.into_iter();
    let mut tests = Vec::new();
    for number in 1..=count {
        let part: Vec<Step> = steps.by_ref().take(STEPS_PER_TEST).collect();
        if let Some(first) = part.first()
            && number > 1
        {
            let text = format!(
                "a test has at most {STEPS_PER_TEST} steps, so another test begins here; it may run at the same time \
                 and does not share the cookies and captures of the earlier steps"
            );
            context.note(first.at, Kind::Changed, text);
        }
        let name = if count > 1 { format!("{} ({number} of {count})", short(name)) } else { short(name) };
        tests.push(Item::Value(test(part, &name, is_skipped)));
    }
    tests
}

fn test(steps: Vec<Step>, name: &str, is_skipped: bool) -> Yaml {
    let mut test = vec![("name".to_owned(), Yaml::Text(text::literal(name)))];
    if is_skipped {
        test.push(("skip".to_owned(), Yaml::Boolean(true)));
    }
    let items = steps.into_iter().flat_map(|step| {
        let above = step.above.into_iter().map(Item::Comment);
        let below = step.below.into_iter().map(Item::Comment);
        above.chain([Item::Value(Yaml::Map(step.keys))]).chain(below).collect::<Vec<_>>()
    });
    test.push(("steps".to_owned(), Yaml::Items(items.collect())));
    Yaml::Map(test)
}
