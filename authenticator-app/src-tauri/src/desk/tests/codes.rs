//! The list of codes, what comes into it, and the clipboard.

use std::{sync::atomic::Ordering, time::Duration};

use super::{by_passphrase, code, room::Room};
use crate::{
    desk::Desk,
    ipc::{
        Add, Added, CodeRow, CopyText, EditCode, HashName, Oddity, Recognise, Recognised, Settings, Topic,
        TypedCode,
    },
};

const GITHUB: &str = "otpauth://totp/GitHub:mariak?secret=JBSWY3DPEHPK3PXP&issuer=GitHub";
const ACME: &str = "otpauth://totp/Acme:mia?secret=KRSXG5CTMVRXEZLU&issuer=Acme&digits=8";

async fn open_desk(room: &Room) -> Desk {
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    desk
}

async fn recognise(desk: &Desk, text: &str) -> Recognised {
    let [only] = desk.recognise(Recognise::Text { text: text.into() }).await.unwrap().try_into().unwrap();
    only
}

fn recognition(recognised: &Recognised) -> Add {
    let (Recognised::Code { recognition, .. } | Recognised::Enrolment { recognition, .. }) = recognised;
    Add { recognition: recognition.clone(), device_name: None }
}

async fn add(desk: &Desk, text: &str) -> String {
    let recognised = recognise(desk, text).await;
    match desk.add(&recognition(&recognised)).await.unwrap() {
        Added::Code { id } => id,
        Added::Enrolment { .. } => panic!("not a code"),
    }
}

async fn only(desk: &Desk) -> CodeRow {
    let [row] = desk.codes().await.unwrap().try_into().unwrap();
    row
}

#[tokio::test]
async fn what_is_pasted_is_recognised_then_added_once() {
    let (room, clock) = Room::alone();
    let desk = open_desk(&room).await;
    let recognised = recognise(&desk, &format!("  {GITHUB}\n")).await;
    let Recognised::Code { issuer, account, digits, period, algorithm, duplicate, oddities, .. } =
        &recognised
    else {
        panic!("not a code: {recognised:?}");
    };
    assert_eq!((issuer.as_str(), account.as_str(), *digits, *period), ("GitHub", "mariak", 6, 30));
    assert_eq!((algorithm.as_str(), *duplicate, oddities.len()), ("SHA1", false, 0));
    assert!(desk.codes().await.unwrap().is_empty(), "nothing is written yet");

    desk.add(&recognition(&recognised)).await.unwrap();
    assert_eq!(code(desk.add(&recognition(&recognised)).await), "recognition_gone");
    let row = only(&desk).await;
    assert_eq!(row.code.as_deref().unwrap().len(), "123 456".len());
    assert_ne!(row.code, row.next);
    let now = countersign::ports::Clock::now(&*clock).as_millis();
    assert!((row.valid_until - 30_000..row.valid_until).contains(&now));

    let again = recognise(&desk, GITHUB).await;
    assert!(matches!(again, Recognised::Code { duplicate: true, .. }));
    clock.advance(Duration::from_secs(30));
    assert_eq!(only(&desk).await.code, row.next);
}

#[tokio::test]
async fn what_is_neither_is_said_to_be_neither() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let text = |text: &str| Recognise::Text { text: text.into() };
    assert_eq!(code(desk.recognise(text("good morning")).await), "nothing_recognised");
    assert_eq!(code(desk.recognise(text("https://example.com")).await), "nothing_recognised");
    assert_eq!(code(desk.recognise(text("otpauth://hotp/a?secret=JBSWY3DP")).await), "input");
    assert_eq!(code(desk.recognise(text("countersign://enroll?v=1")).await), "input");
    assert_eq!(code(desk.recognise(Recognise::Clipboard).await), "nothing_recognised");
    let image = Recognise::Image { base64: "not base64".into() };
    assert_eq!(code(desk.recognise(image).await), "nothing_recognised");
    room.clipboard.copy_by_hand(GITHUB);
    let found = desk.recognise(Recognise::Clipboard).await.unwrap();
    assert!(matches!(found[..], [Recognised::Code { .. }]));
    room.clipboard.broken.store(true, Ordering::Relaxed);
    assert_eq!(code(desk.recognise(Recognise::Clipboard).await), "clipboard");
}

#[tokio::test]
async fn several_lines_are_several_things_and_what_is_beside_them_is_passed_over() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let text = format!("My codes:\n{GITHUB}\n\n{ACME}\notpauth://totp/broken");
    let found = desk.recognise(Recognise::Text { text: text.into() }).await.unwrap();
    let issuers: Vec<_> = found
        .iter()
        .map(|recognised| match recognised {
            Recognised::Code { issuer, .. } => issuer.as_str(),
            Recognised::Enrolment { .. } => panic!("not a code"),
        })
        .collect();
    assert_eq!(issuers, ["GitHub", "Acme"]);
}

