#![allow(clippy::unwrap_used)]

use countersign_protocol::{fields::OpaqueToken, ids::TrustId};

use super::*;
use crate::{
    Error,
    ports::{SecureStorage, SoftwareSigner},
    testing::{self, MemoryLog, MemoryStorage, SeededRandom},
};

const NOW: i64 = 1_700_000_000;

/// A device with a key for the server, whose tokens and keys lie apart so that one can fail without the other.
struct Device {
    tokens: MemoryStorage,
    keys: MemoryStorage,
    log: Arc<MemoryLog>,
}

impl Device {
    async fn new() -> Self {
        let device =
            Self { tokens: MemoryStorage::default(), keys: MemoryStorage::default(), log: Arc::default() };
        DeviceIdentity::for_server(&server(), &device.ports()).await.unwrap();
        device
    }

    fn ports(&self) -> Ports {
        self.ports_seeded(1)
    }

    /// Keys are made of the seed.
    fn ports_seeded(&self, seed: u64) -> Ports {
        let signer = SoftwareSigner::new(Arc::new(self.keys.clone()), Arc::new(SeededRandom::new(seed)));
        Ports {
            storage: Arc::new(self.tokens.clone()),
            signer: Arc::new(signer),
            log: self.log.clone(),
            ..testing::ports()
        }
    }

    /// The store as after a start of the app.
    fn store(&self) -> TrustStore {
        TrustStore::new(self.ports(), server())
    }

    /// Makes the device forget its key and, where wanted, make another.
    async fn lose_key(&self, replace: bool) {
        let ports = self.ports_seeded(2);
        ports.signer.delete(&DeviceIdentity::key_name(&server())).unwrap();
        if replace {
            DeviceIdentity::for_server(&server(), &ports).await.unwrap();
        }
    }

    fn warnings(&self) -> usize {
        self.log.lines().iter().filter(|(level, _)| *level == Level::Warning).count()
    }

    fn entry(&self) -> (String, String) {
        self.tokens.entries().into_iter().next().unwrap()
    }
}

fn server() -> ServerUrl {
    "https://acme.example".parse().unwrap()
}

fn user(name: &str) -> Email {
    format!("{name}@example.com").parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(NOW + seconds)
}

/// A token whose text is the letter again and again, good for an hour.
fn grant(letter: &str) -> TrustGrant {
    TrustGrant {
        trust_id: TrustId::from_parts(1_700_000_000_000, 1),
        token: letter.repeat(43).parse::<OpaqueToken>().unwrap(),
        expires_at: at(3600),
    }
}

/// The letter of the user's token.
async fn kept(store: &TrustStore, name: &str) -> Option<String> {
    let grant = store.get(&user(name), at(0)).await.unwrap();
    grant.map(|grant| grant.token.expose()[..1].to_owned())
}

#[tokio::test]
async fn a_token_is_kept_by_user_and_outlives_a_restart() {
    let device = Device::new().await;
    device.store().keep(&user("mia"), &grant("a")).await.unwrap();
    device.store().keep(&user("ben"), &grant("b")).await.unwrap();
    assert_eq!(kept(&device.store(), "mia").await.as_deref(), Some("a"));
    assert_eq!(kept(&device.store(), "ben").await.as_deref(), Some("b"));
    assert_eq!(kept(&device.store(), "eve").await, None);
    let shouted = "MIA@EXAMPLE.COM".parse().unwrap();
    assert!(device.store().get(&shouted, at(0)).await.unwrap().is_some(), "case does not matter");
    let grant = device.store().get(&user("mia"), at(0)).await.unwrap().unwrap();
    assert_eq!(grant.expires_at, at(3600));
    assert_eq!(grant.trust_id, TrustId::from_parts(1_700_000_000_000, 1));
}

#[tokio::test]
async fn servers_do_not_share_tokens() {
    let device = Device::new().await;
    device.store().keep(&user("mia"), &grant("a")).await.unwrap();
    let other: ServerUrl = "https://acme.example/r/qa".parse().unwrap();
    DeviceIdentity::for_server(&other, &device.ports()).await.unwrap();
    let other = TrustStore::new(device.ports(), other);
    assert_eq!(kept(&other, "mia").await, None);
    other.drop_all().await.unwrap();
    assert_eq!(kept(&device.store(), "mia").await.as_deref(), Some("a"));
}

