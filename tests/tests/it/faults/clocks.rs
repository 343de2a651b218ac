//! Devices whose clock is not the server's.

use std::time::Duration;

use countersign::Error;
use countersign_protocol::push::DeviceKind;
use countersign_tests::{Account, Device, Realm, on_both_databases, path};

const NEARLY_TEN_MINUTES: Duration = Duration::from_secs(599);
const OVER_TEN_MINUTES: Duration = Duration::from_secs(601);

/// Codes, requests and tokens all depend on the time; the SDK measures the difference and corrects it.
async fn a_clock_that_is_nearly_ten_minutes_off(realm: Realm) {
    let ahead = realm.with_devices_ahead(NEARLY_TEN_MINUTES);
    path::walk(&ahead, realm.http(), "Mia").await;
    let behind = realm.with_devices_behind(NEARLY_TEN_MINUTES);
    path::walk(&behind, realm.http(), "Noah").await;
}

async fn a_clock_that_is_further_off_decides_nothing(realm: Realm) {
    for (name, off) in [
        ("Mia", realm.with_devices_ahead(OVER_TEN_MINUTES)),
        ("Noah", realm.with_devices_behind(OVER_TEN_MINUTES)),
    ] {
        // Signing in is for the server to judge.
        let account = Account::open(&off, name).await;
        assert_off(account.client.server_now());
        let (link, phone) = (account.enrolment_link().await, Device::new("Phone", &off));
        assert_off(phone.authenticator().enroll(&link, phone.name().clone(), DeviceKind::Mobile).await);
        assert!(phone.storage().entries().is_empty(), "nothing was begun");
    }
}

fn assert_off<T: std::fmt::Debug>(answer: Result<T, Error>) {
    match answer {
        Err(Error::UnexpectedAnswer { reason, .. }) => {
            assert!(reason.contains("10 minutes apart"), "{reason}");
        }
        other => panic!("decided: {other:?}"),
    }
}

on_both_databases!(a_clock_that_is_nearly_ten_minutes_off, a_clock_that_is_further_off_decides_nothing);
