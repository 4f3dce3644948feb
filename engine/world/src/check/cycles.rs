//! Wires that come back to where they began without losing time: they would never end within a tick.

use std::collections::{BTreeMap, BTreeSet};

use super::Severity;
use super::map::{Check, Source};
use crate::sim::state::Moment;

/// An action of an actor: the source's number in the list, and the action.
type Node<'s> = (usize, &'s str);

/// Finds cycles of wires without delay. One whose wires all hang on beginnings is an error: it can't end. One that hangs
/// on an end somewhere may take time there, so it is worth a warning only.
pub(super) fn check<'a>(check: &mut Check<'a>, sources: &[Source<'a>]) {
    let mut edges: BTreeMap<Node<'_>, Vec<(Node<'_>, bool)>> = BTreeMap::new();
    for (at, source) in sources.iter().enumerate() {
        for wire in source.wires.iter().filter(|wire| wire.delay == 0 && !wire.once) {
            let Ok(Some(targets)) = check.reached(source, wire, sources) else { continue };
            for target in targets {
                let Some(to) = sources.iter().position(|other| std::ptr::eq(other, target)) else { continue };
                edges.entry((at, &wire.action)).or_default().push(((to, &wire.call), wire.on == Moment::Begin));
            }
        }
    }
    let mut told = BTreeSet::new();
    for start in edges.keys() {
        if let Some((cycle, at_once)) = find_cycle(&edges, *start) {
            let smallest = cycle.iter().min().copied();
            if !told.insert(smallest) {
                continue;
            }
            tell(check, sources, &cycle, at_once);
        }
    }
}

/// The shortest way from a node back to itself, preferring one of beginnings alone.
fn find_cycle<'s>(edges: &BTreeMap<Node<'s>, Vec<(Node<'s>, bool)>>, start: Node<'s>) -> Option<(Vec<Node<'s>>, bool)> {
    [true, false].into_iter().find_map(|only_begin| {
        let mut from: BTreeMap<Node<'s>, Node<'s>> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for (next, begin) in edges.get(&node).into_iter().flatten() {
                if only_begin && !begin {
                    continue;
                }
                if *next == start {
                    let mut cycle = vec![node];
                    while let Some(before) = from.get(cycle.last()?) {
                        cycle.push(*before);
                    }
                    cycle.reverse();
                    return Some((cycle, only_begin));
                }
                if !from.contains_key(next) {
                    from.insert(*next, node);
                    queue.push_back(*next);
                }
            }
        }
        None
    })
}

fn tell<'a>(check: &mut Check<'a>, sources: &[Source<'a>], cycle: &[Node<'_>], at_once: bool) {
    let steps = cycle.iter().chain(cycle.first()).map(|(at, action)| format!("{}.{action}", sources[*at].name));
    let steps: Vec<String> = steps.collect();
    let id = cycle.first().map_or(0, |(at, _)| sources[*at].id);
    let what = format!("wires go in a circle without delay: {}", steps.join(" -> "));
    match at_once {
        true => check.find(Severity::Error, "cycle", id, what, "give one of them a delay of at least 1 tick"),
        false => {
            let mend = "harmless if one of the actions takes time; else give one of the wires a delay";
            check.find(Severity::Warning, "cycle", id, what, mend);
        }
    }
}
