//! The enrolment link: `countersign://enroll?v=1&server=…&ticket=…&root=…`.

use std::str::FromStr;

use crate::{
    Secret,
    fields::{InvalidField, OpaqueToken, ServerUrl},
};

/// What an enrolment link carries. It travels out of band (screen, QR), so it is where trust begins: the device
/// believes only the enrolment root whose thumbprint stands here.
#[derive(Debug, Clone)]
pub struct EnrollUri {
    /// The server or realm to enrol with.
    pub server: ServerUrl,
    /// One-time ticket.
    pub ticket: OpaqueToken,
    /// RFC 7638 thumbprint of the server's enrolment root, 43 characters of base64url.
    pub root: String,
}

impl EnrollUri {
    /// The link as text. It holds the ticket.
    pub fn to_text(&self) -> Secret<String> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("v", "1");
        query.append_pair("server", self.server.as_str());
        // EXPOSE: carrying the ticket is what the link is for.
        query.append_pair("ticket", self.ticket.expose());
        query.append_pair("root", &self.root);
        Secret::new(format!("countersign://enroll?{}", query.finish()))
    }
}

impl FromStr for EnrollUri {
    type Err = InvalidField;

    /// Parameters may come in any order; unknown ones are ignored; a repeated or missing one, or a version other
    /// than 1, is refused.
    fn from_str(text: &str) -> Result<Self, InvalidField> {
        let error = |problem| InvalidField::new("uri", problem, "scan or paste the enrolment link again");
        if text.len() > 2048 {
            return Err(error("is longer than 2048 characters"));
        }
        let url = url::Url::parse(text.trim()).map_err(|_| error("is not a link"))?;
        if url.scheme() != "countersign" || url.host_str() != Some("enroll") {
            return Err(error("is not a countersign://enroll link"));
        }
        let one = |name: &str| {
            let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value);
            match (values.next(), values.next()) {
                (Some(value), None) => Ok(value.into_owned()),
                (None, _) => Err(error("lacks one of v, server, ticket, root")),
                (Some(_), Some(_)) => Err(error("repeats one of v, server, ticket, root")),
            }
        };
        if one("v")? != "1" {
            return Err(InvalidField::new("uri", "is of a newer version", "update the authenticator"));
        }
        let root = one("root")?;
        if root.parse::<OpaqueToken>().is_err() {
            return Err(error("has a root that is not a thumbprint"));
        }
        Ok(Self { server: one("server")?.parse()?, ticket: one("ticket")?.parse()?, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn reads_what_it_writes() {
        let uri = EnrollUri {
            server: "https://auth.example/r/qa".parse().unwrap(),
            ticket: A.parse().unwrap(),
            root: A.to_owned(),
        };
        let text = uri.to_text();
        let read: EnrollUri = text.expose().parse().unwrap();
        assert_eq!(read.server, uri.server);
        assert_eq!(read.ticket.expose(), A);
        assert_eq!(read.root, A);
    }

    #[test]
    fn bad_links_are_refused_with_the_field() {
        let good = format!("countersign://enroll?v=1&server=https%3A%2F%2Fa.example&ticket={A}&root={A}");
        assert!(good.parse::<EnrollUri>().is_ok());
        for (bad, field) in [
            (String::new(), "uri"),
            ("https://enroll?v=1".to_owned(), "uri"),
            (good.replace("enroll", "other"), "uri"),
            (good.replace("v=1", "v=2"), "uri"),
            (good.replace("v=1&", ""), "uri"),
            (format!("{good}&root={A}"), "uri"),
            (good.replace("https%3A", "http%3A"), "server"),
            (good.replace(&format!("ticket={A}"), "ticket=x"), "token"),
            (good.replace(&format!("root={A}"), "root=x"), "uri"),
            ("x".repeat(3000), "uri"),
        ] {
            assert_eq!(bad.parse::<EnrollUri>().unwrap_err().field, field, "{bad}");
        }
    }
}
