//! What happens next to a person whom a service wants to sign in (OpenID Connect Core §3.1.2.3).

use super::assurance::{self, Missing};
use crate::{
    error::Code,
    model::{Level, Method, OpenId},
};
use kernel::Timestamp;

/// What is known of the browser's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// When its person proved to be themselves.
    pub at: Timestamp,
    /// Who that is to the client.
    pub sub: String,
    /// How well they are known.
    pub level: Level,
    /// How they proved it.
    pub method: Method,
    /// Whether they were asked for a better sign-in and go on without.
    pub declined: bool,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The person signs in, anew if they are already.
    SignIn,
    /// The person signs in by something better.
    StepUp,
    /// The person is asked.
    Ask,
    /// The client is answered.
    Answer,
    /// The client is told why not.
    Refuse(Code),
}

/// Decides it: `begun` is when the client asked; `agreed`: the person said yes to all of it before.
pub fn next(
    asked: &OpenId,
    signed: Option<&Signed>,
    begun: Timestamp,
    now: Timestamp,
    agreed: bool,
) -> Next {
    let says = |word: &str| asked.prompt.split(' ').any(|one| one == word);
    let quiet = says("none");
    let login = if quiet { Next::Refuse(Code::LoginRequired) } else { Next::SignIn };
    let Some(signed) = signed else { return login };
    let fresh = signed.at >= begun;
    let age = now.as_second() - signed.at.as_second();
    // One who signed in for this very request has done what it wanted, however long the page lay open.
    let old =
        asked.max_age.is_some_and(|most| age > most) || says("login") || says("select_account");
    if old && !fresh {
        return login;
    }
    match &asked.hint {
        Some(hint) if *hint != signed.sub && fresh => return Next::Refuse(Code::LoginRequired),
        Some(hint) if *hint != signed.sub => return login,
        _ => {}
    }
    let worth = (signed.level, signed.method, signed.at);
    let missing =
        if asked.acr.is_empty() { None } else { assurance::missing(&asked.acr, None, worth, now) };
    match (missing, asked.acr_essential) {
        (Some(Missing::Passkey), true) if quiet => return login,
        (Some(Missing::Passkey), _) if !quiet && !signed.declined => return Next::StepUp,
        // No sign-in makes a person better known: the client decides what then.
        (Some(_), true) => return Next::Refuse(Code::UnmetAuthenticationRequirements),
        // Without "essential" it is a wish (Core §3.1.2.1): the client sees what it got.
        _ => {}
    }
    match (agreed && !says("consent"), quiet) {
        (true, _) => Next::Answer,
        (false, true) => Next::Refuse(Code::ConsentRequired),
        (false, false) => Next::Ask,
    }
}
