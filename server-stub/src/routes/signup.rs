//! `POST /signup`.

use axum::{Json, http::StatusCode};
use countersign_protocol::account::{SignUp, SignUpAccepted};

use crate::{
    domain::{account, events::Source},
    http::{
        body::Body,
        context::InWorld,
        rejection::Rejection,
        routes::{Access, Route},
    },
    world::Consuming,
};

pub(super) fn table() -> Vec<Route> {
    vec![
        Route::post("/signup", sign_up)
            .for_whom(Access::Anybody, "Sign up an organisation; a mail says how to go on")
            .takes::<SignUp>()
            .answers::<SignUpAccepted>(202),
    ]
}

async fn sign_up(
    InWorld(world): InWorld,
    source: Source,
    request: Consuming,
    Body(body): Body<SignUp>,
) -> Result<(StatusCode, Json<SignUpAccepted>), Rejection> {
    let accepted = account::sign_up(&world, request, source, body).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}
