//! First run, unlocking, locking by hand and by itself.

use std::{fs, time::Duration};

use super::{PASSPHRASE, absent, by_code, by_passphrase, code, new_passphrase, passphrase, room::Room};
use crate::{
    desk::Desk,
    ipc::{CreateVault, IpcError, Keyring, Lock, Settings, Topic, Unlock, Way},
};

async fn lock(desk: &Desk) -> Lock {
    desk.status().await.lock
}

#[tokio::test]
async fn a_first_run_with_the_keyring_opens_by_it_ever_after() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    assert_eq!(lock(&desk).await, Lock::FirstRun { keyring: Keyring::Ready });
    assert_eq!(code(desk.codes().await), "locked");

    let recovery = desk.create_vault(&CreateVault::Keyring).await.unwrap();
    assert_eq!(recovery.groups.len(), 8);
    assert!(recovery.groups.iter().all(|group| group.len() == 4));
    assert_eq!(lock(&desk).await, Lock::Open { way: Way::Keyring });
    assert_eq!(code(desk.create_vault(&CreateVault::Keyring).await.map(|_| ())), "already_set_up");

    desk.lock().await;
    let ways = vec![Way::Keyring, Way::RecoveryCode];
    assert_eq!(lock(&desk).await, Lock::Locked { ways, keyring: Keyring::Ready });
    desk.unlock(&Unlock::Keyring).await.unwrap();
    drop(desk);

    let restarted = room.desk().await;
    assert!(matches!(lock(&restarted).await, Lock::Locked { .. }));
    let typed = recovery.groups.join(" ").to_lowercase();
    restarted.unlock(&Unlock::RecoveryCode { code: typed.into() }).await.unwrap();
    assert_eq!(lock(&restarted).await, Lock::Open { way: Way::RecoveryCode });
}

#[tokio::test]
async fn a_first_run_without_a_keyring_takes_a_passphrase_and_keeps_everything_in_files() {
    let (room, _) = Room::alone();
    room.keyring.is(absent());
    let desk = room.desk().await;
    assert_eq!(lock(&desk).await, Lock::FirstRun { keyring: absent() });
    let refused = desk.create_vault(&CreateVault::Keyring).await.err().unwrap();
    assert_eq!(IpcError::from(refused).code, "no_keyring");
    assert_eq!(fs::read_dir(room.folder()).unwrap().count(), 0, "nothing was made");

    let short =
        desk.create_vault(&CreateVault::Passphrase { passphrase: "seven77".into() }).await.err().unwrap();
    assert_eq!(IpcError::from(short).field.as_deref(), Some("passphrase"));
    desk.create_vault(&by_passphrase()).await.unwrap();
    assert!(desk.accounts().await.unwrap().is_empty());
    assert!(room.keyring.storage.entries().is_empty());
    drop(desk);

    // A keyring that turns up later changes nothing.
    room.keyring.is(Keyring::Ready);
    let restarted = room.desk().await;
    let ways = vec![Way::Passphrase, Way::RecoveryCode];
    assert_eq!(lock(&restarted).await, Lock::Locked { ways, keyring: Keyring::Ready });
    restarted.unlock(&passphrase(PASSPHRASE)).await.unwrap();
    assert!(restarted.accounts().await.unwrap().is_empty());
    assert!(room.keyring.storage.entries().is_empty());
}

#[tokio::test]
async fn a_wrong_key_leaves_it_locked_and_says_which_field() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    assert_eq!(code(desk.unlock(&passphrase(PASSPHRASE)).await), "not_set_up");
    desk.create_vault(&by_passphrase()).await.unwrap();
    desk.lock().await;

    let refused = IpcError::from(desk.unlock(&passphrase("three lanterns")).await.unwrap_err());
    assert_eq!((refused.code.as_str(), refused.field.as_deref()), ("wrong_passphrase", Some("passphrase")));
    let typo = Unlock::RecoveryCode { code: "0000-0000".into() };
    assert_eq!(code(desk.unlock(&typo).await), "input");
    assert!(desk.unlock(&Unlock::Keyring).await.is_err());
    assert!(matches!(lock(&desk).await, Lock::Locked { .. }));

    desk.unlock(&passphrase(PASSPHRASE)).await.unwrap();
    assert_eq!(lock(&desk).await, Lock::Open { way: Way::Passphrase });
    desk.unlock(&passphrase("what is open stays open")).await.unwrap();
}

#[tokio::test]
async fn a_keyring_that_locks_is_told_and_nothing_is_lost() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&CreateVault::Keyring).await.unwrap();
    desk.lock().await;
    let keyring = Keyring::Locked { reason: "the test said so".to_owned() };
    room.keyring.is(keyring.clone());
    assert_eq!(code(desk.unlock(&Unlock::Keyring).await), "keyring_locked");
    assert!(matches!(lock(&desk).await, Lock::Locked { keyring: told, .. } if told == keyring));
    room.keyring.is(Keyring::Ready);
    desk.unlock(&Unlock::Keyring).await.unwrap();
}

