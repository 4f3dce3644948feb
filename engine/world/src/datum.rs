//! Plain values that cross between a world and the outside: inputs, events from the game, what `ask` gives back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A value without identity: what an input can carry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Datum {
    /// `nil`
    #[default]
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// A number
    Number(f64),
    /// A string
    Text(String),
    /// A vector
    Vector([f32; 3]),
    /// A table with items 1, 2, 3...
    List(Vec<Datum>),
    /// A table with named fields
    Map(BTreeMap<String, Datum>),
}

impl Datum {
    /// From JSON. An object of nothing but numbers `x`, `y` and perhaps `z` is a vector, as long as each of them fits
    /// into 32 bits; any other object is a map. Numbers become `f64`, so whole ones beyond 2^53 are rounded.
    pub fn from_json(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Datum::Nil,
            Json::Bool(b) => Datum::Bool(b),
            Json::Number(n) => Datum::Number(n.as_f64().unwrap_or(0.0)),
            Json::String(text) => Datum::Text(text),
            Json::Array(items) => Datum::List(items.into_iter().map(Datum::from_json).collect()),
            Json::Object(fields) => match vector(&fields) {
                Some(vector) => Datum::Vector(vector),
                None => Datum::Map(fields.into_iter().map(|(key, value)| (key, Datum::from_json(value))).collect()),
            },
        }
    }

    /// As JSON, from which [`Datum::from_json`] makes the same value again, bit by bit. Two things JSON can't say: a
    /// number that isn't finite becomes `null`, and a map of nothing but numbers `x`, `y`, `z` reads as the vector that
    /// it looks like.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value as Json, json};
        match self {
            Datum::Nil => Json::Null,
            Datum::Bool(b) => json!(b),
            Datum::Number(n) => json!(n),
            Datum::Text(text) => json!(text),
            // Not `-0.0`, which is another value to whoever hashes the world.
            Datum::Vector([x, y, z]) if z.to_bits() == 0 => json!({ "x": x, "y": y }),
            Datum::Vector([x, y, z]) => json!({ "x": x, "y": y, "z": z }),
            Datum::List(items) => items.iter().map(Datum::to_json).collect(),
            Datum::Map(fields) => fields.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(),
        }
    }
}

fn vector(fields: &serde_json::Map<String, serde_json::Value>) -> Option<[f32; 3]> {
    if !fields.keys().all(|key| matches!(key.as_str(), "x" | "y" | "z")) {
        return None;
    }
    let component = |value: &serde_json::Value| value.as_f64().map(|n| n as f32).filter(|n| n.is_finite());
    let z = fields.get("z").map_or(Some(0.0), component)?;
    Some([component(fields.get("x")?)?, component(fields.get("y")?)?, z])
}

impl From<bool> for Datum {
    fn from(value: bool) -> Self {
        Datum::Bool(value)
    }
}

impl From<f64> for Datum {
    fn from(value: f64) -> Self {
        Datum::Number(value)
    }
}

impl From<&str> for Datum {
    fn from(value: &str) -> Self {
        Datum::Text(value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_comes_back() {
        for text in [
            "null",
            "true",
            "1.5",
            "\"a\"",
            "[1.0,[2.0],{}]",
            "{\"x\":1.0,\"y\":2.0}",
            "{\"x\":1.0,\"y\":2.0,\"z\":3.0}",
            "{\"x\":1.0}",
            "{\"x\":1.0,\"y\":\"2\"}",
            "{\"w\":1.0,\"x\":1.0,\"y\":2.0}",
            // Too large for a vector: as a map it stays what it is.
            "{\"x\":1e300,\"y\":2.0}",
            "{\"x\":1.0,\"y\":2.0,\"z\":-0.0}",
        ] {
            let json: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(Datum::from_json(json.clone()).to_json(), json);
        }
    }

    #[test]
    fn only_x_and_y_and_perhaps_z_are_a_vector() {
        for (text, is_vector) in [
            ("{\"x\":1,\"y\":2}", true),
            ("{\"x\":1,\"y\":2,\"z\":3}", true),
            ("{\"x\":1}", false),
            ("{\"y\":1,\"z\":2}", false),
            ("{\"x\":1,\"y\":null}", false),
            ("{\"x\":1,\"y\":2,\"w\":3}", false),
            ("{\"x\":1,\"y\":-1e39}", false),
        ] {
            let json = serde_json::from_str(text).unwrap();
            assert_eq!(matches!(Datum::from_json(json), Datum::Vector(_)), is_vector, "{text}");
        }
    }

    #[test]
    fn what_json_cannot_say_is_nil() {
        assert_eq!(Datum::Number(f64::NAN).to_json(), serde_json::Value::Null);
    }
}
