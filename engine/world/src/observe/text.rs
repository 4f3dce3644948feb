//! What was observed as lines for people: the same in the overlay, the console, the terminal view and `inspect`.

use std::fmt::{self, Display, Formatter};

use super::{
    ActionView, ActorBudget, ActorRef, ActorView, BodyView, Budgets, FieldView, FrameView, LetterView, MotionView,
    PostView, PropView, SleeperView, Use, Why, WireView,
};
use crate::sim::state::Moment;

/// A text from a script without what would move a terminal's cursor or turn a line around: such characters are shown
/// by their escapes.
pub fn clean(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() || turns(c) {
            true => clean.extend(c.escape_default()),
            false => clean.push(c),
        }
    }
    clean
}

impl Display for ActorRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&clean(&self.name))
    }
}

impl Display for FieldView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", clean(&self.name), self.value.text)
    }
}

impl Display for PropView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", clean(&self.name), self.value.text)
    }
}

impl Display for Use {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.used, self.limit)
    }
}

fn point([x, y]: [f32; 2]) -> String {
    format!("({x}, {y})")
}

/// `1.5 KiB`
fn bytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

impl Display for MotionView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            MotionView::To { target, speed } => write!(f, "moves to {} at {speed} px/s", point(*target)),
            MotionView::Follow { who: Some(who), speed, .. } => write!(f, "follows {who} at {speed} px/s"),
            MotionView::Follow { who: None, .. } => f.write_str("follows one that is gone"),
        }
    }
}

impl Display for Why {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Why::Ready => f.write_str("is about to run"),
            Why::Ticks { ticks: 1 } => f.write_str("waits a tick"),
            Why::Ticks { ticks } => write!(f, "waits {ticks} ticks"),
            Why::Event { name: Some(name) } => write!(f, "waits for the event {}", clean(name)),
            Why::Event { name: None } => f.write_str("waits for any event"),
            Why::Action { who, action, moment } => write!(f, "waits for {who}.{} to {}", clean(action), moment.word()),
            Why::Task { label, .. } => write!(f, "awaits the task {}", clean(label)),
            Why::Reply { event, from: Some(from) } => write!(f, "waits for {from}'s answer to {}", clean(event)),
            Why::Reply { event, from: None } => write!(f, "waits for the answer to {}", clean(event)),
            Why::Motion { to: Some(motion) } => motion.fmt(f),
            Why::Motion { to: None } => f.write_str("waits for the end of its motion"),
            Why::Join { action, began } => write!(f, "joined its {}, begun at tick {began}", clean(action)),
            Why::Turn => f.write_str("waits for its turn"),
        }
    }
}

impl Display for FrameView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", clean(&self.file), self.line)?;
        match &self.function {
            Some(function) => write!(f, " in {}", clean(function)),
            None => Ok(()),
        }
    }
}

/// One line: whose, why, until when, where.
impl Display for SleeperView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.owner)?;
        if !self.label.is_empty() {
            write!(f, ".{}", clean(&self.label))?;
        }
        write!(f, " {}", self.why)?;
        match (&self.why, self.until) {
            (Why::Ready, _) => {}
            (Why::Ticks { .. }, Some(until)) => write!(f, " (until tick {until})")?,
            (_, Some(until)) => write!(f, " since tick {} (at most until tick {until})", self.since)?,
            (_, None) => write!(f, " since tick {}", self.since)?,
        }
        match self.frames.first() {
            Some(frame) => write!(f, " at {frame}"),
            None => Ok(()),
        }
    }
}

impl SleeperView {
    /// The line, and below it a line for each frame with its locals, as far as they were asked for; each line ends
    /// with a newline.
    pub fn detail(&self) -> String {
        let mut lines = format!("{self}\n");
        for frame in &self.frames {
            let nested = if frame.nested > 0 { " (in a coroutine of its own)" } else { "" };
            lines += &format!("    {frame}{nested}\n");
            for local in &frame.locals {
                lines += &format!("        {local}\n");
            }
            for upvalue in &frame.upvalues {
                lines += &format!("        {upvalue}   (from around it)\n");
            }
        }
        lines
    }
}

impl Display for BodyView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [w, h] = self.size;
        write!(f, "at {}", point(self.center))?;
        match self.kind {
            "none" => write!(f, ", {w} x {h}, no body")?,
            kind => write!(f, ", a {} of {w} x {h}, {kind} in layer {}", self.shape, clean(&self.layer))?,
        }
        match &self.motion {
            Some(motion) => write!(f, ", {motion}"),
            None => Ok(()),
        }
    }
}

