//! Sessions: the tokens that a finished login gives, their renewal, and their end.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> alive: begin
//!   alive --> alive: refresh (the refresh token rotates)
//!   alive --> logged_out: log_out
//!   alive --> expired: 30 days over
//!   alive --> token_reused: a retired refresh token was used
//!   alive --> account_closed: account disabled
//!   alive --> evicted: begin, where it was the oldest of ten
//! ```
//!
//! An access token is good only while its session is alive: every use reads the session.

use std::sync::Arc;

use countersign_protocol::{
    ProblemCode, Secret, Timestamp,
    account::{Refresh, SessionEnd, TokenSet, TokenType},
    claims::{AccessClaims, Confirmation, Header, typ},
    fields::OpaqueToken,
    ids::{SessionId, TenantId, UserId},
};

use super::{
    answer::{Answer, Fault, Stop, refuse},
    durations::in_words,
    events::{About, Details, Event, Source, record},
    factors::Proven,
    mail,
    rotation::{self, Presented, REFRESH},
};
use crate::{
    delivery,
    store::{
        Connection, Tx,
        logins::Facts,
        methods,
        sessions::{self, NewSession, Session},
        users::{self, User},
    },
    world::{Consuming, World},
};

/// Whoever calls with a good access token.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session.
    pub session_id: SessionId,
    /// The user.
    pub user_id: UserId,
    /// The user's organisation.
    pub tenant_id: TenantId,
    /// The key that was proven with the token.
    pub jkt: Option<String>,
    /// When the user proved the factors of the session.
    pub auth_time: Timestamp,
}

impl SignedIn {
    fn about(&self) -> About {
        About::user(self.tenant_id, self.user_id)
    }
}

/// Factors are changed only shortly after a full sign-in, by a session that is still alive. Called in the transaction
/// that makes the change, as the session may have ended since its caller was let in.
///
/// A trust token is not enough, be the factor that it stands in for enabled or disabled by failures: else whoever
/// holds a trusted device could put a factor of their own in its place. The first factor of an account is bound by the
/// password alone.
///
/// # Errors
/// `session_ended` with the reason; `forbidden` if the sign-in is too long ago, or was let through by a trust token; a
/// fault.
pub async fn require_fresh(connection: &mut Connection, world: &World, session: &SignedIn) -> Answer<()> {
    let stored = sessions::find(connection, &session.session_id.to_string()).await?;
    let stored = stored.ok_or_else(|| invalid_token("The access token belongs to no session."))?;
    if let Some(reason) = standing(&stored, world.now()) {
        return Err(ended(reason));
    }
    let unknown = |_| Fault::Stored("a session with unknown factors".to_owned());
    let proven: Proven = stored.amr.parse().map_err(unknown)?;
    if proven.is_by_trust() && methods::is_bound(connection, stored.user_id).await? {
        return Err(refuse(
            ProblemCode::Forbidden,
            "This device was trusted to skip the second factor, which is not enough to change sign-in methods. Sign in \
             again with the second factor.",
        ));
    }
    if world.now() < session.auth_time.plus(world.policy.reauthentication) {
        return Ok(());
    }
    let recent = in_words(world.policy.reauthentication);
    let detail = format!("Changing sign-in methods takes a sign-in of the last {recent}. Sign in again.");
    Err(refuse(ProblemCode::Forbidden, detail))
}

/// Begins the session of a finished login, and ends the user's oldest one where there is no room for one more.
///
/// The caller has locked the user ([`users::lock`]), so that of any number of logins that end at once each sees the
/// sessions of the others. It has done so before it wrote to a login, as everybody does who needs both.
///
/// # Errors
/// A fault of the store, the randomness or a signature.
pub async fn begin(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    login: &Facts,
    proven: &Proven,
    auth_time: Timestamp,
    user: &User,
) -> Answer<TokenSet> {
    let now = world.now();
    make_room(tx, world, source, login, user).await?;
    let session = Session {
        id: world.random.ulid(now, SessionId::from_parts)?,
        user_id: user.id,
        tenant_id: user.tenant_id,
        role: user.role.clone(),
        user_active: user.active,
        jkt: login.jkt.clone(),
        amr: proven.to_string(),
        acr: proven.acr().to_owned(),
        auth_time,
        expires_at: now.plus(world.policy.session_life),
        ended: None,
    };
    let row = NewSession { session: &session, login, created_at: now };
    sessions::insert(tx, &row).await?;
    let refresh_token = rotation::begin(tx, world, &REFRESH, &session.id.to_string()).await?;
    token_set(world, &session, refresh_token)
}

