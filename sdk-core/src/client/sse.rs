//! Server-sent events (HTML, "Server-sent events"), read with bounds.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use bytes::Bytes;
use countersign_protocol::fields::CorrelationId;
use eventsource_stream::{EventStreamError, Eventsource as _};
use futures_util::{
    StreamExt as _,
    stream::{BoxStream, Peekable},
};

use crate::{Error, ports::HttpError};

/// The longest event that is read, in bytes; more without an end means that there is none.
const LONGEST_EVENT: usize = 64 * 1024;

/// A stream of events. Dropping it closes the connection.
pub(crate) struct EventStream {
    events: Peekable<BoxStream<'static, Result<Event, EventStreamError<HttpError>>>>,
    /// Pieces that arrived.
    heard: Arc<AtomicUsize>,
    correlation_id: CorrelationId,
}

/// One event.
pub(crate) use eventsource_stream::Event;

impl EventStream {
    pub(super) fn new(
        body: BoxStream<'static, Result<Bytes, HttpError>>,
        correlation_id: CorrelationId,
    ) -> Self {
        let (mut bounds, heard) = (Bounds::default(), Arc::new(AtomicUsize::new(0)));
        let counted = heard.clone();
        let bounded = body.map(move |chunk| {
            let chunk = chunk?;
            counted.fetch_add(usize::from(!chunk.is_empty()), Ordering::Relaxed);
            bounds.admit(chunk)
        });
        Self { events: bounded.eventsource().boxed().peekable(), heard, correlation_id }
    }

    /// The next event, or `None` when the server has closed the stream. Comments are skipped.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the connection broke, [`Error::UnexpectedAnswer`] when what arrives is no event.
    /// The stream is of no use then.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Error> {
        match self.events.next().await {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(EventStreamError::Transport(error @ HttpError::TooLong { .. }))) => {
                Err(self.unexpected(error.to_string()))
            }
            Some(Err(EventStreamError::Transport(error))) => Err(error.into()),
            Some(Err(EventStreamError::Utf8(_) | EventStreamError::Parser(_))) => {
                Err(self.unexpected("the stream is not one of events".to_owned()))
            }
        }
    }

    /// How many pieces have arrived so far. What is no event, such as a comment, counts too.
    pub(crate) fn heard(&self) -> usize {
        self.heard.load(Ordering::Relaxed)
    }

    /// Returns once anything has arrived; false where the stream ended or broke without a word. What arrived is kept
    /// for [`EventStream::next`].
    pub(crate) async fn first_word(&mut self) -> bool {
        let (mut events, heard) = (Pin::new(&mut self.events), &self.heard);
        // Looking at the events is what makes pieces arrive.
        poll_fn(|context| {
            let looked = events.as_mut().poll_peek(context).map(drop);
            if heard.load(Ordering::Relaxed) > 0 { Poll::Ready(()) } else { looked }
        })
        .await;
        self.heard() > 0
    }

    fn unexpected(&self, reason: String) -> Error {
        Error::UnexpectedAnswer { reason, correlation_id: Some(self.correlation_id.clone()) }
    }
}

/// Counts the bytes since the last blank line, which is what ends an event.
#[derive(Default)]
struct Bounds {
    event: usize,
    line: usize,
}

impl Bounds {
    fn admit(&mut self, chunk: Bytes) -> Result<Bytes, HttpError> {
        for byte in &chunk {
            self.event += 1;
            match byte {
                b'\n' if self.line == 0 => self.event = 0,
                b'\n' => self.line = 0,
                b'\r' => {}
                _ => self.line += 1,
            }
            if self.event > LONGEST_EVENT {
                return Err(HttpError::TooLong { limit: LONGEST_EVENT });
            }
        }
        Ok(chunk)
    }
}
