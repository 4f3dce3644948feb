//! The SDL2 front end: opens a window on a world, draws it, feeds it inputs, and takes it apart while it runs. It never
//! changes a world except through inputs, saves, loads and rewinds, and the world never waits for the screen.
//!
//! The rooms: a [`stage::Stage`] is what of a map never changes; a [`scene::Scene`] is what is to be seen between two
//! ticks, as plain data; `draw` puts scenes on an SDL canvas, a window's or one that no display has ever seen
//! ([`shots`]).

#![forbid(unsafe_code)]

pub mod camera;
pub mod draw;
pub mod images;
mod looks;
pub mod panels;
pub mod scene;
pub mod shots;
pub mod stage;