/// Ends the oldest sessions of a user, until there is room for the one that a login gives.
async fn make_room(tx: &mut Tx, world: &World, source: &Source, login: &Facts, user: &User) -> Answer<()> {
    let now = world.now();
    let living = sessions::living(tx.connection(), user.id, now).await?;
    for oldest in living.into_iter().skip(world.policy.sessions.saturating_sub(1)) {
        sessions::end(tx, oldest.id, SessionEnd::Evicted, now).await?;
        let (newer, address) = (&login.device.name, &login.address);
        let told = mail::session_evicted(&user.email, &oldest.device_name, newer, address);
        delivery::queue(tx, &told, now).await?;
        let details = Details {
            device: Some(oldest.device_name.to_string()),
            metadata: Some(serde_json::json!({"session_id": oldest.id, "login_id": login.id})),
            ..Details::default()
        };
        let about = About::user(user.tenant_id, user.id);
        record(tx, world, source, about, Event::SessionEvicted, details).await?;
    }
    Ok(())
}

/// Gives new tokens for the latest refresh token. `jkt` is the key that the request proves.
///
/// # Errors
/// `invalid_token` for one that was never given out or is bound to another key, which changes nothing;
/// `session_ended` with the reason, also for a retired token, whose use ends the session; a fault.
pub async fn refresh(
    world: &Arc<World>,
    request: Consuming,
    source: Source,
    jkt: Option<String>,
    body: Refresh,
) -> Answer<TokenSet> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                let world = &inside;
                let token = &body.refresh_token;
                let stored = rotation::find(tx, world, &REFRESH, token).await?.ok_or_else(unknown_token)?;
                let session = sessions::find(tx.connection(), &stored.family).await?;
                let session = session.filter(|session| session.jkt == jkt).ok_or_else(unknown_token)?;
                if let Some(reason) = standing(&session, world.now()) {
                    end(tx, world, &source, &session, reason).await?;
                    return Err(ended(reason));
                }
                match rotation::present(tx, world, &REFRESH, stored, token, jkt.is_some()).await? {
                    Presented::Successor(successor) => {
                        sessions::used(tx, session.id, world.now()).await?;
                        token_set(world, &session, successor)
                    }
                    Presented::Reused => {
                        end(tx, world, &source, &session, SessionEnd::TokenReused).await?;
                        Err(ended(SessionEnd::TokenReused))
                    }
                }
            })
        })
        .await
}

/// Ends the caller's session. All its tokens are refused from now on.
///
/// # Errors
/// A fault of the store.
pub async fn log_out(world: &Arc<World>, request: Consuming, source: Source, caller: SignedIn) -> Answer<()> {
    let inside = Arc::clone(world);
    world
        .consume(request, move |tx| {
            Box::pin(async move {
                if sessions::end(tx, caller.session_id, SessionEnd::LoggedOut, inside.now()).await? {
                    record(tx, &inside, &source, caller.about(), Event::LoggedOut, Details::default())
                        .await?;
                }
                Ok(())
            })
        })
        .await
}

