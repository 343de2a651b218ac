//! What is written to people. Plain text; what a stranger typed is quoted as such.

use std::time::Duration;

use countersign_protocol::fields::{DisplayName, Email, OpaqueToken, ServerUrl};

use super::durations::in_words;
use crate::delivery::Mail;

/// Proves the address of a new account by a link.
pub fn activation(
    issuer: &ServerUrl,
    to: &Email,
    name: &DisplayName,
    company: &DisplayName,
    token: &OpaqueToken,
) -> Mail {
    // EXPOSE: the one place that a link's token goes to, besides the person's mailbox.
    let link = format!("{issuer}/activate?token={}", token.expose());
    Mail {
        to: to.clone(),
        subject: "Activate your account".to_owned(),
        text: format!(
            "Hello {name},\n\nsomebody signed up “{company}” with this address. If it was you, open this link within \
             24 hours and confirm:\n\n{link}\n\nIf it was not you, do nothing: without the link there is no account.\n"
        ),
        code: None,
        links: vec![link],
    }
}

/// Tells the owner of an account that somebody signed up with its address.
pub fn account_exists(issuer: &ServerUrl, to: &Email) -> Mail {
    Mail {
        to: to.clone(),
        subject: "You already have an account".to_owned(),
        text: format!(
            "Hello,\n\nsomebody signed up with this address, which already has an account at {issuer}. If it was you, \
             sign in with your password.\n\nIf it was not you, do nothing: nothing was changed.\n"
        ),
        code: None,
        links: Vec::new(),
    }
}

/// Tells that an authenticator was locked.
pub fn locked(to: &Email, what: &str, locked_for: Duration) -> Mail {
    let locked_for = in_words(locked_for);
    notice(
        to,
        "Sign-in was locked for a while",
        &format!(
            "Somebody failed several times in a row to sign in to your account, so {what} is locked for \
             {locked_for}. If it was you, wait and try again. If it was not you, change your password."
        ),
    )
}

/// Tells that an authenticator was disabled.
pub fn disabled(to: &Email, what: &str) -> Mail {
    notice(
        to,
        "A sign-in method was disabled",
        &format!(
            "Somebody failed so often in a row to sign in to your account that {what} is not accepted any more. If \
             there is another way for you to sign in, use it and set up a new one; else ask your administrator."
        ),
    )
}

/// Tells that a factor was added.
pub fn method_enabled(to: &Email, label: &str) -> Mail {
    notice(
        to,
        "A sign-in method was added",
        &format!(
            "“{label}” can be used to sign in to your account from now on. If you did not add it, change your \
             password and tell your administrator."
        ),
    )
}

/// Tells that a device may approve sign-ins.
pub fn device_enrolled(to: &Email, device: &DisplayName) -> Mail {
    notice(
        to,
        "A device can approve your sign-ins",
        &format!(
            "“{device}” was enrolled and can approve sign-ins to your account from now on. If you did not enrol it, \
             remove it, change your password and tell your administrator."
        ),
    )
}

/// Tells that a device may no longer approve sign-ins.
pub fn device_removed(to: &Email, device: &DisplayName) -> Mail {
    notice(
        to,
        "A device was removed",
        &format!(
            "“{device}” was removed and can no longer approve sign-ins to your account. If you did not remove it, \
             change your password and tell your administrator."
        ),
    )
}

/// The alert after somebody said "this wasn't me".
pub fn sign_in_reported(to: &Email, device: &DisplayName, address: &str) -> Mail {
    notice(
        to,
        "A sign-in was reported and stopped",
        &format!(
            "You reported a sign-in from “{device}” at {address}. It was stopped, and approvals are locked until your \
             administrator opens them. Somebody knows your password: change it."
        ),
    )
}

/// Tells that a session was ended for a newer one.
pub fn session_evicted(to: &Email, ended: &DisplayName, newer: &DisplayName, address: &str) -> Mail {
    notice(
        to,
        "Your oldest session was ended",
        &format!(
            "You signed in on “{newer}” at {address}, and were signed in as often as one may be. So your oldest \
             session, on “{ended}”, was ended. If it was not you who signed in, change your password."
        ),
    )
}

/// Tells that a copied token was used.
pub fn token_reused(to: &Email) -> Mail {
    notice(
        to,
        "A session was ended for your safety",
        "A sign-in token of yours was used a second time, which happens when somebody has copied it. What it was good \
         for has been ended. Sign in again; if you do not know the reason, change your password.",
    )
}

/// Tells that a copied trust token was used.
pub fn trust_ended(to: &Email, device: &str) -> Mail {
    notice(
        to,
        "The trust in a device was ended for your safety",
        &format!(
            "What lets “{device}” sign in without a second step was used a second time, which happens when somebody \
             has copied it. From now on the second step is asked for there again. If you do not know the reason, \
             change your password."
        ),
    )
}

fn notice(to: &Email, subject: &str, text: &str) -> Mail {
    Mail {
        to: to.clone(),
        subject: subject.to_owned(),
        text: format!("Hello,\n\n{text}\n"),
        code: None,
        links: Vec::new(),
    }
}

/// An address as strangers may see it: `mi***@example.com`.
pub fn masked(email: &Email) -> String {
    let (local, domain) = email.as_str().split_once('@').unwrap_or((email.as_str(), ""));
    let shown: String = local.chars().take(2).collect();
    format!("{shown}***@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_masked() {
        assert_eq!(masked(&"mia@example.com".parse().unwrap()), "mi***@example.com");
        assert_eq!(masked(&"m@example.com".parse().unwrap()), "m***@example.com");
    }
}
