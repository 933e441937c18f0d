//! Who asks, by the session in their cookie.

use crate::{Identity, ops, rules};
use kernel::{Actor, Id, Problem};
use web::UserView;

impl Identity {
    /// Who a session cookie belongs to, once per request. `None`: nobody, or no longer.
    pub async fn visitor(&self, token: &str) -> Result<Option<(Actor, UserView)>, Problem> {
        let (now, token) = (self.0.world.clock.now(), token.to_owned());
        let found = self.0.db.read(move |tx| ops::visitor(tx, &token, now)).await?;
        let Some((actor, user, seen)) = found else { return Ok(None) };
        if let Actor::Person { session, .. } | Actor::Officer { session, .. } = &actor
            && now.as_second() - seen.as_second() >= rules::SESSION_TOUCH
        {
            let session: Id = session.clone();
            self.0.db.write(move |tx| ops::touch(tx, &session, now)).await?;
        }
        Ok(Some((actor, user)))
    }
}
