//! Puts a view on a frame: the map and the side panel here, what stands over heads in `heads`, what stands below the map
//! in `bars`.

use dormouse::World;
use dormouse_scene::panels::{Line as Text, Tone};
use dormouse_scene::scene::Sprite;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Borders, Clear, Paragraph};

use crate::bars::{draw_help, draw_status, draw_story};
use crate::colours::Colours;
use crate::heads::draw_heads;
use crate::view::{FLASH, View, Zoom};

/// Columns of the side panel, and those of a terminal in which the map is not put away for it.
const SIDE: u16 = 44;
const WIDE: u16 = 76;

pub(crate) const PAPER: [u8; 3] = [244, 239, 226];
pub(crate) const INK: [u8; 3] = [23, 21, 42];
pub(crate) const GOLD: [u8; 3] = [243, 202, 94];
pub(crate) const NIGHT: [u8; 3] = [28, 27, 44];
pub(crate) const DIM: [u8; 3] = [136, 139, 160];
pub(crate) const RED: [u8; 3] = [224, 90, 80];
pub(crate) const GREEN: [u8; 3] = [120, 190, 100];
pub(crate) const BLUE: [u8; 3] = [125, 170, 230];

/// Draws a view of a world. Nothing of the world changes.
pub fn draw(frame: &mut Frame<'_>, view: &mut View, world: &World) {
    let area = frame.area();
    if area.width < 20 || area.height < 6 {
        frame.render_widget(Paragraph::new("make this terminal larger"), area);
        return;
    }
    let log = if area.height >= 40 {
        8
    } else if area.height >= 20 {
        5
    } else {
        3
    };
    let [upper, story, status] =
        Layout::vertical([Constraint::Min(3), Constraint::Length(log), Constraint::Length(1)]).areas(area);
    let open = view.side.shown.is_some();
    let side = if !open {
        0
    } else if area.width < WIDE {
        upper.width
    } else {
        SIDE.max(upper.width / 3).min(72)
    };
    let [map, panel] = Layout::horizontal([Constraint::Min(0), Constraint::Length(side)]).areas(upper);
    if map.width > 0 {
        draw_map(frame.buffer_mut(), map, view, world);
    }
    if open {
        draw_side(frame, panel, view, world);
    }
    draw_story(frame, story, view);
    draw_status(frame, status, view, world);
    if view.help {
        draw_help(frame, area, view);
    }
}

pub(crate) fn style(colours: Colours, ink: [u8; 3], paper: [u8; 3]) -> Style {
    Style::new().fg(colours.nearest(ink)).bg(colours.nearest(paper))
}

/// Pixels of the map for a column and a row of cells, and for a pixel of the picture.
fn grain(view: &View) -> ([f32; 2], u32) {
    match view.zoom {
        Zoom::Letters => ([view.stage.tile[0] / 2.0, view.stage.tile[1]], view.stage.tile[0].max(1.0) as u32),
        Zoom::Pixels(step) => ([step as f32, step as f32 * 2.0], step),
    }
}

