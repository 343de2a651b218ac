//! The OpenAPI 3.1 document, made from the table of routes and the types of the wire contract.

use axum::body::Bytes;
use countersign_protocol::{Problem, ProblemCode, headers};
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::routes::{Access, Documented, Parameter, Route};

/// The document of a server, as text, in the extensions of each request.
#[derive(Debug, Clone)]
pub struct Document(pub Bytes);

impl Document {
    /// Of these routes. With `realms`, it says how each realm is addressed.
    pub fn new(table: &[Route], public_url: &str, realms: bool) -> Self {
        let mut document = document(table, public_url);
        if realms && let Some(servers) = document["servers"].as_array_mut() {
            servers.push(json!({
                "url": format!("{public_url}/r/{{realm}}"),
                "variables": {"realm": {"default": "my-test"}},
            }));
        }
        Self(document.to_string().into())
    }
}

/// The document for these routes, served at `public_url`.
pub fn document(table: &[Route], public_url: &str) -> Value {
    let mut schemas = Map::new();
    let mut add = |documented: &Documented| {
        for (name, schema) in &documented.schemas {
            if let Ok(schema) = serde_json::to_value(schema) {
                schemas.insert(name.clone(), schema);
            }
        }
    };
    let mut problem = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut problem);
    add(&Documented { name: Problem::name().into_owned(), schemas: problem });

    let mut paths: Map<String, Value> = Map::new();
    for route in table {
        route.body.iter().chain(&route.answer).for_each(&mut add);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation(route);
    }
    let codes: Vec<_> = ProblemCode::ALL.iter().map(|code| format!("`{code}` ({})", code.status())).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
            "description": format!("Every error is an RFC 9457 problem with one of these codes: {}.", codes.join(", ")),
        },
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "dpop": {"type": "apiKey", "in": "header", "name": "DPoP",
                    "description": "A DPoP proof (RFC 9449) with the server's nonce; device calls add body_hash."},
                "session": {"type": "http", "scheme": "DPoP",
                    "description": "An access token; where it is bound to a key, with a DPoP proof that names it (ath)."},
                "login_token": {"type": "apiKey", "in": "header", "name": "X-Login-Token"},
                "stub": {"type": "http", "scheme": "bearer", "description": "Printed when the server starts."},
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let security = match route.access {
        Access::Anybody => json!([]),
        Access::Login => json!([{"dpop": []}, {"login_token": []}]),
        Access::Session => json!([{"session": [], "dpop": []}, {"session": []}]),
        Access::Key | Access::Device => json!([{"dpop": []}]),
        Access::SessionOrDevice => json!([{"session": [], "dpop": []}, {"dpop": []}]),
        Access::Qa => json!([{"stub": []}]),
    };
    let mut success = json!({"description": "Done."});
    if let Some(answer) = &route.answer {
        let media_type = if route.events { "text/event-stream" } else { "application/json" };
        success["content"] = json!({media_type: {"schema": reference(&answer.name)}});
    }
    let problem = json!({
        "description": "A problem.",
        "content": {"application/problem+json": {"schema": reference("Problem")}},
    });
    let mut operation = json!({
        "summary": route.summary,
        "security": security,
        "responses": {route.status.to_string(): success, "default": problem},
    });
    if let Some(body) = &route.body {
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": reference(&body.name)}}});
    }
    let parameters: Vec<_> = parameters(route).collect();
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    operation
}

fn parameters(route: &Route) -> impl Iterator<Item = Value> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path =
        names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let consuming = route.method == "POST" && route.access != Access::Qa;
    let key = consuming.then_some(Parameter {
        name: headers::IDEMPOTENCY_KEY,
        place: "header",
        about: "16 to 64 characters. The same request under the same key gets the same answer for ten minutes.",
    });
    let others = route.parameters.iter().copied().chain(key).map(|parameter| {
        json!({
            "name": parameter.name,
            "in": parameter.place,
            "description": parameter.about,
            "schema": {"type": "string"},
        })
    });
    in_path.chain(others)
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
