//! Reading a body whose kind stands apart from it.

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess};
use serde_json::{Deserializer, Error};

use super::body::EventBody;

/// A kind and the text of a body, read as the map `{"kind": ..., "body": ...}` that [`EventBody`] is: straight from the
/// text, without a value in between.
pub(super) struct Tagged<'a> {
    kind: &'a str,
    body: &'a str,
    next: Entry,
}

/// The entry of the map that is read next.
#[derive(Clone, Copy)]
enum Entry {
    Kind,
    Body,
    End,
}

impl<'a> Tagged<'a> {
    pub(super) const fn new(kind: &'a str, body: &'a str) -> Self {
        Self { kind, body, next: Entry::Kind }
    }

    pub(super) fn read(self) -> Result<EventBody, Error> {
        EventBody::deserialize(MapAccessDeserializer::new(self))
    }
}

impl<'de> MapAccess<'de> for Tagged<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let key = match self.next {
            Entry::Kind => "kind",
            Entry::Body => "body",
            Entry::End => return Ok(None),
        };
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        if let Entry::Kind = self.next {
            self.next = Entry::Body;
            return seed.deserialize(self.kind.into_deserializer());
        }
        self.next = Entry::End;
        let mut body = Deserializer::from_str(self.body);
        let value = seed.deserialize(&mut body)?;
        // Nothing may follow: a body is one value.
        body.end()?;
        Ok(value)
    }
}
