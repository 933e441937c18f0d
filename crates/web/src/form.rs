use crate::{Failure, Visit, cookies::same};
use axum::extract::{FromRequest, Request};
use kernel::Problem;
use serde::{
    Deserializer,
    de::{
        DeserializeOwned, IntoDeserializer, Visitor,
        value::{Error, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

/// A posted form whose `csrf` field is this browser's token; without it `403 form-token`.
///
/// A name that stands once or often may be read as a list (check boxes: give the field
/// `#[serde(default)]`, since none ticked sends nothing), numbers are parsed, and an empty field is
/// `None` for an `Option`.
#[derive(Debug, Clone, Copy)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let visit = request.extensions().get::<Visit>().cloned();
        let axum::Form(pairs) = axum::Form::<Vec<(String, String)>>::from_request(request, state)
            .await
            .map_err(|_| Problem::new(400, "form-unreadable"))?;
        let token = pairs.iter().find(|(name, _)| name == "csrf").map(|(_, value)| value.as_str());
        let ours = visit.as_ref().map(|visit| visit.csrf.as_str()).filter(|ours| !ours.is_empty());
        if !ours.zip(token).is_some_and(|(ours, theirs)| same(ours, theirs)) {
            return Err(Problem::new(403, "form-token").into());
        }
        let form = read(pairs).map_err(|error| Problem {
            internal: Some(error.to_string()),
            ..Problem::new(400, "form-unreadable")
        })?;
        Ok(Self(form))
    }
}

/// Reads names and values, in the order sent, into a type.
fn read<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T, Error> {
    let mut fields: Vec<(String, Values)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (name, value) in pairs {
        let place = *places.entry(name.clone()).or_insert(fields.len());
        match fields.get_mut(place) {
            Some((_, values)) => values.0.push(value),
            None => fields.push((name, Values(vec![value]))),
        }
    }
    T::deserialize(MapDeserializer::new(fields.into_iter()))
}

/// All that was sent under one name.
struct Values(Vec<String>);

impl Values {
    fn only(self) -> Result<String, Error> {
        let mut values = self.0.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(serde::de::Error::custom("a field that stands once was sent more than once")),
        }
    }
}

impl IntoDeserializer<'_, Error> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Numbers and truth values, from their text.
macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let value: $type = self.only()?.trim().parse().map_err(serde::de::Error::custom)?;
            visitor.$visit(value)
        })*
    };
}

impl<'de> Deserializer<'de> for Values {
    type Error = Error;

    parsed!(deserialize_bool visit_bool bool, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
        deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.len() > 1 {
            self.deserialize_seq(visitor)
        } else {
            visitor.visit_string(self.only()?)
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.only()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.only()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.iter().all(String::is_empty) {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter().map(|value| Self(vec![value]))))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.only()?.into_deserializer())
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}
