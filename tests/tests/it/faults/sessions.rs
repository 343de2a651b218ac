//! One session, restored twice.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use countersign::ports::{Http, HttpError, HttpRequest, HttpResponse, HttpStream};
use countersign_tests::{Account, Device, Stage, raw};
use tokio::sync::{Notify, oneshot};

/// Holds the next refresh on its way to the server, while everything else passes.
struct Holding {
    inner: Arc<dyn Http>,
    release: Mutex<Option<oneshot::Receiver<()>>>,
    held: Notify,
}

impl Holding {
    fn new(inner: Arc<dyn Http>) -> Arc<Self> {
        Arc::new(Self { inner, release: Mutex::default(), held: Notify::new() })
    }

    /// The next refresh waits for what is sent here.
    fn hold(&self) -> oneshot::Sender<()> {
        let (sender, receiver) = oneshot::channel();
        *self.release.lock().unwrap() = Some(receiver);
        sender
    }
}

#[async_trait]
impl Http for Holding {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if request.url.ends_with("/auth/refresh") {
            let release = self.release.lock().unwrap().take();
            if let Some(release) = release {
                self.held.notify_one();
                release.await.unwrap();
            }
        }
        self.inner.send(request).await
    }

    async fn stream(&self, request: HttpRequest) -> Result<HttpStream, HttpError> {
        self.inner.stream(request).await
    }
}

/// The refresh of one is held up, the other refreshes twice. Did they not take turns, the late token would look like
/// a copy of one that was used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_objects_of_one_client_do_not_end_each_other() {
    let stage = Stage::in_memory().await;
    let realm = stage.realm();
    let network = Holding::new(realm.http());
    let laptop = Device::behind(network.clone(), "Laptop", &realm);
    let account = Account::open_on(laptop, &realm, "Mia").await;
    let restored = async || account.client.resume_session(&account.person.email).await.unwrap().unwrap();
    let (slow, quick) = (restored().await, restored().await);

    let release = network.hold();
    let held = tokio::spawn(async move { slow.refresh().await });
    network.held.notified().await;
    let twice = tokio::spawn(async move {
        quick.refresh().await?;
        quick.refresh().await
    });
    // Enough for two refreshes, if they did not wait.
    for _ in 0..100 {
        assert_eq!(raw::knock(&realm, "GET", "/health/live").await.0, 204);
    }
    release.send(()).unwrap();
    held.await.unwrap().unwrap();
    twice.await.unwrap().unwrap();
    account.session.refresh().await.unwrap();
    stage.stop().await;
}