/// Whether an access token whose signature was verified is good now, for a request that proves the key `jkt`.
///
/// # Errors
/// `invalid_token` if it is another server's or key's, or its time is over; `session_ended` with the reason; a fault.
pub async fn authorize(
    connection: &mut Connection,
    world: &World,
    claims: &AccessClaims,
    jkt: Option<&str>,
) -> Answer<SignedIn> {
    let now = world.now();
    let bound = claims.cnf.as_ref().map(|confirmation| confirmation.jkt.as_str());
    if claims.iss != world.issuer || claims.aud != world.issuer || bound != jkt {
        return Err(invalid_token("The access token is another server's or another key's."));
    }
    if now >= Timestamp::from_seconds(claims.exp) {
        return Err(invalid_token("The access token has expired. Refresh it."));
    }
    let session = sessions::find(connection, &claims.sid.to_string()).await?;
    let session = session.filter(|session| session.user_id == claims.sub);
    let session = session.ok_or_else(|| invalid_token("The access token belongs to no session."))?;
    if let Some(reason) = standing(&session, now) {
        return Err(ended(reason));
    }
    Ok(SignedIn {
        session_id: session.id,
        user_id: session.user_id,
        tenant_id: session.tenant_id,
        jkt: session.jkt,
        auth_time: session.auth_time,
    })
}

/// Why a session is over, if it is.
fn standing(session: &Session, now: Timestamp) -> Option<SessionEnd> {
    match session.ended {
        Some(reason) => Some(reason),
        None if !session.user_active => Some(SessionEnd::AccountClosed),
        None if now >= session.expires_at => Some(SessionEnd::Expired),
        None => None,
    }
}

/// Writes the end of a session, if it was not written before.
async fn end(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    session: &Session,
    reason: SessionEnd,
) -> Answer<()> {
    if !sessions::end(tx, session.id, reason, world.now()).await? {
        return Ok(());
    }
    let event = match reason {
        SessionEnd::TokenReused => {
            if let Some(user) = users::by_id(tx.connection(), session.user_id).await? {
                delivery::queue(tx, &mail::token_reused(&user.email), world.now()).await?;
            }
            Event::RefreshTokenReused
        }
        SessionEnd::LoggedOut => Event::LoggedOut,
        SessionEnd::Evicted => Event::SessionEvicted,
        SessionEnd::Expired | SessionEnd::AccountClosed => Event::SessionEnded,
    };
    let details = Details {
        metadata: Some(serde_json::json!({"session_id": session.id, "reason": reason})),
        ..Details::default()
    };
    record(tx, world, source, About::user(session.tenant_id, session.user_id), event, details).await
}

fn token_set(world: &World, session: &Session, refresh_token: OpaqueToken) -> Answer<TokenSet> {
    let now = world.now();
    let expires_at = now.plus(world.policy.access_life).min(session.expires_at);
    let claims = AccessClaims {
        iss: world.issuer.clone(),
        aud: world.issuer.clone(),
        sub: session.user_id,
        tenant_id: session.tenant_id,
        roles: vec![session.role.clone()],
        sid: session.id,
        jti: world.random.ulid(now, SessionId::from_parts)?.to_string(),
        amr: session.amr.split_whitespace().map(str::to_owned).collect(),
        acr: session.acr.clone(),
        auth_time: session.auth_time.as_seconds(),
        iat: now.as_seconds(),
        exp: expires_at.as_seconds(),
        cnf: session.jkt.clone().map(|jkt| Confirmation { jkt }),
    };
    Ok(TokenSet {
        access_token: Secret::new(world.keys.access.sign(Header::new(typ::ACCESS), &claims)?),
        token_type: if session.jkt.is_some() { TokenType::Dpop } else { TokenType::Bearer },
        expires_at: Timestamp::from_seconds(claims.exp),
        refresh_token,
        session_id: session.id,
    })
}

fn ended(reason: SessionEnd) -> Stop {
    let detail = match reason {
        SessionEnd::LoggedOut => "The session was signed out. Sign in again.",
        SessionEnd::Expired => "The session has lasted as long as it may. Sign in again.",
        SessionEnd::TokenReused => {
            "A refresh token was used after its successor, so somebody may hold a copy. Sign in again."
        }
        SessionEnd::AccountClosed => "The account was closed. Ask an administrator.",
        SessionEnd::Evicted => "Newer sessions of this account took the place of this one. Sign in again.",
    };
    refuse(ProblemCode::SessionEnded, detail).reason(reason)
}

fn unknown_token() -> Stop {
    invalid_token("The refresh token is not good here. Sign in again.")
}

fn invalid_token(detail: &str) -> Stop {
    refuse(ProblemCode::InvalidToken, detail)
}
