//! The whole path on a good network, through SDK and server.

use countersign_server::store::audit;
use countersign_tests::{Realm, on_both_databases, path};

async fn from_sign_up_to_logout(realm: Realm) {
    path::walk(&realm, realm.http(), "Mia").await;

    let tenants = realm.column("SELECT DISTINCT tenant_id FROM mfa_audit_log").await;
    assert_eq!(tenants.len(), 2, "that of the account, and the server's own");
    for tenant in tenants {
        let verified = realm.world().store.read(move |connection| {
            Box::pin(async move { audit::verify(connection, tenant.parse().unwrap()).await })
        });
        assert!(verified.await.unwrap() > 0);
    }
}

on_both_databases!(from_sign_up_to_logout);
