//! The commands that only look.

use super::command::meant;
use super::{Console, MAX_ANSWER};
use crate::ids::ActorId;
use crate::observe::SleeperFilter;
use crate::world::World;

/// What one of them answers.
pub(super) fn look(console: &Console, world: &World, command: &str, rest: &str) -> Result<Vec<String>, String> {
    let wanted = rest.to_lowercase();
    let fits = |line: &String| wanted.is_empty() || line.to_lowercase().contains(&wanted);
    Ok(match command {
        "inspect" => meant(world, rest)?.into_iter().flat_map(|actor| inspect(world, actor)).collect(),
        "actors" => {
            or_none(world.actors().into_iter().map(|actor| line_of(world, actor)).filter(fits).collect(), "actor")
        }
        "classes" => {
            let classes = world.sim.classes.all().iter().map(|class| {
                let parent =
                    class.parent.map_or(String::new(), |parent| format!(" ({})", world.sim.classes.get(parent).name));
                let mut props: Vec<String> =
                    class.props.iter().map(|(name, prop)| format!("{name}: {}", prop.kind.word())).collect();
                let mut actions: Vec<&str> = class.action_names(&world.sim.names).collect();
                actions.sort_unstable();
                props.extend(actions.into_iter().map(|action| format!("{action}()")));
                format!("{}{parent} {{ {} }}", class.name, props.join(", "))
            });
            or_none(classes.filter(fits).collect(), "class")
        }
        "sleepers" => {
            let filter = SleeperFilter { text: wanted, most: MAX_ANSWER + 1, ..SleeperFilter::default() };
            let found = world.sleepers(&filter).iter().map(ToString::to_string).collect();
            let mut lines = or_none(found, "tasklet");
            let unseen = world.sleepers_unseen();
            if unseen > 0 {
                lines
                    .push(format!("{unseen} more actors hibernate: `sleepers NAME` with one's whole name looks at it"));
            }
            lines
        }
        "wires" => {
            let wires = if rest.is_empty() {
                world.wire_views()
            } else {
                let actors = meant(world, rest)?;
                actors.into_iter().flat_map(|actor| world.wires_of(actor)).collect()
            };
            let wires = wires.iter().map(|wire| match wire.used {
                Some(used) => match used.last {
                    Some((tick, outcome)) => {
                        format!("{wire}   [{} times, at tick {tick}: {}]", used.fired, outcome.word())
                    }
                    None => format!("{wire}   [never]"),
                },
                None => wire.to_string(),
            });
            let posts = world.post_views().into_iter().map(|post| format!("on its way: {post}"));
            or_none(wires.chain(posts).collect(), "wire")
        }
        "budgets" => {
            let mut budgets = world.budgets();
            let world_line = budgets.to_string();
            budgets.actors.sort_by_key(|budget| std::cmp::Reverse(budget.memory.used));
            [world_line].into_iter().chain(budgets.actors.iter().map(ToString::to_string)).collect()
        }
        "happenings" => {
            watched(world)?;
            let lines = console.happenings.all().rev().map(ToString::to_string).filter(fits).take(40);
            let mut lines: Vec<String> = lines.collect();
            lines.reverse();
            or_none(lines, "happening")
        }
        "why" => why(console, world, rest)?,
        _ => {
            let summary = world.summary();
            vec![
                format!("tick {}, {:.2} s of world time", summary.ticks, world.time()),
                format!(
                    "{} actors ({} ever, {} hibernate), {} tasklets",
                    summary.actors, summary.spawned, summary.hibernated, summary.tasklets
                ),
                format!(
                    "{} wakes, {} events, {} wires, {} errors",
                    summary.wakes, summary.events, summary.wires, summary.errors
                ),
                format!("{:.1} MiB of heap", summary.memory as f64 / f64::from(1 << 20)),
            ]
        }
    })
}

fn or_none(lines: Vec<String>, what: &str) -> Vec<String> {
    if lines.is_empty() { vec![format!("no {what} fits")] } else { lines }
}

fn watched(world: &World) -> Result<(), String> {
    if world.is_watching() { Ok(()) } else { Err("nobody watches what happens in this world".into()) }
}

fn why(console: &Console, world: &World, rest: &str) -> Result<Vec<String>, String> {
    watched(world)?;
    let number = rest.strip_prefix('#').unwrap_or(rest).trim().parse::<u64>();
    let number = number.map_err(|_| "why <number of a happening>, as `happenings` shows it: why 12".to_owned())?;
    let history = console.happenings();
    let chain = history.chain(number);
    if chain.is_empty() {
        return Err(format!("happening #{number} is forgotten, or never was"));
    }
    let actors: Vec<String> = history.actors_on_the_way(number).iter().map(ToString::to_string).collect();
    Ok(chain.into_iter().map(ToString::to_string).chain([actors.join(" -> ")]).collect())
}

fn line_of(world: &World, actor: ActorId) -> String {
    let class = world.class_of(actor).unwrap_or_default();
    let [x, y] = world.position_of(actor).unwrap_or_default();
    format!("{}: {class} at ({x}, {y})", world.name_of(actor))
}

/// An actor in a few lines: who, and what it is at.
pub(super) fn brief(world: &World, actor: ActorId) -> Vec<String> {
    let filter = SleeperFilter { actor: Some(actor), ..SleeperFilter::default() };
    let sleepers = world.sleepers(&filter);
    [line_of(world, actor)].into_iter().chain(sleepers.iter().map(|sleeper| format!("  {sleeper}"))).collect()
}

/// All of an actor.
fn inspect(world: &World, actor: ActorId) -> Vec<String> {
    let mut lines = world.actor_view(actor).map(|view| view.to_string()).unwrap_or_default();
    for sleeper in world.sleepers_of(actor) {
        lines += &sleeper.detail();
    }
    for wire in world.wires_of(actor) {
        lines += &format!("  wire    {wire}\n");
    }
    lines.lines().map(str::to_owned).collect()
}
