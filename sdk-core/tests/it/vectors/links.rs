//! Enrolment links, good and bad.

use countersign::protocol::enroll_uri::EnrollUri;
use serde::{Deserialize, Serialize};

use super::{LINKS, read, story};

#[derive(Serialize, Deserialize)]
struct Links {
    description: String,
    good: Vec<Good>,
    bad: Vec<Bad>,
}

#[derive(Serialize, Deserialize)]
struct Good {
    uri: String,
    server: String,
    ticket: String,
    root: String,
}

#[derive(Serialize, Deserialize)]
struct Bad {
    reason: String,
    uri: String,
}

const TICKET: &str = "dGhlIHRpY2tldCBvZiB0aGUgdmVjdG9ycywgMzIgYnk";
const ROOT: &str = "cm9vdCBvZiB0aGUgdmVjdG9ycywgYWxzbyAzMiBieXQ";

pub(super) fn file() -> String {
    story::text(&Links {
        description: "Enrolment links: the good ones with what they say, the bad ones with what is wrong"
            .to_owned(),
        good: good(),
        bad: bad(),
    })
}

fn good() -> Vec<Good> {
    let parameters = format!("ticket={TICKET}&root={ROOT}");
    let secure = "server=https%3A%2F%2Fauth.example%2Fr%2Fqa";
    [
        ("https://auth.example/r/qa", format!("countersign://enroll?v=1&{secure}&{parameters}")),
        ("https://auth.example/r/qa", format!("countersign://enroll?{parameters}&{secure}&v=1")),
        ("https://auth.example/r/qa", format!("countersign://enroll?v=1&{secure}&{parameters}&later=yes")),
        ("https://auth.example/r/qa", format!(" countersign://enroll?v=1&{secure}&{parameters}\n")),
        (
            "https://auth.example:8443",
            format!("countersign://enroll?v=1&server=https://auth.example:8443&{parameters}"),
        ),
        (
            "http://localhost:8440",
            format!("countersign://enroll?v=1&server=http%3a%2f%2flocalhost%3a8440&{parameters}"),
        ),
        (
            "http://127.0.0.1:8440",
            format!("countersign://enroll?v=1&server=http://127.0.0.1:8440&{parameters}"),
        ),
    ]
    .into_iter()
    .map(|(server, uri)| Good {
        uri,
        server: server.to_owned(),
        ticket: TICKET.to_owned(),
        root: ROOT.to_owned(),
    })
    .collect()
}

fn bad() -> Vec<Bad> {
    let good =
        format!("countersign://enroll?v=1&server=https%3A%2F%2Fauth.example&ticket={TICKET}&root={ROOT}");
    [
        ("nothing", String::new()),
        ("not a link", "enroll me".to_owned()),
        ("another scheme", good.replace("countersign:", "https:")),
        ("another action", good.replace("//enroll", "//remove")),
        ("no version", good.replace("v=1&", "")),
        ("a later version", good.replace("v=1", "v=2")),
        ("no server", good.replace("server=", "host=")),
        ("no ticket", good.replace("ticket=", "token=")),
        ("no root", good.replace("root=", "key=")),
        ("two servers", format!("{good}&server=https%3A%2F%2Fevil.example")),
        ("two roots, both the same", format!("{good}&root={ROOT}")),
        ("a server without TLS", good.replace("https%3A", "http%3A")),
        ("a server that begins like localhost", good.replace("https%3A%2F%2Fauth", "http%3A%2F%2Flocalhost")),
        ("a server with a user", good.replace("auth.example", "a%40auth.example")),
        ("a server with a query", good.replace("auth.example", "auth.example%3Fa")),
        ("a server that is no URL", good.replace("https%3A%2F%2F", "")),
        ("a ticket that is too short", good.replace(TICKET, &TICKET[1..])),
        ("a ticket with another character", good.replace(TICKET, &TICKET.replace('d', "%2F"))),
        ("a root that is too long", good.replace(ROOT, &format!("{ROOT}A"))),
        ("longer than 2048 characters", format!("{good}&x={}", "x".repeat(2048))),
    ]
    .into_iter()
    .map(|(reason, uri)| Bad { reason: reason.to_owned(), uri })
    .collect()
}

#[test]
fn good_links_say_what_stands_beside_them_and_bad_ones_are_refused() {
    let links: Links = serde_json::from_str(&read(LINKS)).unwrap();
    for good in &links.good {
        let read: EnrollUri = good.uri.parse().unwrap_or_else(|error| panic!("{}: {error}", good.uri));
        assert_eq!(read.server.as_str(), good.server);
        assert_eq!((read.ticket.expose(), &read.root), (good.ticket.as_str(), &good.root));
    }
    let first = &links.good[0];
    let written: EnrollUri = first.uri.parse().unwrap();
    // EXPOSE: a made-up ticket.
    assert_eq!(written.to_text().expose(), &first.uri);
    for bad in &links.bad {
        assert!(bad.uri.parse::<EnrollUri>().is_err(), "{}", bad.reason);
    }
}
