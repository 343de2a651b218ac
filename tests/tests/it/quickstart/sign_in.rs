use countersign::{
    Error,
    client::{Client, LoginState, Session},
    ports::Ports,
    protocol::login::MethodKind,
};

/// Signs in, by a code or by an approval on the phone. `None` if the login was denied, locked, or took too long.
pub async fn sign_in(
    server: &str,
    ports: Ports,
    ask_for_code: impl AsyncFn() -> String,
    show: impl Fn(&str),
) -> Result<Option<Session>, Error> {
    let client = Client::connect(server, ports)?;
    let (email, password) = ("mia@example.com".parse()?, "three lanterns by the harbour".parse()?);
    let mut state = client.login(email, password).await?;
    loop {
        state = match state {
            LoginState::MfaRequired(step) if step.recommended() == MethodKind::Push => {
                step.request_push(None, false).await?
            }
            LoginState::MfaRequired(step) => {
                let code = ask_for_code().await.parse()?;
                step.submit_code(MethodKind::Totp, code, false).await?
            }
            LoginState::Pending(step) => {
                show(step.number().expose());
                step.wait().await?
            }
            LoginState::Unanswered(step) => step.send().await?,
            LoginState::Done(signed_in) => return Ok(Some(signed_in.session)),
            LoginState::Denied { .. } | LoginState::Expired | LoginState::Locked { .. } => return Ok(None),
        };
    }
}
