//! Below the map and over it: the story of what actors said, the status line, the list of keys.

use dormouse::observe::clean;
use dormouse::{Output, OutputKind, World};
use dormouse_scene::panels::{Line as Text, Tone};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Borders, Clear, Paragraph};

use crate::colours::Colours;
use crate::draw::{DIM, GOLD, INK, NIGHT, PAPER, style, styled};
use crate::keys::HELP;
use crate::view::View;

pub(crate) fn draw_story(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let colours = view.colours;
    let block =
        Block::new().borders(Borders::TOP).border_style(style(colours, DIM, NIGHT)).style(style(colours, PAPER, NIGHT));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (columns, rows) = (usize::from(inner.width), usize::from(inner.height));
    let told = |line: &Output| {
        let who = if line.actor.is_empty() { "world" } else { &line.actor };
        let (mark, tone) = match line.kind {
            OutputKind::Say => (": ", Tone::Plain),
            OutputKind::Log => (" | ", Tone::Own),
            OutputKind::Error => (" ERROR ", Tone::Bad),
            OutputKind::Trace => (" . ", Tone::Dim),
        };
        let text = line.text.lines().next().unwrap_or_default();
        let whole = Text::of(Tone::Dim, format!("{:>7} ", line.tick)).and(Tone::Strong, clean(who));
        whole.and(tone, format!("{mark}{}", clean(text))).wrap(columns)
    };
    // The newest stand below; of one that is longer than there is room the beginning is seen.
    let mut lines: Vec<Text> = Vec::new();
    for line in view.log.iter().rev() {
        let mut more = told(line);
        more.truncate(rows - lines.len());
        lines.splice(0..0, more);
        if lines.len() == rows {
            break;
        }
    }
    let lines: Vec<Line<'_>> = lines.iter().map(|line| styled(line, colours, false)).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

pub(crate) fn draw_status(frame: &mut Frame<'_>, area: Rect, view: &View, world: &World) {
    let colours = view.colours;
    let bar = style(colours, INK, GOLD);
    let speed = match view.speed() {
        speed if speed < 1.0 => format!(" 1/{:.0}x", 1.0 / speed),
        1.0 if view.paused => String::new(),
        speed => format!(" {speed:.0}x"),
    };
    let speed = if view.paused { format!(" PAUSED{speed}") } else { speed };
    let hash = view.hash.map_or_else(String::new, |(tick, hash)| format!("  {hash:016x}@{tick}"));
    let who = view.selected.map_or_else(String::new, |id| format!("  {}", clean(&world.name_of(id))));
    let free = if view.free { "  free camera" } else { "" };
    let right = " ? help  q quit ";
    let mut left = match &view.notice {
        Some(notice) => format!(" {}", clean(notice)),
        None => {
            format!(
                "{speed}  tick {}  {:.1} s{who}{free}  {} actors",
                world.now(),
                world.time(),
                world.summary().actors
            )
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

pub(crate) fn draw_help(frame: &mut Frame<'_>, area: Rect, view: &mut View) {
    let colours = view.colours;
    let width = area.width.min(62);
    let row = |(keys, what): &(&str, &str)| Text::of(Tone::Strong, format!(" {keys:<15} ")).and(Tone::Plain, *what);
    let lines: Vec<Text> = HELP.iter().flat_map(|keys| row(keys).wrap(usize::from(width - 2))).collect();
    let height = area.height.min(lines.len() as u16 + 2);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let most = lines.len() - usize::from(height - 2);
    view.help_from = [view.help_from[0].min(most), most];
    let lines: Vec<Line<'_>> = lines.iter().skip(view.help_from[0]).map(|line| styled(line, colours, false)).collect();
    let title = if most > 0 { " keys: Up and Down for more " } else { " keys " };
    let block = Block::new()
        .borders(Borders::ALL)
        .border_type(BorderType::Rounded)
        .border_style(Style::new().fg(colours.nearest(GOLD)))
        .title(title)
        .style(Style::new().fg(colours.nearest(PAPER)).bg(match colours {
            Colours::None => Color::Reset,
            colours => colours.nearest(NIGHT),
        }));
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(block), place);
}
