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
const PATIENCE: u64 = 60_000;

/// Resolves with the first element of an `XPath`, as soon as there is one.
const WAIT: &str = "
    const [path, done] = arguments;
    const look = () =>
      document.evaluate(path, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue;
    const there = look();
    if (there) return done(there);
    const observer = new MutationObserver(() => {
      const found = look();
      if (found) { observer.disconnect(); done(found); }
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
";

/// The program, started by the driver.
pub(crate) struct Browser {
    http: Arc<dyn Http>,
    session: String,
}

/// An element of the page.
pub(crate) struct Element(String);

impl Browser {
    pub(crate) async fn open(surroundings: &Surroundings) -> Self {
        let http = Arc::new(ReqwestHttp::new(HttpConfig::default().without_proxy()).unwrap());
        let driver = format!("http://127.0.0.1:{}/session", surroundings.port);
        let program = env!("CARGO_BIN_EXE_countersign-authenticator");
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "webkitgtk:browserOptions": { "binary": program, "args": [] },
            "timeouts": { "script": PATIENCE },
        } } });
        // The driver listens a moment after it was started.
        let answer = loop {
            match send(&*http, Method::Post, &driver, Some(&capabilities)).await {
                Err(HttpError::Unreachable { .. }) => tokio::task::yield_now().await,
                answer => break answer.unwrap(),
            }
        };
        let id = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
        Self { session: format!("{driver}/{id}"), http }
    }

    pub(crate) async fn close(self) {
        send(&*self.http, Method::Delete, &self.session, None).await.unwrap();
    }

    /// The first element of an `XPath`, once there is one.
    pub(crate) async fn find(&self, path: &str) -> Element {
        let found = self.post("/execute/async", &json!({ "script": WAIT, "args": [path] })).await;
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

    pub(crate) async fn press_in(&self, place: &str, name: &str) {
        let button = format!("{place}//button[normalize-space(.)={} and not(@disabled)]", quoted(name));
        let Element(id) = self.find(&button).await;
        self.post(&format!("/element/{id}/click"), &json!({})).await;
    }

    pub(crate) async fn type_into(&self, path: &str, text: &str) {
        let Element(id) = self.find(path).await;
        self.post(&format!("/element/{id}/value"), &json!({ "text": text })).await;
    }

    pub(crate) async fn text(&self, Element(id): &Element) -> String {
        let text = self.get(&format!("/element/{id}/text")).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Keeps a picture of the page, to be looked at.
    pub(crate) async fn photograph(&self, name: &str) {
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

async fn send(http: &dyn Http, method: Method, url: &str, body: Option<&Value>) -> Result<Value, HttpError> {
    let request = HttpRequest {
        method,
        url: url.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.map(|body| body.to_string().into()),
        timeout: Duration::from_millis(2 * PATIENCE),
        longest_answer: 32 * 1024 * 1024,
    };
    let answer = http.send(request).await?;
    let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(answer.status == 200, "{url}: {value}");
    Ok(value["value"].take())
}

/// As a string of `XPath` 1.0, which has no escapes.
fn quoted(text: &str) -> String {
    let parts: Vec<_> = text.split('\'').map(|part| format!("'{part}'")).collect();
    if parts.len() == 1 { parts.concat() } else { format!("concat({})", parts.join(", \"'\", ")) }
}