fn origin(f: &mut Formatter<'_>, activator: &Option<ActorRef>, caller: &Option<ActorRef>) -> fmt::Result {
    if let Some(activator) = activator {
        write!(f, ", caused by {activator}")?;
    }
    match caller.as_ref().filter(|caller| Some(*caller) != activator.as_ref()) {
        Some(caller) => write!(f, ", through {caller}"),
        None => Ok(()),
    }
}

impl Display for ActionView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} since tick {}", clean(&self.action), self.began)?;
        origin(f, &self.activator, &self.caller)?;
        match self.joined {
            0 => Ok(()),
            joined => write!(f, ", joined by {joined}"),
        }
    }
}

impl Display for LetterView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value.text)?;
        if let Some(from) = &self.from {
            write!(f, " from {from}")?;
        }
        if self.asked { f.write_str(", who waits for the answer") } else { Ok(()) }
    }
}

/// Several lines: all of it.
impl Display for ActorView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (file, line) = &self.place;
        write!(f, "{}: {} ({}:{line}), number {}", clean(&self.label), clean(&self.class), clean(file), self.order)?;
        if let Some(object) = self.object {
            write!(f, ", object {object} of the map")?;
        }
        writeln!(
            f,
            "{}{}",
            if self.dying { ", dying" } else { "" },
            if self.hibernated { ", hibernates" } else { "" }
        )?;
        writeln!(f, "  place   {}", self.body)?;
        for prop in &self.props {
            writeln!(f, "  prop    {prop}{}", if prop.own { "" } else { "   (the class's)" })?;
        }
        for (word, fields, more) in
            [("field", &self.fields, self.more_fields), ("global", &self.globals, self.more_globals)]
        {
            for field in fields {
                writeln!(f, "  {word:7} {field}")?;
            }
            if more > 0 {
                writeln!(f, "  {word:7} ... and {more} more")?;
            }
        }
        for flight in &self.flights {
            writeln!(f, "  takes   {flight}")?;
        }
        if let Some(letter) = &self.handling {
            writeln!(f, "  handles {letter}")?;
        }
        for letter in &self.mailbox {
            writeln!(f, "  mail    {letter}")?;
        }
        if self.more_mail > 0 {
            writeln!(f, "  mail    ... and {} more", self.more_mail)?;
        }
        let memory = (bytes(self.memory.used), bytes(self.memory.limit));
        writeln!(f, "  uses    {} of {}, {} calls and loop turns a tick", memory.0, memory.1, self.time)
    }
}

fn when(moment: Moment) -> &'static str {
    match moment {
        Moment::Begin => "begins",
        Moment::Finish => "finishes",
        Moment::Fail => "fails",
    }
}

/// One line.
impl Display for WireView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (action, call) = (clean(&self.action), clean(&self.call));
        write!(f, "{}.{action} {} -> {}.{call}", self.source, when(self.moment), clean(&self.to))?;
        if let Some(arg) = &self.arg {
            write!(f, " {}", arg.text)?;
        }
        match self.delay {
            0 => {}
            1 => f.write_str(" a tick later")?,
            delay => write!(f, " {delay} ticks later")?,
        }
        match (self.once, self.spent) {
            (_, true) => f.write_str(", once (spent)"),
            (true, false) => f.write_str(", once"),
            (false, false) => Ok(()),
        }
    }
}

impl Display for PostView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "wire {} of {} -> {}", self.wire, self.source, clean(&self.call))?;
        match self.due {
            Some(due) => write!(f, " at tick {due}"),
            None => f.write_str(" in this tick"),
        }
    }
}

impl Display for ActorBudget {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Use { used, limit } = self.memory;
        let share = used as f64 * 100.0 / limit.max(1) as f64;
        let tasks = if self.tasks == 1 { "1 tasklet".into() } else { format!("{} tasklets", self.tasks) };
        write!(f, "{}: {} ({share:.1} %), {tasks}, {} calls and loop turns", self.actor, bytes(used), self.time)
    }
}

/// One line for the world; the actors are displayed one by one.
impl Display for Budgets {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (heap, garbage) = (self.heap, self.garbage);
        write!(f, "{} actors, heap {} of {}", self.alive.used, bytes(heap.used), bytes(heap.limit))?;
        write!(f, ", {} allocated", bytes(garbage.used))?;
        match self.collecting {
            true => f.write_str(", collecting"),
            false => write!(f, ", collecting from {} on", bytes(garbage.limit)),
        }
    }
}
