//! The power fails in the middle of setting up, enrolling, answering or changing what opens the app, at every moment in
//! turn. On the next start it is done, or can be done.

use std::{pin::pin, time::Duration};

use countersign::{client::LoginState, protocol::push::DenyReason};
use countersign_tests::{Account, Realm, Stage, signed_in};
use tokio::task::yield_now;

use super::{PASSPHRASE, absent, by_passphrase, new_passphrase, passphrase, room::Room};
use crate::{
    desk::{Desk, DeskError},
    ipc::{
        Add, Approve, CreateVault, Deny, Keyring, Lock, Outcome, Reason, Recognise, Recognised, Unlock, Way,
    },
};

/// No path here has fewer moments.
const FEWEST: usize = 6;

async fn recognised(desk: &Desk, link: &str) -> Add {
    let recognised = desk.recognise(Recognise::Text { text: link.into() }).await.unwrap().remove(0);
    let Recognised::Enrolment { recognition, .. } = recognised else { panic!("not a link") };
    Add { recognition, device_name: Some("Mia's desk".to_owned()) }
}

/// A room in which the app was set up, and is shut.
async fn set_up(realm: &Realm, keyring: Keyring, create: &CreateVault) -> Room {
    let room = Room::in_realm(realm);
    room.keyring.is(keyring);
    let desk = room.desk().await;
    desk.create_vault(create).await.unwrap();
    room.after_power_cut(desk)
}

/// The app, opened. Of what it does at its start nothing is left, so that a moment is one of what is done next.
async fn opened(room: &Room, key: &Unlock) -> Desk {
    let desk = room.desk().await;
    desk.unlock(key).await.unwrap();
    while !desk.approver().unwrap().has_begun() {
        yield_now().await;
    }
    desk
}

