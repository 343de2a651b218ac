//! `GET /user/profile`.

use axum::Json;
use countersign_protocol::account::UserProfile;

use crate::{
    domain::account,
    http::{
        context::InWorld,
        rejection::Rejection,
        routes::{Access, Route},
        session_caller::SessionCaller,
    },
};

pub(super) fn table() -> Vec<Route> {
    vec![
        Route::get("/user/profile", profile)
            .for_whom(Access::Session, "Who is signed in")
            .answers::<UserProfile>(200),
    ]
}

async fn profile(InWorld(world): InWorld, caller: SessionCaller) -> Result<Json<UserProfile>, Rejection> {
    let user = caller.session.user_id;
    let profile = world
        .read(move |connection| Box::pin(async move { account::profile(connection, user).await }))
        .await?;
    Ok(Json(profile))
}
