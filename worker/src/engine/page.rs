//! An answer as something to look at: its text, its elements, its JSON, each made when it is first asked for.
//!
//! The parsed page cannot leave its thread; a [`Page`] is made, used and dropped where blocking is allowed.

pub mod charset;
mod html;

use super::fetch::Response;
use scraper::Html;
use serde_json::Value;
use std::cell::OnceCell;

/// An answer and what has been made of it so far.
pub struct Page {
    response: Response,
    text: OnceCell<String>,
    html: OnceCell<Result<Html, String>>,
    json: OnceCell<Result<Value, String>>,
}

impl Page {
    /// A page of which nothing has been read yet.
    pub fn new(response: Response) -> Self {
        Self { response, text: OnceCell::new(), html: OnceCell::new(), json: OnceCell::new() }
    }

    /// The answer as it came.
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| charset::decode(&self.response.headers, &self.response.body))
    }

    /// The body as a document. Any text is one; an error means that it took too long.
    pub fn html(&self) -> Result<&Html, &str> {
        self.html.get_or_init(|| html::parse(self.text())).as_ref().map_err(String::as_str)
    }

    /// The body as JSON, or why it is not.
    pub fn json(&self) -> Result<&Value, &str> {
        let parse = || serde_json::from_str(self.text()).map_err(|error| error.to_string());
        self.json.get_or_init(parse).as_ref().map_err(String::as_str)
    }

    /// A header field as text; the first of that name.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.response.headers.get(name)?;
        Some(match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text.trim().to_owned(),
            // What is no UTF-8 is Latin-1 (RFC 9110, section 5.5).
            Err(_) => encoding_rs::mem::decode_latin1(value.as_bytes()).trim().to_owned(),
        })
    }
}
