//! What is answered, how often, and by which key.

use std::{sync::Arc, time::Duration};

use countersign_protocol::{
    ProblemCode,
    claims::RequestClaims,
    push::{ChallengeState, Decision, DenyReason, UserVerification},
};

use super::{
    Bench, Request,
    server::{NUMBER, Server},
};
use crate::{
    Error,
    ports::{Ports, UserVerifier, Verification, VerifierError, VerifyPrompt},
    push::Authenticator,
    testing::FixedClock,
};

impl Bench {
    /// One request under this policy, fetched.
    async fn asked_with(&self, user_verification: UserVerification) -> Request {
        let claims = RequestClaims { user_verification, ..self.server.claims(1) };
        self.server.ask_signed(self.server.sign_request("push 1", &claims));
        self.pending().await.remove(0)
    }

    async fn approve(&self, request: &Request) -> Result<(), Error> {
        self.authenticator.approve(request, NUMBER.parse().unwrap()).await
    }

    /// The kind of the one key that signed the one answer.
    fn signing_key(&self) -> String {
        let signed = self.answers_signed();
        assert_eq!(signed.len(), 1, "{signed:?}");
        signed[0].rsplit_once('.').unwrap().1.to_owned()
    }
}

#[tokio::test]
async fn an_approval_names_exactly_the_request() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    bench.approve(&request).await.unwrap();
    let (_, answer) = bench.server.state().responses.remove(0);
    assert_eq!(answer.decision, Decision::Approve);
    assert_eq!(answer.number.unwrap().expose(), NUMBER);
    assert_eq!(answer.reason, None);
    assert_eq!(answer.challenge_id, request.challenge_id());
    assert_eq!(answer.request_hash, request.hash());
    assert_eq!(answer.exp, request.expires_at().as_seconds());
}

#[tokio::test]
async fn a_denial_is_signed_with_its_reason_and_verifies_nobody() {
    for reason in [DenyReason::NotMe, DenyReason::Mistake, DenyReason::Other] {
        let bench = Bench::enrolled().await;
        let request = bench.asked_with(UserVerification::Required).await;
        bench.verifier.answer(Err(VerifierError::Cancelled));
        bench.authenticator.deny(&request, reason).await.unwrap();
        let (_, answer) = bench.server.state().responses.remove(0);
        assert_eq!(answer.decision, Decision::Deny);
        assert_eq!(answer.reason, Some(reason));
        assert!(answer.number.is_none());
        assert_eq!(bench.signing_key(), "possession");
    }
}

#[tokio::test]
async fn the_policy_chooses_the_key() {
    for (policy, key, prompts) in [
        (UserVerification::Discouraged, "possession", 0),
        (UserVerification::Preferred, "verification", 1),
        (UserVerification::Required, "verification", 1),
    ] {
        let bench = Bench::enrolled().await;
        let request = bench.asked_with(policy).await;
        bench.approve(&request).await.unwrap();
        assert_eq!(bench.signing_key(), key, "{policy:?}");
        let asked = bench.verifier.prompts().split_off(1);
        assert_eq!(asked.len(), prompts, "{policy:?}");
        if let [prompt] = &asked[..] {
            assert_eq!(prompt.title, "Approve signing in to Acme");
            assert_eq!(prompt.detail, "mia@example.com from Berlin");
        }
    }
}

#[tokio::test]
async fn nothing_is_signed_for_somebody_who_was_not_verified() {
    for policy in [UserVerification::Preferred, UserVerification::Required] {
        for (answer, closed) in [
            (VerifierError::Cancelled, true),
            (VerifierError::Rejected { reason: "no finger".to_owned() }, false),
        ] {
            let bench = Bench::enrolled().await;
            let request = bench.asked_with(policy).await;
            bench.verifier.answer(Err(answer));
            let error = bench.approve(&request).await.unwrap_err();
            assert!(matches!(error, Error::NotVerified { cancelled, .. } if cancelled == closed));
            assert_eq!(bench.answers_signed(), [""; 0]);
            assert!(bench.server.state().responses.is_empty());
        }
    }
}

#[tokio::test]
async fn a_device_that_can_no_longer_verify_approves_only_what_does_not_require_it() {
    let bench = Bench::enrolled().await;
    bench.verifier.answer(Err(VerifierError::Unavailable));
    let request = bench.asked_with(UserVerification::Required).await;
    assert!(matches!(bench.approve(&request).await, Err(Error::NotVerified { .. })));
    assert_eq!(bench.answers_signed(), [""; 0]);

    bench.server.close_all();
    let request = bench.asked_with(UserVerification::Preferred).await;
    bench.approve(&request).await.unwrap();
    assert_eq!(bench.signing_key(), "possession");
}

#[tokio::test]
async fn a_device_without_a_verification_key_says_that_it_has_to_be_enrolled_again() {
    let bench = Bench::new();
    bench.verifier.answer(Err(VerifierError::Unavailable));
    bench.enroll().await.unwrap();
    bench.verifier.answer(Ok(Verification::Biometric));
    let request = bench.asked_with(UserVerification::Required).await;
    let error = bench.approve(&request).await.unwrap_err();
    assert!(matches!(error, Error::NotVerified { reason, .. } if reason.contains("enrol")));
    assert_eq!(bench.answers_signed(), [""; 0]);
}

#[tokio::test]
async fn a_number_of_another_length_is_refused_before_anything() {
    let bench = Bench::enrolled().await;
    let request = bench.asked_with(UserVerification::Required).await;
    let error = bench.authenticator.approve(&request, "421".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { field, .. } if field == "number"));
    assert_eq!(bench.verifier.prompts().len(), 1, "only that of the enrolment");
    assert_eq!(bench.answers_signed(), [""; 0]);
    bench.approve(&request).await.unwrap();
}

