//! The side panel: an actor, the sleepers, what happens, or the console. The panels themselves are everybody's; here
//! they get what they are to show, and give their lines.

use dormouse::happenings::Happening;
use dormouse::{ActorId, World};
use dormouse_scene::panels::{ConsolePanel, HappeningsPanel, InspectorPanel, Key, Line, Reaction, SleepersPanel};

/// Which panel is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Actor,
    Sleepers,
    Happenings,
    Console,
}

/// See the module's comment.
#[derive(Default)]
pub struct Side {
    pub shown: Option<Shown>,
    /// It gets the keys.
    pub focused: bool,
    inspector: InspectorPanel,
    sleepers: SleepersPanel,
    happenings: HappeningsPanel,
    pub console: ConsolePanel,
}

impl Side {
    pub fn title(&self) -> &'static str {
        match self.shown {
            Some(Shown::Actor) => "actor",
            Some(Shown::Sleepers) => "sleepers",
            Some(Shown::Happenings) => "what happens",
            Some(Shown::Console) => "console",
            None => "",
        }
    }

    /// Shows a panel, or puts it away when it is shown already.
    pub fn toggle(&mut self, panel: Shown, focus: bool) {
        let shown = self.shown == Some(panel);
        self.shown = (!shown).then_some(panel);
        self.focused = !shown && focus;
    }

    pub fn close(&mut self) {
        (self.shown, self.focused) = (None, false);
    }

    pub fn take(&mut self, happenings: Vec<Happening>) {
        self.happenings.take(happenings, None);
    }

    /// The world went back to a tick.
    pub fn forget(&mut self, tick: u64) {
        self.happenings.take([], Some(tick));
    }

    /// It has the keys for a search, and nothing was typed into that.
    pub fn searches_nothing(&self) -> bool {
        self.focused
            && match self.shown {
                Some(Shown::Sleepers) => self.sleepers.filter().text.is_empty(),
                Some(Shown::Happenings) => self.happenings.search().is_empty(),
                _ => false,
            }
    }

    pub fn key(&mut self, key: Key) -> Reaction {
        match self.shown {
            Some(Shown::Actor) => self.inspector.key(key),
            Some(Shown::Sleepers) => self.sleepers.key(key),
            Some(Shown::Happenings) => self.happenings.key(key),
            Some(Shown::Console) => self.console.key(key),
            None => Reaction::Ignored,
        }
    }

    /// What stands in the panel, for a world as it is.
    pub fn lines(&mut self, world: &World, selected: Option<ActorId>, columns: usize, rows: usize) -> Vec<Line> {
        match self.shown {
            Some(Shown::Actor) => {
                self.inspector.show(selected);
                let Some(actor) = selected else { return Vec::new() };
                let view = world.actor_view(actor);
                let (sleepers, wires) = (world.sleepers_of(actor), world.wires_of(actor));
                self.inspector.set(view.as_ref(), &sleepers, &wires);
                self.inspector.lines(columns, rows)
            }
            Some(Shown::Sleepers) => {
                self.sleepers.set(world.sleepers(&self.sleepers.filter()), world.sleepers_unseen());
                let detail = self.sleepers.wants_detail().and_then(|task| world.sleeper(task, true));
                self.sleepers.set_detail(detail.as_ref());
                self.sleepers.lines(columns, rows)
            }
            Some(Shown::Happenings) => self.happenings.lines(columns, rows),
            Some(Shown::Console) => {
                let asks = self.console.wants_completion().map(|(line, cursor)| (line.to_owned(), cursor));
                if let Some((line, cursor)) = asks {
                    self.console.set_completion(dormouse::console::complete(world, &line, cursor));
                }
                self.console.lines(columns, rows)
            }
            None => Vec::new(),
        }
    }
}
