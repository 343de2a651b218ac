//! Trusted devices: a token of an earlier login lets a device skip the second factor.

use countersign_protocol::{fields::OpaqueToken, ids::TrustId, login::TrustGrant};

use super::{
    answer::Answer,
    events::{About, Details, Event, Source, record},
    factors::Factor,
    mail,
    rotation::{self, Presented, TRUST},
};
use crate::{
    delivery,
    store::{
        Tx,
        logins::Facts,
        trust::{self, TrustedDevice},
        users::User,
    },
    world::World,
};

/// Why a family was ended by the reuse of a retired token.
const REUSED: &str = "token_reused";

/// Trusts the device of a login, by the key that the login is bound to where it has one.
///
/// # Errors
/// A fault of the store or of the randomness.
pub async fn grant(tx: &mut Tx, world: &World, login: &Facts) -> Answer<TrustGrant> {
    let now = world.now();
    let device = TrustedDevice {
        id: world.random.ulid(now, TrustId::from_parts)?,
        user_id: login.user_id,
        device_id: login.device_id,
        jkt: login.jkt.clone(),
        name: login.device.name.to_string(),
        expires_at: now.plus(world.policy.trust_life),
        revoked: false,
    };
    trust::insert(tx, &device, now).await?;
    let token = rotation::begin(tx, world, &TRUST, &device.id.to_string()).await?;
    Ok(TrustGrant { trust_id: device.id, token, expires_at: device.expires_at })
}

/// Uses a trust token of a login whose password was right, and gives its successor. `None` if it lets nobody skip
/// anything here: unknown, another user's, another key's, expired, revoked, or retired. Which of these it was is not
/// told; a retired one ends its family.
///
/// # Errors
/// A fault of the store, the randomness or a seal.
pub async fn redeem(
    tx: &mut Tx,
    world: &World,
    source: &Source,
    user: &User,
    jkt: Option<&str>,
    token: &OpaqueToken,
) -> Answer<Option<TrustGrant>> {
    let Some(stored) = rotation::find(tx, world, &TRUST, token).await? else { return Ok(None) };
    let Some(device) = trust::find(tx.connection(), &stored.family).await? else { return Ok(None) };
    let key_fits = device.jkt.is_none() || device.jkt.as_deref() == jkt;
    if device.user_id != user.id || device.revoked || world.now() >= device.expires_at || !key_fits {
        return Ok(None);
    }
    match rotation::present(tx, world, &TRUST, stored, token, device.jkt.is_some()).await? {
        Presented::Successor(token) => {
            trust::used(tx, device.id, world.now()).await?;
            Ok(Some(TrustGrant { trust_id: device.id, token, expires_at: device.expires_at }))
        }
        Presented::Reused => {
            if trust::revoke(tx, device.id, REUSED, world.now()).await? {
                delivery::queue(tx, &mail::trust_ended(&user.email, &device.name), world.now()).await?;
            }
            let details = Details {
                method: Some(Factor::TrustedDevice.as_str()),
                device: Some(device.name),
                metadata: Some(serde_json::json!({"trust_id": device.id})),
            };
            let about = About::user(user.tenant_id, user.id);
            record(tx, world, source, about, Event::TrustTokenReused, details).await?;
            Ok(None)
        }
    }
}
