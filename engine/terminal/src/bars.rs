//! Below the map and over it: the story of what actors said, the status line, the list of keys.

use dormouse::observe::clean;
use dormouse::{OutputKind, World};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Borders, Clear, Paragraph, Wrap};

use crate::colours::Colours;
use crate::draw::{BLUE, DIM, GOLD, INK, NIGHT, PAPER, RED, style};
use crate::keys::HELP;
use crate::view::View;

pub(crate) fn draw_story(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let colours = view.colours;
    let block =
        Block::new().borders(Borders::TOP).border_style(style(colours, DIM, NIGHT)).style(style(colours, PAPER, NIGHT));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let from = view.log.len().saturating_sub(usize::from(inner.height));
    let lines: Vec<Line<'_>> = view
        .log
        .iter()
        .skip(from)
        .map(|line| {
            let who = if line.actor.is_empty() { "world" } else { &line.actor };
            let (mark, ink) = match line.kind {
                OutputKind::Say => (": ", PAPER),
                OutputKind::Log => (" | ", BLUE),
                OutputKind::Error => (" ERROR ", RED),
                OutputKind::Trace => (" . ", DIM),
            };
            let text = line.text.lines().next().unwrap_or_default();
            Line::from(vec![
                Span::styled(format!("{:>7} ", line.tick), Style::new().fg(colours.nearest(DIM))),
                Span::styled(clean(who), Style::new().fg(colours.nearest(GOLD))),
                Span::styled(format!("{mark}{}", clean(text)), Style::new().fg(colours.nearest(ink))),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

pub(crate) fn draw_status(frame: &mut Frame<'_>, area: Rect, view: &View, world: &World) {
    let colours = view.colours;
    let bar = style(colours, INK, GOLD);
    let speed = match (view.paused, view.speed()) {
        (true, _) => " PAUSED".into(),
        (false, speed) if speed < 1.0 => format!(" 1/{:.0}x", 1.0 / speed),
        (false, speed) => format!(" {speed:.0}x"),
    };
    let hash = view.hash.map_or_else(String::new, |(tick, hash)| format!("  {hash:016x}@{tick}"));
    let who = view.selected.map_or_else(String::new, |id| format!("  {}", clean(&world.name_of(id))));
    let free = if view.free { "  free camera" } else { "" };
    let right = " ? help  q quit ";
    let mut left = match &view.notice {
        Some(notice) => format!(" {}", clean(notice)),
        None => {
            format!("{speed}  tick {}  {:.1} s{who}{free}  {} actors", world.now(), world.time(), view.scene.population)
        }
    };
    // A hash of which a part is missing is none.
    if view.notice.is_none() && left.chars().count() + hash.len() + right.len() < usize::from(area.width) {
        left.push_str(&hash);
    }
    let mut style = bar;
    if colours == Colours::None {
        style = Style::new().add_modifier(Modifier::REVERSED);
    }
    frame.render_widget(Paragraph::new(left).style(style), area);
    let width = right.len() as u16;
    if area.width > width * 3 {
        let place = Rect { x: area.right() - width, width, ..area };
        frame.render_widget(Paragraph::new(right).style(style.add_modifier(Modifier::BOLD)), place);
    }
}

pub(crate) fn draw_help(frame: &mut Frame<'_>, area: Rect, colours: Colours) {
    let (width, height) = (area.width.min(62), area.height.min(HELP.len() as u16 + 2));
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let lines: Vec<Line<'_>> = HELP
        .iter()
        .map(|(keys, what)| {
            Line::from(vec![
                Span::styled(
                    format!(" {keys:<15}"),
                    Style::new().fg(colours.nearest(GOLD)).add_modifier(Modifier::BOLD),
                ),
                Span::raw(*what),
            ])
        })
        .collect();
    let block = Block::new()
        .borders(Borders::ALL)
        .border_type(BorderType::Rounded)
        .border_style(Style::new().fg(colours.nearest(GOLD)))
        .title(" keys ")
        .style(Style::new().fg(colours.nearest(PAPER)).bg(match colours {
            Colours::None => Color::Reset,
            colours => colours.nearest(NIGHT),
        }));
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), place);
}
