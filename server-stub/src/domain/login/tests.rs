#![allow(clippy::unwrap_used)]

use std::time::Duration;

use countersign_protocol::{
    device::DeviceDescription,
    ids::{ChallengeId, LoginId, TenantId, UserId},
};

use super::*;

const START: i64 = 1_700_000_000_000;

fn challenge(ends_after: u64) -> OpenChallenge {
    OpenChallenge {
        id: ChallengeId::from_parts(1, 1),
        number_sealed: vec![1],
        expires_at: Timestamp::from_millis(START).plus(Duration::from_secs(ends_after)),
    }
}

fn stages() -> [Stage; 7] {
    [
        Stage::MfaRequired,
        Stage::Pending(challenge(60)),
        Stage::Authenticated { at: Timestamp::from_millis(START) },
        Stage::Collected,
        Stage::Denied(DenyReason::NotMe),
        Stage::Cancelled,
        Stage::Expired,
    ]
}

/// One character for the stage that a step leads to, and `-` where it is refused.
fn row(step: impl Fn(Stage) -> Result<Stage, InvalidTransition>) -> String {
    let letter = |stage| match stage {
        Err(_) => '-',
        Ok(Stage::MfaRequired) => 'm',
        Ok(Stage::Pending(_)) => 'p',
        Ok(Stage::Authenticated { .. }) => 'a',
        Ok(Stage::Denied(_)) => 'd',
        Ok(Stage::Cancelled) => 'c',
        Ok(Stage::Collected | Stage::Expired) => '?',
    };
    stages().into_iter().map(|stage| letter(step(stage))).collect()
}

#[test]
fn only_the_drawn_steps_are_possible() {
    // From:                                                             MPACDXE
    assert_eq!(row(|stage| stage.ask(challenge(90))), "pp-----");
    assert_eq!(row(|stage| stage.authenticate(Timestamp::from_millis(START))), "aa-----");
    assert_eq!(row(|stage| stage.deny(DenyReason::Other)), "-d-----");
    assert_eq!(row(Stage::reopen), "-m-----");
    assert_eq!(row(Stage::cancel), "ccc----");
    let collected: Vec<_> = stages().into_iter().map(|stage| stage.collect().is_ok()).collect();
    assert_eq!(collected, [false, false, true, false, false, false, false]);
}

#[test]
fn a_refused_step_says_whether_the_time_was_over() {
    let code = |stage: Stage| match Stop::from(stage.refused()) {
        Stop::Refused(problem) => problem.code,
        Stop::Fault(fault) => panic!("{fault}"),
    };
    for stage in stages() {
        let expected =
            if stage == Stage::Expired { ProblemCode::LoginExpired } else { ProblemCode::LoginState };
        assert_eq!(code(stage), expected);
    }
}

#[test]
fn only_what_can_still_change_is_not_final() {
    let open: Vec<_> = stages().iter().filter(|stage| !stage.is_final()).map(Stage::name).collect();
    assert_eq!(open, ["mfa_required", "pending"]);
}

fn stored(status: Status) -> StoredLogin {
    let name = || "x".parse().unwrap();
    let start = Timestamp::from_millis(START);
    StoredLogin {
        facts: Facts {
            id: LoginId::from_parts(1, 1),
            user_id: UserId::from_parts(1, 1),
            tenant_id: TenantId::from_parts(1, 1),
            device_id: None,
            jkt: Some("key".to_owned()),
            login_token_hash: None,
            device: DeviceDescription { name: name(), os: name(), app: name() },
            device_known: false,
            address: "127.0.0.1".to_owned(),
            created_at: start,
            expires_at: start.plus(Duration::from_mins(10)),
        },
        user_active: true,
        status,
        amr: "pwd".to_owned(),
        trust_device: false,
        deny_reason: Some(DenyReason::Mistake),
        authenticated_at: Some(start),
        collected_at: None,
        challenge: Some(challenge(60)),
    }
}

#[test]
fn time_and_closed_accounts_end_what_is_not_over() {
    use Status::{Authenticated, Cancelled, Denied, MfaRequired, Pending};
    let name = |stored: &StoredLogin, after: u64| {
        Stage::of(stored, Timestamp::from_millis(START).plus(Duration::from_secs(after))).unwrap().name()
    };
    let written = [MfaRequired, Pending, Authenticated, Denied, Cancelled];
    let at = |after| written.map(|status| name(&stored(status), after));
    assert_eq!(at(59), ["mfa_required", "pending", "authenticated", "denied", "cancelled"]);
    assert_eq!(at(60), ["mfa_required", "mfa_required", "authenticated", "denied", "cancelled"]);
    assert_eq!(at(600), ["expired", "expired", "expired", "denied", "cancelled"]);

    let closed = written.map(|status| name(&StoredLogin { user_active: false, ..stored(status) }, 0));
    assert_eq!(closed, ["cancelled", "cancelled", "cancelled", "denied", "cancelled"]);
    let collected =
        StoredLogin { collected_at: Some(Timestamp::from_millis(START)), ..stored(Authenticated) };
    assert_eq!(Stage::of(&collected, Timestamp::from_millis(START * 2)).unwrap(), Stage::Collected);
}

#[test]
fn a_login_without_its_reason_is_a_fault() {
    let now = Timestamp::from_millis(START);
    assert!(Stage::of(&StoredLogin { deny_reason: None, ..stored(Status::Denied) }, now).is_err());
    assert!(
        Stage::of(&StoredLogin { authenticated_at: None, ..stored(Status::Authenticated) }, now).is_err()
    );
}