#[tokio::test]
async fn rotation_replaces_and_dropping_removes() {
    let device = Device::new().await;
    let store = device.store();
    for letter in ["a", "b", "c"] {
        store.keep(&user("mia"), &grant(letter)).await.unwrap();
    }
    store.keep(&user("ben"), &grant("d")).await.unwrap();
    assert_eq!(kept(&store, "mia").await.as_deref(), Some("c"));
    assert!(!device.entry().1.contains("aaa") && !device.entry().1.contains("bbb"));
    store.drop(&user("mia")).await.unwrap();
    store.drop(&user("mia")).await.unwrap();
    assert_eq!(kept(&store, "mia").await, None);
    assert_eq!(kept(&store, "ben").await.as_deref(), Some("d"));
    store.drop(&user("ben")).await.unwrap();
    assert!(device.tokens.entries().is_empty(), "nothing is left behind");
}

#[tokio::test]
async fn dropping_all_leaves_nothing() {
    let device = Device::new().await;
    for name in ["mia", "ben"] {
        device.store().keep(&user(name), &grant("a")).await.unwrap();
    }
    device.store().drop_all().await.unwrap();
    assert!(device.tokens.entries().is_empty());
    device.store().drop_all().await.unwrap();
}

#[tokio::test]
async fn a_token_ends_with_its_time() {
    let device = Device::new().await;
    device.store().keep(&user("mia"), &grant("a")).await.unwrap();
    assert!(device.store().get(&user("mia"), at(3599)).await.unwrap().is_some());
    assert!(device.store().get(&user("mia"), at(3600)).await.unwrap().is_none());
    assert!(device.tokens.entries().is_empty(), "and is gone, whatever the clock says later");
    assert_eq!(device.warnings(), 0);
}

#[tokio::test]
async fn a_token_is_useless_under_another_device_key() {
    for replace in [false, true] {
        let device = Device::new().await;
        device.store().keep(&user("mia"), &grant("a")).await.unwrap();
        device.lose_key(replace).await;
        assert_eq!(kept(&device.store(), "mia").await, None);
        assert!(device.tokens.entries().is_empty());
        assert_eq!(device.warnings(), 1);
    }
}

#[tokio::test]
async fn nothing_is_kept_without_a_device_key() {
    let device = Device::new().await;
    device.lose_key(false).await;
    let error = device.store().keep(&user("mia"), &grant("a")).await.unwrap_err();
    assert_eq!(error, TrustError::NoDeviceKey);
    assert!(matches!(Error::from(error), Error::Device { .. }));
    assert!(device.tokens.entries().is_empty());
}

