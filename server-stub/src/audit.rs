//! `countersign-server audit verify`.

use countersign_server::store::{Database, Store, audit};

/// Checks the chain of each tenant in a database and prints a line for it, in the order of the tenants' ids.
///
/// # Errors
/// What to tell whoever asked: that a chain is broken, or that nothing could be checked.
pub(crate) async fn verify(database: &Database) -> Result<(), String> {
    match database {
        Database::Memory { .. } => {
            return Err("a database in memory ends with its server; name a file or a PostgreSQL".to_owned());
        }
        Database::File(path) if !path.is_file() => {
            return Err(format!("there is no database at {}; check --database", path.display()));
        }
        Database::File(_) | Database::Postgres { .. } => {}
    }
    let store = Store::open(database).await.map_err(|error| error.to_string())?;
    let verified = verify_all(&store).await;
    store.close().await;
    verified
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
async fn verify_all(store: &Store) -> Result<(), String> {
    let read = store.read(|connection| Box::pin(audit::tenants(connection)));
    let tenants = read.await.map_err(|error| error.to_string())?;
    if tenants.is_empty() {
        return Err("the database has no tenant, so there is no audit log; check --database".to_owned());
    }
    let (mut broken, all) = (0_usize, tenants.len());
    for tenant in tenants {
        match store.read(move |connection| Box::pin(audit::verify(connection, tenant))).await {
            Ok(rows) => println!("{tenant} whole, rows: {rows}"),
            Err(error) => {
                broken += 1;
                println!("{tenant} FAILED: {error}");
            }
        }
    }
    if broken == 0 {
        Ok(())
    } else {
        Err(format!("audit chains that could not be verified: {broken} of {all}"))
    }
}
