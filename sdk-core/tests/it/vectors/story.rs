//! What the vectors say: one device is enrolled, asked twice, and answers; one session calls the server.

use std::collections::BTreeMap;

use countersign::{
    crypto::{digest::sha256_base64url, dpop, jws, thumbprint},
    protocol::{
        Timestamp,
        claims::{
            AccessClaims, Confirmation, DpopClaims, EnrolmentClaims, Header, KeySetClaims, ReceiptClaims,
            RequestClaims, ResponseClaims, typ,
        },
        fields::ServerUrl,
        ids::{ChallengeId, EnrolmentId, SessionId, TenantId, UserId},
        jose::CompactJws,
        push::{
            Capability, Decision, DenyReason, DeviceKind, Origin, Purpose, RequestContext, RequestDevice,
            UserVerification,
        },
    },
    testing::SeededRandom,
};
use serde::Serialize;

use super::maker::{Maker, Message, hash};

const NOW: i64 = 1_769_860_800;
const MILLIS: u64 = 1_769_860_800_000;
const TICKET: &str = "dGhlIHRpY2tldCBvZiB0aGUgdmVjdG9ycywgMzIgYnk";
const LOGOUT: &str = r#"{"everywhere":false}"#;

/// All files of signed messages, by name.
pub(super) fn files() -> BTreeMap<String, String> {
    let maker = Maker::new();
    let mut files = BTreeMap::new();
    let mut add = |name: &str, text: String| files.insert(format!("{name}.json"), text);

    let access = maker.vector(access_token(&maker));
    add("dpop-get", text(&maker.vector(dpop_get(&maker))));
    add("dpop-post", text(&maker.vector(dpop_post(&maker, &access.jws))));
    add("access-token", text(&access));
    add("enrolment-possession", text(&maker.vector(enrolment(&maker, "possession"))));
    add("enrolment-verification", text(&maker.vector(enrolment(&maker, "verification"))));
    add("receipt", text(&maker.vector(receipt(&maker))));
    add("key-set", text(&maker.vector(key_set(&maker))));
    let request = maker.vector(request(&maker));
    add("response-approve", text(&maker.vector(approval(&maker, &request.jws))));
    add("response-deny", text(&maker.vector(denial(&maker, &request.jws))));
    add("request", text(&request));
    files
}

pub(super) fn text(file: &impl Serialize) -> String {
    serde_json::to_string_pretty(file).unwrap() + "\n"
}

fn server() -> ServerUrl {
    "https://auth.example/r/qa".parse().unwrap()
}

fn enrolment_id() -> EnrolmentId {
    EnrolmentId::from_parts(MILLIS, 1)
}

fn challenge_id() -> ChallengeId {
    ChallengeId::from_parts(MILLIS, 2)
}

fn capabilities() -> Vec<Capability> {
    vec![Capability::NumberMatching, Capability::UserVerification, Capability::EventStream]
}

fn dpop_get(maker: &Maker) -> Message<DpopClaims> {
    let request = dpop::DpopRequest {
        method: "GET",
        url: "https://auth.example/r/qa/mfa/push/pending?wait=10",
        nonce: None,
        access_token: None,
        body: None,
        now: Timestamp::from_seconds(NOW),
    };
    Message {
        description: "DPoP proof of a request without nonce, access token and body; the query is left out",
        hashes: Vec::new(),
        ..proof(maker, "possession", &request)
    }
}

fn dpop_post(maker: &Maker, access_token: &str) -> Message<DpopClaims> {
    let request = dpop::DpopRequest {
        method: "POST",
        url: "https://auth.example/r/qa/auth/logout",
        nonce: Some("8IBTHwOdqNKAWeKl7plt8g"),
        access_token: Some(access_token),
        body: Some(LOGOUT.as_bytes()),
        now: Timestamp::from_seconds(NOW),
    };
    Message {
        description: "DPoP proof of a request with nonce, access token (that of access-token.json) and body",
        hashes: vec![hash("claims.ath", access_token), hash("claims.body_hash", LOGOUT)],
        ..proof(maker, "device", &request)
    }
}

/// What the SDK itself makes for the request, taken apart.
fn proof(maker: &Maker, key: &'static str, request: &dpop::DpopRequest<'_>) -> Message<DpopClaims> {
    let proof = dpop::proof(&maker.signer, key, &SeededRandom::new(1), request).unwrap();
    let claims = serde_json::from_slice(&CompactJws::parse(&proof).unwrap().payload).unwrap();
    let header = jws::peek_header(&proof).unwrap();
    assert_eq!(jws::sign(&maker.signer, key, &header, &claims).unwrap(), proof);
    Message { description: "", key, header, claims, hashes: Vec::new(), unknown_values: &[] }
}

fn access_token(maker: &Maker) -> Message<AccessClaims> {
    let device = maker.public("device");
    Message {
        description: "Access token, bound to the device's key",
        key: "access",
        header: Header::new(typ::ACCESS).with_kid(thumbprint(&maker.public("access"))),
        claims: AccessClaims {
            iss: server(),
            aud: server(),
            sub: UserId::from_parts(MILLIS, 3),
            tenant_id: TenantId::from_parts(MILLIS, 4),
            roles: vec!["member".to_owned()],
            sid: SessionId::from_parts(MILLIS, 5),
            jti: "01KG9X-vector-token".to_owned(),
            amr: vec!["pwd".to_owned(), "otp".to_owned()],
            acr: "urn:countersign:acr:2".to_owned(),
            auth_time: NOW,
            iat: NOW,
            exp: NOW + 600,
            cnf: Some(Confirmation { jkt: thumbprint(&device) }),
        },
        hashes: vec![hash("claims.cnf.jkt", &device.thumbprint_input())],
        unknown_values: &[],
    }
}