fn draw_map(buffer: &mut Buffer, area: Rect, view: &mut View, world: &World) {
    if let (false, Some(at)) = (view.free, view.selected.and_then(|selected| world.position_of(selected))) {
        view.center = at;
    }
    let (cell, step) = grain(view);
    let half = [f32::from(area.width) * cell[0] / 2.0, f32::from(area.height) * cell[1] / 2.0];
    if !view.free {
        view.center = within(view.stage.bounds, half, view.center);
    }
    let [x, y] = view.center;
    let margin = 96.0;
    let seen = [x - half[0] - margin, y - half[1] - margin, x + half[0] + margin, y + half[1] + margin];
    view.scene = view.maker.observe(world, seen);
    let (columns, rows) = (usize::from(area.width), usize::from(area.height));
    let letters = view.zoom == Zoom::Letters;
    let size = if letters { [columns.div_ceil(2), rows] } else { [columns, rows * 2] };
    let scene = std::mem::take(&mut view.scene);
    // Few colours are darker than half: what is to be told apart at night must be lighter there.
    let dark = if view.colours == Colours::True { 1.0 } else { 0.6 };
    view.raster.draw(&scene, view.center, step, size, dark);
    draw_wires(view, world);
    for row in 0..rows {
        for column in 0..columns {
            let at = &mut buffer[(area.x + column as u16, area.y + row as u16)];
            let pixel = |x, y| view.raster.pixel(x, y).unwrap_or(NIGHT);
            if letters {
                let paper = pixel(column / 2, row).map(|part| (f32::from(part) * 0.75) as u8);
                at.set_char(' ').set_bg(view.colours.nearest(paper)).set_fg(view.colours.nearest(DIM));
            } else {
                let (upper, lower) = (pixel(column, row * 2), pixel(column, row * 2 + 1));
                at.set_char('\u{2580}').set_fg(view.colours.nearest(upper)).set_bg(view.colours.nearest(lower));
            }
        }
    }
    if letters {
        draw_letters(buffer, area, view, &scene.actors, world);
    }
    draw_heads(buffer, area, view, &scene, world);
    view.scene = scene;
}

/// The middle of a view that shows nothing but the map, or all of it in the middle where it is smaller.
fn within([left, top, right, bottom]: [f32; 4], half: [f32; 2], center: [f32; 2]) -> [f32; 2] {
    let keep = |low: f32, high: f32, half: f32, at: f32| match high - low > 2.0 * half {
        true => at.clamp(low + half, high - half),
        false => (low + high) / 2.0,
    };
    [keep(left, right, half[0], center[0]), keep(top, bottom, half[1], center[1])]
}

/// Wires that fired of late, as lines that fade.
fn draw_wires(view: &mut View, world: &World) {
    let now = world.now();
    for flash in std::mem::take(&mut view.flashes) {
        let ends = world.position_of(flash.from).zip(flash.to.and_then(|to| world.position_of(to)));
        let fresh = 1.0 - now.saturating_sub(flash.tick) as f32 / FLASH as f32;
        // What the level or the game is an end of has no place.
        let placed = |id| world.sights().any(|sight| sight.id == id);
        if let Some((from, to)) = ends
            && placed(flash.from)
            && flash.to.is_some_and(placed)
        {
            view.raster.line(from, to, if flash.good { GOLD } else { RED }, 0.85 * fresh.max(0.15));
        }
        view.flashes.push(flash);
    }
}

/// The cell in which a point of the map is.
pub(crate) fn cell_of(area: Rect, view: &View, at: [f32; 2]) -> [i32; 2] {
    let [x, y] = view.raster.place(at);
    match view.zoom {
        Zoom::Letters => [i32::from(area.x) + (x * 2.0).floor() as i32, i32::from(area.y) + y.floor() as i32],
        Zoom::Pixels(_) => [i32::from(area.x) + x.floor() as i32, i32::from(area.y) + (y / 2.0).floor() as i32],
    }
}

fn cell_mut(buffer: &mut Buffer, area: Rect, [x, y]: [i32; 2]) -> Option<&mut ratatui::buffer::Cell> {
    let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
    if area.contains((x, y).into()) { buffer.cell_mut((x, y)) } else { None }
}