#[tokio::test]
async fn what_is_odd_about_a_link_is_told() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let two = "otpauth://totp/GitHub:mariak?secret=JBSWY3DPEHPK3PXP&issuer=Gitlab";
    let none = "otpauth://totp/?secret=JBSWY3DPEHPK3PXP";
    let mismatch = Oddity::IssuerMismatch { label: "GitHub".to_owned(), parameter: "Gitlab".to_owned() };
    for (link, expected) in [(GITHUB, vec![]), (two, vec![mismatch]), (none, vec![Oddity::NoName])] {
        let Recognised::Code { oddities, .. } = recognise(&desk, link).await else { panic!("not a code") };
        assert_eq!(oddities, expected, "{link}");
    }
}

#[tokio::test]
async fn typing_by_hand_gives_the_same_code_and_names_the_field_that_is_wrong() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    add(&desk, GITHUB).await;
    let typed = |secret: &str, digits| TypedCode {
        issuer: "GitHub".to_owned(),
        account: "mariak".to_owned(),
        secret: secret.into(),
        digits,
        period: 30,
        algorithm: HashName::Sha1,
    };
    let recognised = desk.recognise_typed(&typed("jbsw y3dp ehpk 3pxp", 6)).await.unwrap();
    assert!(matches!(recognised, Recognised::Code { duplicate: true, .. }));
    for (secret, digits, field) in [("JBSWY3D0", 6, "secret"), ("", 6, "secret"), ("JBSWY3DP", 0, "digits")] {
        let refused = desk.recognise_typed(&typed(secret, digits)).await.unwrap_err();
        assert_eq!(crate::ipc::IpcError::from(refused).field.as_deref(), Some(field));
    }
}

#[tokio::test]
async fn what_was_recognised_is_kept_for_ten_minutes_and_not_beyond_a_lock() {
    let (room, clock) = Room::alone();
    let desk = open_desk(&room).await;
    desk.set_settings(Settings { auto_lock_minutes: None, ..Settings::default() }).await.unwrap();
    let late = recognition(&recognise(&desk, GITHUB).await);
    clock.advance(Duration::from_mins(10));
    assert_eq!(code(desk.add(&late).await), "recognition_gone");
    let locked = recognition(&recognise(&desk, GITHUB).await);
    desk.lock().await;
    desk.unlock(&super::passphrase(super::PASSPHRASE)).await.unwrap();
    assert_eq!(code(desk.add(&locked).await), "recognition_gone");
}

#[tokio::test]
async fn pinned_ones_stand_first_and_edits_are_kept() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let (github, acme) = (add(&desk, GITHUB).await, add(&desk, ACME).await);
    let order = async |desk: &Desk| -> Vec<String> {
        desk.codes().await.unwrap().into_iter().map(|row| row.issuer).collect()
    };
    assert_eq!(order(&desk).await, ["GitHub", "Acme"]);
    let edit = EditCode {
        id: acme.clone(),
        pinned: Some(true),
        issuer: Some("Acme Bank".to_owned()),
        ..EditCode::default()
    };
    desk.edit_code(&edit).await.unwrap();
    assert_eq!(order(&desk).await, ["Acme Bank", "GitHub"]);
    assert!(room.told.was_told(Topic::Codes));
    drop(desk);

    let desk = room.desk().await;
    desk.unlock(&super::passphrase(super::PASSPHRASE)).await.unwrap();
    let rows = desk.codes().await.unwrap();
    assert_eq!((rows[0].issuer.as_str(), rows[0].account.as_str()), ("Acme Bank", "mia"));
    assert_eq!(rows[1].id, github);
    assert_eq!(
        code(desk.edit_code(&EditCode { id: "x".to_owned(), ..EditCode::default() }).await),
        "unknown"
    );
}

#[tokio::test]
async fn hidden_codes_come_without_digits_until_they_are_asked_for() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    let hide = EditCode { id: id.clone(), hidden: Some(true), ..EditCode::default() };
    desk.edit_code(&hide).await.unwrap();
    let row = only(&desk).await;
    assert_eq!((row.hidden, row.code, row.next), (true, None, None));
    assert!(desk.show_code(&id).await.unwrap().code.is_some());

    desk.edit_code(&EditCode { hidden: Some(false), ..hide }).await.unwrap();
    assert!(only(&desk).await.code.is_some());
    desk.set_settings(Settings { hide_codes: true, ..Settings::default() }).await.unwrap();
    assert!(only(&desk).await.code.is_none());
}

#[tokio::test]
async fn the_trash_gives_back_what_was_put_there() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    desk.remove_code(&id).await.unwrap();
    assert!(desk.codes().await.unwrap().is_empty());
    assert_eq!(code(desk.remove_code(&id).await), "unknown");
    let [trashed] = desk.trash().await.unwrap().try_into().unwrap();
    assert_eq!((trashed.issuer.as_str(), trashed.account.as_str()), ("GitHub", "mariak"));
    desk.restore_code(&trashed.id).await.unwrap();
    assert_eq!(only(&desk).await.id, id);
    assert!(desk.trash().await.unwrap().is_empty());
}

