//! The control plane for QA, under `/_stub`: it reads the mail and moves the clock of a realm. It has a bearer of
//! its own, which the server prints when it starts.

mod bearer;
mod clock;
mod outbox;
mod reset;

use crate::http::routes::{Access, Route};

/// Its routes.
pub fn table() -> Vec<Route> {
    let qa = |route: Route, summary| route.for_whom(Access::Qa, summary);
    vec![
        qa(
            Route::get("/_stub/outbox", outbox::list),
            "Messages sent, oldest first; `wait` waits for the next",
        )
        .query("channel", "`email`")
        .query("to", "The recipient, whole")
        .query("after", "Only messages after this `seq`")
        .query("wait", "How long to wait for a message, such as `5s`; at most a minute")
        .answers::<outbox::Messages>(200),
        qa(Route::delete("/_stub/outbox", outbox::clear), "Forget all messages").answers_nothing(),
        qa(Route::get("/_stub/clock", clock::read), "The realm's clock").answers::<clock::Reading>(200),
        qa(Route::put("/_stub/clock", clock::set), "Freeze, set, scale or resume the realm's clock")
            .takes::<clock::Change>()
            .answers::<clock::Reading>(200),
        qa(Route::post("/_stub/clock/advance", clock::advance), "Move the realm's clock forward")
            .takes::<clock::Advance>()
            .answers::<clock::Reading>(200),
        qa(Route::post("/_stub/reset", reset::reset), "Empty the realm; its signing keys stay")
            .answers_nothing(),
    ]
}