/// Walls as `#` where there are no colours; actors as the letter of their class and the way they go.
fn draw_letters(buffer: &mut Buffer, area: Rect, view: &View, actors: &[Sprite], world: &World) {
    if view.colours == Colours::None {
        let [w, h] = view.stage.tile;
        for row in 0..area.height {
            for column in 0..area.width {
                let [ox, oy] = view.raster.origin();
                let (x, y) =
                    ((ox / w).floor() as i32 + i32::from(column / 2), (oy / h).floor() as i32 + i32::from(row));
                if view.stage.roofs.is_solid(x, y) {
                    buffer[(area.x + column, area.y + row)].set_char('#');
                }
            }
        }
    }
    for sprite in actors {
        let [x, y] = cell_of(area, view, sprite.body_at.at);
        let x = x - (x - i32::from(area.x)).rem_euclid(2);
        let class = world.class_of(sprite.id).unwrap_or("?");
        let letter = class.chars().next().unwrap_or('?');
        let letter = if sprite.body.is_some_and(|body| !body.trigger) { letter } else { letter.to_ascii_lowercase() };
        let colour = view.stage.classes.get(sprite.class as usize).map_or(PAPER, |class| lighter(class.colour));
        let chosen = view.selected == Some(sprite.id);
        for (at, sign) in [(x, letter), (x + 1, way(sprite))] {
            let Some(cell) = cell_mut(buffer, area, [at, y]) else { continue };
            cell.set_char(sign).set_fg(view.colours.nearest(colour));
            if chosen {
                cell.set_style(style(view.colours, INK, GOLD).add_modifier(Modifier::BOLD));
                if view.colours == Colours::None {
                    cell.modifier.insert(Modifier::REVERSED);
                }
            }
        }
    }
}

fn way(sprite: &Sprite) -> char {
    let ([x, y], [u, v]) = (sprite.track.from, sprite.track.at);
    let (dx, dy) = (u - x, v - y);
    match () {
        () if dx == 0.0 && dy == 0.0 => ' ',
        () if dx.abs() >= dy.abs() => {
            if dx > 0.0 {
                '\u{2192}'
            } else {
                '\u{2190}'
            }
        }
        () => {
            if dy > 0.0 {
                '\u{2193}'
            } else {
                '\u{2191}'
            }
        }
    }
}

fn lighter(colour: [u8; 4]) -> [u8; 3] {
    [0, 1, 2].map(|at| 155 + (u16::from(colour[at]) * 100 / 255) as u8)
}

fn draw_side(frame: &mut Frame<'_>, area: Rect, view: &mut View, world: &World) {
    let edge = if view.side.focused { GOLD } else { DIM };
    let title = format!(" {} ", view.side.title());
    let hint = if view.side.focused { " Esc: out " } else { " Enter: in " };
    let block = Block::new()
        .borders(Borders::ALL)
        .border_type(BorderType::Rounded)
        .border_style(style(view.colours, edge, NIGHT))
        .title(title)
        .title_bottom(Line::from(hint).right_aligned())
        .style(style(view.colours, PAPER, NIGHT));
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let (columns, rows) = (usize::from(inner.width), usize::from(inner.height));
    let lines = view.side.lines(world, view.selected, columns, rows);
    let focused = view.side.focused;
    let colours = view.colours;
    let shown: Vec<Line<'_>> = lines.iter().map(|line| styled(&line.clone().fit(columns), colours, focused)).collect();
    frame.render_widget(Paragraph::new(shown), inner);
    let cursor = lines.iter().enumerate().find_map(|(row, line)| Some((row, line.cursor?)));
    if let (true, Some((row, column))) = (focused, cursor) {
        frame.set_cursor_position((inner.x + (column as u16).min(inner.width - 1), inner.y + row as u16));
    }
}

pub(crate) fn styled<'a>(line: &Text, colours: Colours, focused: bool) -> Line<'a> {
    let spans = line.spans.iter().map(|span| {
        let (ink, modifier) = match span.tone {
            Tone::Plain => (PAPER, Modifier::empty()),
            Tone::Dim => (DIM, Modifier::empty()),
            Tone::Strong => (GOLD, Modifier::BOLD),
            Tone::Own => (BLUE, Modifier::empty()),
            Tone::Good => (GREEN, Modifier::empty()),
            Tone::Warn => (GOLD, Modifier::empty()),
            Tone::Bad => (RED, Modifier::BOLD),
        };
        let style = Style::new().fg(colours.nearest(ink)).add_modifier(modifier);
        Span::styled(span.text.clone(), style)
    });
    let line_style =
        if line.selected && focused { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
    Line::from(spans.collect::<Vec<_>>()).style(line_style)
}