#[tokio::test]
async fn only_what_is_in_the_trash_is_deleted_for_good() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    assert_eq!(code(desk.delete_code(&id).await), "unknown");
    assert_eq!(only(&desk).await.id, id);
    desk.remove_code(&id).await.unwrap();
    desk.delete_code(&id).await.unwrap();
    assert!(desk.trash().await.unwrap().is_empty());
    assert_eq!(code(desk.restore_code(&id).await), "unknown");
}

#[tokio::test]
async fn the_trash_is_kept_for_thirty_days_and_emptied_by_the_unlocking_after_them() {
    let (room, clock) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    desk.remove_code(&id).await.unwrap();
    let until = desk.trash().await.unwrap()[0].until;
    for (days, left) in [(29, 1), (1, 0)] {
        clock.advance(Duration::from_hours(24 * days));
        desk.lock().await;
        desk.unlock(&super::passphrase(super::PASSPHRASE)).await.unwrap();
        assert_eq!(desk.trash().await.unwrap().len(), left);
    }
    assert_eq!(countersign::ports::Clock::now(&*clock).as_millis(), until);
}

#[tokio::test]
async fn a_copied_code_leaves_the_clipboard_after_its_time() {
    let (room, clock) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    let shown = only(&desk).await.code.unwrap().replace(' ', "");
    let copied = desk.copy_code(&id).await.unwrap();
    assert_eq!(room.clipboard.now(), Some(shown));
    assert_eq!(copied.clears_at - countersign::ports::Clock::now(&*clock).as_millis(), 20_000);

    tokio::task::yield_now().await;
    clock.advance(Duration::from_secs(20));
    room.told.until(async || room.told.was_told(Topic::Clipboard)).await;
    assert_eq!(room.clipboard.now(), None);
}

#[tokio::test]
async fn a_copied_recovery_code_leaves_the_clipboard_as_well() {
    let (room, clock) = Room::alone();
    let desk = open_desk(&room).await;
    let written = desk.new_recovery_code().await.unwrap().groups.join("-");
    let copy = || CopyText { text: written.as_str().into() };
    let copied = desk.copy_text(copy()).await.unwrap();
    assert_eq!(room.clipboard.now().as_ref(), Some(&written));
    assert_eq!(copied.clears_at - countersign::ports::Clock::now(&*clock).as_millis(), 20_000);

    tokio::task::yield_now().await;
    clock.advance(Duration::from_secs(20));
    room.told.until(async || room.told.was_told(Topic::Clipboard)).await;
    assert_eq!(room.clipboard.now(), None);

    desk.copy_text(copy()).await.unwrap();
    desk.lock().await;
    assert_eq!(room.clipboard.now(), None, "locking takes it away at once");
    assert_eq!(code(desk.copy_text(copy()).await), "locked");
}

#[tokio::test]
async fn what_was_copied_since_stays_on_the_clipboard() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    desk.copy_code(&id).await.unwrap();
    room.clipboard.copy_by_hand("a shopping list");
    desk.lock().await;
    assert_eq!(room.clipboard.now().as_deref(), Some("a shopping list"));
    assert!(!room.told.was_told(Topic::Clipboard), "nothing was taken away");
}

#[tokio::test]
async fn a_clipboard_that_does_not_answer_keeps_nothing_open_and_is_tried_again() {
    let (room, clock) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    desk.copy_code(&id).await.unwrap();
    room.clipboard.broken.store(true, Ordering::Relaxed);
    desk.lock().await;
    assert_eq!(code(desk.codes().await), "locked");
    assert!(room.clipboard.now().is_some());
    assert!(!room.told.was_told(Topic::Clipboard), "it is still there");

    room.clipboard.broken.store(false, Ordering::Relaxed);
    tokio::task::yield_now().await;
    clock.advance(Duration::from_secs(20));
    room.told.until(async || room.told.was_told(Topic::Clipboard)).await;
    assert_eq!(room.clipboard.now(), None);
}

#[tokio::test]
async fn locking_takes_a_copied_code_away_at_once() {
    let (room, _) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    desk.copy_code(&id).await.unwrap();
    desk.lock().await;
    assert_eq!(room.clipboard.now(), None);
    let topics = room.told.topics();
    let locked = topics.iter().rposition(|topic| *topic == Topic::Lock);
    let cleared = topics.iter().position(|topic| *topic == Topic::Clipboard);
    assert!(locked.is_some() && locked < cleared, "the key goes first: {topics:?}");
}

#[tokio::test]
async fn the_code_that_is_copied_in_its_last_moment_is_the_next_one() {
    let (room, clock) = Room::alone();
    let desk = open_desk(&room).await;
    let id = add(&desk, GITHUB).await;
    clock.advance(Duration::from_secs(29));
    let row = only(&desk).await;
    desk.copy_code(&id).await.unwrap();
    assert_eq!(room.clipboard.now(), row.next.map(|code| code.replace(' ', "")));
}
