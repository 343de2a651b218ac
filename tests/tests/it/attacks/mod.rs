//! What somebody tries who is not who they say.

mod access_tokens;
mod enumeration;
mod guessing;
mod idempotency;
mod logins;
mod proofs;
mod trusted_devices;

use countersign_tests::{Account, raw::Caller};
use serde_json::{Value, json};

/// What proves a code in a login.
fn code(login_id: &str, code: &str) -> Value {
    json!({"login_id": login_id, "method": "totp", "code": code})
}

/// Signs in by password alone, and gives the answer with the tokens.
async fn tokens(caller: &Caller, account: &Account) -> countersign_tests::raw::Answer {
    let answer = caller.login(&account.person).send().await;
    assert_eq!(answer.outcome(), "authenticated", "{answer:?}");
    answer
}
