//! A small shop that whole Hurl files are made for: with a form to sign in, an API, feeds, redirects, and jobs that take
//! a while. What it answers depends on the request alone, and for a job on how often it was asked for.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// How often a job says that it runs.
const RUNS: usize = 2;

/// The jobs by number, with how often each was asked for.
type Jobs = Arc<Mutex<Vec<usize>>>;

struct Request {
    method: String,
    path: String,
    query: String,
    headers: HashMap<String, String>,
    body: String,
}

/// A status, headers, and a body.
struct Answer(u16, Vec<(&'static str, String)>, Vec<u8>);

/// Answers until the test ends, and gives back the address.
pub fn serve() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let jobs = Jobs::default();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let jobs = Arc::clone(&jobs);
            std::thread::spawn(move || serve_one(stream, &jobs));
        }
    });
    base
}

fn serve_one(mut stream: TcpStream, jobs: &Jobs) -> Option<()> {
    let request = read(&stream)?;
    let Answer(status, headers, body) = answer(&request, jobs);
    let mut head = format!("HTTP/1.1 {status} Reason\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in headers {
        head.extend([name, ": ", &value, "\r\n"]);
    }
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(b"\r\n").ok()?;
    stream.write_all(&body).ok()
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), headers, body })
}

fn answer(request: &Request, jobs: &Jobs) -> Answer {
    let header = |name: &str| request.headers.get(name).map_or("", String::as_str);
    let is_member = header("cookie").split("; ").any(|cookie| cookie == "session=s1");
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/login") => page("<form><input name=csrf value=t0ken><input name=user></form>"),
        // A space is written in two ways in forms.
        ("POST", "/login") if request.body.replace('+', "%20") == "csrf=t0ken&user=ana&password=a%26b%20c" => {
            let cookie = "session=s1; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600".to_owned();
            Answer(302, vec![("location", "/account".to_owned()), ("set-cookie", cookie)], Vec::new())
        }
        ("POST", "/login") => with_status(401, page("<p class=error>Wrong password</p>")),
        ("GET", "/account") if is_member => page("<h1>Hello Ana</h1><ul><li>Kettle</li><li>Pot</li></ul>"),
        ("GET", "/account") => to("/login"),
        ("GET", "/members") if header("authorization") == "Basic YW5hOmtldHRsZQ==" => page("<h1>Members</h1>"),
        ("GET", "/members") => {
            Answer(401, vec![("www-authenticate", "Basic realm=\"members\"".to_owned())], Vec::new())
        }
        ("GET", "/old") => to("/older"),
        ("GET", "/older") => to("/new"),
        ("GET", "/new") => page("<h1>New</h1>"),
        ("GET", "/loop") => to("/loop"),
        ("GET", "/search") => page(&format!("<p id=query>{}</p>", request.query)),
        ("GET", "/latin") => typed("text/html; charset=iso-8859-1", b"<p>caf\xe9</p>".to_vec()),
        // GB 2312, and the answer does not say so: "hello world" in Chinese.
        ("GET", "/chinese") => typed("text/html", b"<p>\xc4\xe3\xba\xc3\xca\xc0\xbd\xe7</p>".to_vec()),
        ("GET", "/packed") => {
            let headers =
                vec![("content-type", "text/plain".to_owned()), ("content-encoding", "unheard-of".to_owned())];
            Answer(200, headers, b"Hello".to_vec())
        }
        ("POST", "/upload") => upload(request),
        ("POST", "/jobs") => {
            let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
            jobs.push(0);
            with_status(201, json(&format!(r#"{{"id":{},"state":"running"}}"#, jobs.len() - 1)))
        }
        ("GET", path) if path.starts_with("/jobs/") => job(path, jobs),
        (method, path) if path.starts_with("/api/") => api(method, path, request),
        ("GET", "/news.rss") => typed("application/rss+xml", NEWS.into()),
        ("GET", "/changes.atom") => typed("application/atom+xml; charset=utf-8", CHANGES.into()),
        ("GET", "/catalog") => typed("text/plain", "<Catalog><Book id='1'/><Book id='2'/></Catalog>".into()),
        _ => with_status(404, page("<h1>Not found</h1>")),
    }
}

fn job(path: &str, jobs: &Jobs) -> Answer {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    let number = path.trim_start_matches("/jobs/").parse().unwrap_or(usize::MAX);
    let Some(asked) = jobs.get_mut(number) else { return with_status(404, json("{}")) };
    *asked += 1;
    let state = if *asked > RUNS { "done" } else { "running" };
    json(&format!(r#"{{"id":{number},"state":"{state}"}}"#))
}

fn api(method: &str, path: &str, request: &Request) -> Answer {
    match (method, path) {
        ("GET", "/api/products") => json(PRODUCTS),
        ("GET", "/api/products/2") => {
            json(r#"{"id":2,"name":"Pot","price":24.00,"tags":["kitchen"],"since":"2024-05-01T08:00:00Z"}"#)
        }
        ("POST", "/api/products") => {
            let location =
                vec![("location", "/api/products/2".to_owned()), ("content-type", "application/json".to_owned())];
            Answer(201, location, request.body.clone().into_bytes())
        }
        ("GET", "/api/shares") => json("[0.1, 0.100000000000000005, 0.333333333333333333, 1e3]"),
        ("DELETE", "/api/products/2") => Answer(204, Vec::new(), Vec::new()),
        _ => with_status(404, json(r#"{"error":"not found"}"#)),
    }
}

/// Says which fields came, and what the files among them are called.
fn upload(request: &Request) -> Answer {
    let names = |key: &str| -> Vec<String> {
        let before = format!("{key}=\"");
        let parts = request.body.split(&before).skip(1);
        parts.filter_map(|part| part.split('"').next().map(|name| format!("\"{name}\""))).collect()
    };
    let (fields, files) = (names("; name").join(","), names("; filename").join(","));
    json(&format!(r#"{{"fields":[{fields}],"files":[{files}]}}"#))
}

fn page(body: &str) -> Answer {
    let html = format!("<!DOCTYPE html><html><head><title>Shop</title></head><body>{body}</body></html>");
    typed("text/html; charset=utf-8", html.into_bytes())
}

fn json(body: &str) -> Answer {
    typed("application/json", body.into())
}

fn typed(content_type: &str, body: Vec<u8>) -> Answer {
    Answer(200, vec![("content-type", content_type.to_owned())], body)
}

fn with_status(status: u16, Answer(_, headers, body): Answer) -> Answer {
    Answer(status, headers, body)
}

fn to(location: &str) -> Answer {
    Answer(302, vec![("location", location.to_owned())], Vec::new())
}

const PRODUCTS: &str = r#"{
  "total": 3, "next": null, "items": [
    { "id": 1, "name": "Kettle", "price": 9.5, "tags": ["kitchen", "red"], "stock": { "count": 4 } },
    { "id": 2, "name": "Pot", "price": 24.00, "tags": ["kitchen"], "stock": { "count": 0 } },
    { "id": 3, "name": "Mug", "price": 4, "tags": [], "stock": null }
  ]
}"#;

const NEWS: &str = r#"<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
<item><title>A new kettle</title><link>/p/1</link><dc:creator>Ann</dc:creator></item>
<item><title>Pots &amp; pans</title><link>/p/2</link><dc:creator>Bob</dc:creator></item>
</channel></rss>
"#;

const CHANGES: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Changes</title>
<entry><title>One</title><updated>2024-05-01T08:00:00Z</updated></entry>
<entry><title>Two</title><updated>2024-06-01T08:00:00Z</updated></entry>
</feed>
"#;
