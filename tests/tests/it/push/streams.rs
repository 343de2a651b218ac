//! The inbox on networks that do not hold event streams, and requests that a notification told of.

use std::sync::Arc;

use countersign::{
    ports::{Http, Ports},
    push::{Authenticator, ConnectionState, InboxEvent, Outcome, PushInbox},
    testing::FixedClock,
};
use countersign_protocol::push::{DenyReason, DeviceKind};
use countersign_tests::{
    Account, Device, Phone, Realm,
    networks::{Streamless, Streams},
    next_request, on_both_databases,
};
use serde_json::json;

/// A phone on this network whose waiting takes no time.
async fn impatient_phone(account: &Account, http: Arc<dyn Http>) -> Phone {
    let device = Device::behind(http, "Phone", &account.realm);
    let clock = FixedClock::skipping();
    clock.set(account.realm.now());
    let authenticator = Authenticator::new(Ports { clock: Arc::new(clock), ..device.ports() });
    let link = account.enrolment_link().await;
    let enrolment = authenticator.enroll(&link, device.name().clone(), DeviceKind::Mobile).await.unwrap();
    Phone { device, authenticator, enrolment }
}

/// Until the inbox tells of this connection.
async fn until(inbox: &PushInbox, wanted: ConnectionState) {
    loop {
        match inbox.next().await.unwrap() {
            Some(InboxEvent::Connection(state)) if state == wanted => return,
            Some(_) => {}
            None => panic!("the inbox is closed"),
        }
    }
}

async fn approvals_arrive_without_streams_and_streams_are_taken_up_again(realm: Realm) {
    for streams in [Streams::Page, Streams::Held, Streams::Cut] {
        let account = Account::open(&realm, &format!("Mia {streams:?}")).await;
        let network = Streamless::new(realm.http(), streams);
        let phone = impatient_phone(&account, network.clone()).await;
        let inbox = phone.inbox().await;
        until(&inbox, ConnectionState::Polling).await;
        let _waiting = account.ask().await;
        let request = next_request(&inbox).await;
        phone.authenticator.deny(&request, DenyReason::Mistake).await.unwrap();
        let history = phone.authenticator.history(None).await.unwrap();
        assert_eq!(history.len(), 1, "{streams:?}");
        assert_eq!(history[0].challenge_id, request.challenge_id());
        assert_eq!(history[0].outcome, Outcome::Denied);

        network.set(Streams::Through);
        // The network lets go of what it held.
        let inbox = if streams == Streams::Held { phone.inbox().await } else { inbox };
        until(&inbox, ConnectionState::Live).await;
    }
}

async fn a_notification_gives_the_request(realm: Realm) {
    let account = Account::open(&realm, "Mia").await;
    let phone = account.phone("Phone").await;
    let waiting = account.ask().await;
    let asked = phone.request().await;
    let payload = json!({
        "aps": {"content-available": 1},
        "countersign_enrolment": phone.enrolment.id,
        "countersign_challenge": asked.challenge_id(),
    });
    let payload = payload.to_string();
    // The system starts the app for it.
    let authenticator = phone.device.authenticator();
    let request = authenticator.pushed(payload.as_bytes()).await.unwrap().unwrap();
    assert_eq!(request.challenge_id(), asked.challenge_id());
    authenticator.approve(&request, waiting.number().clone()).await.unwrap();
    assert!(authenticator.pushed(payload.as_bytes()).await.unwrap().is_none());
}

on_both_databases!(
    approvals_arrive_without_streams_and_streams_are_taken_up_again,
    a_notification_gives_the_request
);
