//! What of a world is to be seen, as plain data, for every front end: pictures and light of a map, scenes between two
//! ticks, panels as text. It knows of no screen and never changes a world; who draws it is the window's or the
//! terminal's affair, and machines without SDL2 can build it.
//!
//! The rooms: a [`stage::Stage`] is what of a map never changes; a [`scene::Scene`] is what is to be seen between two
//! ticks; [`images`] are pixels; [`panels`] are the overlay's texts.

#![forbid(unsafe_code)]

pub mod images;
mod looks;
pub mod panels;
pub mod scene;
pub mod stage;
