//! Factors of authentication: what was proven, what it adds up to, and what a user may prove next.

use countersign_protocol::{
    ids::UserId,
    login::{MethodKind, MethodOffer},
};

use super::{answer::Answer, limits};
use crate::{
    store::{Connection, methods, users::User},
    world::World,
};

/// Something that was proven, in the order in which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// The password.
    Password,
    /// A one-time code.
    OneTimeCode,
    /// Approval on an enrolled device.
    Push,
    /// A trust token of an earlier login. It proves nothing now: it lets the second factor be skipped.
    TrustedDevice,
}

/// Assurance by one factor that was proven now.
pub const ONE_FACTOR: &str = "urn:countersign:acr:1";
/// Assurance by factors of two classes that were proven now.
pub const TWO_FACTORS: &str = "urn:countersign:acr:2";

/// NIST's classes of factors. Two factors count as two only if their classes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Knowledge,
    Possession,
}

impl Factor {
    /// The name in `amr` (RFC 8176 where it has one).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::OneTimeCode => "otp",
            Self::Push => "push",
            Self::TrustedDevice => "trusted_device",
        }
    }

    fn class(self) -> Option<Class> {
        match self {
            Self::Password => Some(Class::Knowledge),
            Self::OneTimeCode | Self::Push => Some(Class::Possession),
            Self::TrustedDevice => None,
        }
    }
}

/// Everything that was proven in a login.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proven(Vec<Factor>);

impl Proven {
    /// Only the password.
    pub fn password() -> Self {
        Self(vec![Factor::Password])
    }

    /// The same and one more.
    #[must_use]
    pub fn and(mut self, factor: Factor) -> Self {
        if !self.0.contains(&factor) {
            self.0.push(factor);
        }
        self
    }

    /// The names for `amr`.
    pub fn amr(&self) -> Vec<String> {
        self.0.iter().map(|factor| factor.as_str().to_owned()).collect()
    }

    /// The assurance that it adds up to, for `acr`.
    pub fn acr(&self) -> &'static str {
        let proven = |class| self.0.iter().any(|factor| factor.class() == Some(class));
        if proven(Class::Knowledge) && proven(Class::Possession) { TWO_FACTORS } else { ONE_FACTOR }
    }

    /// Whether a trust token stood in for the second factor.
    pub fn is_by_trust(&self) -> bool {
        self.0.contains(&Factor::TrustedDevice) && self.acr() == ONE_FACTOR
    }
}

impl std::fmt::Display for Proven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.amr().join(" "))
    }
}

/// A stored list that this version does not understand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored login proves something that this version does not know")]
pub struct UnknownFactorError;

impl std::str::FromStr for Proven {
    type Err = UnknownFactorError;

    fn from_str(text: &str) -> Result<Self, UnknownFactorError> {
        let all = [Factor::Password, Factor::OneTimeCode, Factor::Push, Factor::TrustedDevice];
        let find = |name| all.into_iter().find(|factor| factor.as_str() == name).ok_or(UnknownFactorError);
        text.split_whitespace().map(find).collect::<Result<_, _>>().map(Self)
    }
}

/// The enrolled factors of a user, oldest first.
///
/// # Errors
/// A fault of the store.
pub async fn enrolled(connection: &mut Connection, user_id: UserId) -> Answer<Vec<MethodOffer>> {
    let methods = methods::enabled(connection, user_id).await?;
    let offer = |method: methods::Method| MethodOffer {
        method_id: method.id,
        method: method.kind,
        label: method.label,
    };
    Ok(methods.into_iter().map(offer).collect())
}

/// What a user may use as a second factor now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offers {
    /// Nothing is enrolled.
    NotSetUp,
    /// These, the strongest first.
    Some(Vec<MethodOffer>),
    /// What is enrolled is locked, for so long; for as long as can be where all of it was disabled.
    Locked(std::time::Duration),
    /// Only approvals are enrolled, and they are locked until an administrator opens them.
    PushLocked,
}

/// Looks at what a user has enrolled and what of it is locked.
///
/// # Errors
/// A fault of the store.
pub async fn offers(
    connection: &mut Connection,
    user: &User,
    account: &limits::AccountKey,
    world: &World,
) -> Answer<Offers> {
    let mut methods = enrolled(connection, user.id).await?;
    if methods.is_empty() {
        // What was disabled asks for an answer all the same: else a hundred wrong codes would open the account.
        let bound = methods::is_bound(connection, user.id).await?;
        return Ok(if bound { Offers::Locked(world.policy.attempts.longest_lock) } else { Offers::NotSetUp });
    }
    // A stable sort: by strength, then the oldest first.
    methods.sort_by_key(|offer| match offer.method {
        MethodKind::Push => 0,
        MethodKind::Totp => 1,
    });
    let mut locked_for = None;
    if methods.iter().any(|offer| offer.method == MethodKind::Totp) {
        locked_for =
            limits::locked_for(connection, &account.authenticator(limits::TOTP), world.now()).await?;
    }
    methods.retain(|offer| match offer.method {
        MethodKind::Push => user.push_locked_at.is_none(),
        MethodKind::Totp => locked_for.is_none(),
    });
    Ok(match (methods.is_empty(), locked_for) {
        (false, _) => Offers::Some(methods),
        (true, Some(locked_for)) => Offers::Locked(locked_for),
        (true, None) => Offers::PushLocked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_factors_need_two_classes_proven_now() {
        let proven = Proven::password();
        assert_eq!(proven.acr(), ONE_FACTOR);
        assert_eq!(proven.clone().and(Factor::TrustedDevice).acr(), ONE_FACTOR);
        assert!(proven.clone().and(Factor::TrustedDevice).is_by_trust() && !proven.is_by_trust());
        assert!(!proven.clone().and(Factor::TrustedDevice).and(Factor::Push).is_by_trust());
        assert_eq!(proven.clone().and(Factor::Password).amr(), ["pwd"]);
        assert_eq!(Proven::default().and(Factor::OneTimeCode).and(Factor::Push).acr(), ONE_FACTOR);
        let both = proven.and(Factor::OneTimeCode);
        assert_eq!(both.acr(), TWO_FACTORS);
        assert_eq!(both.to_string().parse::<Proven>().unwrap(), both);
        assert!("pwd telepathy".parse::<Proven>().is_err());
    }
}
