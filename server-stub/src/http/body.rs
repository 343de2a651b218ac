//! JSON bodies, with what is wrong told per field.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use countersign_protocol::{ProblemCode, problem::FieldProblem};
use serde::de::DeserializeOwned;

use super::{context::Context, rejection::Rejection};
use crate::domain::answer::{Stop, refuse};

/// A JSON body, parsed into newtypes: what a handler gets is well formed.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Body<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        if !essence(parts).is_some_and(|text| text.eq_ignore_ascii_case("application/json")) {
            let detail = "Send JSON with content-type application/json.";
            return Err(refuse(ProblemCode::UnsupportedMediaType, detail).into());
        }
        Ok(parse(&Context::of(parts)?.body).map(Self)?)
    }
}

/// A body that a page's form may send too.
pub struct Submitted<T> {
    /// What was sent.
    pub value: T,
    /// Whether a form sent it, so that a page is the answer.
    pub from_form: bool,
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Submitted<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        if essence(parts) != Some("application/x-www-form-urlencoded") {
            let Body(value) = Body::from_request_parts(parts, state).await?;
            return Ok(Self { value, from_form: false });
        }
        let fields = url::form_urlencoded::parse(&Context::of(parts)?.body);
        let fields: serde_json::Map<_, _> =
            fields.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
        // The same reader as for JSON, so that a refusal reads the same.
        let value = parse(serde_json::Value::Object(fields).to_string().as_bytes())?;
        Ok(Self { value, from_form: true })
    }
}

fn essence(parts: &Parts) -> Option<&str> {
    let media_type = parts.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    media_type.split(';').next().map(str::trim)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Stop> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        let mut stop =
            refuse(ProblemCode::InvalidRequest, "The body is not what this route takes; see `fields`.");
        if let Stop::Refused(problem) = &mut stop {
            problem.fields.push(FieldProblem { field, problem: describe(error.inner()) });
        }
        stop
    })?;
    reader
        .end()
        .map_err(|_| refuse(ProblemCode::InvalidRequest, "Something follows the JSON. Send one object."))?;
    Ok(value)
}

/// The reason without the value: serde quotes what it read, and that may be a secret.
fn describe(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Io | Category::Syntax => "is not JSON".to_owned(),
        Category::Eof => "ends too early".to_owned(),
        Category::Data => {
            let text = error.to_string();
            let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
            if reason.contains('`') || reason.contains('"') {
                let about =
                    ["missing field", "duplicate field"].iter().find(|about| reason.starts_with(**about));
                about.map_or("has another type than this field takes".to_owned(), |_| reason.to_owned())
            } else {
                reason.to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_protocol::login::{StartLogin, VerifyCode};

    use super::*;

    fn field(body: &str) -> (String, String) {
        let Err(Stop::Refused(problem)) = parse::<StartLogin>(body.as_bytes()) else { panic!("{body}") };
        let field = problem.fields.into_iter().next().unwrap();
        (field.field, field.problem)
    }

    #[test]
    fn a_problem_names_the_field_and_never_the_value() {
        let (path, problem) = field(r#"{"email":"mia@example.com","password":"short"}"#);
        assert_eq!(path, "password");
        assert!(problem.contains("8 to 128"), "{problem}");
        let (path, problem) = field(r#"{"email":"mia@example.com","password":{"deep":"hunter2hunter2"}}"#);
        assert_eq!(path, "password");
        assert!(!problem.contains("hunter2"), "{problem}");
        assert_eq!(field("{").1, "ends too early");
        assert_eq!(field("[").0, ".");
    }

    #[test]
    fn something_behind_the_object_is_refused() {
        let body = br#"{"login_id":"01J00000000000000000000000","method":"totp","code":"123456"} {}"#;
        assert!(matches!(parse::<VerifyCode>(body), Err(Stop::Refused(_))));
    }
}
