//! What opens the app, and changing that.

use std::fs;

use super::{PASSPHRASE, absent, by_code, by_passphrase, code, new_passphrase, passphrase, room::Room};
use crate::ipc::{CreateVault, IpcError, Keyring, Lock, Topic, Unlock, Way};

const ANOTHER: &str = "four harbours by the lantern";

#[tokio::test]
async fn a_forgotten_passphrase_is_replaced_by_another_one() {
    let (room, _) = Room::alone();
    room.keyring.is(absent());
    let desk = room.desk().await;
    let recovery = desk.create_vault(&by_passphrase()).await.unwrap();
    desk.lock().await;
    desk.unlock(&by_code(&recovery)).await.unwrap();
    assert_eq!(desk.status().await.lock, Lock::Open { way: Way::RecoveryCode });

    let short = IpcError::from(desk.set_passphrase(&new_passphrase("seven77")).await.unwrap_err());
    assert_eq!(short.field.as_deref(), Some("passphrase"));
    desk.set_passphrase(&new_passphrase(ANOTHER)).await.unwrap();
    assert_eq!(desk.ways().await.unwrap(), [Way::Passphrase, Way::RecoveryCode]);
    drop(desk);

    let desk = room.desk().await;
    assert_eq!(code(desk.unlock(&passphrase(PASSPHRASE)).await), "wrong_passphrase");
    desk.unlock(&passphrase(ANOTHER)).await.unwrap();
    assert!(desk.accounts().await.unwrap().is_empty(), "the sealed file opens as before");
    desk.lock().await;
    desk.unlock(&by_code(&recovery)).await.unwrap();
}

#[tokio::test]
async fn the_keyring_is_used_and_no_longer_used_unless_nothing_else_opens_it() {
    let (room, _) = Room::alone();
    let desk = room.desk().await;
    desk.create_vault(&CreateVault::Keyring).await.unwrap();
    assert_eq!(desk.ways().await.unwrap(), [Way::Keyring, Way::RecoveryCode]);
    assert_eq!(code(desk.stop_using_keyring().await), "last_way");
    desk.lock().await;
    desk.unlock(&Unlock::Keyring).await.unwrap();

    desk.set_passphrase(&new_passphrase(ANOTHER)).await.unwrap();
    assert_eq!(desk.ways().await.unwrap(), [Way::Keyring, Way::Passphrase, Way::RecoveryCode]);
    let told = room.told.topics().len();
    desk.stop_using_keyring().await.unwrap();
    assert!(room.told.topics()[told..].contains(&Topic::Lock));
    desk.stop_using_keyring().await.unwrap();
    desk.lock().await;
    let ways = vec![Way::Passphrase, Way::RecoveryCode];
    assert_eq!(desk.status().await.lock, Lock::Locked { ways, keyring: Keyring::Ready });
    assert!(desk.unlock(&Unlock::Keyring).await.is_err());

    desk.unlock(&passphrase(ANOTHER)).await.unwrap();
    let closed = Keyring::Locked { reason: "the test said so".to_owned() };
    room.keyring.is(closed);
    assert_eq!(code(desk.use_keyring().await), "no_keyring");
    assert_eq!(desk.ways().await.unwrap(), [Way::Passphrase, Way::RecoveryCode]);
    room.keyring.is(Keyring::Ready);
    desk.use_keyring().await.unwrap();
    desk.lock().await;
    desk.unlock(&Unlock::Keyring).await.unwrap();
}

#[tokio::test]
async fn a_keyring_that_turned_up_later_opens_it_and_accounts_stay_in_the_file() {
    let (room, _) = Room::alone();
    room.keyring.is(absent());
    let desk = room.desk().await;
    desk.create_vault(&by_passphrase()).await.unwrap();
    assert_eq!(code(desk.use_keyring().await), "no_keyring");
    room.keyring.is(Keyring::Ready);
    desk.use_keyring().await.unwrap();
    let kept = room.keyring.storage.entries();
    let names: Vec<_> = kept.keys().filter_map(|name| name.rsplit('.').next()).collect();
    assert_eq!(names, ["slot"]);
    drop(desk);

    let desk = room.desk().await;
    desk.unlock(&Unlock::Keyring).await.unwrap();
    assert!(desk.accounts().await.unwrap().is_empty());
    assert_eq!(fs::read(room.folder().join("storage")).unwrap(), b"file\n");
    desk.stop_using_keyring().await.unwrap();
    assert!(room.keyring.storage.entries().is_empty());
    desk.lock().await;
    desk.unlock(&passphrase(PASSPHRASE)).await.unwrap();
}
