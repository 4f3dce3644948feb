//! The terminal front end: the same world as in the window, in colour and half blocks, on any machine that has a
//! terminal. It draws what `dormouse-scene` says is to be seen, feeds inputs, and shows who sleeps where and why. It
//! never changes a world except through inputs, and the world never waits for the screen.
//!
//! It is a crate of its own beside `dormouse-window`, so that machines without SDL2 can build it.
//!
//! The rooms: [`View`] is what is shown and what keys do to it; [`draw`] puts it on a [`ratatui`] frame; a `Raster`
//! makes pixels of a scene; [`Screen`] takes the terminal and gives it back, whatever happens; [`watch`] is the loop
//! that paces it all, whatever is [`Played`].

#![forbid(unsafe_code)]

mod bars;
mod colours;
mod draw;
mod heads;
mod held;
mod keys;
mod played;
mod raster;
mod screen;
mod side;
mod view;
mod watch;

pub use colours::Colours;
pub use draw::draw;
pub use played::{Bare, Lived, Played, Save};
pub use screen::Screen;
pub use view::{View, Wish, Zoom};
pub use watch::{Options, watch};
