//! Enrolling and answering, against the real server.

use countersign::{client::LoginState, protocol::push::DenyReason};
use countersign_tests::{Account, Realm, Stage, signed_in};

use super::{PASSPHRASE, by_passphrase, code, passphrase, room::Room};
use crate::{
    desk::Desk,
    ipc::{
        self, Add, Added, Approval, Approve, ConnectionState, CreateVault, Deny, Outcome, Reason, Recognise,
        Recognised,
    },
};

async fn enrolled(room: &Room, account: &Account) -> (Desk, ipc::Account) {
    let desk = room.desk().await;
    desk.create_vault(&CreateVault::Keyring).await.unwrap();
    let link = account.enrolment_link().await.to_text();
    let enrolled = enrol(&desk, link.expose()).await;
    (desk, enrolled)
}

async fn enrol(desk: &Desk, link: &str) -> ipc::Account {
    let recognised = desk.recognise(Recognise::Text { text: link.into() }).await.unwrap().remove(0);
    let Recognised::Enrolment { recognition, .. } = recognised else { panic!("not a link") };
    let add = Add { recognition, device_name: Some("Mia's desk".to_owned()) };
    match desk.add(&add).await.unwrap() {
        Added::Enrolment { account } => account,
        Added::Code { .. } => panic!("not a link"),
    }
}

/// The one request that waits, once it has arrived.
async fn next(room: &Room, desk: &Desk) -> Approval {
    room.told.until(async || !desk.approvals().await.unwrap().is_empty()).await;
    let [approval] = desk.approvals().await.unwrap().try_into().expect("one waits");
    approval
}

async fn connected(room: &Room, desk: &Desk, state: ConnectionState) {
    room.told.until(async || desk.status().await.connections.iter().all(|each| each.state == state)).await;
}

fn deny(approval: &Approval, reason: Reason) -> Deny {
    Deny { challenge_id: approval.challenge_id.clone(), reason }
}

fn outcomes(rows: &[ipc::HistoryRow]) -> Vec<Outcome> {
    rows.iter().map(|row| row.outcome).collect()
}

