//! The enrolled accounts.

use countersign::{protocol::ids::EnrolmentId, push::Enrolment};

use super::{Desk, DeskError};
use crate::ipc::{Account, ConnectionState, Topic};

impl Desk {
    /// Every account, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`] from storage.
    pub async fn accounts(&self) -> Result<Vec<Account>, DeskError> {
        drop(self.open().await?);
        let enrolments = self.approver()?.authenticator().enrolments().await?;
        Ok(enrolments
            .iter()
            .map(|enrolment| account(enrolment, self.board().connection(enrolment.id)))
            .collect())
    }

    /// Removes an account, here and on the server.
    ///
    /// # Errors
    /// [`DeskError::Unknown`], [`DeskError::Locked`], and those of
    /// [`Authenticator::remove`](countersign::push::Authenticator::remove): the account is then still there.
    pub async fn remove_account(&self, id: &str) -> Result<(), DeskError> {
        drop(self.used().await?);
        let id: EnrolmentId = id.parse().map_err(|_| DeskError::Unknown { what: "account" })?;
        self.approver()?.remove(id).await?;
        self.changed(Topic::Accounts);
        Ok(())
    }
}

/// An enrolment as a page shows it.
pub(super) fn account(enrolment: &Enrolment, connection: ConnectionState) -> Account {
    Account {
        id: enrolment.id.to_string(),
        application: enrolment.application.to_string(),
        server: enrolment.server.to_string(),
        account: enrolment.account.clone(),
        enrolled_at: enrolment.enrolled_at.as_millis(),
        connection,
    }
}
