//! Compares the pages of two folders that have the same names, and prints what it took. `bench/differences.sh` runs it.

use bytes::Bytes;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};
use stepcast_engine::{Bodies, Exchanged, compare, content_digest};
use stepcast_protocol::exchange::{Answer, Content, Exchange, ExchangeTimes, HeaderField, SentRequest};

/// How many of the slowest pages are printed.
const SLOWEST: usize = 5;

struct Compared {
    name: String,
    bytes: usize,
    differences: usize,
    first: String,
    took: Duration,
}

#[expect(clippy::print_stdout, reason = "this is where the table goes")]
fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<String> = env::args().skip(1).collect();
    let [before, now] = folders.as_slice() else { return Err("two folders of pages are needed".into()) };
    let mut names: Vec<String> = fs::read_dir(now)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "html"))
        .filter(|name| Path::new(before).join(name).exists())
        .collect();
    names.sort_unstable();
    let mut pages: Vec<Compared> =
        names.into_iter().map(|name| compared(before, now, name)).collect::<Result<_, _>>()?;
    let changed = pages.iter().filter(|page| page.differences > 0).count();
    println!("{} pages, {changed} of them changed", pages.len());
    println!("{:<22}{:>12}{:>12}{:>12}", "", "median", "99 %", "most");
    row("bytes of both pages", pages.iter().map(|page| page.bytes), |bytes| bytes.to_string());
    row("differences", pages.iter().map(|page| page.differences), |count| count.to_string());
    row("time", pages.iter().map(|page| page.took), in_ms);
    println!("all of them: {}; most memory: {}", in_ms(pages.iter().map(|page| page.took).sum()), most_memory());
    pages.sort_by_key(|page| std::cmp::Reverse(page.took));
    for Compared { name, bytes, differences, first, took } in pages.iter().take(SLOWEST) {
        println!("{name}: {bytes} bytes, {differences} differences in {}, first: {first}", in_ms(*took));
    }
    Ok(())
}

fn compared(before: &str, now: &str, name: String) -> Result<Compared, Box<dyn Error>> {
    let read = |folder: &str| fs::read(Path::new(folder).join(&name)).map(Bytes::from);
    let (old, new) = (read(before)?, read(now)?);
    let bytes = old.len() + new.len();
    let ((old, old_bodies), (new, new_bodies)) = (answered(old), answered(new));
    let (before, now) =
        (Exchanged { exchanges: &old, bodies: &old_bodies }, Exchanged { exchanges: &new, bodies: &new_bodies });
    let started = Instant::now();
    let found = compare(before, now, &[], None);
    let took = started.elapsed();
    let first = found.differences.first().map_or_else(String::new, |difference| difference.text.clone());
    Ok(Compared { name, bytes, differences: found.differences.len() + found.left_out as usize, first, took })
}

/// An answer with this page.
fn answered(page: Bytes) -> (Vec<Exchange>, Bodies) {
    let sha256 = content_digest(&page);
    let body = Content { bytes: page.len() as u64, sha256: Some(sha256.clone()), left_out: None };
    let content_type = HeaderField { name: "content-type".to_owned(), value: "text/html; charset=utf-8".to_owned() };
    let answer = Answer {
        status: 200,
        version: "HTTP/1.1".to_owned(),
        headers: vec![content_type],
        body: Some(body),
        certificate: None,
    };
    let (method, url) = ("GET".to_owned(), "http://manual.example/".to_owned());
    let exchange = Exchange {
        at: String::new(),
        request: SentRequest { method, url, headers: Vec::new(), body: None },
        answer: Some(answer),
        failure: None,
        remote: None,
        times: ExchangeTimes::default(),
        is_link: false,
    };
    (vec![exchange], [(sha256, page)].into())
}

#[expect(clippy::print_stdout, reason = "this is where the table goes")]
fn row<T: Ord + Copy>(name: &str, values: impl Iterator<Item = T>, shown: impl Fn(T) -> String) {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    let at = |percent: usize| values.get((values.len() * percent / 100).min(values.len().saturating_sub(1)));
    let [median, most_of_them, most] =
        [50, 99, 100].map(|percent| at(percent).map_or_else(String::new, |it| shown(*it)));
    println!("{name:<22}{median:>12}{most_of_them:>12}{most:>12}");
}

fn in_ms(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1_000.0)
}

/// The most memory this process has had, as Linux counts it.
fn most_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |size| size.trim().to_owned())
}
