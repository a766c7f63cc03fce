//! What changed in an answer since its test last passed.

use bytes::Bytes;
use std::fmt::Write;
use stepcast_engine::{Bodies, Differences, Exchanged, compare, content_digest, learn};
use stepcast_protocol::exchange::{Answer, Content, Exchange, ExchangeTimes, HeaderField, SentRequest, StepNoise};
use stepcast_suite::{Property, Subject};

/// A step's requests with their answers.
struct Seen {
    exchanges: Vec<Exchange>,
    bodies: Bodies,
}

impl Seen {
    fn html(body: &str) -> Self {
        Self::of("text/html; charset=utf-8", body)
    }

    fn json(body: &str) -> Self {
        Self::of("application/json", body)
    }

    fn of(content_type: &str, body: &str) -> Self {
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        let sha256 = content_digest(&bytes);
        let content = Content { bytes: bytes.len() as u64, sha256: Some(sha256.clone()), left_out: None };
        let mut exchange = exchange("https://shop.example/", 200, &[("content-type", content_type)]);
        exchange.answer.as_mut().expect("an answer").body = Some(content);
        Self { exchanges: vec![exchange], bodies: [(sha256, bytes)].into() }
    }

    /// The same with one more header.
    fn with_header(mut self, name: &str, value: &str) -> Self {
        let field = HeaderField { name: name.to_owned(), value: value.to_owned() };
        self.last().answer.as_mut().expect("an answer").headers.push(field);
        self
    }

    fn with_status(mut self, status: u16) -> Self {
        self.last().answer.as_mut().expect("an answer").status = status;
        self
    }

    /// The same after a redirect.
    fn after_redirect(mut self, location: &str) -> Self {
        self.exchanges.insert(0, exchange("https://shop.example/", 302, &[("location", location)]));
        location.clone_into(&mut self.last().request.url);
        self
    }

    fn taking(mut self, answer_us: u64) -> Self {
        self.last().times.answer_us = answer_us;
        self
    }

    fn without_answer(mut self) -> Self {
        self.last().answer = None;
        self
    }

    fn last(&mut self) -> &mut Exchange {
        self.exchanges.last_mut().expect("an exchange")
    }

    fn seen(&self) -> Exchanged<'_> {
        Exchanged { exchanges: &self.exchanges, bodies: &self.bodies }
    }
}

fn exchange(url: &str, status: u16, headers: &[(&str, &str)]) -> Exchange {
    let field = |(name, value): &(&str, &str)| HeaderField { name: (*name).to_owned(), value: (*value).to_owned() };
    Exchange {
        at: "2026-11-29T10:00:00.000Z".to_owned(),
        request: SentRequest { method: "GET".to_owned(), url: url.to_owned(), headers: Vec::new(), body: None },
        answer: Some(Answer {
            status,
            version: "HTTP/1.1".to_owned(),
            headers: headers.iter().map(field).collect(),
            body: None,
            certificate: None,
        }),
        failure: None,
        remote: None,
        times: ExchangeTimes { answer_us: 80_000, ..ExchangeTimes::default() },
        is_link: false,
    }
}

fn css(selector: &str) -> Subject {
    Subject::Css { selector: selector.to_owned(), property: Property::Text }
}

fn differences(before: &Seen, now: &Seen, looked_at: &[Subject]) -> Differences {
    compare(before.seen(), now.seen(), looked_at, None)
}

/// The lines of the differences that are not noise.
fn lines(before: &Seen, now: &Seen, looked_at: &[Subject]) -> Vec<String> {
    told(differences(before, now, looked_at))
}

fn told(found: Differences) -> Vec<String> {
    found.differences.into_iter().filter(|found| !found.is_noise).map(|found| found.text).collect()
}

const SHOP: &str = r#"<!doctype html><html><head><title>Shop</title></head><body><main>
<div class="product"><h2>Lamp</h2><span class="price">€ 12.00</span><a class="buy" href="/cart/1">Buy</a></div>
<div class="product"><h2>Desk</h2><span class="price">€ 90.00</span><a class="buy" href="/cart/2">Buy</a></div>
<div class="product"><h2>Chair</h2><span class="price">€ 45.00</span><a class="buy" href="/cart/3">Buy</a></div>
</main><footer><p>Imprint</p></footer></body></html>"#;

