//! Sites on which everything can go wrong, and the one place where what varies is held still.

use crate::broken::raw;
use crate::forward_proxy::{ForwardProxy, Manner};
use crate::secure_site::{Authority, Certified, serve, server};
use crate::site::{JSON, Site, engine, html, in_turn, pages, to};
use aws_lc_rs::digest;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, SET_COOKIE};
use axum::response::AppendHeaders;
use axum::routing::get;
use stepcast_engine::TestEnd;
use stepcast_protocol::state::CheckResult;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

const COOKIES: [(HeaderName, &str); 2] = [
    (SET_COOKIE, "session=s1; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=3600"),
    (SET_COOKIE, "until=x; Path=/; Expires=Thu, 31 Dec 2099 23:59:59 GMT; Domain=127.0.0.1"),
];
const DEAD_LINKS: &str = r##"<a href="/">a</a><a href="/#gone">b</a><a href="#none">c</a><a href="/none">d</a>
<a href="http://[bad">e</a><img src="/gone.png"><script src="/gone.js"></script><a href="/gone.html">f</a>"##;
const LONG: &str = "The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog. The quick \
                    brown fox jumps over the lazy dog.";

/// All sites, with what is shown in place of what varies.
pub struct World {
    open: Site,
    guarded: Site,
    shown: Vec<(String, &'static str)>,
}

impl World {
    pub async fn start() -> Self {
        let authority = Authority::new("One");
        let now = OffsetDateTime::now_utc();
        let ends = now + Duration::days(30) + Duration::hours(12);
        let certified = authority.certify(&["127.0.0.1", "shop.example"], |params| params.not_after = ends);
        let expired = authority.certify(&["127.0.0.1"], |params| {
            params.not_before = OffsetDateTime::UNIX_EPOCH;
            params.not_after = OffsetDateTime::UNIX_EPOCH + Duration::days(1);
        });
        let ends = ends.replace_nanosecond(0).expect("a moment").format(&Rfc3339).expect("a moment");
        let mut world = Self {
            open: Site::serve(pages().merge(own_pages())).await.with_secret("key", "s3cr3t-key"),
            guarded: Site::start().await,
            shown: vec![(sha256(&certified), "(its SHA-256)"), (ends, "(its end)")],
        };
        world.guarded.engine = engine(false);
        world.open.vars.insert("ca".into(), authority.pem());
        let misnamed = authority.certify(&["shop.example"], |_| ());
        let known = authority.serve_known(Router::new()).await;
        for (name, site) in [
            ("base", Site::at(world.open.base.clone())),
            ("secure", serve(pages(), server(&certified, None)).await),
            ("expired", serve(pages(), server(&expired, None)).await),
            ("misnamed", serve(pages(), server(&misnamed, None)).await),
            ("known", known),
        ] {
            let (_, address) = site.base.split_once("://").expect("an address");
            world.show(name, &site.base, address);
        }
        let closed = closed().await;
        world.show("closed", &format!("http://{closed}"), &closed);
        let garbled = raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), b"").await.vars["base"].replace("http://", "");
        world.show("garbled", &garbled, &garbled);
        for (name, answer) in [
            ("asking_proxy", "HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n"),
            ("refusing_proxy", "HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n"),
        ] {
            let proxy = ForwardProxy::start(Manner::Says(answer)).await;
            world.show(name, &proxy.address, &proxy.address);
        }
        world
    }

    /// Makes a variable of it, and has its address shown by that name.
    fn show(&mut self, name: &'static str, value: &str, address: &str) {
        self.open.vars.insert(name.to_owned(), value.to_owned());
        let shown = if name == "base" { "site" } else { name };
        self.shown.push((address.to_owned(), shown));
    }

    /// Those suites that are about what is refused run behind the guard.
    pub fn site_of(&self, suite: &str) -> &Site {
        if suite.starts_with("refused") { &self.guarded } else { &self.open }
    }

    pub fn describe(&self, checks: &[CheckResult]) -> String {
        self.hidden(&self.open.describe(checks))
    }

    /// A text without what varies from run to run.
    pub fn hidden(&self, text: &str) -> String {
        let version = concat!("stepcast/", env!("CARGO_PKG_VERSION"));
        let hidden = text.replace(&self.guarded.base, "http://site").replace(version, "stepcast/(version)");
        self.shown.iter().fold(hidden, |text, (value, name)| text.replace(value, name))
    }
}

/// Puts words in place of times that were measured and of what the system's resolver says.
pub fn hold(end: &mut TestEnd) {
    for check in end.steps.iter_mut().flat_map(|step| &mut step.checks) {
        let is_measured = check.check.starts_with("time ") || check.check.starts_with("slow_over ");
        if is_measured && check.actual.is_some() {
            check.actual = Some("(measured)".to_owned());
        }
        let said = "could not be resolved: ";
        if let Some(actual) = &mut check.actual
            && let Some(at) = actual.find(said)
        {
            actual.truncate(at + said.len());
            actual.push_str("(what the resolver says)");
        }
    }
}

fn sha256(certified: &Certified) -> String {
    let digest = digest::digest(&digest::SHA256, certified.certificate.der());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// A port that was free a moment ago: nothing listens there.
async fn closed() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

fn own_pages() -> Router {
    let slow = || async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        "at last"
    };
    Router::new()
        .route("/cookies", get(|| async { (AppendHeaders(COOKIES), "welcome") }))
        .route("/dead-links", get(|| async { html(DEAD_LINKS) }))
        .route("/links-elsewhere", get(|| async { html("<a href=http://name.invalid/>a</a><a href=/>b</a>") }))
        .route("/links-to-busy", get(|| async { html("<a href=/too-many>a</a><a href=/silent>b</a>") }))
        .route("/slow", get(slow))
        .route("/long", get(|| async { LONG }))
        .route("/large", get(|| async { "large ".repeat(10_000) }))
        .route("/nested", get(|| async { ([("content-type", "text/html")], "<b>".repeat(1_500)) }))
        .route("/many", get(|| async { format!("[{}0{}]", "[[0,0,0,0],".repeat(60), "]".repeat(60)) }))
        .route("/catalog", get(|| async { ([("x-date", "2026-11-22"), ("x-range", "3 of 10")], JSON) }))
        .route("/not-gzip", get(|| async { ([("content-encoding", "gzip")], "no gzip") }))
        .route("/unread", get(|| async { ([("content-encoding", "lzma")], "packed") }))
        .route("/challenge", get(|| async { (StatusCode::FORBIDDEN, "<div class=g-recaptcha></div>") }))
        .route("/moved", get(|| async { to(301, "/") }))
        .nest("/flaky", in_turn(vec![(500, "down"), (200, "up")]))
}
