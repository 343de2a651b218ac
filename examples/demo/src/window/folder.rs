//! What the authenticator keeps, made with the SDK before it is started: a vault with a code in it, and beside it a
//! file that is sealed under the vault, with an enrolment.

use std::{fs, path::Path, sync::Arc};

use countersign::{
    client::Session,
    crypto::kdf::Argon2Cost,
    otp::TotpEntry,
    ports::{
        FileStorage, Files as _, Http, NoStorage, NoVerifier, OsFiles, Ports, SoftwareSigner, SystemClock,
        SystemRandom, SystemSignals, TracingSink,
    },
    protocol::{Secret, enroll_uri::EnrollUri, push::DeviceKind},
    push::Authenticator,
    vault::{Item, Passphrase, Vault, entries::CodeEntry},
};

use crate::{cast::Browser, error::DemoError};

/// The folder of the app in that of its user's data.
const APP: &str = "org.countersign.authenticator";

/// Lets the session's owner see their code and approve their sign-ins in the app whose user's data are here.
pub(super) async fn prepare(
    data: &Path,
    passphrase: &str,
    browser: &Browser,
    session: &Session,
    http: &Arc<dyn Http>,
) -> Result<(), DemoError> {
    // Once there is a second factor, it would have to be proven for another.
    let ticket = session.create_enrolment_ticket().await?;
    let setup = session.start_totp(None).await?;
    // EXPOSE: read into the generator, which keeps it as a secret.
    let entry = TotpEntry::parse(setup.otpauth_uri.expose())?.entry;
    // EXPOSE: typed, to show that the generator has the secret.
    let code = entry.totp().code_at(browser.client.server_now()?).expose().parse()?;
    session.confirm_totp(setup.method_id, code).await?;

    let folder = data.join(APP).join("vault");
    fs::create_dir_all(&folder)?;
    let (files, random) = (Arc::new(OsFiles), Arc::new(SystemRandom::default()));
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        random: random.clone(),
        http: http.clone(),
        storage: Arc::new(NoStorage),
        signer: Arc::new(SoftwareSigner::new(Arc::new(NoStorage), random.clone())),
        verifier: Arc::new(NoVerifier),
        signals: Arc::new(SystemSignals::new(APP, env!("CARGO_PKG_VERSION"))),
        log: Arc::new(TracingSink),
    };
    let passphrase = Passphrase::new(&Secret::new(passphrase.to_owned()))?;
    let path = folder.join("countersign.vault");
    let vault = Vault::create(&path, &passphrase, Argon2Cost::default(), ports.clone()).await?;
    vault.put(&Item::new(CodeEntry::new(entry, ports.clock.now()), &*random)?).await?;

    let (path, key) = (folder.join("entries.sealed"), vault.storage_key().await?);
    let storage = Arc::new(FileStorage::open(path, key, files.clone(), random.clone())?);
    let signer = Arc::new(SoftwareSigner::new(storage.clone(), random));
    let authenticator = Authenticator::new(Ports { storage, signer, ..ports });
    // EXPOSE: read as the app reads it from the screen.
    let link: EnrollUri = ticket.uri.expose().parse()?;
    authenticator.enroll(&link, "This computer".parse()?, DeviceKind::Desktop).await?;
    vault.lock().close().await?;

    // The app's notes: that accounts are in the sealed file, and that nobody has to be asked for a recovery code.
    files.write(&folder.join("storage"), b"file\n")?;
    files.write(&folder.join("recovery"), b"kept\n")?;
    Ok(())
}
