//! Taking things in: what something is, and then keeping it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign::{
    Error,
    otp::{Algorithm, Digits, OtpUriWarning, Period, Totp, TotpEntry, base32, qr},
    ports::{self, Clock, Random},
    protocol::{Secret, enroll_uri::EnrollUri},
};

use super::{Desk, DeskError, accounts, clipboard, codes};
use crate::ipc::{Add, Added, HashName, Oddity, Recognise, Recognised, Topic, TypedCode};

/// For how long something may lie there before it is taken in.
const KEPT: Duration = Duration::from_mins(10);
const MOST_KEPT: usize = 16;

/// What was recognised and not taken in yet. It stays on this side: a page only has its name.
pub(super) struct Recognitions {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Until when on the monotonic clock, and what.
    kept: HashMap<String, (Duration, Found)>,
}

#[derive(Clone)]
enum Found {
    Code(Box<TotpEntry>),
    Enrolment(Box<EnrollUri>),
}

impl Recognitions {
    pub(super) fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random, kept: HashMap::new() }
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    fn keep(&mut self, found: Found) -> Result<String, Error> {
        let now = self.clock.monotonic();
        self.kept.retain(|_, (until, _)| *until > now);
        if self.kept.len() >= MOST_KEPT {
            let oldest = self.kept.iter().min_by_key(|(_, (until, _))| *until).map(|(name, _)| name.clone());
            oldest.and_then(|name| self.kept.remove(&name));
        }
        let name = u128::from_be_bytes(self.random.bytes()?);
        let name = format!("{name:032x}");
        self.kept.insert(name.clone(), (now + KEPT, found));
        Ok(name)
    }

    fn find(&self, name: &str) -> Result<Found, DeskError> {
        let (until, found) = self.kept.get(name).ok_or(DeskError::RecognitionGone)?;
        if *until > self.clock.monotonic() { Ok(found.clone()) } else { Err(DeskError::RecognitionGone) }
    }
}

impl Desk {
    /// Says what a text (line by line), a picture or the clipboard holds. Nothing is written and nothing is sent. What is
    /// beside it is passed over.
    ///
    /// # Errors
    /// [`DeskError::Locked`]; where nothing is found, [`DeskError::NothingRecognised`], or [`DeskError::Sdk`] with the
    /// part of a link that is wrong.
    pub async fn recognise(&self, given: Recognise) -> Result<Vec<Recognised>, DeskError> {
        drop(self.used().await?);
        match given {
            Recognise::Text { text } => {
                // EXPOSE: compared with a link that is kept here in the clear.
                self.take_link(text.expose());
                self.recognise_texts(&[text], "text").await
            }
            Recognise::Image { base64 } => self.recognise_texts(&in_base64(base64).await?, "picture").await,
            Recognise::Clipboard => self.recognise_texts(&self.on_clipboard().await?, "clipboard").await,
        }
    }

    /// Says what a code typed by hand would be.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Sdk`] with the field that is wrong.
    pub async fn recognise_typed(&self, typed: &TypedCode) -> Result<Recognised, DeskError> {
        drop(self.used().await?);
        let algorithm = match typed.algorithm {
            HashName::Sha1 => Algorithm::Sha1,
            HashName::Sha256 => Algorithm::Sha256,
            HashName::Sha512 => Algorithm::Sha512,
        };
        // EXPOSE: it is read into another secret.
        let secret = base32::decode(typed.secret.expose())?;
        let (digits, period) = (Digits::try_from(typed.digits)?, Period::try_from(typed.period)?);
        let totp = Totp::new(secret, algorithm, digits, period)?;
        self.found_code(TotpEntry::new(Some(&typed.issuer), &typed.account, totp), &[]).await
    }

    /// Takes in what was recognised. What is taken in once may be taken in again: an enrolment whose answer was lost
    /// is finished by that.
    ///
    /// # Errors
    /// [`DeskError::RecognitionGone`], [`DeskError::Locked`], and for an enrolment those of
    /// [`Authenticator::enroll`](countersign::push::Authenticator::enroll).
    pub async fn add(&self, add: &Add) -> Result<Added, DeskError> {
        drop(self.used().await?);
        let found = self.recognitions().find(&add.recognition)?;
        match found {
            Found::Code(entry) => {
                let id = codes::keep(&*self.used().await?, *entry, self).await?;
                self.recognitions().kept.remove(&add.recognition);
                self.changed(Topic::Codes);
                Ok(Added::Code { id: id.to_string() })
            }
            Found::Enrolment(link) => {
                let name = add.device_name.as_deref().unwrap_or_default().trim().parse()?;
                let enrolment = self.approver()?.enrol(&link, name).await?;
                self.recognitions().kept.remove(&add.recognition);
                self.changed(Topic::Accounts);
                let connection = self.board().connection(enrolment.id);
                Ok(Added::Enrolment { account: accounts::account(&enrolment, connection) })
            }
        }
    }