#[tokio::test]
async fn a_wrong_number_closes_the_request() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    let error = bench.authenticator.approve(&request, "99".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Refused(refusal) if refusal.code == ProblemCode::WrongNumber));
    let again = bench.approve(&request).await;
    assert_eq!(again, Err(Error::RequestClosed { state: ChallengeState::WrongNumber }));
    assert_eq!(bench.answers_signed().len(), 1, "there is no second try");
}

#[tokio::test]
async fn an_expired_request_is_not_answered() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    bench.clock.advance(Duration::from_mins(1));
    let expired = Err(Error::RequestClosed { state: ChallengeState::Expired });
    assert_eq!(bench.approve(&request).await, expired);
    assert_eq!(bench.authenticator.deny(&request, DenyReason::NotMe).await, expired);
    assert_eq!(bench.answers_signed(), [""; 0]);
}

/// Somebody who takes their time.
struct SlowVerifier(Arc<FixedClock>);

impl UserVerifier for SlowVerifier {
    fn available(&self) -> bool {
        true
    }

    fn verify(&self, _prompt: VerifyPrompt) -> Result<Verification, VerifierError> {
        self.0.advance(Duration::from_mins(2));
        Ok(Verification::Biometric)
    }
}

#[tokio::test]
async fn a_request_that_expires_during_verification_is_not_answered() {
    let mut bench = Bench::enrolled().await;
    let verifier = Arc::new(SlowVerifier(bench.clock.clone()));
    bench.authenticator = Authenticator::new(Ports { verifier, ..bench.ports.clone() });
    let request = bench.asked_with(UserVerification::Required).await;
    let outcome = bench.approve(&request).await;
    assert_eq!(outcome, Err(Error::RequestClosed { state: ChallengeState::Expired }));
    assert_eq!(bench.answers_signed(), [""; 0]);
}

#[tokio::test]
async fn an_answered_request_is_neither_shown_nor_answered_again() {
    let bench = Bench::enrolled().await;
    let replay = bench.server.sign_request("push 1", &bench.server.claims(1));
    let request = bench.asked().await;
    bench.approve(&request).await.unwrap();
    bench.server.ask_signed(replay);
    assert_eq!(bench.pending().await.len(), 0, "a replay is not shown");
    let closed = Err(Error::RequestClosed { state: ChallengeState::Approved });
    assert_eq!(bench.approve(&request).await, closed);
    assert_eq!(bench.authenticator.deny(&request, DenyReason::NotMe).await, closed);
    assert_eq!(bench.answers_signed().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_sent_again_byte_for_byte() {
    let bench = Bench::enrolled().await;
    let request = bench.asked_with(UserVerification::Required).await;
    bench.server.state().lost_answers = ("/mfa/push/respond", 4);
    assert!(matches!(bench.approve(&request).await, Err(Error::Interrupted { .. })));
    bench.clock.advance(Duration::from_mins(1));
    bench.approve(&request).await.unwrap();
    assert_eq!(bench.signing_key(), "verification");
    assert_eq!(bench.verifier.prompts().len(), 2, "nobody is asked twice for one answer");
    let mut keys: Vec<_> = bench.server.state().responses.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys.len(), 5);
    keys.dedup();
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_given_twice_at_once_counts_once() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    let (one, other) = tokio::join!(bench.approve(&request), bench.approve(&request));
    let closed = Err(Error::RequestClosed { state: ChallengeState::Approved });
    assert!(one.is_ok() || other.is_ok());
    assert!([one, other].iter().all(|outcome| outcome.is_ok() || *outcome == closed));
    let mut keys: Vec<_> = bench.server.state().responses.iter().map(|(key, _)| key.clone()).collect();
    keys.dedup();
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn another_answer_after_a_lost_one_is_signed_anew() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    bench.server.state().lost_answers = ("/mfa/push/respond", 4);
    bench.approve(&request).await.unwrap_err();
    bench.server.state().refusal = Some(ProblemCode::ChallengeClosed);
    let outcome = bench.authenticator.deny(&request, DenyReason::NotMe).await;
    assert_eq!(outcome, Err(Error::RequestClosed { state: ChallengeState::Superseded }));
    assert_eq!(bench.answers_signed().len(), 2);
}

#[tokio::test]
async fn a_race_that_was_lost_says_how_the_request_stands() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    bench.server.state().refusal = Some(ProblemCode::ChallengeClosed);
    let closed = Err(Error::RequestClosed { state: ChallengeState::Superseded });
    assert_eq!(bench.approve(&request).await, closed);
    bench.server.state().refusal = None;
    assert_eq!(bench.approve(&request).await, closed, "it is remembered");
    assert_eq!(bench.answers_signed().len(), 1);
}

#[tokio::test]
async fn a_server_that_confirms_something_else_is_not_believed() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    bench.server.state().lies.responded = |it| it.state = ChallengeState::Approved;
    let outcome = bench.authenticator.deny(&request, DenyReason::NotMe).await;
    assert!(matches!(outcome, Err(Error::UnexpectedAnswer { .. })));
}

#[tokio::test]
async fn an_enrolment_that_was_removed_answers_nothing() {
    let bench = Bench::enrolled().await;
    let request = bench.asked().await;
    bench.authenticator.remove(Server::enrolment_id()).await.unwrap();
    let outcome = bench.approve(&request).await;
    assert!(matches!(outcome, Err(Error::InvalidInput { field, .. }) if field == "enrolment_id"));
    assert_eq!(bench.answers_signed(), [""; 0]);
}