#[tokio::test]
async fn a_damaged_vault_is_a_state_and_is_not_touched() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    drop(desk);
    let path = room.folder().join("countersign.vault");
    fs::write(&path, b"somebody else's file").unwrap();

    let desk = room.desk().await;
    assert!(matches!(lock(&desk).await, Lock::Damaged { .. }));
    assert_eq!(code(desk.unlock(&passphrase(PASSPHRASE)).await), "damaged");
    assert_eq!(code(desk.create_vault(&by_passphrase()).await.map(|_| ())), "damaged");
    assert_eq!(fs::read(&path).unwrap(), b"somebody else's file");
}

#[tokio::test]
async fn a_vault_that_cannot_be_read_now_is_not_damaged_and_is_tried_again() {
    let (room, _) = Room::alone();
    let first = room.desk().await;
    first.create_vault(&by_passphrase()).await.unwrap();

    // A second program has it open.
    let second = room.desk().await;
    assert!(matches!(lock(&second).await, Lock::Unavailable { .. }));
    let refused = IpcError::from(second.unlock(&passphrase(PASSPHRASE)).await.unwrap_err());
    assert_eq!((refused.code.as_str(), refused.retryable), ("unavailable", true));
    assert_eq!(code(second.create_vault(&by_passphrase()).await.map(|_| ())), "unavailable");

    // A note that cannot be read is not one that is missing.
    let note = room.folder().join("storage");
    let decided = fs::read(&note).unwrap();
    first.lock().await;
    drop(first);
    fs::remove_file(&note).unwrap();
    fs::create_dir(&note).unwrap();
    assert!(matches!(lock(&second).await, Lock::Unavailable { .. }));

    fs::remove_dir(&note).unwrap();
    fs::write(&note, decided).unwrap();
    second.unlock(&passphrase(PASSPHRASE)).await.unwrap();
    assert_eq!(lock(&second).await, Lock::Open { way: Way::Passphrase });
}

#[tokio::test]
async fn accounts_that_cannot_be_read_are_an_error_and_not_an_empty_list() {
    let (room, _) = Room::alone();
    room.keyring.is(absent());
    let desk = room.desk().await;
    assert!(desk.approvals().await.unwrap().is_empty(), "not unlocked yet");
    desk.create_vault(&by_passphrase()).await.unwrap();
    drop(desk);
    fs::write(room.folder().join("entries.sealed"), b"somebody else's file").unwrap();
    let desk = room.desk().await;
    assert!(desk.approvals().await.unwrap().is_empty(), "not unlocked yet");
    desk.unlock(&passphrase(PASSPHRASE)).await.unwrap();
    assert_eq!(code(desk.approvals().await), "damaged");
    assert_eq!(code(desk.accounts().await), "damaged");
}

#[tokio::test]
async fn a_second_first_run_is_refused_and_leaves_accounts_where_they_are() {
    let (room, _) = Room::alone();
    room.keyring.is(absent());
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    drop(desk);
    // A keyring has turned up since, which would be chosen today.
    room.keyring.is(Keyring::Ready);
    fs::write(room.folder().join("entries.sealed"), b"somebody else's file").unwrap();
    let desk = room.desk().await;
    assert_eq!(code(desk.create_vault(&CreateVault::Keyring).await.map(|_| ())), "already_set_up");
    desk.unlock(&passphrase(PASSPHRASE)).await.unwrap();
    assert_eq!(code(desk.accounts().await), "damaged", "the sealed file is what is read");
}

#[tokio::test]
async fn a_recovery_code_that_nobody_kept_is_replaced_by_a_fresh_one() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    let lost = desk.create_vault(&by_passphrase()).await.unwrap();
    assert!(desk.status().await.recovery_pending);
    drop(desk);

    let desk = room.desk().await;
    assert!(!desk.status().await.recovery_pending, "nobody is asked before it is open");
    desk.unlock(&passphrase(PASSPHRASE)).await.unwrap();
    assert!(desk.status().await.recovery_pending);
    let kept = desk.new_recovery_code().await.unwrap();
    assert!(desk.status().await.recovery_pending);
    desk.confirm_recovery().await.unwrap();
    assert!(!desk.status().await.recovery_pending);
    drop(desk);

    let desk = room.desk().await;
    assert_eq!(code(desk.unlock(&by_code(&lost)).await), "input");
    desk.unlock(&by_code(&kept)).await.unwrap();
    assert!(!desk.status().await.recovery_pending);
    // One that is asked for later has to be kept as well.
    desk.new_recovery_code().await.unwrap();
    assert!(desk.status().await.recovery_pending);
}

