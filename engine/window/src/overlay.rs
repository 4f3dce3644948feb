//! What whoever takes a world apart wants to know of it, frame by frame, as plain data: asked for with [`Wants`], made
//! on the simulation's side, drawn elsewhere. Nothing here changes a world.

use std::collections::VecDeque;

use dormouse::happenings::{Happening, HappeningKind, Outcome};
use dormouse::observe::{ActorView, Budgets, SleeperFilter, SleeperView, WireView};
use dormouse::{ActorId, TaskId, World};

use crate::scene::Scene;

/// What is in view, and what is wanted of it.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Left, top, right, bottom, in pixels of the map.
    pub view: [f32; 4],
    /// Names over heads, with what each does and where it sleeps.
    pub labels: bool,
    /// The wires.
    pub wires: bool,
    /// What happens, with its causes.
    pub happenings: bool,
    /// The sleeping tasklets.
    pub sleepers: Option<SleeperFilter>,
    /// One of them, with its locals.
    pub detail: Option<TaskId>,
    /// One actor.
    pub inspect: Option<ActorId>,
    /// The budgets.
    pub budgets: bool,
}

impl Wants {
    /// Whether the world must record what happens.
    pub fn watches(&self) -> bool {
        self.wires || self.happenings
    }
}

/// What was wanted.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// Who is in view and has a name or does something.
    pub labels: Vec<Label>,
    /// The wires, as arrows.
    pub arrows: Vec<Arrow>,
    /// What happened since the frame before.
    pub happenings: Vec<Happening>,
    /// The world went back to this tick: what came after it is to be forgotten.
    pub rewound: Option<u64>,
    /// The sleepers that the filter took.
    pub sleepers: Vec<SleeperView>,
    /// How many hibernate whose tasklets are not among them.
    pub unseen: usize,
    /// Which sleeper was asked for, and what is seen of it; nothing when it is over.
    pub detail: Option<(TaskId, Option<Box<SleeperView>>)>,
    /// Which actor was asked for, and what is seen of it; nothing when it is gone.
    pub inspected: Option<(ActorId, Option<Box<Inspected>>)>,
    /// The budgets, when they were counted.
    pub budgets: Option<Box<Budgets>>,
}

/// An actor that is inspected.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The actor.
    pub actor: ActorView,
    /// Its tasklets.
    pub sleepers: Vec<SleeperView>,
    /// Its wires, out and in.
    pub wires: Vec<WireView>,
}

/// What is said over an actor's head.
#[derive(Clone, Debug)]
pub struct Label {
    /// Whose it is.
    pub id: ActorId,
    /// Its name.
    pub name: String,
    /// What its tasklets do, a line each: what for, until when, where.
    pub lines: Vec<String>,
}

/// A wire, as an arrow in the map.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// Where it begins.
    pub from: [f32; 2],
    /// Where it leads.
    pub to: Vec<[f32; 2]>,
    /// What it says: `Open -> TurnOn`.
    pub text: String,
    /// It has worked, and works no more.
    pub spent: bool,
    /// Ticks since it was last set off, and what became of it.
    pub lit: Option<(u64, Outcome)>,
}

/// Labels that are made, and lines of each.
const MAX_LABELS: usize = 150;
const MAX_LINES: usize = 4;
/// Ticks between two counts of the budgets, which walk the whole heap.
const BUDGET_EVERY: u64 = 60;

/// Looks at the world as far as it is wanted. `fresh` is what happened since the last look.
pub fn look(
    world: &World,
    fresh: &mut VecDeque<Happening>,
    scene: &Scene,
    wants: &Wants,
    budgeted: &mut u64,
) -> Overlay {
    let mut overlay = Overlay::default();
    if wants.labels {
        overlay.labels = scene.actors.iter().take(MAX_LABELS).map(|sprite| label(world, sprite.id)).collect();
    }
    if wants.wires {
        overlay.arrows = arrows(world, wants.view);
    }
    overlay.happenings = fresh.drain(..).collect();
    overlay.sleepers = wants.sleepers.as_ref().map(|filter| world.sleepers(filter)).unwrap_or_default();
    overlay.unseen = world.sleepers_unseen();
    overlay.detail = wants.detail.map(|task| (task, world.sleeper(task, true).map(Box::new)));
    overlay.inspected = wants.inspect.map(|id| {
        let (sleepers, wires) = (world.sleepers_of(id), world.wires_of(id));
        (id, world.actor_view(id).map(|actor| Box::new(Inspected { actor, sleepers, wires })))
    });
    let now = world.now();
    if wants.budgets && (now >= *budgeted + BUDGET_EVERY || now < *budgeted) && world.is_between_ticks() {
        *budgeted = now;
        overlay.budgets = Some(Box::new(world.budgets()));
    }
    overlay
}

fn label(world: &World, id: ActorId) -> Label {
    let name = world.name_of(id);
    let filter = SleeperFilter { actor: Some(id), most: MAX_LINES, ..SleeperFilter::default() };
    let sleepers = world.sleepers(&filter);
    let lines = sleepers.iter().map(|sleeper| {
        let line = sleeper.to_string();
        // The name is there already.
        line.strip_prefix(name.as_str()).map_or(line.clone(), |rest| rest.trim_start_matches('.').to_owned())
    });
    Label { id, lines: lines.collect(), name }
}

fn arrows(world: &World, [left, top, right, bottom]: [f32; 4]) -> Vec<Arrow> {
    let now = world.now();
    let inside = |[x, y]: [f32; 2]| x >= left && x <= right && y >= top && y <= bottom;
    let mut arrows = Vec::new();
    for wire in world.wire_views() {
        // The level and the game are everywhere: their wires begin and end nowhere.
        let Some(from) = wire.source_object.and_then(|_| world.position_of(wire.source.id)) else { continue };
        let targets = wire.targets.iter().zip(&wire.target_objects).filter(|(_, object)| **object != 0);
        let to: Vec<[f32; 2]> = targets.filter_map(|(target, _)| world.position_of(target.id)).collect();
        if to.is_empty() || !(inside(from) || to.iter().any(|to| inside(*to))) {
            continue;
        }
        arrows.push(Arrow {
            from,
            to,
            text: format!("{} > {}", wire.action, wire.call),
            spent: wire.spent,
            lit: wire.used.and_then(|used| used.last).map(|(tick, outcome)| (now.saturating_sub(tick), outcome)),
        });
    }
    arrows
}

/// Whether a happening tells of something that went wrong.
pub fn is_bad(kind: &HappeningKind) -> bool {
    match kind {
        HappeningKind::Error { .. } | HappeningKind::ActionFailed { .. } | HappeningKind::Raised { .. } => true,
        HappeningKind::WireFired { outcome, .. } => !matches!(outcome, Outcome::Began | Outcome::Joined),
        _ => false,
    }
}