async fn realm() -> (Stage, Realm) {
    let stage = Stage::in_memory().await;
    let realm = stage.realm();
    (stage, realm)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_shown_is_one_that_the_server_accepts() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    let setup = account.session.start_totp(None).await.unwrap();
    let text = setup.otpauth_uri.clone();
    let recognised = desk.recognise(Recognise::Text { text }).await.unwrap().remove(0);
    let Recognised::Code { recognition, .. } = recognised else { panic!("not a code") };
    desk.add(&Add { recognition, device_name: None }).await.unwrap();
    let shown = desk.codes().await.unwrap()[0].code.clone().unwrap().replace(' ', "");
    account.session.confirm_totp(setup.method_id, shown.parse().unwrap()).await.unwrap();
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_is_shown_approved_with_its_number_and_remembered() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    let (desk, enrolled) = enrolled(&room, &account).await;
    assert_eq!(enrolled.account, account.person.email.as_str());
    connected(&room, &desk, ConnectionState::Live).await;

    let waiting = account.ask().await;
    let approval = next(&room, &desk).await;
    assert_eq!(approval.application, account.person.company.as_str());
    assert_eq!((approval.device.name.as_str(), approval.device.known), ("Library computer", false));
    assert_eq!(usize::from(approval.digits), waiting.number().expose().len());
    assert!(approval.now < approval.expires_at);
    room.told.until(async || !room.told.arrived.lock().unwrap().is_empty()).await;
    assert_eq!(room.told.arrived.lock().unwrap().len(), 1);
    assert_eq!(desk.status().await.waiting, 1);

    let short = Approve { challenge_id: approval.challenge_id.clone(), number: "1".to_owned() };
    assert_eq!(code(desk.approve(&short).await), "input");
    let approve =
        Approve { challenge_id: approval.challenge_id.clone(), number: waiting.number().expose().to_owned() };
    assert_eq!(desk.approve(&approve).await.unwrap(), Outcome::Approved);
    assert_eq!(signed_in(waiting.wait().await.unwrap()).amr, ["pwd", "push"]);
    assert!(desk.approvals().await.unwrap().is_empty());
    assert_eq!(code(desk.approve(&approve).await), "unknown");
    let history = desk.history().await.unwrap();
    assert_eq!(outcomes(&history), [Outcome::Approved]);
    assert_eq!(history[0].device_name, "Library computer");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_number_closes_the_request_and_says_so() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    let (desk, _) = enrolled(&room, &account).await;
    let waiting = account.ask().await;
    let approval = next(&room, &desk).await;
    let wrong = if waiting.number().expose() == "42" { "43" } else { "42" };
    let approve = Approve { challenge_id: approval.challenge_id.clone(), number: wrong.to_owned() };
    assert_eq!(desk.approve(&approve).await.unwrap(), Outcome::WrongNumber);
    assert!(desk.approvals().await.unwrap().is_empty());
    assert!(matches!(waiting.wait().await.unwrap(), LoginState::MfaRequired(_)));
    assert_eq!(outcomes(&desk.history().await.unwrap()), [Outcome::WrongNumber]);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_app_lists_and_denies_but_does_not_approve() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    let (desk, _) = enrolled(&room, &account).await;
    drop(desk);
    // Not even unlocked since the app was started.
    let desk = room.desk().await;
    let waiting = account.ask().await;
    let approval = next(&room, &desk).await;
    let approve =
        Approve { challenge_id: approval.challenge_id.clone(), number: waiting.number().expose().to_owned() };
    assert_eq!(code(desk.approve(&approve).await), "locked");
    assert_eq!(desk.deny(&deny(&approval, Reason::Mistake)).await.unwrap(), Outcome::Denied);
    let login = waiting.wait().await.unwrap();
    assert!(matches!(login, LoginState::Denied { reason: DenyReason::Mistake }), "{login:?}");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_keyring_a_locked_app_denies_once_it_was_open() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    room.keyring.is(ipc::Keyring::Absent { reason: "no bus".to_owned() });
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    enrol(&desk, account.enrolment_link().await.to_text().expose()).await;
    drop(desk);

    let desk = room.desk().await;
    let waiting = account.ask().await;
    assert!(desk.status().await.connections.is_empty(), "its keys are sealed");
    desk.unlock(&passphrase(PASSPHRASE)).await.unwrap();
    let approval = next(&room, &desk).await;
    desk.lock().await;
    assert_eq!(desk.deny(&deny(&approval, Reason::NotMe)).await.unwrap(), Outcome::NotMe);
    let login = waiting.wait().await.unwrap();
    assert!(matches!(login, LoginState::Denied { reason: DenyReason::NotMe }), "{login:?}");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_is_told_and_found_again_with_what_came_meanwhile() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    let (desk, _) = enrolled(&room, &account).await;
    connected(&room, &desk, ConnectionState::Live).await;
    room.cable.plug(false);
    connected(&room, &desk, ConnectionState::Offline).await;
    assert!(desk.status().await.connections[0].last_heard.is_some());

    let waiting = account.ask().await;
    room.cable.plug(true);
    let approval = next(&room, &desk).await;
    let approve =
        Approve { challenge_id: approval.challenge_id, number: waiting.number().expose().to_owned() };
    assert_eq!(desk.approve(&approve).await.unwrap(), Outcome::Approved);
    signed_in(waiting.wait().await.unwrap());
    connected(&room, &desk, ConnectionState::Live).await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_the_server_does_not_know_stays_and_is_followed_again() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    let (desk, _) = enrolled(&room, &account).await;
    connected(&room, &desk, ConnectionState::Live).await;
    // What is open breaks, and whoever asks is told that nobody knows them.
    room.cable.forget(true);
    room.cable.plug(false);
    connected(&room, &desk, ConnectionState::Offline).await;
    room.cable.plug(true);
    room.told.until(async || room.log().iter().any(|line| line.contains("cannot be followed now"))).await;
    assert_eq!(desk.accounts().await.unwrap()[0].connection, ConnectionState::Offline);

    let waiting = account.ask().await;
    room.cable.forget(false);
    let approval = next(&room, &desk).await;
    let approve =
        Approve { challenge_id: approval.challenge_id, number: waiting.number().expose().to_owned() };
    assert_eq!(desk.approve(&approve).await.unwrap(), Outcome::Approved);
    signed_in(waiting.wait().await.unwrap());
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_was_removed_at_the_server_is_removed_here_by_the_person() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    let (desk, enrolled) = enrolled(&room, &account).await;
    connected(&room, &desk, ConnectionState::Live).await;
    account.session.remove_enrolled_device(enrolled.id.parse().unwrap()).await.unwrap();
    connected(&room, &desk, ConnectionState::Offline).await;
    assert_eq!(desk.accounts().await.unwrap().len(), 1, "nothing is removed that a server says");
    desk.remove_account(&enrolled.id).await.unwrap();
    assert!(desk.accounts().await.unwrap().is_empty());
    assert!(desk.status().await.connections.is_empty());
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_account_is_gone_here_and_there() {
    let (stage, realm) = realm().await;
    let (room, account) = (Room::in_realm(&realm), Account::open(&realm, "Mia").await);
    let (desk, enrolled) = enrolled(&room, &account).await;
    assert_eq!(desk.accounts().await.unwrap().len(), 1);
    assert_eq!(code(desk.remove_account("nobody").await), "unknown");
    desk.remove_account(&enrolled.id).await.unwrap();
    assert!(desk.accounts().await.unwrap().is_empty());
    assert!(desk.status().await.connections.is_empty());
    assert!(account.session.enrolled_devices().await.unwrap().is_empty());
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_of_the_device_is_corrected_and_told() {
    let (stage, realm) = realm().await;
    let account = Account::open(&realm, "Mia").await;
    let ahead = realm.with_devices_ahead(std::time::Duration::from_mins(2));
    let room = Room::in_realm(&ahead);
    let (desk, _) = enrolled(&room, &account).await;
    connected(&room, &desk, ConnectionState::Live).await;
    let told = desk.status().await.clock.expect("it is told");
    assert!((118..=122).contains(&told.seconds), "{told:?}");

    let setup = account.session.start_totp(None).await.unwrap();
    let recognised =
        desk.recognise(Recognise::Text { text: setup.otpauth_uri.clone() }).await.unwrap().remove(0);
    let Recognised::Code { recognition, .. } = recognised else { panic!("not a code") };
    desk.add(&Add { recognition, device_name: None }).await.unwrap();
    let row = desk.codes().await.unwrap().remove(0);
    let now = room.clock.now().as_millis();
    assert!((row.valid_until - 31_000..row.valid_until + 1_000).contains(&now), "{row:?} at {now}");
    let shown = row.code.unwrap().replace(' ', "");
    account.session.confirm_totp(setup.method_id, shown.parse().unwrap()).await.unwrap();
    stage.stop().await;
}
