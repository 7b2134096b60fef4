//! One pass over JSON that keeps nothing of it but the keys of the objects it is in.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use buffa_descriptor::{DescriptorPool, MessageIndex};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::shape::Shape;

/// Characters of a caller's key that an error repeats.
const SHOWN_KEY: usize = 64;

/// A value that is to have a shape.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pool: &'a DescriptorPool,
    shape: Shape,
    max_depth: usize,
    depth: usize,
}

impl<'a> Walk<'a> {
    pub(super) const fn root(pool: &'a DescriptorPool, shape: Shape, max_depth: usize) -> Self {
        Self { pool, shape, max_depth, depth: 0 }
    }

    /// A value inside this one.
    fn inside<E: Error>(&self, shape: Shape) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > self.max_depth {
            return Err(E::custom(format_args!("it is nested deeper than {}", self.max_depth)));
        }
        Ok(Self { shape, depth, ..*self })
    }

    fn scalar<E: Error>(&self) -> Result<(), E> {
        match self.shape {
            Shape::Any | Shape::Scalar => Ok(()),
            _ => Err(self.unexpected("a single value")),
        }
    }

    fn unexpected<E: Error>(&self, found: &str) -> E {
        let due = self.shape.name();
        match self.shape {
            Shape::Message(message) => {
                let name = self.pool.message(message).full_name();
                E::custom(format_args!("{found} where {due} is due, for {name}"))
            }
            _ => E::custom(format_args!("{found} where {due} is due")),
        }
    }

    fn message<'de, A: MapAccess<'de>>(self, message: MessageIndex, mut map: A) -> Result<(), A::Error> {
        let message = self.pool.message(message);
        // By number: a field has two names. Only fields that exist come here, so it stays short.
        let mut seen = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            let Some(field) = message.field_by_name(&key) else {
                let name = message.full_name();
                return Err(A::Error::custom(format_args!("{name} has no field `{}`", shown(&key))));
            };
            if seen.contains(&field.number()) {
                return Err(twice(&key));
            }
            seen.push(field.number());
            map.next_value_seed(self.inside(Shape::of_field(self.pool, field.kind()))?)?;
        }
        Ok(())
    }

    fn map<'de, A: MapAccess<'de>>(self, values: Shape, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(Key(key)) = map.next_key()? {
            if seen.contains(&key) {
                return Err(twice(&key));
            }
            seen.insert(key);
            map.next_value_seed(self.inside(values)?)?;
        }
        Ok(())
    }
}

fn twice<E: Error>(key: &str) -> E {
    E::custom(format_args!("the key `{}` is there twice", shown(key)))
}

fn shown(key: &str) -> String {
    key.chars().take(SHOWN_KEY).collect()
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shape.name())
    }

    /// Inside a request `null` is the absence of a value, whatever is due.
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.depth == 0 { Err(self.unexpected("null")) } else { Ok(()) }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.scalar()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let item = match self.shape {
            Shape::Any | Shape::AnyList => Shape::Any,
            Shape::List(kind) => Shape::of(self.pool, kind),
            _ => return Err(self.unexpected("an array")),
        };
        let item = self.inside(item)?;
        while items.next_element_seed(item)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        match self.shape {
            Shape::Message(message) => self.message(message, map),
            Shape::Map(kind) => self.map(Shape::of(self.pool, kind), map),
            Shape::Any | Shape::AnyMap => self.map(Shape::Any, map),
            _ => Err(self.unexpected("an object")),
        }
    }
}
