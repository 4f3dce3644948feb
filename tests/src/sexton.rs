//! A native actor for worlds that have everything in them.

use dormouse::{Context, Datum, NativeActor};
use serde::{Deserialize, Serialize};

/// Counts its strokes, listens now and then, and has whoever is called `bell` or `keeper` hear of it.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Sexton {
    strokes: u32,
    heard: Vec<String>,
}

impl NativeActor for Sexton {
    const CLASS: &'static str = "Sexton";

    fn run(&mut self, cx: &mut Context<'_, Self>) {
        loop {
            // Its state may have come from anywhere.
            self.strokes = self.strokes.wrapping_add(1);
            for (name, action) in [("bell", "Ring"), ("keeper", "Note")] {
                if let Some(who) = cx.find(name) {
                    cx.tell(who, Datum::Text(format!("stroke {}", self.strokes)));
                    cx.act(who, action, f64::from(self.strokes).into());
                }
            }
            if self.strokes.is_multiple_of(3) {
                if let Some(event) = cx.wait_event(self, Some(7)) {
                    self.heard.push(event.name);
                }
            } else {
                cx.wait(self, 2);
            }
        }
    }
}