    async fn recognise_texts(
        &self,
        texts: &[Secret<String>],
        from: &'static str,
    ) -> Result<Vec<Recognised>, DeskError> {
        let (mut found, mut refused) = (Vec::new(), DeskError::NothingRecognised { from });
        // EXPOSE: each line is read into what keeps its secret.
        for line in texts.iter().flat_map(|text| text.expose().lines()) {
            match self.recognise_line(line.trim()).await {
                Ok(recognised) => found.extend(recognised),
                Err(error) => refused = error,
            }
        }
        if found.is_empty() { Err(refused) } else { Ok(found) }
    }

    /// `None` for what is neither.
    async fn recognise_line(&self, line: &str) -> Result<Option<Recognised>, DeskError> {
        let scheme = line.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("countersign") => self.found_enrolment(line.parse()?).await.map(Some),
            Some("otpauth" | "apple-otpauth") => {
                let parsed = TotpEntry::parse(line).map_err(Error::from)?;
                self.found_code(parsed.entry, &parsed.warnings).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn found_code(
        &self,
        entry: TotpEntry,
        warnings: &[OtpUriWarning],
    ) -> Result<Recognised, DeskError> {
        let listed = codes::listed(&*self.used().await?).await?;
        let (issuer, account) = (entry.issuer().unwrap_or_default().to_owned(), entry.account().to_owned());
        let totp = entry.totp();
        // EXPOSE: secrets of one person, compared on their own device.
        let same = |other: &TotpEntry| other.totp().secret().expose() == totp.secret().expose();
        let duplicate = listed.iter().any(|item| same(&item.record.entry));
        let (digits, period, algorithm) =
            (totp.digits().get(), totp.period().as_seconds(), totp.algorithm().as_str().to_owned());
        let recognition = self.recognitions().keep(Found::Code(Box::new(entry)))?;
        let oddities = warnings.iter().map(oddity).collect();
        Ok(Recognised::Code { recognition, issuer, account, digits, period, algorithm, duplicate, oddities })
    }

    async fn found_enrolment(&self, link: EnrollUri) -> Result<Recognised, DeskError> {
        let enrolments = self.approver()?.authenticator().enrolments().await?;
        let known = enrolments.iter().any(|enrolment| enrolment.server == link.server);
        let server = link.server.to_string();
        let recognition = self.recognitions().keep(Found::Enrolment(Box::new(link)))?;
        Ok(Recognised::Enrolment { recognition, server, known })
    }

    async fn on_clipboard(&self) -> Result<Vec<Secret<String>>, DeskError> {
        let board = self.ports().clipboard.clone();
        let text = clipboard::blocking(move || board.text()).await?;
        if let Some(text) = text {
            return Ok(vec![text]);
        }
        let board = self.ports().clipboard.clone();
        match clipboard::blocking(move || board.image()).await? {
            Some(image) => in_picture(image).await,
            None => Ok(Vec::new()),
        }
    }
}

fn oddity(warning: &OtpUriWarning) -> Oddity {
    match warning {
        OtpUriWarning::IssuerMismatch { label, parameter } => {
            Oddity::IssuerMismatch { label: label.clone(), parameter: parameter.clone() }
        }
        OtpUriWarning::NoName => Oddity::NoName,
    }
}

async fn in_base64(text: Secret<String>) -> Result<Vec<Secret<String>>, DeskError> {
    // EXPOSE: it is decoded.
    let image = STANDARD.decode(text.expose().trim());
    in_picture(image.map_err(|_| DeskError::NothingRecognised { from: "picture" })?).await
}

/// The texts of the QR codes in a picture. Reading one may take a while.
async fn in_picture(image: Vec<u8>) -> Result<Vec<Secret<String>>, DeskError> {
    ports::blocking(|| DeskError::from(Error::Cancelled), move || Ok(qr::read(&image).map_err(Error::from)?))
        .await
}
