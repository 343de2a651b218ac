//! `GET /activate`, the page of the activation link, and `POST /auth/activate`.
//!
//! Link scanners open links, so the page decides nothing: its button does.

use axum::{
    extract::{Query, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use countersign_protocol::{account::Activate, fields::OpaqueToken};
use serde::Deserialize;

use crate::{
    domain::{
        account,
        answer::{Answer, Stop},
        events::Source,
    },
    http::{
        body::Submitted,
        context::InWorld,
        rejection::Rejection,
        routes::{Access, Route},
    },
    world::Consuming,
};

pub(super) fn table() -> Vec<Route> {
    vec![
        Route::get("/activate", page)
            .for_whom(Access::Anybody, "The page of the activation link; it decides nothing")
            .query("token", "As in the link"),
        Route::post("/auth/activate", activate)
            .for_whom(Access::Anybody, "Use an activation link up; also takes the page's form")
            .takes::<Activate>()
            .answers_nothing(),
    ]
}

#[derive(Deserialize)]
struct Link {
    token: String,
}

async fn page(link: Result<Query<Link>, QueryRejection>) -> Response {
    let token: Option<OpaqueToken> = link.ok().and_then(|Query(link)| link.token.parse().ok());
    match token {
        // EXPOSE: goes back to the browser that sent it. Its characters need no escaping in HTML.
        Some(token) => document(StatusCode::OK, "Activate your account", &form(token.expose())),
        None => not_good(),
    }
}

async fn activate(
    InWorld(world): InWorld,
    source: Source,
    request: Consuming,
    body: Submitted<Activate>,
) -> Result<Response, Rejection> {
    let from_page = body.from_form;
    let answer = account::activate(&world, request, source, body.value).await;
    if from_page { Ok(told(answer)?) } else { Ok(answer.map(|()| StatusCode::NO_CONTENT.into_response())?) }
}

/// The answer as a page.
fn told(answer: Answer<()>) -> Result<Response, Stop> {
    match answer {
        Ok(()) => Ok(document(
            StatusCode::OK,
            "Your account is active",
            "<p>Go back to the application and sign in.</p>",
        )),
        Err(Stop::Refused(_)) => Ok(not_good()),
        Err(fault) => Err(fault),
    }
}

fn not_good() -> Response {
    document(
        StatusCode::GONE,
        "The link is no longer good",
        "<p>It was used, has expired or is not whole. Sign up again to get a new one.</p>",
    )
}

fn form(token: &str) -> String {
    // The address is relative, so that it keeps the prefix of a realm.
    format!(
        r#"<p>Press the button to prove that this address is yours.</p>
<form method="post" action="auth/activate">
<input type="hidden" name="token" value="{token}">
<button type="submit">Activate</button>
</form>"#
    )
}

fn document(status: StatusCode, title: &str, content: &str) -> Response {
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"#
    );
    let headers: [(HeaderName, HeaderValue); 2] = [
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
        ),
        // The address of the page holds the token.
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, Html(html)).into_response()
}