#[test]
fn a_class_that_was_renamed_is_one_difference() {
    let now = SHOP.replace("class=\"buy\"", "class=\"purchase\"").replace("Imprint", "Legal notice");
    assert_eq!(
        lines(&Seen::html(SHOP), &Seen::html(&now), &[css("a.buy")]),
        ["`a.buy` became `a.purchase` (3 places)", "the text of `p` is \"Legal notice\", and was \"Imprint\"",]
    );
}

#[test]
fn what_a_check_looks_at_comes_first() {
    let now = SHOP.replace("<title>Shop", "<title>The shop").replace("€ 45.00", "45,00 €").replace("Lamp", "Light");
    assert_eq!(
        lines(&Seen::html(SHOP), &Seen::html(&now), &[css(".product:last-child .price")]),
        [
            "the text of `span.price` is \"45,00 €\", and was \"€ 45.00\"",
            "the text of `h2` is \"Light\", and was \"Lamp\"",
            "the text of `title` is \"The shop\", and was \"Shop\"",
        ]
    );
}

/// A check of the whole body is near what it looks for, as it was or as it is.
#[test]
fn what_a_pattern_looks_for_comes_first() {
    let now = SHOP.replace("Lamp", "Light").replace("€ 45.00", "45,00 €").replace("Imprint", "Legal notice");
    let pattern = |pattern: &str| Subject::Regex { pattern: pattern.to_owned(), group: None };
    for (looked_at, first) in [
        (vec![Subject::Body, pattern("Imprint")], "the text of `p` is \"Legal notice\", and was \"Imprint\""),
        (vec![pattern(r"€ 4\d")], "the text of `span.price` is \"45,00 €\", and was \"€ 45.00\""),
        (vec![pattern("Li[gh]+t")], "the text of `h2` is \"Light\", and was \"Lamp\""),
        (vec![pattern("(")], "the text of `h2` is \"Light\", and was \"Lamp\""),
    ] {
        assert_eq!(lines(&Seen::html(SHOP), &Seen::html(&now), &looked_at)[0], first, "{looked_at:?}");
    }
    let fresh = |token: &str| Seen::html(&SHOP.replace("Imprint", &format!("session {token}")));
    let (before, now) = (fresh("9f86d081884c7d659a2feaa0c55ad015"), fresh("60303ae22b998861bce3b28f33eec1be"));
    assert!(lines(&before, &now, &[pattern(".*")]).is_empty(), "what is new each time is folded away nevertheless");
}

#[test]
fn elements_that_are_gone_explain_a_count() {
    let now = SHOP.replace("€ 12.00", "€ 13.00").replace("<h2>Chair</h2>", "").replace(
        r#"<div class="product"><span class="price">€ 45.00</span><a class="buy" href="/cart/3">Buy</a></div>"#,
        "",
    );
    let count = Subject::Css { selector: ".product".to_owned(), property: Property::Count };
    assert_eq!(
        lines(&Seen::html(SHOP), &Seen::html(&now), &[count]),
        [
            "`div.product` is gone: it had the text \"Chair € 45.00 Buy\"",
            "the text of `span.price` is \"€ 13.00\", and was \"€ 12.00\"",
        ]
    );
}

