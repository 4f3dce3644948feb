//! A world as one JSON value: every actor with its tasklets down to their locals, and what is on its way. What
//! `inspect` prints and `diff` compares.

use std::collections::BTreeMap;

use dormouse::World;
use serde_json::{Map, Value, json};

/// The actors by name (its number added, where several have one), and the world's own.
pub fn of(world: &World) -> Value {
    let mut actors = Map::new();
    for (key, id) in keys(world) {
        actors.insert(key, actor(world, id));
    }
    json!({
        "tick": world.now(),
        "time": world.time(),
        "actors": actors,
        "wires": world.wire_views().iter().filter(|wire| wire.spent).map(|wire| json!({
            "spent": wire.property, "source": wire.source.name,
        })).collect::<Vec<_>>(),
        "in_flight": world.post_views(),
    })
}

/// All actors, with a name for each that no other has.
pub fn keys(world: &World) -> Vec<(String, dormouse::ActorId)> {
    let views: Vec<_> = world.actors().into_iter().filter_map(|id| world.actor_view(id)).collect();
    let mut count = BTreeMap::new();
    for view in &views {
        *count.entry(view.label.clone()).or_insert(0) += 1;
    }
    let key = |view: &dormouse::observe::ActorView| match count[&view.label] {
        1 => view.label.clone(),
        _ => format!("{}#{}", view.label, view.order),
    };
    views.iter().map(|view| (key(view), view.id)).collect()
}

/// One actor with its tasklets.
pub fn actor(world: &World, id: dormouse::ActorId) -> Value {
    let mut value = serde_json::to_value(world.actor_view(id)).unwrap_or(Value::Null);
    let mut tasklets = serde_json::to_value(world.sleepers_of(id)).unwrap_or(Value::Null);
    for tasklet in tasklets.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        // How large its stack happens to be is no part of the world.
        tasklet.remove("bytes");
    }
    value["tasklets"] = tasklets;
    value
}
