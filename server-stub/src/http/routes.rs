//! The one table of routes. Router, OpenAPI document and access test are made from it.

use std::collections::BTreeMap;

use axum::{
    Router,
    handler::Handler,
    http::{HeaderValue, header},
    routing::{MethodRouter, delete, get, post, put},
};
use utoipa::{
    ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::context::{self, method_not_allowed};
use crate::{realms::Realms, routes};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anybody,
    /// Whoever carries the login that the request names: its DPoP key or login token.
    Login,
    /// A session: access token, with a DPoP proof where it is bound.
    Session,
    /// Anybody who proves to hold a key, by a DPoP proof over the whole request.
    Key,
    /// An enrolled device, by a DPoP proof of its key.
    Device,
    /// A session, or the enrolled device itself.
    SessionOrDevice,
    /// The bearer of the control plane.
    Qa,
}

/// One route.
pub struct Route {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// As axum writes it, with `{id}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// One line for the documentation.
    pub summary: &'static str,
    /// The status of success.
    pub status: u16,
    /// The body that it takes.
    pub body: Option<Documented>,
    /// The body that it answers.
    pub answer: Option<Documented>,
    /// Whether it answers server-sent events instead.
    pub events: bool,
    /// The headers and query parameters that it takes, besides those of its callers.
    pub parameters: Vec<Parameter>,
    head: bool,
    handler: MethodRouter<Realms>,
}

/// A header or query parameter of a route. All are optional.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// `header` or `query`.
    pub place: &'static str,
    /// What it is for.
    pub about: &'static str,
}

/// A type of the wire contract and those it is made of.
pub struct Documented {
    /// Its name in the document.
    pub name: String,
    /// Its schema and all that it refers to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

impl Documented {
    fn of<T: ToSchema>() -> Self {
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        Self { name: T::name().into_owned(), schemas }
    }
}

impl Route {
    fn new(method: &'static str, path: &'static str, handler: MethodRouter<Realms>) -> Self {
        Self {
            method,
            path,
            access: Access::Anybody,
            summary: "",
            status: 200,
            body: None,
            answer: None,
            events: false,
            parameters: Vec::new(),
            head: false,
            handler,
        }
    }

    /// A route that reads.
    pub fn get<H, T>(path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Realms>,
        T: 'static,
    {
        Self::new("GET", path, get(handler))
    }

    /// A route that does something.
    pub fn post<H, T>(path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Realms>,
        T: 'static,
    {
        Self::new("POST", path, post(handler))
    }

    /// A route that sets something.
    pub fn put<H, T>(path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Realms>,
        T: 'static,
    {
        Self::new("PUT", path, put(handler))
    }

    /// A route that removes something.
    pub fn delete<H, T>(path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Realms>,
        T: 'static,
    {
        Self::new("DELETE", path, delete(handler))
    }

    /// Says who may call it, and what it is for.
    #[must_use]
    pub fn for_whom(mut self, access: Access, summary: &'static str) -> Self {
        self.access = access;
        self.summary = summary;
        self
    }

    /// Says which body it takes.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.body = Some(Documented::of::<T>());
        self
    }

    /// Says what it answers.
    #[must_use]
    pub fn answers<T: ToSchema>(mut self, status: u16) -> Self {
        self.status = status;
        self.answer = Some(Documented::of::<T>());
        self
    }

    /// Says that it answers without a body.
    #[must_use]
    pub fn answers_nothing(mut self) -> Self {
        self.status = 204;
        self
    }

    /// Says that it may be asked by `HEAD`, as probes do.
    #[must_use]
    pub fn probed(mut self) -> Self {
        self.head = true;
        self
    }

    /// Names a header that it takes.
    #[must_use]
    pub fn header(mut self, name: &'static str, about: &'static str) -> Self {
        self.parameters.push(Parameter { name, place: "header", about });
        self
    }

    /// Names a query parameter that it takes.
    #[must_use]
    pub fn query(mut self, name: &'static str, about: &'static str) -> Self {
        self.parameters.push(Parameter { name, place: "query", about });
        self
    }

    /// Says that it answers server-sent events whose data is a `T`.
    #[must_use]
    pub fn answers_events<T: ToSchema>(mut self) -> Self {
        self.events = true;
        self.answer = Some(Documented::of::<T>());
        self
    }
}

/// All routes, those of the control plane only where `stub` is set and the build has one.
pub fn table(stub: bool) -> Vec<Route> {
    let mut table = routes::table();
    if stub {
        table.extend(control_plane());
    }
    table
}

#[cfg(feature = "stub-api")]
fn control_plane() -> Vec<Route> {
    crate::stub::table()
}

#[cfg(not(feature = "stub-api"))]
fn control_plane() -> Vec<Route> {
    Vec::new()
}

/// The router of a table. It takes the methods of the table and no others: axum would have each `GET` answer `HEAD`
/// too, and a `HEAD` that collects a login hands its tokens to nobody.
pub fn router(table: Vec<Route>) -> Router<Realms> {
    let mut paths: BTreeMap<_, Vec<Route>> = BTreeMap::new();
    for route in table {
        paths.entry(route.path).or_default().push(route);
    }
    paths
        .into_iter()
        .fold(Router::new(), |router, (path, routes)| router.route(path, resource(routes)))
        .fallback(context::not_found)
}

fn resource(routes: Vec<Route>) -> MethodRouter<Realms> {
    let mut allowed: Vec<_> = routes.iter().map(|route| route.method).collect();
    let probed = routes.iter().any(|route| route.head);
    let hides_head = allowed.contains(&"GET") && !probed;
    if probed {
        allowed.push("HEAD");
    }
    let allowed = HeaderValue::from_str(&allowed.join(", ")).unwrap_or(HeaderValue::from_static(""));
    let refuse = move || async move { ([(header::ALLOW, allowed)], method_not_allowed()) };
    let resource = routes.into_iter().fold(MethodRouter::new(), |all, route| all.merge(route.handler));
    let resource = if hides_head { resource.head(refuse.clone()) } else { resource };
    resource.fallback(refuse)
}
