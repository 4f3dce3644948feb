//! The SDL2 front end: opens a window on a world, draws it, feeds it inputs, and takes it apart while it runs. It never
//! changes a world except through inputs, saves, loads and rewinds, and the world never waits for the screen.
//!
//! What is to be seen is made by `dormouse-scene`, for every front end; `draw` puts its scenes on an SDL canvas, a
//! window's or one that no display has ever seen ([`shots`]).

#![forbid(unsafe_code)]

pub mod app;
pub mod camera;
pub mod draw;
mod driver;
pub mod game;
mod journal;
pub mod keys;
mod last_words;
pub mod measure;
pub mod overlay;
pub mod pace;
pub mod past;
pub mod record;
mod saved;
pub mod saves;
pub mod shots;
pub mod sound;

pub use dormouse_scene::{images, panels, scene, stage};
