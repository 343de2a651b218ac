use countersign_protocol::fields::IdempotencyKey;

use crate::ports::Method;

/// One call to make. `B` is the body's type.
pub(crate) struct Call<'a, B: ?Sized = ()> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Option<&'a B>,
    pub(super) auth: Auth<'a>,
    pub(super) idempotency: Option<&'a IdempotencyKey>,
    pub(super) header: Option<(&'static str, &'a str)>,
}

/// Who the caller is.
#[derive(Clone, Copy)]
pub(crate) enum Auth<'a> {
    /// Nobody in particular.
    None,
    /// The holder of a key.
    Dpop {
        /// Its name in the signer.
        key: &'a str,
    },
    /// A signed-in user, by a token that is bound to a key.
    Session {
        /// The key's name in the signer.
        key: &'a str,
        /// The token.
        access_token: &'a str,
    },
}

impl<'a> Auth<'a> {
    pub(super) fn key(self) -> Option<&'a str> {
        match self {
            Self::None => None,
            Self::Dpop { key } | Self::Session { key, .. } => Some(key),
        }
    }

    pub(super) fn access_token(self) -> Option<&'a str> {
        match self {
            Self::None | Self::Dpop { .. } => None,
            Self::Session { access_token, .. } => Some(access_token),
        }
    }
}

impl<'a> Call<'a> {
    /// Reads `path`, which begins with a slash and is relative to the server's address.
    pub(crate) fn get(path: &'a str) -> Self {
        Self::new(Method::Get, path, None)
    }

    /// Removes what is at `path`.
    pub(crate) fn delete(path: &'a str) -> Self {
        Self::new(Method::Delete, path, None)
    }

    /// Does what `path` says.
    pub(crate) fn post_empty(path: &'a str) -> Self {
        Self::new(Method::Post, path, None)
    }
}

impl<'a, B: ?Sized> Call<'a, B> {
    /// Does what `path` says with `body`.
    pub(crate) fn post(path: &'a str, body: &'a B) -> Self {
        Self::new(Method::Post, path, Some(body))
    }

    fn new(method: Method, path: &'a str, body: Option<&'a B>) -> Self {
        Self { method, path, body, auth: Auth::None, idempotency: None, header: None }
    }

    /// The same call made by somebody.
    #[must_use]
    pub(crate) fn by(mut self, auth: Auth<'a>) -> Self {
        self.auth = auth;
        self
    }

    /// The same call under a key, so that it may be repeated with the same effect.
    #[must_use]
    pub(crate) fn under(mut self, key: &'a IdempotencyKey) -> Self {
        self.idempotency = Some(key);
        self
    }

    /// The same call with one more header; `name` in lower case.
    #[must_use]
    pub(crate) fn with_header(mut self, name: &'static str, value: &'a str) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Whether making it twice has the same effect as making it once (RFC 9110 section 9.2.2, or its key).
    pub(super) fn repeatable(&self) -> bool {
        self.idempotency.is_some() || matches!(self.method, Method::Get | Method::Delete)
    }
}

// Derived, these would ask the same of `B`.
impl<B: ?Sized> Clone for Call<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: ?Sized> Copy for Call<'_, B> {}
