//! A site to test that behaves as the test says and records the requests it gets.

use crate::within;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a page of the broken shop takes that is slow.
const SLOW_SHOP: Duration = Duration::from_millis(3_300);

/// A site on loopback.
pub struct Site {
    /// Its address, without a slash at the end
    pub base: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    asked: watch::Sender<Vec<String>>,
    answered: Mutex<Vec<String>>,
    released: watch::Sender<BTreeSet<String>>,
    shop_is_broken: AtomicBool,
}

impl Site {
    /// Starts a site:
    ///
    /// - `/page/NAME`: a page with NAME for a headline
    /// - `/slow/NAME`: the same page, after 300 ms
    /// - `/held/NAME`: the same page, once it is [released](Self::release)
    /// - `/flaky/NAME`: 503 the first time, then the page
    /// - `/status/CODE`: that status
    /// - `/echo?text=TEXT`: TEXT as a page
    /// - `/long/BYTES`: a text of that length, with a number in each line
    /// - `/form`, `/login`, `/account`: a sign-in with a token in its form and a cookie
    /// - `/sitemap.xml?pages=N`: N addresses like `/page/7`
    /// - `/shop/WAY`: a page of a shop that [breaks](Self::break_shop) in one of six ways: `class`, `price`, `header`,
    ///   `redirect`, `json` and `slow`
    /// - `/metadata`: a redirect to a cloud's metadata service
    pub async fn start() -> Self {
        let shared = Arc::new(Shared {
            asked: watch::Sender::new(Vec::new()),
            answered: Mutex::default(),
            released: watch::Sender::new(BTreeSet::new()),
            shop_is_broken: AtomicBool::new(false),
        });
        let listener = TcpListener::bind((address(), 0)).await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let router = router().with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("the site is served") });
        Self { base, shared, serving }
    }

    /// Releases the answers to `/held/NAME`, now and later.
    pub fn release(&self, name: &str) {
        self.shared.released.send_modify(|released| {
            released.insert(name.to_owned());
        });
    }

    /// Breaks the shop.
    pub fn break_shop(&self) {
        self.shared.shop_is_broken.store(true, Ordering::SeqCst);
    }

    /// Returns how often a path was requested.
    pub fn hits(&self, path: &str) -> usize {
        self.shared.asked.borrow().iter().filter(|asked| *asked == path).count()
    }

    /// Waits until a path is requested.
    pub async fn asked_for(&self, path: &str) {
        let mut asked = self.shared.asked.subscribe();
        let happens = asked.wait_for(|asked| asked.iter().any(|asked| asked == path));
        within(&format!("a request for {path}"), happens).await.expect("the site runs");
    }

    /// Returns the paths that have been answered, in order; `note` adds to the same list.
    pub fn answered(&self) -> Vec<String> {
        self.shared.answered().clone()
    }

    /// Adds an event from elsewhere to the ordered list of answers.
    pub fn note(&self, what: &str) {
        self.shared.answered().push(what.to_owned());
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn answered(&self) -> MutexGuard<'_, Vec<String>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/page/{name}", get(page))
        .route("/slow/{name}", get(slow))
        .route("/held/{name}", get(held))
        .route("/flaky/{name}", get(flaky))
        .route("/status/{code}", any(status))
        .route(
            "/echo",
            get(|Query(query): Query<HashMap<String, String>>| async move {
                Html(query.get("text").cloned().unwrap_or_default())
            }),
        )
        .route("/long/{bytes}", get(|Path(bytes): Path<usize>| async move { long(bytes) }))
        .route("/form", get(|| async { Html("<form><input name=csrf value=t0ken></form>") }))
        .route("/login", post(login))
        .route("/account", get(account))
        .route("/sitemap.xml", get(sitemap))
        .route("/shop/{way}", get(shop))
        .route("/metadata", get(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data/") }))
}

fn long(bytes: usize) -> String {
    let lines = (0..).flat_map(|number| format!("line {number}\n").into_bytes());
    String::from_utf8(lines.take(bytes).collect()).expect("ASCII")
}

fn answer(shared: &Shared, kind: &str, name: &str) -> Response {
    shared.answered().push(format!("/{kind}/{name}"));
    Html(format!("<!doctype html><html lang=en><title>{name}</title><h1>{name}</h1>")).into_response()
}

fn ask(shared: &Shared, kind: &str, name: &str) {
    shared.asked.send_modify(|asked| asked.push(format!("/{kind}/{name}")));
}

async fn page(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    ask(&shared, "page", &name);
    answer(&shared, "page", &name)
}

async fn slow(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    ask(&shared, "slow", &name);
    tokio::time::sleep(Duration::from_millis(300)).await;
    answer(&shared, "slow", &name)
}

async fn held(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    ask(&shared, "held", &name);
    let mut released = shared.released.subscribe();
    // The site is never dropped while it answers.
    let _ = released.wait_for(|released| released.contains(&name)).await;
    answer(&shared, "held", &name)
}

async fn flaky(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    let path = format!("/flaky/{name}");
    let is_first = !shared.asked.borrow().contains(&path);
    ask(&shared, "flaky", &name);
    if is_first { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { answer(&shared, "flaky", &name) }
}

async fn status(Path(code): Path<u16>) -> Response {
    StatusCode::from_u16(code).unwrap_or(StatusCode::NOT_FOUND).into_response()
}

async fn login(body: String) -> Response {
    if !(body.contains("csrf=t0ken") && body.contains("password=hunter2")) {
        return StatusCode::FORBIDDEN.into_response();
    }
    ([(header::SET_COOKIE, "session=ana; Path=/")], Redirect::to("/account")).into_response()
}

async fn account(headers: HeaderMap) -> Response {
    let is_signed_in = headers.get(header::COOKIE).is_some_and(|cookie| cookie.as_bytes() == b"session=ana");
    if is_signed_in { Html("<h1>Hello, ana</h1>").into_response() } else { StatusCode::UNAUTHORIZED.into_response() }
}

async fn shop(State(shared): State<Arc<Shared>>, Path(way): Path<String>) -> Response {
    ask(&shared, "shop", &way);
    let is_broken = shared.shop_is_broken.load(Ordering::SeqCst);
    let products = [("Lamp", "12.00"), ("Desk", "90.00"), ("Chair", "45.00")];
    let product = |(name, price): &(&str, &str)| {
        let price = if is_broken && way == "price" { price.replace('.', ",") + " €" } else { format!("€ {price}") };
        let class = if is_broken && way == "class" { "purchase" } else { "buy" };
        format!("<li><h2>{name}</h2><span class=price>{price}</span><a class={class} href=/cart/{name}>Buy</a></li>")
    };
    let page =
        format!("<!doctype html><title>Shop</title><ul>{}</ul>", products.iter().map(product).collect::<String>());
    match way.as_str() {
        "header" if !is_broken => ([(header::CACHE_CONTROL, "max-age=60")], Html(page)).into_response(),
        "redirect" if is_broken => Redirect::to("/shop/consent").into_response(),
        "consent" => Html("<!doctype html><title>Shop</title><h1>We value your privacy</h1>").into_response(),
        "json" if is_broken => axum::Json(json!({ "name": "Lamp", "offer": { "price": 12.5 } })).into_response(),
        "json" => axum::Json(json!({ "name": "Lamp", "price": 12.5 })).into_response(),
        "slow" if is_broken => {
            tokio::time::sleep(SLOW_SHOP).await;
            Html(page).into_response()
        }
        _ => Html(page).into_response(),
    }
}

async fn sitemap(headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let pages: u32 = query.get("pages").and_then(|pages| pages.parse().ok()).unwrap_or(3);
    let kind = query.get("kind").map_or("page", String::as_str);
    let urls: Vec<String> =
        (0..pages).map(|page| format!("<url><loc>http://{host}/{kind}/{page}</loc></url>")).collect();
    let urls = urls.concat();
    ([(header::CONTENT_TYPE, "application/xml")], format!("<urlset>{urls}</urlset>")).into_response()
}

/// Returns loopback, or another address if the functions run where loopback is Lambda's own: functions never fetch from
/// that.
pub(crate) fn address() -> IpAddr {
    let address = std::env::var("STEPCAST_TESTS_SITE").unwrap_or_else(|_| "127.0.0.1".to_owned());
    address.parse().expect("`STEPCAST_TESTS_SITE` is an address")
}