#[tokio::test]
async fn a_damaged_entry_is_dropped_with_a_warning() {
    let device = Device::new().await;
    device.store().keep(&user("mia"), &grant("a")).await.unwrap();
    let (name, good) = device.entry();
    let cut = &good[..good.len() - 5];
    let newer = good.replace(r#""version":1"#, r#""version":2"#);
    let short = good.replace(&"a".repeat(43), "aaa");
    for bad in ["", "null", cut, &newer, &short] {
        let before = device.warnings();
        device.tokens.set(&name, bad).unwrap();
        assert_eq!(kept(&device.store(), "mia").await, None, "{bad}");
        assert!(device.tokens.entries().is_empty(), "{bad}");
        assert_eq!(device.warnings(), before + 1, "{bad}");

        device.tokens.set(&name, bad).unwrap();
        device.store().keep(&user("mia"), &grant("b")).await.unwrap();
        assert_eq!(kept(&device.store(), "mia").await.as_deref(), Some("b"), "{bad}");
    }
    assert!(device.log.lines().iter().all(|(_, line)| !line.contains("aaa")), "no token is logged");
}

#[tokio::test]
async fn the_entry_stays_within_what_a_keyring_holds() {
    let device = Device::new().await;
    let names: Vec<_> = (0..=MOST_USERS).map(|n| format!("user{n}")).collect();
    for name in &names {
        device.store().keep(&user(name), &grant("a")).await.unwrap();
    }
    assert_eq!(kept(&device.store(), &names[0]).await, None, "the one kept first gave way");
    for name in &names[1..] {
        assert!(kept(&device.store(), name).await.is_some(), "{name}");
    }
    device.store().keep(&user(&names[1]), &grant("b")).await.unwrap();
    assert!(kept(&device.store(), &names[2]).await.is_some(), "a rotation takes nobody's place");
}

#[tokio::test]
async fn a_rotation_that_fails_leaves_the_earlier_token() {
    let device = Device::new().await;
    device.store().keep(&user("mia"), &grant("a")).await.unwrap();
    device.tokens.fail_set(1);
    let error = device.store().keep(&user("mia"), &grant("b")).await.unwrap_err();
    assert!(matches!(Error::from(error), Error::Device { .. }));
    assert_eq!(kept(&device.store(), "mia").await.as_deref(), Some("a"));
    device.store().keep(&user("mia"), &grant("b")).await.unwrap();
    assert_eq!(kept(&device.store(), "mia").await.as_deref(), Some("b"));
}

#[tokio::test]
async fn whichever_call_of_the_storage_fails_a_token_is_left() {
    for nth in 1.. {
        let device = Device::new().await;
        device.store().keep(&user("mia"), &grant("a")).await.unwrap();
        let failing = Arc::new(FailingStorage { inner: device.tokens.clone(), calls: Mutex::new(nth) });
        let store = TrustStore::new(Ports { storage: failing, ..device.ports() }, server());
        let done = store.keep(&user("mia"), &grant("b")).await;
        let left = kept(&device.store(), "mia").await.unwrap();
        assert_eq!(left, if done.is_ok() { "b" } else { "a" }, "call {nth}");
        if done.is_ok() {
            assert!(nth > 2, "a read and a write were let fail before");
            return;
        }
    }
}

#[tokio::test]
async fn an_expired_token_is_not_given_out_even_if_it_cannot_be_removed() {
    let device = Device::new().await;
    device.store().keep(&user("mia"), &grant("a")).await.unwrap();
    let longer = TrustGrant { expires_at: at(9000), ..grant("b") };
    device.store().keep(&user("ben"), &longer).await.unwrap();
    device.tokens.fail_set(1);
    assert!(device.store().get(&user("mia"), at(3600)).await.unwrap().is_none());
    assert_eq!(device.warnings(), 1);
    assert!(device.store().get(&user("ben"), at(3600)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_locked_store_is_told_as_such_and_drops_nothing() {
    let device = Device::new().await;
    device.store().keep(&user("mia"), &grant("a")).await.unwrap();
    for storage in [&device.tokens, &device.keys] {
        storage.set_locked(true);
        let error = device.store().get(&user("mia"), at(9000)).await.unwrap_err();
        assert!(matches!(Error::from(error), Error::Locked { .. }));
        storage.set_locked(false);
    }
    assert_eq!(kept(&device.store(), "mia").await.as_deref(), Some("a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_keep_at_once_lose_nobody() {
    let device = Device::new().await;
    let store = device.store();
    let names: Vec<_> = (0..MOST_USERS).map(|n| format!("user{n}")).collect();
    let keeping = names.iter().map(|name| {
        let (store, user) = (store.clone(), user(name));
        async move { store.keep(&user, &grant("a")).await }
    });
    futures_util::future::try_join_all(keeping).await.unwrap();
    for name in &names {
        assert!(kept(&store, name).await.is_some(), "{name}");
    }
}

/// Fails one call of any kind, counted from 1.
struct FailingStorage {
    inner: MemoryStorage,
    calls: Mutex<usize>,
}

impl FailingStorage {
    fn count(&self) -> Result<(), StorageError> {
        let mut calls = self.calls.lock().unwrap();
        *calls = calls.wrapping_sub(1);
        if *calls == 0 { Err(StorageError::Broken { reason: "the test said so".to_owned() }) } else { Ok(()) }
    }
}

impl SecureStorage for FailingStorage {
    fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        self.count()?;
        self.inner.get(name)
    }

    fn set(&self, name: &str, value: &str) -> Result<(), StorageError> {
        self.count()?;
        self.inner.set(name, value)
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.count()?;
        self.inner.remove(name)
    }
}
