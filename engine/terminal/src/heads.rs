//! What stands over heads: names, the lines where they sleep, what is said.

use dormouse::World;
use dormouse::observe::clean;
use dormouse_scene::scene::{Scene, Sprite};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::draw::{GOLD, INK, NIGHT, PAPER, cell_of, style};
use crate::view::{View, Zoom};

/// What is said, and names.
pub(crate) fn draw_heads(buffer: &mut Buffer, area: Rect, view: &View, scene: &Scene, world: &World) {
    let above = |sprite: &Sprite| {
        let [x, y] = sprite.track.at;
        let lift = if view.zoom == Zoom::Letters { view.stage.tile[1] } else { sprite.size[1] / 2.0 + 8.0 };
        cell_of(area, view, [x, y - lift])
    };
    // Whoever is looked at and whoever speaks come first: the rest is told where there is room.
    let mut taken = Vec::new();
    let (mut chosen, mut names): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for sprite in &scene.actors {
        if view.selected == Some(sprite.id) {
            chosen.push(sprite);
        } else if view.names {
            names.push(sprite);
        }
    }
    for sprite in &chosen {
        let text = name_of(sprite, view, world);
        label(buffer, area, above(sprite), &text, style(view.colours, GOLD, NIGHT), &mut taken);
    }
    for speech in &scene.speeches {
        if let Some(sprite) = scene.actors.iter().find(|sprite| sprite.id == speech.who) {
            let [x, y] = above(sprite);
            let text = format!(" {} ", clean(&speech.text));
            label(buffer, area, [x, y - 1], &text, style(view.colours, INK, PAPER), &mut taken);
        }
    }
    for sprite in &names {
        let text = name_of(sprite, view, world);
        label(buffer, area, above(sprite), &text, style(view.colours, PAPER, NIGHT), &mut taken);
    }
}

/// A name, with the line where it sleeps when names are asked for.
fn name_of(sprite: &Sprite, view: &View, world: &World) -> String {
    let name = clean(&world.name_of(sprite.id));
    let sleepers = if view.names { world.sleepers_of(sprite.id) } else { Vec::new() };
    let place = sleepers.first().and_then(|sleeper| sleeper.frames.first());
    place.map_or(name.clone(), |at| {
        let file = at.file.strip_prefix("scripts/").unwrap_or(&at.file);
        format!("{name} {}:{}", clean(file), at.line)
    })
}

/// A text about a cell, moved into the map where it would not fit, and away from others; where there is no room, none.
fn label(buffer: &mut Buffer, area: Rect, [x, y]: [i32; 2], text: &str, style: Style, taken: &mut Vec<Rect>) {
    let room = usize::from(area.width).min(44);
    let text: String = text.chars().take(room).collect();
    let width = text.chars().count() as i32;
    let (left, right) = (i32::from(area.x), i32::from(area.right()) - width);
    if x < left - 4 || x > i32::from(area.right()) + 4 {
        return;
    }
    let from = (x - width / 2).clamp(left, right.max(left)) as u16;
    let rows = i32::from(area.y)..i32::from(area.bottom());
    for y in [y, y - 1, y + 1, y - 2, y + 2].into_iter().filter(|y| rows.contains(y)) {
        let place = Rect { x: from, y: y as u16, width: width as u16, height: 1 };
        if taken.iter().all(|other| !other.intersects(place)) {
            buffer.set_stringn(place.x, place.y, &text, room, style);
            taken.push(place);
            return;
        }
    }
}