#[tokio::test]
async fn a_vault_without_its_note_is_damaged_and_nothing_is_guessed() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    drop(desk);
    fs::remove_file(room.folder().join("storage")).unwrap();
    let desk = room.desk().await;
    assert!(matches!(lock(&desk).await, Lock::Damaged { .. }));
    assert_eq!(code(desk.unlock(&passphrase(PASSPHRASE)).await), "damaged");
}

#[tokio::test]
async fn it_locks_itself_when_nobody_uses_it_and_not_before() {
    let (room, clock) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    clock.advance(Duration::from_mins(9));
    desk.codes().await.unwrap();
    desk.touch();
    clock.advance(Duration::from_mins(9));
    desk.codes().await.unwrap();
    // Reading the list is what an open window does by itself; it is no use.
    clock.advance(Duration::from_mins(1));
    assert_eq!(code(desk.codes().await), "locked");
    room.told.until(async || matches!(lock(&desk).await, Lock::Locked { .. })).await;
}

#[tokio::test]
async fn it_locks_itself_also_where_nobody_asks() {
    let (room, clock) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    desk.set_settings(Settings { auto_lock_minutes: Some(1), ..Settings::default() }).await.unwrap();
    clock.advance(Duration::from_mins(1));
    room.told.until(async || matches!(lock(&desk).await, Lock::Locked { .. })).await;
}

#[tokio::test]
async fn settings_are_kept_and_never_taken_while_locked() {
    let (room, clock) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    let never = Settings { auto_lock_minutes: None, hide_codes: true, ..Settings::default() };
    desk.set_settings(never.clone()).await.unwrap();
    assert!(room.told.was_told(Topic::Settings));
    clock.advance(Duration::from_hours(100));
    desk.codes().await.unwrap();
    let nonsense = Settings { clear_clipboard_seconds: 0, ..Settings::default() };
    assert_eq!(code(desk.set_settings(nonsense).await), "input");
    desk.lock().await;
    assert_eq!(code(desk.set_settings(Settings::default()).await), "locked");
    drop(desk);
    assert_eq!(room.desk().await.settings(), never);
}

#[tokio::test]
async fn everything_that_shows_or_changes_takes_an_open_app() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    desk.lock().await;
    let id = "0".repeat(32);
    let text = crate::ipc::Recognise::Text { text: "otpauth://totp/a?secret=JBSWY3DP".into() };
    let add = crate::ipc::Add { recognition: id.clone(), device_name: None };
    let edit = crate::ipc::EditCode { id: id.clone(), ..Default::default() };
    let approve = crate::ipc::Approve { challenge_id: id.clone(), number: "42".to_owned() };
    let typed = crate::ipc::TypedCode {
        issuer: "GitHub".to_owned(),
        account: "mariak".to_owned(),
        secret: "not a key".into(),
        digits: 6,
        period: 30,
        algorithm: crate::ipc::HashName::Sha1,
    };
    let answers = [
        code(desk.codes().await),
        code(desk.show_code(&id).await),
        code(desk.copy_code(&id).await),
        code(desk.copy_text(crate::ipc::CopyText { text: "a".into() }).await),
        code(desk.edit_code(&edit).await),
        code(desk.remove_code(&id).await),
        code(desk.restore_code(&id).await),
        code(desk.trash().await),
        code(desk.delete_code(&id).await),
        code(desk.recognise(text).await),
        code(desk.recognise_typed(&typed).await),
        code(desk.add(&add).await),
        code(desk.approve(&approve).await),
        code(desk.history().await),
        code(desk.accounts().await),
        code(desk.remove_account(&id).await),
        code(desk.new_recovery_code().await.map(|_| ())),
        code(desk.confirm_recovery().await),
        code(desk.ways().await),
        code(desk.set_passphrase(&new_passphrase(PASSPHRASE)).await),
        code(desk.use_keyring().await),
        code(desk.stop_using_keyring().await),
        code(desk.set_settings(Settings::default()).await),
    ];
    assert_eq!(answers, ["locked"; 23]);
    assert!(desk.approvals().await.unwrap().is_empty(), "what waits may be seen");
}

#[tokio::test]
async fn a_link_waits_until_the_app_is_open() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    desk.lock().await;
    desk.hand_over("https://example.com/not-ours");
    desk.hand_over("countersign://enroll?v=1");
    assert!(room.told.was_told(Topic::Link));
    assert_eq!(desk.status().await.pending_link, None);
    desk.unlock(&passphrase(PASSPHRASE)).await.unwrap();
    assert_eq!(desk.status().await.pending_link.as_deref(), Some("countersign://enroll?v=1"));
    let link = crate::ipc::Recognise::Text { text: "countersign://enroll?v=1".into() };
    assert_eq!(code(desk.recognise(link).await), "input");
    assert_eq!(desk.status().await.pending_link, None, "it was looked at");
}
