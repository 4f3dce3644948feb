//! The property types of the Tiled project. What a designer added to the project by hand (commands, folders, types of
//! their own) is kept; the engine's types and the actor classes are made anew, and keep their numbers and colours.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use dormouse::Datum;
use dormouse::check::PropKind;
use serde_json::{Map, Value as Json, json};

use super::Class;

/// Where maps with these types can be opened.
const COMPATIBILITY: u32 = 1100;

/// The whole file. `old` is what is there already.
pub fn project(classes: &[Class], old: Option<String>) -> Result<String, Box<dyn Error>> {
    let mut project = match old {
        Some(text) => match serde_json::from_str(&text) {
            Ok(Json::Object(project)) => project,
            Ok(_) => return Err("the Tiled project is no JSON object; move it away and run this again".into()),
            Err(error) => return Err(format!("the Tiled project is no JSON: {error}").into()),
        },
        None => new_project(),
    };
    let old = match project.remove("propertyTypes") {
        Some(Json::Array(types)) => types,
        _ => Vec::new(),
    };
    let made = types(classes);
    let names: BTreeSet<&str> = made.iter().filter_map(|made| made["name"].as_str()).collect();
    let by_name: BTreeMap<&str, &Json> = old.iter().filter_map(|old| Some((old["name"].as_str()?, old))).collect();
    let mut last = old.iter().filter_map(|old| old["id"].as_u64()).max().unwrap_or(0);
    let mut all: Vec<Json> =
        old.iter().filter(|old| !old["name"].as_str().is_some_and(|name| names.contains(name))).cloned().collect();
    for mut made in made.clone() {
        let known = made["name"].as_str().and_then(|name| by_name.get(name));
        made["id"] = match known.and_then(|known| known["id"].as_u64()) {
            Some(id) => id.into(),
            None => {
                last += 1;
                last.into()
            }
        };
        if let Some(colour) = known.and_then(|known| known.get("color")) {
            made["color"] = colour.clone();
        }
        all.push(made);
    }
    all.sort_by_key(|one| one["id"].as_u64());
    project.insert("propertyTypes".into(), Json::Array(all));
    Ok(format!("{:#}\n", Json::Object(project)))
}

fn new_project() -> Map<String, Json> {
    let project = json!({
        "automappingRulesFile": "",
        "commands": [],
        "compatibilityVersion": COMPATIBILITY,
        "extensionsPath": "extensions",
        "folders": ["."],
        "properties": [],
    });
    match project {
        Json::Object(project) => project,
        _ => Map::new(),
    }
}

fn types(classes: &[Class]) -> Vec<Json> {
    let actions: BTreeSet<&str> = classes.iter().flat_map(|class| &class.info.actions).map(String::as_str).collect();
    let mut types = vec![
        words("Moment", &["begin", "finish", "fail"]),
        words("Action", &actions.into_iter().collect::<Vec<_>>()),
        class_type("Vector", "#a0a0a4", &["property"], vec![member("x", 0.0), member("y", 0.0), member("z", 0.0)]),
        class_type(
            "Wire",
            "#ffaa00",
            &["property"],
            vec![
                json!({ "name": "arg", "type": "string", "value": "" }),
                json!({ "name": "call", "type": "string", "propertyType": "Action", "value": "" }),
                json!({ "name": "delay", "type": "int", "value": 0 }),
                json!({ "name": "on", "type": "string", "propertyType": "Moment", "value": "begin" }),
                json!({ "name": "once", "type": "bool", "value": false }),
                json!({ "name": "target", "type": "object", "value": 0 }),
                json!({ "name": "to", "type": "string", "value": "" }),
            ],
        ),
    ];
    for class in classes {
        let info = &class.info;
        let mut members: Vec<Json> =
            info.props.iter().filter_map(|(name, (kind, _))| prop(name, *kind, class.defaults.get(name))).collect();
        for action in &info.actions {
            members
                .push(json!({ "name": format!("On{action}"), "type": "class", "propertyType": "Wire", "value": {} }));
        }
        if !info.props.contains_key("hibernate_after") {
            members.push(json!({ "name": "hibernate_after", "type": "int", "value": info.rest }));
        }
        members.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str()));
        types.push(class_type(&info.name, &colour(&info.name), &["map", "object", "tile"], members));
    }
    types
}

fn words(name: &str, values: &[&str]) -> Json {
    json!({ "name": name, "type": "enum", "storageType": "string", "values": values, "valuesAsFlags": false })
}

fn class_type(name: &str, colour: &str, used: &[&str], members: Vec<Json>) -> Json {
    json!({ "name": name, "type": "class", "color": colour, "drawFill": true, "useAs": used, "members": members })
}

fn member(name: &str, value: f64) -> Json {
    json!({ "name": name, "type": "float", "value": value })
}

/// A prop as a member. What only a script can make (a table that is no drawn path) is none.
fn prop(name: &str, kind: PropKind, default: Option<&Datum>) -> Option<Json> {
    let (kind, value) = match (kind, default) {
        (PropKind::Boolean, default) => ("bool", json!(default == Some(&Datum::Bool(true)))),
        (PropKind::Number, Some(Datum::Number(number))) => ("float", json!(number)),
        (PropKind::Number, _) => ("float", json!(0.0)),
        (PropKind::Text, Some(Datum::Text(text))) => ("string", json!(text)),
        (PropKind::Text | PropKind::Any, _) => ("string", json!("")),
        (PropKind::Vector, default) => {
            let [x, y, z] = match default {
                Some(Datum::Vector(vector)) => *vector,
                _ => [0.0; 3],
            };
            let value = json!({ "x": x, "y": y, "z": z });
            return Some(json!({ "name": name, "type": "class", "propertyType": "Vector", "value": value }));
        }
        // An actor by an arrow to it; a path by an arrow to the polyline.
        (PropKind::Actor, _) | (PropKind::Table, None) => ("object", json!(0)),
        (PropKind::Table, Some(_)) => return None,
    };
    Some(json!({ "name": name, "type": kind, "value": value }))
}

/// A colour of its own for each class: its name's hash as a hue, always as bright.
fn colour(name: &str) -> String {
    // FNV-1a, 32 bits (Fowler, Noll, Vo).
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let hue = f64::from(hash % 360);
    let channel = |shift: f64| {
        let at = (hue / 60.0 + shift).rem_euclid(6.0);
        let level = at.min(4.0 - at).clamp(0.0, 1.0);
        (80.0 + level * 150.0) as u8
    };
    format!("#{:02x}{:02x}{:02x}", channel(2.0), channel(0.0), channel(4.0))
}
