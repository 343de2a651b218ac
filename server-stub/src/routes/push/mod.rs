//! Push approval.

mod challenge;
mod devices;
mod events;
mod pending;
mod register;
mod respond;
mod tickets;

use countersign_protocol::{
    login::{Pending, StartChallenge},
    push::{
        Enrolled, EnrolledDevices, EnrolmentTicket, PendingRequests, PushEvent, Register, Respond, Responded,
    },
};

use crate::http::routes::{Access, Route};

pub(super) fn table() -> Vec<Route> {
    use Access::{Device, Key, Login, Session, SessionOrDevice};
    vec![
        Route::post("/mfa/challenge", challenge::challenge)
            .for_whom(Login, "Ask the user's devices to approve the login")
            .takes::<StartChallenge>()
            .answers::<Pending>(202),
        Route::post("/mfa/push/tickets", tickets::make)
            .for_whom(Session, "A ticket to enrol one device, as link and QR")
            .answers::<EnrolmentTicket>(201),
        Route::post("/mfa/push/register", register::register)
            .for_whom(Key, "Enrol a device by its ticket, under a DPoP proof of its possession key")
            .takes::<Register>()
            .answers::<Enrolled>(201),
        Route::get("/mfa/push/devices", devices::list)
            .for_whom(Session, "The user's enrolled devices")
            .answers::<EnrolledDevices>(200),
        Route::delete("/mfa/push/devices/{id}", devices::remove)
            .for_whom(SessionOrDevice, "Remove an enrolled device")
            .answers_nothing(),
        Route::get("/mfa/push/pending", pending::pending)
            .for_whom(Device, "What waits for this device, signed")
            .answers::<PendingRequests>(200),
        Route::post("/mfa/push/respond", respond::respond)
            .for_whom(Device, "Answer a request")
            .takes::<Respond>()
            .answers::<Responded>(200),
        Route::get("/mfa/push/events", events::events)
            .for_whom(Device, "Wakes this device: `request` and `closed` events, ids only")
            .answers_events::<PushEvent>(),
    ]
}
