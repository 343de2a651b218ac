//! What waits, and the answers.

use countersign::{
    Error,
    protocol::{
        ProblemCode,
        fields::MatchNumber,
        push::{ChallengeState, DenyReason},
    },
    push::{self, HistoryEntry, Request},
};

use super::{Desk, DeskError, board::approval};
use crate::ipc::{Approval, Approve, Deny, HistoryRow, Outcome, Reason};

impl Desk {
    /// What waits for an answer, oldest first. Works while the app is locked; until the accounts are within reach, which
    /// takes an unlocking where they are in a sealed file, nothing is known to wait. A request that is not believed is
    /// not listed.
    ///
    /// # Errors
    /// [`DeskError::Sdk`] where the accounts cannot be read at all.
    pub async fn approvals(&self) -> Result<Vec<Approval>, DeskError> {
        let approver = match self.approver() {
            Err(DeskError::Locked) => return Ok(Vec::new()),
            reached => reached?,
        };
        let mut told = Vec::new();
        for request in self.board().waiting() {
            told.push(approval(&request, approver.server_now(request.enrolment_id()).await));
        }
        Ok(told)
    }

    /// Lets a sign-in through, if the number is the one that its page shows. It takes an open app.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Unknown`] for a request that does not wait, and those of
    /// [`Authenticator::approve`](countersign::push::Authenticator::approve) that leave it open: it may be tried again.
    pub async fn approve(&self, approve: &Approve) -> Result<Outcome, DeskError> {
        drop(self.used().await?);
        let request = self.waiting_request(&approve.challenge_id)?;
        let number: MatchNumber = approve.number.parse()?;
        let answer = self.approver()?.authenticator().approve(&request, number).await;
        self.answered(&request, answer, Outcome::Approved)
    }

    /// Stops a sign-in. Works while the app is locked.
    ///
    /// # Errors
    /// As [`Desk::approve`], but for [`DeskError::Locked`].
    pub async fn deny(&self, deny: &Deny) -> Result<Outcome, DeskError> {
        self.touch();
        let request = self.waiting_request(&deny.challenge_id)?;
        let (reason, outcome) = match deny.reason {
            Reason::NotMe => (DenyReason::NotMe, Outcome::NotMe),
            Reason::Mistake => (DenyReason::Mistake, Outcome::Denied),
            Reason::Other => (DenyReason::Other, Outcome::Denied),
        };
        let answer = self.approver()?.authenticator().deny(&request, reason).await;
        self.answered(&request, answer, outcome)
    }

    /// What was asked and how it ended, newest first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`] from storage.
    pub async fn history(&self) -> Result<Vec<HistoryRow>, DeskError> {
        drop(self.open().await?);
        let entries = self.approver()?.authenticator().history(None).await?;
        Ok(entries.into_iter().filter_map(row).collect())
    }

    fn waiting_request(&self, challenge: &str) -> Result<Request, DeskError> {
        let gone = || DeskError::Unknown { what: "sign-in" };
        self.board().find(challenge.parse().map_err(|_| gone())?).ok_or_else(gone)
    }

    /// What an answer came to. Only one that closed the request takes it away.
    fn answered(
        &self,
        request: &Request,
        answer: Result<(), Error>,
        given: Outcome,
    ) -> Result<Outcome, DeskError> {
        let outcome = match answer {
            Ok(()) => given,
            Err(Error::RequestClosed { state }) => closed(state),
            Err(Error::Refused(refusal)) if refusal.code == ProblemCode::WrongNumber => Outcome::WrongNumber,
            Err(error) => return Err(error.into()),
        };
        self.board().close(request.challenge_id());
        Ok(outcome)
    }
}

/// `None` for what still waits.
fn row(entry: HistoryEntry) -> Option<HistoryRow> {
    let outcome = match entry.outcome {
        push::Outcome::Open => return None,
        push::Outcome::Closed => Outcome::Closed,
        push::Outcome::Expired => Outcome::Expired,
        push::Outcome::Superseded => Outcome::Superseded,
        push::Outcome::AnsweredElsewhere => Outcome::AnsweredElsewhere,
        push::Outcome::Approved => Outcome::Approved,
        push::Outcome::Denied => Outcome::Denied,
        push::Outcome::NotMe => Outcome::NotMe,
        push::Outcome::WrongNumber => Outcome::WrongNumber,
    };
    Some(HistoryRow {
        challenge_id: entry.challenge_id.to_string(),
        application: entry.application.to_string(),
        place: entry.place,
        device_name: entry.device,
        requested_at: entry.requested_at.as_millis(),
        outcome,
    })
}

/// How a request stands that was closed before this answer counted.
fn closed(state: ChallengeState) -> Outcome {
    match state {
        ChallengeState::Approved | ChallengeState::Denied | ChallengeState::Open => {
            Outcome::AnsweredElsewhere
        }
        ChallengeState::WrongNumber => Outcome::WrongNumber,
        ChallengeState::Superseded => Outcome::Superseded,
        ChallengeState::Expired => Outcome::Expired,
    }
}
