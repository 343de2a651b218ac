//! Many accounts at once, by the server's own repositories on its database file, before the server is started on it.

use std::{path::Path, sync::Arc};

use countersign::{
    otp::{Algorithm, Digits, Period, Totp},
    protocol::{
        Secret,
        device::DeviceDescription,
        fields::{DisplayName, Email, OpaqueToken, Password},
        ids::{LoginId, MethodId, TenantId, UserId},
        login::MethodKind,
    },
};
use countersign_server::{
    Config,
    domain::{factors::Proven, login::LoginCaller},
    realms::{DEFAULT, Realms},
    store::{
        Database, Tx,
        logins::{self, Facts, Status},
        methods::{self, MethodStatus},
        tenants,
        totp::{self, Generator, place},
        users::{self, PendingUser},
    },
    world::World,
};

use crate::error::BenchError;

/// Accounts that are made in one transaction: those of one organisation.
const TENANT: usize = 100;

/// Makes accounts in a database file that no server has open.
pub(crate) struct Accounts {
    realms: Realms,
    founder: Arc<Founder>,
    made: usize,
}

/// What all accounts have in common.
struct Founder {
    world: Arc<World>,
    password_hash: String,
    name: DisplayName,
    device: DeviceDescription,
}

/// An account that can be used.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) email: Email,
    user_id: UserId,
    tenant_id: TenantId,
}

/// A login that waits for a code.
pub(crate) struct WaitingLogin {
    pub(crate) id: LoginId,
    pub(crate) generator: Totp,
    /// Carries the login, where no key does.
    pub(crate) token: OpaqueToken,
}

/// What a login is bound to.
#[derive(Clone)]
pub(crate) enum Bound {
    /// A login token of its own.
    Token,
    /// The key with this thumbprint.
    Key(String),
}

impl Accounts {
    /// Opens the file, and makes it if it is missing. All accounts have this password.
    pub(crate) async fn open(file: &Path, password: &Password) -> Result<Self, BenchError> {
        let config = Config::for_database(Database::File(file.to_owned()), None)?;
        let realms = Realms::open(config, "http://localhost:8440".to_owned()).await?;
        let world = realms.get(DEFAULT).await?;
        let password_hash = world.passwords.hash(&world.random, password).await?;
        let device = DeviceDescription {
            name: "Mia's laptop".parse()?,
            os: "Debian 13".parse()?,
            app: "Kessler Books 1.0".parse()?,
        };
        let founder = Founder { world, password_hash, name: "Mia Kessler".parse()?, device };
        Ok(Self { realms, founder: Arc::new(founder), made: 0 })
    }

    /// Makes accounts with a password.
    pub(crate) async fn with_password(&mut self, count: usize) -> Result<Vec<Account>, BenchError> {
        let mut accounts = Vec::with_capacity(count);
        while accounts.len() < count {
            let founder = Arc::clone(&self.founder);
            let numbers = self.made..self.made + TENANT.min(count - accounts.len());
            self.made = numbers.end;
            let world = &self.founder.world;
            let some = world.store.write(move |tx| {
                Box::pin(async move {
                    let tenant_id = founder.tenant(tx).await?;
                    let mut some = Vec::with_capacity(numbers.len());
                    for number in numbers {
                        some.push(founder.account(tx, tenant_id, number).await?);
                    }
                    Ok::<_, BenchError>(some)
                })
            });
            accounts.append(&mut some.await?);
        }
        Ok(accounts)
    }

