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
    /// From JSON. An object of nothing but numbers `x`, `y` and perhaps `z` is a vector.
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

    /// As JSON: what [`Datum::from_json`] reads back.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value as Json, json};
        match self {
            Datum::Nil => Json::Null,
            Datum::Bool(b) => json!(b),
            Datum::Number(n) => json!(n),
            Datum::Text(text) => json!(text),
            Datum::Vector([x, y, z]) if *z == 0.0 => json!({ "x": x, "y": y }),
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
    let x = fields.get("x")?.as_f64()?;
    let y = fields.get("y")?.as_f64()?;
    let z = match fields.get("z") {
        Some(z) => z.as_f64()?,
        None => 0.0,
    };
    Some([x as f32, y as f32, z as f32])
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
        ] {
            let json: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(Datum::from_json(json.clone()).to_json(), json);
        }
    }
}
