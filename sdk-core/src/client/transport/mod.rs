//! The one place where requests are made.
//!
//! A call is signed (DPoP, RFC 9449), carries a correlation id that all its attempts share, and is repeated when
//! that is safe and may help: at most three times, with growing, jittered pauses. A call that consumes something is
//! safe to repeat only under an idempotency key. What arrives is checked before anything believes it: status,
//! content type, length, shape. Redirects are not followed.
//!
//! Every answer also tells the server's time. [`Transport::server_now`] is for what this device decides alone by
//! time, and refuses when the clocks are more than ten minutes apart; [`Transport::server_time`] is for what the
//! server judges itself, such as `iat` and when to refresh a token.

mod answer;
mod backoff;
mod call;
mod error;
mod exchange;
mod offset;

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_protocol::{Timestamp, fields::IdempotencyKey};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use self::call::{Auth, Call};
use self::{
    exchange::{Exchange, Prepared},
    offset::Offset,
};
use super::config::ServerConfig;
pub(crate) use super::sse::EventStream;
use crate::{
    Error,
    ports::{Ports, Random, RandomError},
};

/// The connection to one server. Cheap to clone; clones share what they learn of the server.
#[derive(Clone)]
pub(crate) struct Transport(Arc<Exchange>);

impl Transport {
    /// A transport to the configured server. Nothing is sent yet.
    pub(crate) fn new(config: &ServerConfig, ports: Ports) -> Self {
        Self(Arc::new(Exchange {
            server: config.url.clone(),
            timeout: config.timeout,
            ports,
            nonce: Mutex::default(),
            offset: Mutex::default(),
        }))
    }

    /// Makes the call and reads the JSON of its answer; `()` for one without content, 204.
    ///
    /// # Errors
    /// [`Error`]: the server's refusal, or why there is no usable answer.
    pub(crate) async fn call<B, T>(&self, call: Call<'_, B>) -> Result<T, Error>
    where
        B: Serialize + Sync + ?Sized,
        T: DeserializeOwned,
    {
        let request = self.prepare(call)?;
        let answer = self.0.repeated(&request).await.and_then(|response| answer::json(&response));
        answer.map_err(|error| error.public(Some(&request.correlation_id)))
    }

    /// Opens the stream of events at `path`. Opening is not repeated: whoever reads it has to reconnect anyway.
    ///
    /// # Errors
    /// As [`Transport::call`].
    pub(crate) async fn events(&self, path: &str, auth: Auth<'_>) -> Result<EventStream, Error> {
        let request = self.prepare(Call::get(path).by(auth))?;
        match self.0.opened(&request).await {
            Ok(stream) => Ok(EventStream::new(stream.body, request.correlation_id)),
            Err(error) => Err(error.public(Some(&request.correlation_id))),
        }
    }

    /// The server's time, for what this device decides alone: codes, and whether a request has run out.
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`] when the clocks are more than ten minutes apart.
    pub(crate) fn server_now(&self) -> Result<Timestamp, Error> {
        let apart = self.0.offset().map_or_else(Default::default, Offset::size);
        if apart <= offset::LARGEST {
            return Ok(self.server_time());
        }
        let minutes = apart.as_secs() / 60;
        Err(Error::UnexpectedAnswer {
            reason: format!(
                "the clocks of device and server are {minutes} minutes apart; set the device's clock"
            ),
            correlation_id: None,
        })
    }

    /// The server's time as far as it is known, however far the clocks are apart; for what the server judges itself.
    pub(crate) fn server_time(&self) -> Timestamp {
        self.0.server_time()
    }

    /// A new key for a call that consumes something.
    ///
    /// # Errors
    /// [`Error::Device`] without randomness.
    pub(crate) fn idempotency_key(&self) -> Result<IdempotencyKey, Error> {
        Ok(random_name(&*self.0.ports.random)?.parse()?)
    }

    /// The ports in use.
    pub(crate) fn ports(&self) -> &Ports {
        &self.0.ports
    }

    fn prepare<'a, B>(&self, call: Call<'a, B>) -> Result<Prepared<'a>, Error>
    where
        B: Serialize + ?Sized,
    {
        self.0.prepare(call).map_err(|error| error.public(None))
    }
}

/// 128 random bits as 22 characters of base64url, which names of requests may hold.
fn random_name(random: &dyn Random) -> Result<String, RandomError> {
    Ok(URL_SAFE_NO_PAD.encode(random.bytes::<16>()?))
}

#[cfg(test)]
mod tests;