    /// Makes accounts with password and code generator, each with a login whose password was right. `bound` are taken
    /// in turn.
    pub(crate) async fn with_waiting_login(
        &mut self,
        count: usize,
        bound: &[Bound],
    ) -> Result<Vec<WaitingLogin>, BenchError> {
        let accounts = self.with_password(count).await?;
        let mut bound = bound.iter().cycle().cloned();
        let mut waiting = Vec::with_capacity(count);
        for accounts in accounts.chunks(TENANT) {
            let founder = Arc::clone(&self.founder);
            let accounts: Vec<_> = accounts.iter().cloned().zip(bound.by_ref()).collect();
            let some = self.founder.world.store.write(move |tx| {
                Box::pin(async move {
                    let mut some = Vec::with_capacity(accounts.len());
                    for (account, bound) in accounts {
                        some.push(founder.waiting_login(tx, &account, bound).await?);
                    }
                    Ok::<_, BenchError>(some)
                })
            });
            waiting.append(&mut some.await?);
        }
        Ok(waiting)
    }

    /// Gives the file free.
    pub(crate) async fn close(self) {
        self.realms.close().await;
    }
}

impl Founder {
    async fn tenant(&self, tx: &mut Tx) -> Result<TenantId, BenchError> {
        let now = self.world.now();
        let id = self.world.random.ulid(now, TenantId::from_parts)?;
        tenants::insert(tx, id, &self.name, now).await?;
        Ok(id)
    }

    async fn account(&self, tx: &mut Tx, tenant_id: TenantId, number: usize) -> Result<Account, BenchError> {
        let (world, now) = (&self.world, self.world.now());
        let user_id = world.random.ulid(now, UserId::from_parts)?;
        let email: Email = format!("mia.{number}@kessler-books.example").parse()?;
        let activation_hash = world.keys.token_hash("activation", email.as_str());
        let user = PendingUser {
            id: user_id,
            tenant_id,
            email: &email,
            name: &self.name,
            password_hash: &self.password_hash,
            role: "member",
            activation_hash: &activation_hash,
            activation_expires_at: now.plus(world.policy.activation_life),
            created_at: now,
        };
        users::insert_pending(tx, &user).await?;
        users::activate(tx, &activation_hash, now).await?;
        Ok(Account { email, user_id, tenant_id })
    }

    async fn waiting_login(
        &self,
        tx: &mut Tx,
        account: &Account,
        bound: Bound,
    ) -> Result<WaitingLogin, BenchError> {
        let generator = self.generator(tx, account).await?;
        let (world, now) = (&self.world, self.world.now());
        let token = world.random.token256()?;
        // EXPOSE: only the hash is stored.
        let token_hash = world.keys.token_hash(LoginCaller::TOKEN_PURPOSE, token.expose());
        let (jkt, login_token_hash) = match bound {
            Bound::Key(jkt) => (Some(jkt), None),
            Bound::Token => (None, Some(token_hash)),
        };
        let facts = Facts {
            id: world.random.ulid(now, LoginId::from_parts)?,
            user_id: account.user_id,
            tenant_id: account.tenant_id,
            device_id: None,
            jkt,
            login_token_hash,
            device: self.device.clone(),
            device_known: false,
            address: "127.0.0.1".to_owned(),
            created_at: now,
            expires_at: now.plus(world.policy.login_life),
        };
        logins::insert(tx, &facts, Status::MfaRequired, &Proven::password().to_string()).await?;
        Ok(WaitingLogin { id: facts.id, generator, token })
    }

    async fn generator(&self, tx: &mut Tx, account: &Account) -> Result<Totp, BenchError> {
        let (world, now) = (&self.world, self.world.now());
        let id = world.random.ulid(now, MethodId::from_parts)?;
        let secret = world.random.bytes::<20>()?;
        let status = MethodStatus::Enabled;
        methods::insert(tx, id, account.user_id, MethodKind::Totp, &self.name, status, now).await?;
        let stored = Generator {
            method_id: id,
            status,
            secret_sealed: world.keys.seal(&world.random, &place(id), &secret)?,
            algorithm: Algorithm::Sha1.as_str().to_owned(),
            digits: u32::from(world.policy.totp.digits),
            period: world.policy.totp.period,
        };
        totp::insert(tx, &stored).await?;
        let secret = Secret::new(secret.to_vec());
        Ok(Totp::new(secret, Algorithm::Sha1, Digits::default(), Period::default())?)
    }
}
