//! Second factors by code, and the list of all.

mod methods;
mod totp;
mod verify;

use countersign_protocol::{
    login::{LoginOutcome, Methods, VerifyCode},
    totp::{ConfirmTotp, StartTotp, TotpSetup},
};

use crate::http::routes::{Access, Route};

pub(super) fn table() -> Vec<Route> {
    use Access::{Login, Session};
    vec![
        Route::post("/mfa/verify", verify::verify)
            .for_whom(Login, "Prove a second factor by a code")
            .takes::<VerifyCode>()
            .answers::<LoginOutcome>(200),
        Route::get("/mfa/methods", methods::methods)
            .for_whom(Session, "The user's enrolled factors")
            .answers::<Methods>(200),
        Route::post("/mfa/totp/setup", totp::set_up)
            .for_whom(Session, "Begin to enrol a code generator; the sign-in must be of the last ten minutes")
            .takes::<StartTotp>()
            .answers::<TotpSetup>(201),
        Route::post("/mfa/totp/verify", totp::confirm)
            .for_whom(Session, "Enable a code generator by its first code")
            .takes::<ConfirmTotp>()
            .answers_nothing(),
    ]
}
