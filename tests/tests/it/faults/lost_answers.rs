//! The server acts, and its answer is lost. What the path leaves behind is the same as on a good network.

use std::sync::Arc;

use countersign::testing::DroppingHttp;
use countersign_tests::{
    Account, Device, Realm, Stage,
    networks::{Forgetful, Proxy},
    on_both_databases, path,
};
use futures_util::{StreamExt as _, stream};

/// The first answer to everything that consumes something.
async fn the_path_on_a_network_that_forgets(realm: Realm) {
    let network = Forgetful::new(realm.http());
    path::walk(&realm, network.clone(), "Mia").await;
    assert!(network.lost() >= 20, "{} answers were lost", network.lost());
}

/// Each answer of the path in turn, nonces, reads and event streams included; each time in a realm of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_of_the_path_in_turn() {
    let stage = Stage::in_memory().await;
    let realm = stage.realm();
    let counting = Proxy::new(realm.http());
    path::walk(&realm, counting.clone(), "Mia").await;
    assert!(counting.count() > 40, "{} requests", counting.count());

    let walks = (1..=counting.count()).map(|nth| {
        let realm = realm.clone();
        tokio::spawn(async move {
            let realm = realm.neighbour(&format!("lost-{nth}")).await;
            let network = Arc::new(DroppingHttp::new(realm.http()));
            network.drop_answer(nth);
            path::walk(&realm, network, "Mia").await;
        })
    });
    let walked: Vec<_> = stream::iter(walks).buffered(8).collect().await;
    let stumbled: Vec<_> = (1..).zip(walked).filter(|(_, walk)| walk.is_err()).map(|(nth, _)| nth).collect();
    assert_eq!(stumbled, Vec::<usize>::new(), "without these answers the path does not end");
    stage.stop().await;
}

/// The removal is asked for again where its answer was lost, and the server does not find the device any more.
async fn a_device_is_removed_once(realm: Realm) {
    let network = Arc::new(DroppingHttp::new(realm.http()));
    let laptop = Device::behind(network.clone(), "Laptop", &realm);
    let account = Account::open_on(laptop, &realm, "Mia").await;
    let (phone, tablet) = (account.phone("Phone").await, account.phone("Tablet").await);
    network.drop_answer(1);
    account.session.remove_enrolled_device(phone.enrolment.id).await.unwrap();
    let left = account.session.enrolled_devices().await.unwrap();
    assert_eq!(left.iter().map(|device| device.enrolment_id).collect::<Vec<_>>(), [tablet.enrolment.id]);
}

on_both_databases!(the_path_on_a_network_that_forgets, a_device_is_removed_once);
