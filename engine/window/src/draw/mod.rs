//! Drawing scenes: the one code for windows and for screenshots. It reads plain data and never sees a world.

pub mod actors;
pub mod boxes;
pub mod bubbles;
pub mod easel;
pub mod ground;
pub mod light;
pub mod marks;
pub mod text;
pub mod tiles;

use std::sync::Arc;

use dormouse::map::Map;
use dormouse::map::picture::{Content, Layer};
use sdl2::render::{Canvas, RenderTarget, TextureCreator};

use crate::camera::Camera;
use crate::game::Frame;
use crate::images::Pixels;
use crate::scene::Scene;
use crate::stage::{Stage, dim_of, is_above};
use actors::Piece;
use easel::Easel;
use ground::Ground;
use light::Light;
use text::Font;
use tiles::MapImages;

/// Draws scenes of one map.
pub struct Painter<'t, T: RenderTarget> {
    easel: Easel<'t, T>,
    stage: Arc<Stage>,
    images: MapImages,
    ground: Ground,
    /// How many layers are the ground.
    grounds: usize,
    light: Light,
    /// The band of each layer.
    bands: Vec<usize>,
    pieces: Vec<Piece>,
    /// What text is drawn with.
    pub font: Font,
}

/// What is laid over the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Show {
    /// Names, and what each does.
    pub labels: bool,
    /// The wires.
    pub wires: bool,
    /// The shapes of bodies.
    pub shapes: bool,
}

/// Pixels of the screen for one of the font, as large as can be read on a screen of that height.
pub fn text_scale(height: u32) -> f32 {
    (height as f32 / 400.0).round().max(1.0)
}

/// Behind a map that does not say what is behind it.
const NOTHING: [u8; 4] = [18, 16, 24, 255];

impl<'t, T: RenderTarget> Painter<'t, T> {
    /// For a map and what was made of it. Images that can't be had are told, a sentence each.
    pub fn new(
        canvas: Canvas<T>,
        creator: &'t TextureCreator<T::Context>,
        software: bool,
        map: &Map,
        stage: Arc<Stage>,
    ) -> Result<(Self, Vec<String>), String> {
        let mut easel = Easel::new(canvas, creator, software);
        let (images, problems) = MapImages::load(&mut easel, map);
        let bands = (0..stage.picture.layers.len()).map(|layer| actors::band_of(&stage, layer)).collect();
        let font = Font::new(&mut easel)?;
        let grounds = ground::layers_of(&stage.picture);
        let (ground, light, pieces) = (Ground::default(), Light::default(), Vec::new());
        Ok((Painter { easel, stage, images, ground, grounds, light, bands, pieces, font }, problems))
    }

    /// Draws the world, without what is laid over it. `part` of the way between the last two scenes.
    pub fn world(&mut self, scene: &Scene, camera: &Camera, part: f32) -> Result<(), String> {
        let stage = self.stage.clone();
        let behind = stage.picture.background.unwrap_or(NOTHING);
        self.easel.clear(behind);
        actors::arrange(&stage, &self.bands, scene, part, &mut self.pieces);
        let milliseconds = scene.milliseconds;
        let (easel, images) = (&mut self.easel, &self.images);
        let drawn = self.ground.draw(easel, images, &stage, self.grounds, behind, camera, milliseconds)?;
        for (number, layer) in stage.picture.layers.iter().enumerate().skip(if drawn { self.grounds } else { 0 }) {
            if matches!(layer.content, Content::Objects) {
                if self.bands[number] == number {
                    self.band(number, camera, milliseconds)?;
                }
            } else if !is_above(layer) {
                self.layer(&stage, layer, camera, milliseconds)?;
            }
        }
        // Whoever has no layer, because the map has none for objects.
        self.band(stage.picture.layers.len(), camera, milliseconds)?;
        for layer in stage.picture.layers.iter().filter(|layer| is_above(layer)) {
            self.layer(&stage, layer, camera, milliseconds)?;
        }
        self.light.draw(&mut self.easel, &stage, camera, scene, part)
    }

    /// Draws a frame: the world, what is said in it, and what is laid over it.
    pub fn frame(&mut self, frame: &Frame, camera: &Camera, part: f32, show: Show) -> Result<(), String> {
        self.world(&frame.scene, camera, part)?;
        let scale = text_scale(camera.size[1]);
        let (easel, font, scene) = (&mut self.easel, &self.font, &frame.scene);
        if show.shapes {
            marks::shapes(easel, camera, scene, part, scale)?;
        }
        let bubbles = bubbles::draw(easel, font, camera, scene, part, scale)?;
        // Over what is said: whoever looks at wires wants to see where each leads.
        if show.wires {
            marks::arrows(easel, font, camera, &frame.overlay.arrows, scale)?;
        }
        if show.labels {
            let small = (scale * 0.75).round().max(1.0);
            marks::labels(easel, font, camera, scene, &frame.overlay.labels, (part, small), bubbles)?;
        }
        Ok(())
    }

    fn layer(&mut self, stage: &Stage, layer: &Layer, camera: &Camera, milliseconds: u64) -> Result<(), String> {
        if !layer.visible || dim_of(layer).is_some() {
            return Ok(());
        }
        let (easel, images) = (&mut self.easel, &self.images);
        tiles::draw_layer(easel, images, &stage.picture, stage.tile, layer, camera, milliseconds)
    }

    fn band(&mut self, band: usize, camera: &Camera, milliseconds: u64) -> Result<(), String> {
        actors::draw_band(&mut self.easel, &self.images, &self.stage, camera, &self.pieces, band, milliseconds)
    }

    /// What was kept by what draws is lost: a card has forgotten it.
    pub fn forget(&mut self) {
        self.ground.forget();
    }

    /// Where everything is drawn.
    pub fn easel(&mut self) -> &mut Easel<'t, T> {
        &mut self.easel
    }

    /// What has been drawn.
    pub fn pixels(&mut self) -> Result<Pixels, String> {
        self.easel.pixels()
    }
}
