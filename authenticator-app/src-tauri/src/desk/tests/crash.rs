//! The power fails in the middle of enrolling or answering. On the next start it is done, or can be done.

use countersign_tests::{Account, Realm, Stage, signed_in};

use super::{PASSPHRASE, by_passphrase, passphrase, room::Room};
use crate::{
    desk::Desk,
    ipc::{Add, Approve, CreateVault, Keyring, Lock, Outcome, Recognise, Recognised, Unlock},
};

async fn recognised(desk: &Desk, link: &str) -> Add {
    let recognised = desk.recognise(Recognise::Text { text: link.into() }).await.unwrap().remove(0);
    let Recognised::Enrolment { recognition, .. } = recognised else { panic!("not a link") };
    Add { recognition, device_name: None }
}

/// What is there after a cut, started again and unlocked. Everything that was half-done is finished by itself, or by
/// the same link once more.
async fn finish(room: &Room, key: &Unlock, link: &str) -> Desk {
    let desk = room.desk().await;
    desk.unlock(key).await.unwrap();
    if desk.accounts().await.unwrap().is_empty() {
        let add = recognised(&desk, link).await;
        // A start that finishes it first has used the ticket up: then it is there.
        let added = desk.add(&add).await;
        let listed = desk.accounts().await.unwrap();
        assert!(added.is_ok() || !listed.is_empty(), "{added:?}");
    }
    desk
}

async fn enrols_after_each_cut(keyring: Keyring, key: Unlock) {
    let stage = Stage::in_memory().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let mut cuts = 0;
    loop {
        let room = Room::in_realm(&stage.realm());
        room.keyring.is(keyring.clone());
        let desk = room.desk().await;
        match key {
            Unlock::Keyring => desk.create_vault(&CreateVault::Keyring).await.unwrap(),
            _ => desk.create_vault(&by_passphrase()).await.unwrap(),
        };
        let link = account.enrolment_link().await.to_text();
        let add = recognised(&desk, link.expose()).await;
        // The power fails when this answer would have arrived: the server has acted, the app has not heard of it.
        room.cable.pull_at_answer(cuts + 1);
        let added = desk.add(&add).await;
        let there = room.after_power_cut();
        drop(desk);

        let desk = finish(&there, &key, link.expose()).await;
        assert_eq!(desk.accounts().await.unwrap().len(), 1, "after cut {cuts}");
        drop(desk);
        if added.is_ok() {
            break;
        }
        cuts += 1;
    }
    assert!(cuts >= 2, "{cuts}");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_survives_a_cut_at_each_answer_with_a_keyring() {
    enrols_after_each_cut(Keyring::Ready, Unlock::Keyring).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_survives_a_cut_at_each_answer_in_a_sealed_file() {
    let absent = Keyring::Absent { reason: "no bus".to_owned() };
    enrols_after_each_cut(absent, passphrase(PASSPHRASE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_survives_a_cut_at_each_write() {
    let stage = Stage::in_memory().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    for write in 1.. {
        let room = Room::in_realm(&stage.realm());
        let desk = room.desk().await;
        desk.create_vault(&CreateVault::Keyring).await.unwrap();
        let link = account.enrolment_link().await.to_text();
        let add = recognised(&desk, link.expose()).await;
        room.keyring.storage.fail_set(write);
        let added = desk.add(&add).await;
        let there = room.after_power_cut();
        drop(desk);
        let desk = finish(&there, &Unlock::Keyring, link.expose()).await;
        assert_eq!(desk.accounts().await.unwrap().len(), 1, "after write {write}");
        if added.is_ok() {
            assert!(write > 4, "{write}");
            break;
        }
    }
    stage.stop().await;
}

async fn waiting(room: &Room, desk: &Desk) -> String {
    room.told.until(async || desk.waiting() == 1).await;
    desk.approvals().await.unwrap().remove(0).challenge_id
}

async fn enrolled(realm: &Realm, account: &Account) -> (Room, Desk) {
    let room = Room::in_realm(realm);
    let desk = room.desk().await;
    desk.create_vault(&CreateVault::Keyring).await.unwrap();
    let add = recognised(&desk, account.enrolment_link().await.to_text().expose()).await;
    desk.add(&add).await.unwrap();
    (room, desk)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_did_not_leave_is_given_after_the_next_start() {
    let stage = Stage::in_memory().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let (room, desk) = enrolled(&stage.realm(), &account).await;
    let login = account.ask().await;
    waiting(&room, &desk).await;
    let there = room.after_power_cut();
    drop(desk);

    let desk = there.desk().await;
    desk.unlock(&Unlock::Keyring).await.unwrap();
    let challenge_id = waiting(&there, &desk).await;
    let approve = Approve { challenge_id, number: login.number().expose().to_owned() };
    assert_eq!(desk.approve(&approve).await.unwrap(), Outcome::Approved);
    signed_in(login.wait().await.unwrap());
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_whose_confirmation_was_lost_has_counted_once() {
    let stage = Stage::in_memory().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let (room, desk) = enrolled(&stage.realm(), &account).await;
    let login = account.ask().await;
    let challenge_id = waiting(&room, &desk).await;
    let approve = Approve { challenge_id, number: login.number().expose().to_owned() };
    room.cable.pull_at_answer(1);
    assert!(desk.approve(&approve).await.is_err());
    let there = room.after_power_cut();
    drop(desk);

    signed_in(login.wait().await.unwrap());
    let desk = there.desk().await;
    desk.unlock(&Unlock::Keyring).await.unwrap();
    there
        .told
        .until(async || desk.status().await.unwrap().connections.iter().any(|each| each.last_heard.is_some()))
        .await;
    assert_eq!(desk.waiting(), 0, "it does not wait any more");
    stage.stop().await;
}

#[tokio::test]
async fn a_first_run_that_was_cut_short_is_a_first_run() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    std::fs::write(room.folder().join("storage"), "keyring\n").unwrap();
    let there = room.after_power_cut();
    drop(desk);
    let desk = there.desk().await;
    assert!(matches!(desk.status().await.unwrap().lock, Lock::FirstRun { .. }));
    desk.create_vault(&by_passphrase()).await.unwrap();
}
