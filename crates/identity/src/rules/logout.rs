//! What a service may wish when it sends a person to sign out (OpenID RP-Initiated Logout §2).

use crate::{
    error::{Code, Refusal, Verdict},
    oauth::Params,
};

/// The wish.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Whose browser, by an ID token of ours.
    pub hint: Option<String>,
    /// Which service.
    pub client: Option<String>,
    /// Where to go then.
    pub redirect_uri: Option<String>,
    /// Given back.
    pub state: Option<String>,
}

/// Reads it. Whatever else stands there is passed over.
pub fn wish(params: &Params) -> Verdict<Wish> {
    let own = |name: &str| params.get(name).map(ToOwned::to_owned);
    let state = own("state");
    if state.as_ref().is_some_and(|state| state.len() > 1024) {
        return Err(Refusal::new(Code::InvalidRequest, "state is too long"));
    }
    Ok(Wish {
        hint: own("id_token_hint"),
        client: own("client_id"),
        redirect_uri: own("post_logout_redirect_uri"),
        state,
    })
}

/// The registered address with `state`.
pub fn back(to: &str, state: Option<&str>) -> String {
    state.map_or_else(|| to.to_owned(), |state| super::with_query(to, &[("state", state)]))
}
