//! Parses HTML within a bound of time.

use html5ever::driver::{self, ParseOpts};
use html5ever::tendril::{StrTendril, TendrilSink};
use scraper::{Html, HtmlTreeSink};
use std::time::{Duration, Instant};
use stepcast_protocol::duration;

/// Longest a page may take to be parsed. Elements nested a million deep take the square of that.
const PARSING_TIME: Duration = Duration::from_secs(10);
/// How much is parsed between two looks at the clock, in bytes.
const PIECE: usize = 16 * 1024;

/// The document in a text, as a browser would build it.
pub fn parse(text: &str) -> Result<Html, String> {
    parse_within(text, PARSING_TIME)
}

fn parse_within(text: &str, limit: Duration) -> Result<Html, String> {
    let started = Instant::now();
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        if started.elapsed() > limit {
            return Err(format!("the page could not be parsed within {}", duration::format(limit)));
        }
        let (piece, remaining) = rest.split_at(rest.floor_char_boundary(PIECE));
        parser.process(StrTendril::from(piece));
        rest = remaining;
    }
    Ok(parser.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_the_same_document_as_the_whole() {
        let text = format!("<!doctype html><title>é</title>{}", "<p class=a>ü<b>x</b></p>\n".repeat(2_000));
        assert_eq!(parse(&text).expect("in time").html(), Html::parse_document(&text).html());
    }

    #[test]
    fn a_page_that_takes_too_long_is_given_up() {
        let nested = "<div>".repeat(1_000_000);
        let error = parse_within(&nested, Duration::from_millis(50)).expect_err("too deep");
        assert_eq!(error, "the page could not be parsed within 50ms");
    }
}
