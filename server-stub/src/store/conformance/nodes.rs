//! Several nodes on one PostgreSQL behave as one.

use countersign_protocol::ids::TenantId;
use futures_util::future::join_all;

use super::{Backend, audit, names};
use crate::store::{Database, Store, StoreError};

async fn say(store: &Store, name: &'static str) {
    let say = store.write(move |tx| {
        Box::pin(async move {
            super::insert(tx, name, 0).await?;
            tx.notify("news");
            Ok::<_, StoreError>(())
        })
    });
    say.await.unwrap();
}

pub(super) async fn one_node_wakes_another(backend: Backend) {
    let (here, there) = (backend.open().await, backend.open().await);
    let mut wakes = there.subscribe("news");
    say(&here, "from here").await;
    wakes.wait().await;
    assert_eq!(names(&there).await.unwrap(), ["from here"]);
}

pub(super) async fn a_lost_listener_comes_back(backend: Backend) {
    let Database::Postgres { schema, .. } = &backend.database else { panic!("one database for each node") };
    let store = backend.open().await;
    let mut wakes = store.subscribe("news");
    let listening = format!("LISTEN \"countersign_{schema}\"%");
    let terminate = store.write(|tx| {
        Box::pin(async move {
            let terminate =
                "SELECT pid FROM pg_stat_activity WHERE query LIKE $1 AND pg_terminate_backend(pid)";
            let terminated = sqlx::query(terminate).bind(listening).fetch_all(tx.connection()).await?;
            Ok::<_, StoreError>(terminated.len())
        })
    });
    assert_eq!(terminate.await.unwrap(), 1);
    // Whatever was said meanwhile is not known, so that everyone is woken.
    wakes.wait().await;
    say(&store, "again").await;
    wakes.wait().await;
}

pub(super) async fn one_chain_from_two_nodes(backend: Backend) {
    let (here, there) = (backend.open().await, backend.open().await);
    let tenant_id = TenantId::from_parts(0, 7);
    audit::add_tenant(&here, tenant_id).await;
    let appends = (0..20).map(|number| audit::add(if number % 2 == 0 { &here } else { &there }, tenant_id));
    join_all(appends).await;
    assert_eq!(audit::check(&there, tenant_id).await.unwrap(), 20);
}
