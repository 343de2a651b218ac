use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_BORDERS_ONLY};
use serde::Serialize;

/// The steps of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    SignUp,
    Activate,
    PasswordLogin,
    TotpEnrolled,
    LoginWithTotpAndTrust,
    LoginWithTrustToken,
    AuthenticatorEnrolled,
    PushApproved,
    PushDeniedNotMe,
    TokensRefreshed,
    RefreshReuseEndedFamily,
    Logout,
}

impl Step {
    /// All of them, in their order.
    const ALL: [Self; 12] = [
        Self::SignUp,
        Self::Activate,
        Self::PasswordLogin,
        Self::TotpEnrolled,
        Self::LoginWithTotpAndTrust,
        Self::LoginWithTrustToken,
        Self::AuthenticatorEnrolled,
        Self::PushApproved,
        Self::PushDeniedNotMe,
        Self::TokensRefreshed,
        Self::RefreshReuseEndedFamily,
        Self::Logout,
    ];

    /// What people read.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::SignUp => "Sign up",
            Self::Activate => "Open the account by the link in the mail",
            Self::PasswordLogin => "Sign in with the password",
            Self::TotpEnrolled => "Enrol a code generator",
            Self::LoginWithTotpAndTrust => "Sign in with a code, and trust the laptop",
            Self::LoginWithTrustToken => "Sign in again: the laptop is trusted",
            Self::AuthenticatorEnrolled => "Enrol a phone as authenticator",
            Self::PushApproved => "Sign in elsewhere, approved on the phone",
            Self::PushDeniedNotMe => "Somebody else tries: “this wasn't me”",
            Self::TokensRefreshed => "Refresh the tokens",
            Self::RefreshReuseEndedFamily => "A stolen refresh token ends the session",
            Self::Logout => "Sign out",
        }
    }

    /// Its place, from 1.
    pub(crate) fn number(self) -> u64 {
        (1..).zip(Self::ALL).find(|(_, step)| *step == self).map_or(0, |(number, _)| number)
    }

    /// How many there are.
    pub(crate) fn count() -> u64 {
        Self::Logout.number()
    }
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// What it is there to show was seen.
    Ok { ms: u64 },
    /// It was not.
    Failed { ms: u64, error: String },
    /// A step before it failed.
    Skipped,
}

/// All steps and what came of them.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    steps: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    name: Step,
    #[serde(flatten)]
    outcome: Outcome,
}

impl Default for Report {
    fn default() -> Self {
        Self { steps: Step::ALL.map(|name| Line { name, outcome: Outcome::Skipped }).into() }
    }
}

impl Report {
    pub(crate) fn record(&mut self, step: Step, outcome: Outcome) {
        if let Some(line) = self.steps.iter_mut().find(|line| line.name == step) {
            line.outcome = outcome;
        }
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.steps.iter().all(|line| matches!(line.outcome, Outcome::Ok { .. }))
    }

    /// For scripts: one object on one line.
    pub(crate) fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// For people: the table, and the whole in one sentence.
    pub(crate) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_BORDERS_ONLY).set_header([
            Cell::new(""),
            Cell::new("step"),
            Cell::new(""),
            Cell::new("ms").set_alignment(CellAlignment::Right),
        ]);
        for line in &self.steps {
            let (status, ms) = match &line.outcome {
                Outcome::Ok { ms } => ("ok", ms.to_string()),
                Outcome::Failed { ms, .. } => ("failed", ms.to_string()),
                Outcome::Skipped => ("skipped", String::new()),
            };
            table.add_row([
                Cell::new(line.name.number()).set_alignment(CellAlignment::Right),
                Cell::new(line.name.title()),
                Cell::new(status),
                Cell::new(ms).set_alignment(CellAlignment::Right),
            ]);
        }
        format!("{table}\n{}", self.sentence())
    }

    fn sentence(&self) -> String {
        let failed = self.steps.iter().find_map(|line| match &line.outcome {
            Outcome::Failed { error, .. } => Some(format!("“{}” failed: {error}", line.name.title())),
            _ => None,
        });
        failed.unwrap_or_else(|| {
            let took = |line: &Line| if let Outcome::Ok { ms } = line.outcome { ms } else { 0 };
            let done = self.steps.iter().filter(|line| line.outcome != Outcome::Skipped).count();
            format!(
                "{done} of {} steps ok, {} ms",
                self.steps.len(),
                self.steps.iter().map(took).sum::<u64>()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_ok() -> Report {
        let mut report = Report::default();
        for (ms, step) in (10..).zip(Step::ALL) {
            report.record(step, Outcome::Ok { ms });
        }
        report
    }

    fn failed() -> Report {
        let mut report = Report::default();
        report.record(Step::SignUp, Outcome::Ok { ms: 8 });
        report.record(Step::Activate, Outcome::Failed { ms: 3, error: "no mail arrived".to_owned() });
        report
    }

    #[test]
    fn scripts_read_each_step_with_its_status_and_time() {
        let report = all_ok();
        assert!(report.is_ok());
        let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        let steps = json["steps"].as_array().unwrap();
        assert_eq!(steps.len(), 12);
        assert_eq!(steps[0], serde_json::json!({"name": "sign_up", "status": "ok", "ms": 10}));
        assert_eq!(
            steps[10],
            serde_json::json!({"name": "refresh_reuse_ended_family", "status": "ok", "ms": 20})
        );
        assert!(
            report
                .json()
                .unwrap()
                .starts_with(r#"{"steps":[{"name":"sign_up","status":"ok","ms":10},{"name":"#)
        );
    }

    #[test]
    fn a_failed_step_has_its_error_and_those_after_it_are_skipped() {
        let report = failed();
        assert!(!report.is_ok());
        let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        let failed =
            serde_json::json!({"name": "activate", "status": "failed", "ms": 3, "error": "no mail arrived"});
        assert_eq!(json["steps"][1], failed);
        assert_eq!(json["steps"][2], serde_json::json!({"name": "password_login", "status": "skipped"}));
        assert_eq!(json["steps"][11]["status"], "skipped");
    }

    #[test]
    fn a_story_that_did_not_begin_is_not_ok() {
        assert!(!Report::default().is_ok());
        assert!(Report::default().table().ends_with("\n0 of 12 steps ok, 0 ms"));
    }

    #[test]
    fn people_read_a_row_for_each_step_and_a_sentence() {
        let table = all_ok().table();
        assert!(table.contains("12   Sign out"), "{table}");
        assert!(table.ends_with("\n12 of 12 steps ok, 186 ms"), "{table}");
        let widths: Vec<_> = table.lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|width| *width <= 80), "{table}");
    }

    #[test]
    fn people_read_which_step_failed_and_why() {
        let table = failed().table();
        assert_eq!(table.matches("skipped").count(), 10);
        assert!(
            table.ends_with("“Open the account by the link in the mail” failed: no mail arrived"),
            "{table}"
        );
    }

    #[test]
    fn steps_are_numbered_from_one() {
        assert_eq!(Step::SignUp.number(), 1);
        assert_eq!(Step::count(), 12);
    }
}
