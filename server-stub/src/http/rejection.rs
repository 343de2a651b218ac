//! How a refusal becomes an RFC 9457 problem.

use std::error::Error as _;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use countersign_protocol::{Problem, ProblemCode, fields::CorrelationId, problem::MEDIA_TYPE};

use crate::{
    domain::answer::{Fault, Stop},
    store::StoreError,
};

/// What a handler gives instead of an answer. The context layer adds the correlation id and writes the body.
#[derive(Debug)]
pub struct Rejection(Stop);

impl<S: Into<Stop>> From<S> for Rejection {
    fn from(stop: S) -> Self {
        Self(stop.into())
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let problem = match self.0 {
            Stop::Refused(problem) => *problem,
            Stop::Fault(fault) => fault_problem(&fault),
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(problem);
        response
    }
}

/// The cause goes to the log alone. An unreachable store denies.
fn fault_problem(fault: &Fault) -> Problem {
    tracing::error!(%fault, causes = causes(fault), "a request could not be carried out");
    match fault {
        Fault::Store(StoreError::Commit(_)) => unavailable(
            "The server cannot tell whether the request was carried out. Send it again in a few seconds, under the \
             same Idempotency-Key.",
        ),
        Fault::Store(error) if error.is_retryable() => {
            unavailable("The server cannot reach its data. Nothing was changed; try again in a few seconds.")
        }
        Fault::Store(_) | Fault::Random(_) | Fault::Crypto(_) | Fault::Stored(_) => Problem::new(
            ProblemCode::Internal,
            "The server met a defect. Nothing was changed; report the correlation id.",
        ),
    }
}

fn unavailable(detail: &str) -> Problem {
    let mut problem = Problem::new(ProblemCode::Unavailable, detail);
    problem.retry_after = Some(5);
    problem
}

/// What lies behind a fault, outermost first. Its own text is that of its source already.
fn causes(fault: &Fault) -> String {
    let sources = std::iter::successors(fault.source(), |&error| error.source());
    sources.skip(1).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Writes the problem that an extension carries as the body of the response.
pub(super) fn write_problem(mut response: Response, correlation_id: &CorrelationId) -> Response {
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else { return response };
    problem.correlation_id = Some(correlation_id.clone());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.remove(header::CONTENT_LENGTH);
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let challenge = match problem.code {
        ProblemCode::UseDpopNonce => Some(r#"DPoP error="use_dpop_nonce", algs="ES256""#),
        ProblemCode::InvalidDpopProof => Some(r#"DPoP error="invalid_dpop_proof", algs="ES256""#),
        ProblemCode::InvalidToken | ProblemCode::SessionEnded => {
            Some(r#"DPoP error="invalid_token", algs="ES256""#)
        }
        ProblemCode::Unauthenticated => Some(r#"DPoP algs="ES256""#),
        _ => None,
    };
    if let Some(challenge) = challenge {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    // A problem is plain data and always serialises; an empty body would still carry its status.
    *response.body_mut() = serde_json::to_vec(&problem).unwrap_or_default().into();
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn problem(error: StoreError) -> Problem {
        fault_problem(&Fault::Store(error))
    }

    #[test]
    fn what_may_succeed_later_is_unavailable_and_what_cannot_is_a_defect() {
        for later in [StoreError::Busy(sqlx::Error::PoolTimedOut), StoreError::Closed] {
            let problem = problem(later);
            assert_eq!((problem.code, problem.retry_after), (ProblemCode::Unavailable, Some(5)));
        }
        for defect in [
            StoreError::UniqueViolation(sqlx::Error::RowNotFound),
            StoreError::Database(sqlx::Error::ColumnNotFound("x".to_owned())),
            StoreError::Panicked,
        ] {
            assert_eq!(problem(defect).code, ProblemCode::Internal);
        }
    }

    #[test]
    fn a_commit_that_may_have_happened_is_told_as_such() {
        let problem = problem(StoreError::Commit(Arc::new(sqlx::Error::WorkerCrashed)));
        assert_eq!(problem.code, ProblemCode::Unavailable);
        assert!(!problem.detail.contains("Nothing was changed"), "{}", problem.detail);
    }

    #[test]
    fn the_log_tells_the_causes() {
        let fault = Fault::Store(StoreError::Busy(sqlx::Error::PoolTimedOut));
        assert_eq!(causes(&fault), sqlx::Error::PoolTimedOut.to_string());
        assert_eq!(causes(&Fault::Crypto("x")), "");
    }
}
