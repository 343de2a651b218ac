//! As much of `WebDriver` (W3C) as the tests need, over the SDK's own HTTP port.

use std::{fs, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign::{
    client::{HttpConfig, ReqwestHttp},
    ports::{Http, HttpError, HttpRequest, Method},
};
use serde_json::{Value, json};

use crate::surroundings::Surroundings;

/// The name of an element's id, W3C `WebDriver` section 12.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// For how long the page may take to show something, in milliseconds. A page that never shows it fails the test.
pub(crate) const PATIENCE: u64 = 60_000;

/// Resolves with the first element of an `XPath`, as soon as there is one; in the end, with what the page says instead.
const WAIT: &str = "
    const [path, patience, done] = arguments;
    const look = () =>
      document.evaluate(path, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue;
    const there = look();
    if (there) return done(there);
    const timer = setTimeout(() => { observer.disconnect(); done(document.body.innerText); }, patience);
    const observer = new MutationObserver(() => {
      const found = look();
      if (found) { clearTimeout(timer); observer.disconnect(); done(found); }
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
";

/// Resolves once what the page holds now is painted.
const PAINTED: &str = "
    const [done] = arguments;
    requestAnimationFrame(() => requestAnimationFrame(() => done()));
";

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-authenticator");
/// How often the driver may refuse a connection before it counts as one that will never listen.
const TRIES: u32 = 500_000;
/// Writes down which process it is, and becomes the program.
const START: &str = r#"echo $$ >"$XDG_RUNTIME_DIR/process"; exec "$@""#;

/// The program, started by the driver.
pub(crate) struct Browser {
    http: Arc<dyn Http>,
    session: String,
}

/// An element of the page.
pub(crate) struct Element(String);

impl Browser {
    pub(crate) async fn open(surroundings: &Surroundings) -> Self {
        Self::start(surroundings, &[PROGRAM]).await
    }

    /// Started by this line.
    pub(crate) async fn start(surroundings: &Surroundings, line: &[&str]) -> Self {
        let http = Arc::new(ReqwestHttp::new(HttpConfig::default().without_proxy()).unwrap());
        let driver = format!("http://127.0.0.1:{}/session", surroundings.port);
        let line = [&["-c", START, "sh"], line].concat();
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "webkitgtk:browserOptions": { "binary": "/bin/sh", "args": line },
            "timeouts": { "script": 2 * PATIENCE },
        } } });
        // The driver listens a moment after it was started.
        for _ in 0..TRIES {
            let answer = match send(&*http, Method::Post, &driver, Some(&capabilities)).await {
                Err(HttpError::Unreachable { .. }) => {
                    tokio::task::yield_now().await;
                    continue;
                }
                answer => answer.unwrap(),
            };
            let id = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
            return Self { session: format!("{driver}/{id}"), http };
        }
        panic!("the driver does not listen on {driver}");
    }

    pub(crate) async fn close(self) {
        send(&*self.http, Method::Delete, &self.session, None).await.unwrap();
    }

    /// Kills the program, which has no time to do anything about it.
    pub(crate) async fn kill(self, surroundings: &Surroundings) {
        surroundings.kill();
        // The driver may have seen it already.
        let _ = self.http.send(request(Method::Delete, &self.session, None)).await;
    }

    /// The first element of an `XPath`, once there is one.
    pub(crate) async fn find(&self, path: &str) -> Element {
        let found = self.post("/execute/async", &json!({ "script": WAIT, "args": [path, PATIENCE] })).await;
        let id = found[ELEMENT].as_str().unwrap_or_else(|| panic!("{path} did not appear: {found}"));
        Element(id.to_owned())
    }

    /// Waits for a text.
    pub(crate) async fn see(&self, text: &str) -> Element {
        self.find(&format!("//body//*[text()[contains(normalize-space(.), {})]]", quoted(text))).await
    }

    /// Presses the button of this name, once it can be pressed.
    pub(crate) async fn press(&self, name: &str) {
        self.press_in("//body", name).await;
    }

    /// Presses the button that ends the program. This has answered before it is pressed: after that nobody would.
    pub(crate) async fn press_last(&self, name: &str) {
        let Element(id) = self.button("//body", name).await;
        let script = "const button = arguments[0]; setTimeout(() => button.click())";
        self.post("/execute/sync", &json!({ "script": script, "args": [{ ELEMENT: id }] })).await;
    }

    async fn button(&self, place: &str, name: &str) -> Element {
        self.find(&format!("{place}//button[normalize-space(.)={} and not(@disabled)]", quoted(name))).await
    }

    pub(crate) async fn press_in(&self, place: &str, name: &str) {
        let Element(id) = self.button(place, name).await;
        self.post(&format!("/element/{id}/click"), &json!({})).await;
    }

    /// Types it in place of what is there.
    pub(crate) async fn type_into(&self, path: &str, text: &str) {
        let Element(id) = self.find(path).await;
        if self.get(&format!("/element/{id}/property/value")).await != "" {
            self.post(&format!("/element/{id}/clear"), &json!({})).await;
        }
        self.post(&format!("/element/{id}/value"), &json!({ "text": text })).await;
    }

    pub(crate) async fn text(&self, Element(id): &Element) -> String {
        let text = self.get(&format!("/element/{id}/text")).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Keeps a picture of the page, to be looked at: the driver takes one of what was painted last.
    pub(crate) async fn photograph(&self, name: &str) {
        self.post("/execute/async", &json!({ "script": PAINTED, "args": [] })).await;
        let picture = self.get("/screenshot").await;
        let picture = STANDARD.decode(picture.as_str().unwrap()).unwrap();
        fs::write(Surroundings::pictures().join(format!("{name}.png")), picture).unwrap();
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        send(&*self.http, Method::Post, &format!("{}{path}", self.session), Some(body)).await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        send(&*self.http, Method::Get, &format!("{}{path}", self.session), None).await.unwrap()
    }
}

fn request(method: Method, url: &str, body: Option<&Value>) -> HttpRequest {
    HttpRequest {
        method,
        url: url.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.map(|body| body.to_string().into()),
        timeout: Duration::from_millis(3 * PATIENCE),
        longest_answer: 32 * 1024 * 1024,
    }
}

async fn send(http: &dyn Http, method: Method, url: &str, body: Option<&Value>) -> Result<Value, HttpError> {
    let answer = http.send(request(method, url, body)).await?;
    let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(answer.status == 200, "{url}: {value}");
    Ok(value["value"].take())
}

/// As a string of `XPath` 1.0, which has no escapes.
fn quoted(text: &str) -> String {
    let parts: Vec<_> = text.split('\'').map(|part| format!("'{part}'")).collect();
    if parts.len() == 1 { parts.concat() } else { format!("concat({})", parts.join(", \"'\", ")) }
}
