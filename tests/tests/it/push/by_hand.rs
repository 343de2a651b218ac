//! A phone whose answers are made by hand.

use countersign::crypto::{digest::sha256_base64url, jws};
use countersign_protocol::{
    claims::{Header, RequestClaims, ResponseClaims, typ},
    fields::MatchNumber,
    ids::EnrolmentId,
    jose::CompactJws,
    push::Decision,
};
use countersign_tests::{
    Phone, Realm,
    raw::{Call, Caller},
};
use serde_json::json;

/// The holder of a phone's possession key.
pub(super) struct Hand {
    pub(super) caller: Caller,
    enrolment: EnrolmentId,
    realm: Realm,
}

impl Hand {
    pub(super) fn of(phone: &Phone, realm: &Realm) -> Self {
        let entries = phone.device.storage().entries();
        let key = entries
            .keys()
            .find_map(|name| name.strip_prefix("key.").filter(|key| key.ends_with(".possession")));
        let caller = Caller::holding(key.expect("the phone has a key"), phone.device.ports().signer, realm);
        Self { caller, enrolment: phone.enrolment.id, realm: realm.clone() }
    }

    /// The signed requests that wait.
    pub(super) async fn requests(&self) -> Vec<String> {
        let pending = self.caller.get("/mfa/push/pending").send().await;
        serde_json::from_value(pending.body["requests"].clone()).unwrap()
    }

    /// An approval of this request.
    pub(super) fn approval(&self, request: &str, number: &MatchNumber) -> ResponseClaims {
        let asked = read(request);
        let input = request.rsplit_once('.').unwrap().0;
        ResponseClaims {
            iss: self.enrolment,
            aud: self.realm.url().clone(),
            challenge_id: asked.jti,
            request_hash: sha256_base64url(input.as_bytes()),
            decision: Decision::Approve,
            number: Some(number.clone()),
            reason: None,
            iat: self.realm.now().as_seconds(),
            exp: asked.exp,
        }
    }

    /// The answer, signed.
    pub(super) fn sign(&self, claims: &ResponseClaims) -> String {
        let thumbprint = countersign::crypto::thumbprint(&self.caller.public_key());
        self.caller.sign(&Header::new(typ::RESPONSE).versioned().with_kid(thumbprint), claims)
    }

    /// The request that carries a signed answer.
    pub(super) fn respond(&self, signed: &str) -> Call {
        self.caller.post("/mfa/push/respond", &json!({"response": signed}))
    }
}

/// What a request says, whoever signed it.
pub(super) fn read(request: &str) -> RequestClaims {
    serde_json::from_slice(&CompactJws::parse(request).unwrap().payload).unwrap()
}

/// The key that a message names.
pub(super) fn kid(message: &str) -> String {
    jws::peek_header(message).unwrap().kid.unwrap()
}
