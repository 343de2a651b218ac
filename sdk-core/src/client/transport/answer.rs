//! Reading an answer: what is not exactly as the protocol says is refused.

use countersign_protocol::{Problem, problem};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::TransportError;
use crate::ports::{HttpResponse, HttpStream};

/// Gives a success through and turns everything else into its error.
pub(super) fn succeeded(response: HttpResponse) -> Result<HttpResponse, TransportError> {
    match response.status {
        200..=299 => Ok(response),
        300..=399 => Err(redirect(response.status)),
        400..=599 => Err(failed(&response)),
        status => Err(TransportError::Unexpected(format!("status {status} is not one of HTTP"))),
    }
}

/// The body as JSON. No content (204) reads as `()` and as nothing else.
pub(super) fn json<T: DeserializeOwned>(response: &HttpResponse) -> Result<T, TransportError> {
    if response.status == 204 {
        return serde_json::from_str("null")
            .map_err(|_| TransportError::Unexpected("status 204 instead of an answer".to_owned()));
    }
    expect_media_type("application/json", response.header("content-type"))?;
    serde_json::from_slice(&response.body).map_err(|error| malformed(&error))
}

/// Checks that a successful answer is a stream of events.
pub(super) fn expect_events(stream: &HttpStream) -> Result<(), TransportError> {
    expect_media_type("text/event-stream", stream.header("content-type"))
}

fn failed(response: &HttpResponse) -> TransportError {
    if expect_media_type(problem::MEDIA_TYPE, response.header("content-type")).is_ok() {
        return match serde_json::from_slice::<Problem>(&response.body) {
            Ok(problem) => TransportError::Problem(Box::new(problem)),
            Err(error) => malformed(&error),
        };
    }
    match response.status {
        status @ 502..=504 => {
            let retry_after = response.header("retry-after").and_then(|seconds| seconds.parse().ok());
            TransportError::Gateway { status, retry_after }
        }
        status => TransportError::Unexpected(format!("status {status} without a problem document")),
    }
}

/// Names kind and place of what is wrong. What stands there is left out, as it may be a secret.
fn malformed(error: &serde_json::Error) -> TransportError {
    let kind = match error.classify() {
        Category::Data => "JSON of another shape than the protocol's",
        Category::Io | Category::Syntax | Category::Eof => "not JSON",
    };
    TransportError::Unexpected(format!(
        "the body is {kind}, column {} of line {}",
        error.column(),
        error.line()
    ))
}

fn redirect(status: u16) -> TransportError {
    TransportError::Unexpected(format!("status {status} sends elsewhere; redirects are not followed"))
}

/// Compares the type without its parameters (RFC 9110 section 8.3.1: case does not count).
fn expect_media_type(expected: &str, header: Option<&str>) -> Result<(), TransportError> {
    let found = header.and_then(|value| value.split(';').next()).map(str::trim);
    match found {
        Some(found) if found.eq_ignore_ascii_case(expected) => Ok(()),
        _ => Err(TransportError::Unexpected(format!("the content type is not {expected}"))),
    }
}