fn enrolment(maker: &Maker, key: &'static str) -> Message<EnrolmentClaims> {
    Message {
        description: match key {
            "possession" => "A device asks to be enrolled, signed by its possession key",
            _ => "The same claims signed by the verification key, sent along with the former",
        },
        key,
        header: Header::new(typ::ENROLMENT).versioned().with_jwk(maker.public(key)),
        claims: EnrolmentClaims {
            aud: server(),
            iat: NOW,
            exp: NOW + 300,
            ticket_hash: sha256_base64url(TICKET.as_bytes()),
            possession_key: maker.public("possession"),
            verification_key: Some(maker.public("verification")),
            name: "Mia’s phone".parse().unwrap(),
            kind: DeviceKind::Mobile,
            capabilities: capabilities(),
        },
        hashes: vec![hash("claims.ticket_hash", TICKET)],
        unknown_values: &[(r#""kind":"mobile""#, r#""kind":"toaster""#)],
    }
}

fn receipt(maker: &Maker) -> Message<ReceiptClaims> {
    let (possession, verification) = (maker.public("possession"), maker.public("verification"));
    Message {
        description: "The server confirms the enrolment, signed by the enrolment root",
        key: "root",
        header: Header::new(typ::RECEIPT).versioned().with_kid(thumbprint(&maker.public("root"))),
        claims: ReceiptClaims {
            iss: server(),
            aud: enrolment_id(),
            iat: NOW,
            ticket_hash: sha256_base64url(TICKET.as_bytes()),
            possession_jkt: thumbprint(&possession),
            verification_jkt: Some(thumbprint(&verification)),
            capabilities: capabilities(),
            application: "Acme".parse().unwrap(),
            account: "mia@example.com".to_owned(),
        },
        hashes: vec![
            hash("claims.ticket_hash", TICKET),
            hash("claims.possession_jkt", &possession.thumbprint_input()),
            hash("claims.verification_jkt", &verification.thumbprint_input()),
        ],
        unknown_values: &[],
    }
}

fn key_set(maker: &Maker) -> Message<KeySetClaims> {
    Message {
        description: "The server's push keys, version 7, signed by the enrolment root",
        key: "root",
        header: Header::new(typ::KEY_SET).versioned().with_kid(thumbprint(&maker.public("root"))),
        claims: KeySetClaims { iss: server(), version: 7, iat: NOW, keys: vec![maker.public("push")] },
        hashes: Vec::new(),
        unknown_values: &[(r#""crv":"P-256""#, r#""crv":"P-257""#)],
    }
}

fn request(maker: &Maker) -> Message<RequestClaims> {
    Message {
        description: "A request for approval, signed by the push key of key-set.json; it never holds the number",
        key: "push",
        header: Header::new(typ::REQUEST).versioned().with_kid(thumbprint(&maker.public("push"))),
        claims: RequestClaims {
            iss: server(),
            aud: enrolment_id(),
            jti: challenge_id(),
            iat: NOW,
            exp: NOW + 60,
            number_digits: 2,
            user_verification: UserVerification::Preferred,
            context: RequestContext {
                application: "Acme".parse().unwrap(),
                purpose: Purpose::Login,
                account: "mia@example.com".to_owned(),
                origin: Origin {
                    address: "192.0.2.7".to_owned(),
                    place: Some("Köln, Germany".to_owned()),
                    latitude: 50.9.try_into().ok(),
                    longitude: 7.0.try_into().ok(),
                },
                device: RequestDevice {
                    name: "Mia’s laptop".parse().unwrap(),
                    os: "Debian 12".parse().unwrap(),
                    app: "Acme 4.2".parse().unwrap(),
                    known: true,
                },
                requested_at: NOW,
            },
        },
        hashes: Vec::new(),
        unknown_values: &[
            (r#""user_verification":"preferred""#, r#""user_verification":"telepathy""#),
            (r#""purpose":"login""#, r#""purpose":"payment""#),
        ],
    }
}

fn approval(maker: &Maker, request: &str) -> Message<ResponseClaims> {
    Message {
        description: "The user typed the number and was verified; signed by the verification key",
        key: "verification",
        header: Header::new(typ::RESPONSE).versioned().with_kid(thumbprint(&maker.public("verification"))),
        claims: response(request, Decision::Approve),
        hashes: vec![hash("claims.request_hash", request.rsplit_once('.').unwrap().0)],
        unknown_values: &[(r#""decision":"approve""#, r#""decision":"maybe""#)],
    }
}

fn denial(maker: &Maker, request: &str) -> Message<ResponseClaims> {
    Message {
        description: "Somebody else is signing in: denied, signed by the possession key",
        key: "possession",
        header: Header::new(typ::RESPONSE).versioned().with_kid(thumbprint(&maker.public("possession"))),
        claims: response(request, Decision::Deny),
        hashes: vec![hash("claims.request_hash", request.rsplit_once('.').unwrap().0)],
        unknown_values: &[(r#""reason":"not_me""#, r#""reason":"rain""#)],
    }
}

fn response(request: &str, decision: Decision) -> ResponseClaims {
    ResponseClaims {
        iss: enrolment_id(),
        aud: server(),
        challenge_id: challenge_id(),
        request_hash: jws::signing_input_hash(request).unwrap(),
        decision,
        number: (decision == Decision::Approve).then(|| "42".parse().unwrap()),
        reason: (decision == Decision::Deny).then_some(DenyReason::NotMe),
        iat: NOW,
        exp: NOW + 60,
    }
}