async fn enrols_after_a_cut_at_each_moment(keyring: Keyring, create: CreateVault, key: Unlock) {
    let stage = Stage::in_memory().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let fresh = set_up(&stage.realm(), keyring, &create).await;
    for moment in 1.. {
        let room = fresh.copy();
        let desk = opened(&room, &key).await;
        let link = account.enrolment_link().await.to_text();
        let add = recognised(&desk, link.expose()).await;
        room.mains.fail_at(moment);
        let added = desk.add(&add).await;
        let there = room.after_power_cut(desk);

        // It finishes by itself, or by the same link once more.
        let desk = opened(&there, &key).await;
        if desk.accounts().await.unwrap().is_empty() {
            desk.add(&recognised(&desk, link.expose()).await).await.unwrap();
        }
        assert_eq!(desk.accounts().await.unwrap().len(), 1, "after moment {moment}");
        if !room.mains.has_failed() {
            added.unwrap();
            assert!(moment > FEWEST, "{moment}");
            break;
        }
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_survives_a_cut_at_each_moment_with_a_keyring() {
    enrols_after_a_cut_at_each_moment(Keyring::Ready, CreateVault::Keyring, Unlock::Keyring).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_survives_a_cut_at_each_moment_in_a_sealed_file() {
    enrols_after_a_cut_at_each_moment(absent(), by_passphrase(), passphrase(PASSPHRASE)).await;
}

/// How a sign-in is answered, by an app in which it waits.
trait Answer {
    async fn give(&self, desk: &Desk, challenge_id: String, number: &str) -> Result<Outcome, DeskError>;
}

struct Approving;

impl Answer for Approving {
    async fn give(&self, desk: &Desk, challenge_id: String, number: &str) -> Result<Outcome, DeskError> {
        desk.approve(&Approve { challenge_id, number: number.to_owned() }).await
    }
}

struct Denying;

impl Answer for Denying {
    async fn give(&self, desk: &Desk, challenge_id: String, _number: &str) -> Result<Outcome, DeskError> {
        desk.deny(&Deny { challenge_id, reason: Reason::Mistake }).await
    }
}

async fn waiting(room: &Room, desk: &Desk) -> String {
    room.told.until(async || desk.waiting() == 1).await;
    desk.approvals().await.unwrap().remove(0).challenge_id
}

/// The power may fail from when a sign-in is asked for until its answer has counted. What is answered after that is how
/// the sign-in ended.
async fn answers_after_a_cut_at_each_moment(
    (keyring, create, key): (Keyring, CreateVault, Unlock),
    answer: impl Answer,
    ended: impl Fn(LoginState),
) {
    let stage = Stage::in_memory().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let mut room = set_up(&stage.realm(), keyring, &create).await;
    let desk = opened(&room, &key).await;
    let add = recognised(&desk, account.enrolment_link().await.to_text().expose()).await;
    desk.add(&add).await.unwrap();
    room = room.after_power_cut(desk);
    for moment in 1.. {
        // The server lets approvals be asked for only so often.
        stage.realm().advance(Duration::from_mins(10));
        let desk = opened(&room, &key).await;
        connected(&room, &desk).await;
        let mains = room.mains.clone();
        mains.fail_at(moment);
        let login = account.ask().await;
        let number = login.number().expose().to_owned();
        let given = tokio::select! {
            given = async { answer.give(&desk, waiting(&room, &desk).await, &number).await } => given.ok(),
            () = room.mains.failed() => None,
        };
        room = room.after_power_cut(desk);

        let desk = opened(&room, &key).await;
        let mut outcome = pin!(login.wait());
        let login = tokio::select! {
            login = &mut outcome => login,
            challenge = waiting(&room, &desk) => {
                assert_eq!(given, None, "what has counted does not wait");
                answer.give(&desk, challenge, &number).await.unwrap();
                outcome.await
            }
        };
        ended(login.unwrap());
        room = room.after_power_cut(desk);
        if !mains.has_failed() {
            assert!(given.is_some() && moment > FEWEST, "{moment}: {given:?}");
            break;
        }
    }
    stage.stop().await;
}

/// Nothing goes on until something happens.
async fn connected(room: &Room, desk: &Desk) {
    let live = async || desk.status().await.connections.iter().all(|each| each.last_heard.is_some());
    room.told.until(live).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_survives_a_cut_at_each_moment_with_a_keyring() {
    let with_keyring = (Keyring::Ready, CreateVault::Keyring, Unlock::Keyring);
    answers_after_a_cut_at_each_moment(with_keyring, Approving, |login| drop(signed_in(login))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_survives_a_cut_at_each_moment_in_a_sealed_file() {
    let with_file = (absent(), by_passphrase(), passphrase(PASSPHRASE));
    answers_after_a_cut_at_each_moment(with_file, Approving, |login| drop(signed_in(login))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_survives_a_cut_at_each_moment() {
    let with_keyring = (Keyring::Ready, CreateVault::Keyring, Unlock::Keyring);
    let was_denied =
        |login| assert!(matches!(login, LoginState::Denied { reason: DenyReason::Mistake }), "{login:?}");
    answers_after_a_cut_at_each_moment(with_keyring, Denying, was_denied).await;
}

async fn is_set_up_after_a_cut_at_each_moment(keyring: Keyring, create: CreateVault, key: Unlock) {
    for moment in 1.. {
        let (room, _) = Room::alone();
        room.keyring.is(keyring.clone());
        let desk = room.desk().await;
        room.mains.fail_at(moment);
        let created = desk.create_vault(&create).await;
        let there = room.after_power_cut(desk);

        let desk = there.desk().await;
        match desk.status().await.lock {
            Lock::FirstRun { .. } => drop(desk.create_vault(&create).await.unwrap()),
            Lock::Locked { .. } => desk.unlock(&key).await.unwrap(),
            other => panic!("after moment {moment}: {other:?}"),
        }
        let status = desk.status().await;
        assert!(matches!(status.lock, Lock::Open { way: Way::Keyring | Way::Passphrase }));
        assert!(status.recovery_pending, "after moment {moment}");
        desk.accounts().await.unwrap();
        if !room.mains.has_failed() {
            created.unwrap();
            assert!(moment > FEWEST, "{moment}");
            break;
        }
    }
}

#[tokio::test]
async fn a_first_run_survives_a_cut_at_each_moment_with_a_keyring() {
    is_set_up_after_a_cut_at_each_moment(Keyring::Ready, CreateVault::Keyring, Unlock::Keyring).await;
}

#[tokio::test]
async fn a_first_run_survives_a_cut_at_each_moment_in_files() {
    is_set_up_after_a_cut_at_each_moment(absent(), by_passphrase(), passphrase(PASSPHRASE)).await;
}

/// Another passphrase is set, and the keyring is used and no longer used.
async fn opens_after_a_cut_at_each_moment(at_first: Keyring, fewest: usize) {
    const CHANGED: &str = "four harbours by the lantern";
    let stage = Stage::in_memory().await;
    let account = Account::open(&stage.realm(), "Mia").await;
    let room = set_up(&stage.realm(), at_first, &by_passphrase()).await;
    let desk = opened(&room, &passphrase(PASSPHRASE)).await;
    let add = recognised(&desk, account.enrolment_link().await.to_text().expose()).await;
    desk.add(&add).await.unwrap();
    let fresh = room.after_power_cut(desk);
    fresh.keyring.is(Keyring::Ready);
    for moment in 1.. {
        let room = fresh.copy();
        let desk = opened(&room, &passphrase(PASSPHRASE)).await;
        connected(&room, &desk).await;
        room.mains.fail_at(moment);
        let set = desk.set_passphrase(&new_passphrase(CHANGED)).await.is_ok();
        let used = !room.mains.has_failed() && desk.use_keyring().await.is_ok();
        let stopped = !room.mains.has_failed() && desk.stop_using_keyring().await.is_ok();
        let there = room.after_power_cut(desk);

        let desk = there.desk().await;
        let Lock::Locked { ways, .. } = desk.status().await.lock else { panic!("after moment {moment}") };
        let by_keyring = ways.contains(&Way::Keyring);
        assert_eq!(desk.unlock(&Unlock::Keyring).await.is_ok(), by_keyring, "after moment {moment}");
        assert_eq!(by_keyring, used && !stopped, "after moment {moment}");
        desk.lock().await;
        let mut taken = Vec::new();
        for tried in [PASSPHRASE, CHANGED] {
            taken.extend(desk.unlock(&passphrase(tried)).await.ok().map(|()| tried));
            desk.lock().await;
        }
        assert_eq!(taken, [if set { CHANGED } else { PASSPHRASE }], "after moment {moment}");

        desk.unlock(&passphrase(taken[0])).await.unwrap();
        desk.use_keyring().await.unwrap();
        desk.lock().await;
        desk.unlock(&Unlock::Keyring).await.unwrap();
        assert_eq!(desk.accounts().await.unwrap().len(), 1, "after moment {moment}");
        if !room.mains.has_failed() {
            assert!(moment > fewest, "{moment}");
            break;
        }
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_opens_it_survives_a_cut_at_each_moment_with_a_keyring() {
    opens_after_a_cut_at_each_moment(Keyring::Ready, FEWEST).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_opens_it_survives_a_cut_at_each_moment_in_a_sealed_file() {
    // The keyring is asked for nothing but the key that it keeps, and the vault's own file is cut where it is written.
    opens_after_a_cut_at_each_moment(absent(), 4).await;
}
