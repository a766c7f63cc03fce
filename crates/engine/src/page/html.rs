//! Parses HTML within bounds of time and memory.

mod counting;

pub use counting::Counting;
use html5ever::driver::{self, ParseOpts};
use html5ever::tendril::{StrTendril, TendrilSink};
use scraper::Html;
use std::time::{Duration, Instant};
use stepcast_suite::duration;

/// The time limit for parsing. Elements nested a million deep take quadratic time.
pub const PARSING_TIME: Duration = Duration::from_secs(10);
/// Most nodes and attributes of a page: one for every ten bytes of the largest body, which is denser than real pages.
pub const PARTS: usize = 1_000_000;
/// The most that is parsed between two checks of the clock and of the count, in bytes.
const PIECE: usize = 1024;
/// The shortest tag, in bytes.
const TAG: usize = 3;

/// About how many nodes a text has: each tag begins or ends an element, and a text may follow it. A tree that has room
/// for them is not copied while it grows.
pub fn nodes(text: &str) -> usize {
    memchr::memchr_iter(b'<', text.as_bytes()).count().min(PARTS)
}

/// The document in a text, as a browser would build it.
pub fn parse_within(text: &str, limit: Duration, parts: usize) -> Result<Html, String> {
    let started = Instant::now();
    let mut parser = driver::parse_document(Counting::with_room_for(nodes(text)), ParseOpts::default());
    // Pieces, and the texts and values in them, are slices of one buffer.
    let whole = StrTendril::from(text);
    let mut rest = text;
    loop {
        let made = parser.tokenizer.sink.sink.made();
        if made > parts {
            return Err(format!("the page has more than {parts} elements, texts and attributes"));
        }
        if rest.is_empty() {
            return Ok(parser.finish());
        }
        if started.elapsed() > limit {
            return Err(format!("the page could not be parsed within {}", duration::format(limit)));
        }
        let (piece, remaining) = rest.split_at(rest.ceil_char_boundary(piece_length(made, parts).min(rest.len())));
        parser.process(slice(&whole, text.len() - rest.len(), piece.len()));
        rest = remaining;
    }
}

/// A part of a text that shares its memory. A text longer than 4 GiB has none; bodies are bounded far below that.
fn slice(whole: &StrTendril, from: usize, length: usize) -> StrTendril {
    match (u32::try_from(from), u32::try_from(length)) {
        (Ok(from), Ok(length)) => whole.subtendril(from, length),
        _ => StrTendril::new(),
    }
}

/// How much is parsed before the next count. A single tag can recreate all elements that were left open (the standard
/// calls it reconstructing the active formatting elements). So the piece gets shorter as the number of nodes grows.
fn piece_length(made: usize, parts: usize) -> usize {
    (TAG * parts / (made + 1)).clamp(TAG, PIECE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_the_same_document_as_the_whole() {
        let text = format!("<!doctype html><title>é</title>{}", "<p class=a>ü<b>x</b></p>\n".repeat(2_000));
        assert_eq!(
            parse_within(&text, PARSING_TIME, PARTS).expect("in time").html(),
            Html::parse_document(&text).html()
        );
    }

    #[test]
    fn a_page_that_takes_too_long_is_given_up() {
        let nested = "<div>".repeat(1_000_000);
        // Each attribute is compared with all earlier ones.
        let attributes = (0..1_000_000).fold("<p".to_owned(), |text, n| text + &format!(" a{n}"));
        for page in [nested, attributes] {
            let limit = Duration::from_millis(50);
            let error = parse_within(&page, limit, usize::MAX / TAG).map(drop).expect_err("too much");
            assert_eq!(error, "the page could not be parsed within 50ms");
        }
    }

    #[test]
    fn a_page_that_grows_while_it_is_parsed_is_given_up() {
        let unclosed = (0..1_000).fold(String::new(), |text, n| text + &format!("<b title={n}>"));
        for page in [
            format!("<p>{unclosed}{}", "<p>x".repeat(1_000)),
            "<b></b>".repeat(6_000),
            "<!---->".repeat(6_000),
            "<i a b c d e f g h>".repeat(1_000),
            "a<b>".repeat(3_000),
        ] {
            let error = parse_within(&page, PARSING_TIME, 5_000).map(drop).expect_err("too large");
            assert_eq!(error, "the page has more than 5000 elements, texts and attributes");
        }
    }
}
