//! The steps in their order. What one of them gives is what the next begins with.

use std::sync::Arc;

use countersign::ports::Clock;

use crate::{
    cast::Cast,
    error::DemoError,
    report::{Outcome, Report, Step},
    screen::Screen,
    steps::{account, push, session, totp, trust},
    stub::Stub,
};

/// Tells the story as far as it goes; what a step did, and where it stopped, is in the report.
pub(crate) async fn tell(cast: &Cast, stub: &Stub, storyteller: &mut Storyteller) {
    // A failed step is in the report already; the steps after it are skipped.
    let _: Result<(), Stopped> = steps(cast, stub, storyteller).await;
}

async fn steps(cast: &Cast, stub: &Stub, then: &mut Storyteller) -> Result<(), Stopped> {
    let Cast { mia, laptop, library, thief, phone } = cast;
    let screen = &then.screen.clone();

    // An account, opened by the link in a mail.
    then.step(Step::SignUp, account::sign_up(laptop, mia, screen)).await?;
    then.step(Step::Activate, account::activate(laptop, mia, stub, screen)).await?;
    let session = then.step(Step::PasswordLogin, account::log_in(laptop, mia, screen)).await?;

    // A second factor, and a device that need not show it each time.
    let codes = then.step(Step::TotpEnrolled, totp::enrol(laptop, &session, screen)).await?;
    then.step(Step::LoginWithTotpAndTrust, totp::log_in(laptop, mia, &codes, stub, screen)).await?;
    let session = then.step(Step::LoginWithTrustToken, trust::log_in(laptop, mia, screen)).await?;

    // A better second factor: a phone that asks. Adding it takes the one that is there.
    let enrol = async {
        let session = trust::prove_again(laptop, mia, &session, &codes, stub, screen).await?;
        let inbox = push::enrol(phone, &session, screen).await?;
        Ok((session, inbox))
    };
    let (session, inbox) = then.step(Step::AuthenticatorEnrolled, enrol).await?;
    then.step(Step::PushApproved, push::approve(library, mia, phone, &inbox, screen)).await?;
    then.step(Step::PushDeniedNotMe, push::deny(thief, mia, phone, &inbox, stub, screen)).await?;

    // A session keeps itself alive, until somebody copies it, or until the user signs out.
    let stolen = then.step(Step::TokensRefreshed, session::refresh(laptop, &session, screen)).await?;
    then.step(Step::RefreshReuseEndedFamily, session::reuse(&stolen, mia, &session, screen)).await?;
    then.step(Step::Logout, session::log_out(laptop, mia, screen)).await
}

/// A step failed, and the report has it.
struct Stopped;

/// Announces each step, measures it, and writes down what came of it.
pub(crate) struct Storyteller {
    screen: Screen,
    clock: Arc<dyn Clock>,
    report: Report,
}

impl Storyteller {
    pub(crate) fn new(screen: Screen, clock: Arc<dyn Clock>) -> Self {
        Self { screen, clock, report: Report::default() }
    }

    async fn step<T>(
        &mut self,
        step: Step,
        work: impl Future<Output = Result<T, DemoError>>,
    ) -> Result<T, Stopped> {
        self.screen.begin(step);
        let start = self.clock.monotonic();
        let result = work.await;
        let ms = u64::try_from(self.clock.monotonic().saturating_sub(start).as_millis()).unwrap_or(u64::MAX);
        match result {
            Ok(value) => {
                self.report.record(step, Outcome::Ok { ms });
                Ok(value)
            }
            Err(error) => {
                self.screen.say(&format!("failed: {error}"));
                self.report.record(step, Outcome::Failed { ms, error: error.to_string() });
                Err(Stopped)
            }
        }
    }

    /// Clears the progress away.
    pub(crate) fn finish(self) -> Report {
        self.screen.end();
        self.report
    }
}
