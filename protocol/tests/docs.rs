//! `docs/protocol.md` lists what this crate defines, no more and no less.

#![allow(clippy::expect_used, reason = "a test may stop at what it cannot read")]

use countersign_protocol::{ProblemCode, claims::typ, headers};

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// The cells of the table under a heading, without its row of column names.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = DOCUMENT.split_once(&format!("\n## {heading}\n")).expect("the heading is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

#[test]
fn every_problem_code_is_documented_with_its_status() {
    let documented: Vec<_> =
        table("Problems").iter().map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    let defined: Vec<_> =
        ProblemCode::ALL.iter().map(|known| (code(known.as_str()), known.status().to_string())).collect();
    assert_eq!(documented, defined);
}

#[test]
fn every_signed_message_is_documented_with_its_vectors() {
    let rows = table("Signed messages");
    let documented: Vec<_> = rows.iter().map(|row| row[1].to_owned()).collect();
    let defined =
        [typ::DPOP, typ::ACCESS, typ::ENROLMENT, typ::RECEIPT, typ::KEY_SET, typ::REQUEST, typ::RESPONSE];
    assert_eq!(documented, defined.map(code));
    for row in &rows {
        for name in row[4].split(", ") {
            let name = name.trim_matches('`');
            let text = std::fs::read_to_string(format!("vectors/{name}")).expect("the vector is there");
            let vector: serde_json::Value = serde_json::from_str(&text).expect("a vector is JSON");
            assert_eq!(code(vector["typ"].as_str().expect("typ")), row[1], "{name}");
            assert_eq!(vector["versioned"], row[3] == "yes", "{name}");
        }
    }
}

#[test]
fn every_header_of_the_protocol_is_documented() {
    let documented: Vec<_> = table("Conventions").iter().map(|row| row[0].to_owned()).collect();
    for name in [
        headers::DPOP,
        headers::DPOP_NONCE,
        headers::IDEMPOTENCY_KEY,
        headers::CORRELATION_ID,
        headers::TRUST_TOKEN,
        headers::LOGIN_TOKEN,
        headers::SERVER_TIME,
        headers::STUB_REALM,
        headers::STUB_CLIENT_IP,
    ] {
        assert!(documented.contains(&code(name)), "{name} is not in {documented:?}");
    }
}