#[test]
fn the_order_of_attributes_and_classes_means_nothing() {
    let before = Seen::html(r#"<p id=a class="x y" data-b=1 title=t>text</p>"#);
    let now = Seen::html(
        r#"<p title=t class="x y" data-b="1" id="a">  text
        </p>"#,
    );
    assert_eq!(lines(&before, &now, &[]), [""; 0]);
}

#[test]
fn elements_that_are_gone_new_or_moved_are_told_as_wholes() {
    let before = "<main><div id=a><p>one</p><p>two</p></div><ul><li>x</li></ul></main><aside></aside>";
    let now = "<main><ul><li>x</li></ul><form name=ask><input name=q></form></main><aside></aside>";
    assert_eq!(
        lines(&Seen::html(before), &Seen::html(now), &[]),
        ["`div#a` is gone: it had the text \"one two\"", "`form[name=ask]` is new"]
    );
    let moved = "<main><div id=a><p>one</p><p>two</p></div></main><aside><ul><li>x</li></ul></aside>";
    assert_eq!(
        lines(&Seen::html(before), &Seen::html(moved), &[]),
        ["`ul` was moved: it is at `html > body > aside > ul`, and was at `html > body > main > ul`"]
    );
    let reordered = "<main><ul><li>x</li></ul><div id=a><p>one</p><p>two</p></div></main><aside></aside>";
    assert_eq!(lines(&Seen::html(before), &Seen::html(reordered), &[]), [""; 0]);
}

#[test]
fn attributes_are_compared_by_name() {
    let before = "<a href=/cart rel=nofollow>Buy</a>";
    let now = "<a href=/basket disabled>Buy</a>";
    assert_eq!(
        lines(&Seen::html(before), &Seen::html(now), &[]),
        [
            "`a` has `disabled` now: \"\"",
            "`href` of `a` is \"/basket\", and was \"/cart\"",
            "`a` has no `rel` any more: it was \"nofollow\"",
        ]
    );
}

#[test]
fn another_answer_explains_another_page() {
    let error = Seen::html("<h1>Service unavailable</h1>").with_status(503);
    let told = lines(&Seen::html(SHOP), &error, &[css("a.buy")]);
    assert_eq!(told[0], "the status is 503, and was 200");
    let consent = Seen::html("<h1>We value your privacy</h1>").after_redirect("https://shop.example/consent");
    let told = lines(&Seen::html(SHOP), &consent, &[css("a.buy")]);
    assert_eq!(told[0], "there is a redirect now: 302 to https://shop.example/consent");
    assert_eq!(
        lines(&Seen::html(SHOP), &Seen::html(SHOP).without_answer(), &[]),
        ["there was no answer, and before status 200 in 80ms"]
    );
}

#[test]
fn headers_of_one_answer_say_nothing_unless_a_check_looks_at_them() {
    let before = Seen::html(SHOP).with_header("cache-control", "max-age=60").with_header("etag", "\"a1\"");
    let now = Seen::html(SHOP).with_header("etag", "\"b2\"").with_header("date", "today");
    assert_eq!(lines(&before, &now, &[]), ["the header `cache-control` is gone: it was \"max-age=60\""]);
    assert_eq!(
        lines(&before, &now, &[Subject::Header("ETag".to_owned())])[0],
        "the header `etag` is \"\\\"b2\\\"\", and was \"\\\"a1\\\"\""
    );
    let cookies = |text: &str| Seen::html(SHOP).with_header("set-cookie", text);
    assert_eq!(
        lines(&cookies("session=1; Path=/"), &cookies("visitor=2"), &[]),
        ["the cookie `session` is not set any more", "there is a cookie `visitor` now"]
    );
    assert_eq!(lines(&cookies("session=1"), &cookies("session=2"), &[]), [""; 0]);
}

#[test]
fn a_slow_answer_is_told_if_a_check_looks_at_the_time_or_it_is_much_slower() {
    let (before, now) = (Seen::html(SHOP), Seen::html(SHOP).taking(900_000));
    assert_eq!(lines(&before, &now, &[]), [""; 0]);
    let slow = "the answer took 900ms, and 80ms before: the site took longer to answer";
    assert_eq!(lines(&before, &now, &[Subject::Time]), [slow]);
    let slow = "the answer took 3s, and 80ms before: the site took longer to answer";
    assert_eq!(lines(&before, &Seen::html(SHOP).taking(3_000_000), &[]), [slow]);
}

#[test]
fn json_is_compared_by_path() {
    let before =
        Seen::json(r#"{"id": 7, "price": 12.5, "tags": ["a", "b"], "items": [{"id": 1, "n": 2}, {"id": 2, "n": 3}]}"#);
    let now = Seen::json(
        r#"{"items": [{"id": 2, "n": 4}, {"id": 1, "n": 2}], "tags": ["a", "c"], "offer": {"price": 12.5}, "id": 7}"#,
    );
    assert_eq!(
        lines(&before, &now, &[Subject::Json("$.price".to_owned())]),
        [
            "`$.price` is at `$.offer.price` now",
            "`$.tags[1]` is \"c\", and was \"b\"",
            "`$.items[0].n` is 4, and was 3",
            "`$.offer` is new: an object of 1",
        ]
    );
}

#[test]
fn numbers_are_compared_by_their_digits() {
    let (before, now) = (Seen::json("[12345678901234567890123]"), Seen::json("[12345678901234567890124]"));
    assert_eq!(lines(&before, &now, &[]), ["`$[0]` is 12345678901234567890124, and was 12345678901234567890123"]);
}

#[test]
fn other_text_is_compared_by_line() {
    let text = |body: &str| Seen::of("text/plain", body);
    assert_eq!(
        lines(&text("User-agent: *\nDisallow: /a\nAllow: /b\n"), &text("User-agent: *\nDisallow: /c\n"), &[]),
        ["line 2 is \"Disallow: /c\", and was \"Disallow: /a\"", "a line is gone: \"Allow: /b\""]
    );
    let binary = |body: &str| Seen::of("application/octet-stream", body);
    assert_eq!(lines(&binary("a\0b"), &binary("a\0bc"), &[]), ["the body has 4 bytes, and had 3 bytes before"]);
}

/// A page as a site makes it for each visitor: everything that is new each time is derived from `seed`.
fn visited(seed: u64) -> String {
    let token = |number: u64| content_digest(format!("{seed} {number}").as_bytes());
    let short = |number: u64| token(number)[..6].to_owned();
    let (day, minute) = (1 + seed % 28, seed % 60);
    let mut page = format!(
        r#"<!doctype html><html><head><title>Shop</title><meta name="csrf" content="{}">
<script nonce="{}">var build = "{}", at = {};</script></head><body data-visit="{}">
<p>Today is {day} November 2026, 10:{minute:02}</p><p>You are visitor {}</p>
<form><input type=hidden name=csrf value="{}"><input name=q></form>"#,
        token(1),
        &token(2)[..16],
        token(3),
        1_764_400_000 + seed * 7_919,
        token(4),
        seed * 31 % 1_000,
        token(5),
    );
    for place in 0..=seed % 3 {
        let _ = write!(
            page,
            r#"<div id="ad-{}" class="ad"><img src="/ads/{}.png"></div>"#,
            short(place + 6),
            short(place + 9)
        );
    }
    page + "<main><span class=price>€ 12.00</span></main></body></html>"
}

#[test]
fn what_differs_between_passing_answers_is_not_told() {
    let mut noise: Option<StepNoise> = None;
    let mut before = Seen::html(&visited(0)).with_header("x-trace", "0");
    for seed in 1..50 {
        let now = Seen::html(&visited(seed)).with_header("x-trace", &seed.to_string());
        if seed > 3 {
            let found = compare(before.seen(), now.seen(), &[css(".price")], noise.as_ref());
            assert!(found.differences.iter().any(|found| found.is_noise), "{seed}: noise is not dropped");
            assert_eq!(told(found), [""; 0], "{seed}");
        }
        noise = Some(learn(before.seen(), now.seen(), 0, noise.as_ref()));
        before = now;
    }
    let broken = visited(50).replace("<span class=price>", "<span class=cost>");
    let broken = Seen::html(&broken).with_header("x-trace", "50");
    let found = compare(before.seen(), broken.seen(), &[css(".price")], noise.as_ref());
    assert_eq!(told(found), ["`span.price` became `span.cost`"]);
}

#[test]
fn noise_that_is_too_much_to_keep_is_not_counted() {
    let pages = |visit: &str| {
        let rows = (0..300).fold(String::new(), |text, row| {
            let class = content_digest(row.to_string().as_bytes()).replace(|c: char| c.is_ascii_digit(), "");
            text + &format!("<i class={class} title=a1b2c3{visit}d4e5f6>x</i>")
        });
        Seen::html(&rows)
    };
    let found = differences(&pages("7"), &pages("8"), &[]);
    assert_eq!((found.differences.len(), found.left_out), (100, 0), "all of it is noise");
    assert_eq!(told(found), [""; 0]);
}

#[test]
fn a_site_that_was_changed_once_is_not_noise_for_long() {
    let old = || Seen::html("<p>open 9 to 5</p>");
    let new = || Seen::html("<p>open 9 to 6</p>");
    let newer = || Seen::html("<p>closed</p>");
    let mut noise = learn(old().seen(), new().seen(), 0, None);
    for _ in 0..2 {
        noise = learn(new().seen(), new().seen(), 0, Some(&noise));
    }
    let found = compare(new().seen(), newer().seen(), &[], Some(&noise));
    assert_eq!(told(found), ["the text of `p` is \"closed\", and was \"open 9 to 6\""]);
}

/// The worst pages that a site could answer with. The time is measured in `bench/`; what is tested here is that there
/// is an end and a bound.
#[test]
fn hostile_pages_have_a_bounded_difference() {
    let deep = |name: &str| format!("<{name}>").repeat(20_000);
    let wide = |name: &str| (0..40_000).fold(String::new(), |text, n| text + &format!("<{name} id=i{n}>{n}</{name}>"));
    let long = |letter: &str| format!("<p title='{}'>{}</p>", letter.repeat(400_000), letter.repeat(400_000));
    let repeated = |text: &str| text.repeat(60_000);
    // A name as long as a page, with many elements in it.
    let named = |name: &str, inside: &str| {
        format!("<{}>{}", name.repeat(300_000), format!("<{inside}>a</{inside}>").repeat(20_000))
    };
    let attributes =
        |from: usize| (from..from + 2_000).fold("<p".to_owned(), |text, n| text + &format!(" a{n}={n}")) + ">";
    for (before, now) in [
        (deep("div"), deep("span")),
        (wide("i"), wide("b")),
        (wide("i"), String::new()),
        (long("a"), long("b")),
        (repeated("<b></b>x"), repeated("x<b></b>y<i></i>")),
        (attributes(0), attributes(1_000)),
        (named("x", "i"), named("x", "b")),
        ("\u{1b}[31m\u{202e}".repeat(1_000), "<p>\u{0}</p>".to_owned()),
    ] {
        let found = differences(&Seen::html(&before), &Seen::html(&now), &[css("i, b, p"), css("p:has(*)")]);
        assert!(found.differences.len() <= 100);
        for difference in found.differences {
            assert!(difference.text.chars().count() < 400, "{}", difference.text);
            assert!(!difference.text.contains(['\u{1b}', '\u{202e}', '\n']), "{}", difference.text);
            let values = [&difference.before, &difference.after].into_iter().flatten();
            assert!(values.map(|value| value.chars().count()).all(|length| length < 400));
            assert!(difference.place.len() < 2_000, "{}", difference.place.len());
        }
    }
    let nested = |value: &str| format!("{}{value}{}", r#"{"a":["#.repeat(60), "]}".repeat(60));
    assert_eq!(lines(&Seen::json(&nested("1")), &Seen::json(&nested("2")), &[]).len(), 1);
    let many =
        |from: usize| format!("[{}]", (from..from + 50_000).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    assert!(differences(&Seen::json(&many(0)), &Seen::json(&many(25_000)), &[]).differences.len() <= 100);
    let named = |from: usize| {
        let members = (from..from + 20_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(",");
        format!("{{\"{}\":{{{members}}}}}", "x".repeat(300_000))
    };
    let found = differences(&Seen::json(&named(0)), &Seen::json(&named(10_000)), &[]);
    assert!(found.differences.iter().all(|found| found.text.len() < 1_000 && found.place.len() < 1_000));
}
