//! Generated input for everything that reads what strangers write.
//!
//! A test names a [`Language`] and what reads it, and calls [`fuzz`]. It is given every file of
//! `tests/fixtures/fuzz/NAME`, which is what was ever found, and then what is generated: a hundred texts, the same each
//! time, or as many as fit where `STEPCAST_FUZZ_SECONDS` says how long all languages together may take (`make fuzz`).
//! What is looked for then is a panic, the end of the process, or a text that takes longer than [`SLOW`]; the text is
//! left in `target/fuzz`.
//!
//! `proptest` makes the texts: it is here already and needs nothing but stable Rust, unlike `cargo-fuzz`.

pub mod languages;
mod text;

pub use languages::Language;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many texts are generated where nothing says how long to go on.
const TEXTS: usize = 100;
/// How long one text may take while fuzzing, on any machine that is used for it: what takes so long in a debug build
/// grows faster than its input.
pub const SLOW: Duration = Duration::from_secs(20);
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Gives texts of a language to what reads it.
pub fn fuzz(language: &Language, read: impl Fn(&str)) {
    for text in corpus(language.name) {
        read(&text);
    }
    match seconds() {
        None => texts(language, TestRunner::deterministic()).take(TEXTS).for_each(|text| read(&text)),
        Some(seconds) => go_on(language, read, seconds),
    }
}

/// How long one language has, if this is `make fuzz`.
fn seconds() -> Option<Duration> {
    let all: f64 = std::env::var("STEPCAST_FUZZ_SECONDS").ok()?.parse().ok()?;
    Some(Duration::from_secs_f64(all) / u32::try_from(languages::ALL.len()).unwrap_or(1))
}

fn texts(language: &Language, mut runner: TestRunner) -> impl Iterator<Item = String> {
    let strategy = text::of(*language);
    // A strategy without filters always makes a value.
    std::iter::from_fn(move || strategy.new_tree(&mut runner).ok().map(|tree| tree.current()))
}

fn go_on(language: &Language, read: impl Fn(&str), time: Duration) {
    let seed = std::env::var("STEPCAST_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| u64::from(process::id()));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let watched = Watched::new(language.name);
    let (started, mut count) = (Instant::now(), 0_u64);
    for text in texts(language, TestRunner::new_with_rng(Config::default(), rng)) {
        if started.elapsed() > time {
            break;
        }
        watched.around(&text, || read(&text));
        count += 1;
    }
    watched.finish(&format!("{}: {count} texts, seed {seed}", language.name));
}

/// The text that is being read: in a file, should the process end, and with a time, should it not.
struct Watched {
    file: PathBuf,
    since: Arc<Mutex<Option<Instant>>>,
}

impl Watched {
    fn new(name: &str) -> Self {
        let folder = Path::new(ROOT).join("target/fuzz");
        fs::create_dir_all(&folder).expect("the folder of what is found");
        let this = Self { file: folder.join(name), since: Arc::default() };
        let (since, file) = (Arc::clone(&this.since), this.file.clone());
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_secs(1));
                let since = *since.lock().unwrap_or_else(PoisonError::into_inner);
                if since.is_some_and(|since| since.elapsed() > SLOW) {
                    print(&format!("this takes longer than {SLOW:?}: {}", file.display()));
                    process::exit(1);
                }
            }
        });
        this
    }

    fn around(&self, text: &str, read: impl FnOnce()) {
        fs::write(&self.file, text).expect("a file for what is read");
        self.set(Some(Instant::now()));
        read();
        self.set(None);
    }

    fn set(&self, since: Option<Instant>) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn finish(&self, report: &str) {
        // What is left behind was found.
        let _ = fs::remove_file(&self.file);
        print(report);
    }
}

#[expect(clippy::print_stderr, reason = "whoever fuzzes watches the terminal")]
fn print(text: &str) {
    eprintln!("{text}");
}

/// What was ever found of a language.
fn corpus(name: &str) -> Vec<String> {
    let Ok(folder) = fs::read_dir(Path::new(ROOT).join("tests/fixtures/fuzz").join(name)) else { return Vec::new() };
    let mut files: Vec<PathBuf> = folder.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read_to_string(file).expect("a text of the corpus")).collect()
}
