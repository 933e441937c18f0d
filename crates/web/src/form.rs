use crate::{Failure, Visit, cookies::same};
use axum::extract::{FromRequest, Request};
use kernel::Problem;
use serde::de::DeserializeOwned;

/// A posted form whose `csrf` field is this browser's token; without it `403 form-token`.
#[derive(Debug, Clone, Copy)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let visit = request.extensions().get::<Visit>().cloned();
        let axum::Form(pairs) = axum::Form::<Vec<(String, String)>>::from_request(request, state).await.map_err(|_| Problem::new(400, "form-unreadable"))?;
        let token = pairs.iter().find(|(name, _)| name == "csrf").map(|(_, value)| value.as_str());
        let ours = visit.as_ref().map(|visit| visit.csrf.as_str()).filter(|ours| !ours.is_empty());
        if !ours.zip(token).is_some_and(|(ours, theirs)| same(ours, theirs)) {
            return Err(Problem::new(403, "form-token").into());
        }
        // Repeated names (check boxes) arrive as lists.
        let mut object = serde_json::Map::new();
        for (name, value) in pairs {
            match object.entry(name) {
                serde_json::map::Entry::Vacant(slot) => drop(slot.insert(value.into())),
                serde_json::map::Entry::Occupied(mut slot) => match slot.get_mut() {
                    serde_json::Value::Array(list) => list.push(value.into()),
                    one => *one = serde_json::json!([one.take(), value]),
                },
            }
        }
        let form = serde_json::from_value(object.into()).map_err(|error| Problem { internal: Some(error.to_string()), ..Problem::new(400, "form-unreadable") })?;
        Ok(Self(form))
    }
}
