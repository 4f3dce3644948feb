//! Actors, by their tile or as a plain shape. Who lies on the floor is below all others; of the rest, who stands
//! further down the screen is in front.

use dormouse::map::picture::{Cell, Colour, Content};
use sdl2::render::RenderTarget;

use super::easel::{Easel, Quad};
use super::tiles::MapImages;
use crate::camera::Camera;
use crate::scene::Scene;
use crate::stage::Stage;

/// The class of what is no actor.
const DECOR: u32 = u32::MAX;

/// Something that stands in the map.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// The layers that it is drawn between: see [`band_of`].
    band: usize,
    /// Not on the floor.
    stands: bool,
    /// Its centre, in pixels of the map.
    at: [f32; 2],
    size: [f32; 2],
    cell: Cell,
    rotation: f32,
    tint: Colour,
    class: u32,
    round: bool,
}

/// Layers of objects that lie upon one another are one band: whoever is in them is sorted together. The band of a layer
/// is the first of its run.
pub fn band_of(stage: &Stage, layer: usize) -> usize {
    let layers = &stage.picture.layers;
    let objects = |at: &usize| layers.get(*at).is_some_and(|layer| matches!(layer.content, Content::Objects));
    (0..=layer).rev().take_while(objects).last().unwrap_or(layer)
}

/// All that stands in the map, in the order in which it is drawn. `part` of the way between the last two scenes.
pub fn arrange(stage: &Stage, bands: &[usize], scene: &Scene, part: f32, pieces: &mut Vec<Piece>) {
    pieces.clear();
    let band = |layer: usize| bands.get(layer).copied().unwrap_or(layer);
    pieces.extend(stage.decor.iter().map(|decor| Piece {
        band: band(decor.layer),
        stands: !stage.facts(decor.cell).floor,
        at: decor.at,
        size: decor.size,
        cell: decor.cell,
        rotation: decor.rotation,
        tint: [255; 4],
        class: DECOR,
        round: false,
    }));
    pieces.extend(scene.actors.iter().map(|sprite| Piece {
        band: band(sprite.layer),
        stands: !sprite.floor,
        at: sprite.track.between(part),
        size: sprite.size,
        cell: sprite.cell,
        rotation: sprite.rotation,
        tint: sprite.tint,
        class: sprite.class,
        round: sprite.body.is_some_and(|body| body.round),
    }));
    // Stable: of two at the same height the younger is in front.
    pieces.sort_by(|one, other| {
        let depth = |piece: &Piece| (piece.band, piece.stands);
        depth(one).cmp(&depth(other)).then(if one.stands {
            one.at[1].total_cmp(&other.at[1])
        } else {
            std::cmp::Ordering::Equal
        })
    });
}

/// Draws the pieces of one band.
pub fn draw_band<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    images: &MapImages,
    stage: &Stage,
    camera: &Camera,
    pieces: &[Piece],
    band: usize,
    milliseconds: u64,
) -> Result<(), String> {
    let first = pieces.partition_point(|piece| piece.band < band);
    for piece in pieces[first..].iter().take_while(|piece| piece.band == band) {
        match images.source(&stage.picture, piece.cell, milliseconds) {
            Some(source) => {
                let [x, y] = camera.to_screen([piece.at[0] + source.offset[0], piece.at[1] + source.offset[1]]);
                let own = [source.part[2] as f32, source.part[3] as f32];
                // Decor is as large as it was drawn; an actor's tile as large as it is.
                let [w, h] = if piece.class == DECOR { piece.size } else { own }.map(|side| side * camera.zoom);
                let place = [(x - w / 2.0).round(), (y - h / 2.0).round(), w, h];
                let Piece { rotation, tint, .. } = *piece;
                let quad = Quad { part: source.part, place, flips: piece.cell.flips, rotation, colour: tint };
                easel.quad(source.texture, &quad)?;
            }
            None => draw_shape(easel, stage, camera, piece)?,
        }
    }
    Ok(())
}

fn draw_shape<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    stage: &Stage,
    camera: &Camera,
    piece: &Piece,
) -> Result<(), String> {
    let colour = stage.classes.get(piece.class as usize).map_or([200, 200, 200, 255], |class| class.colour);
    let colour: Colour =
        std::array::from_fn(|part| (u16::from(colour[part]) * u16::from(piece.tint[part]) / 255) as u8);
    let [w, h] = piece.size.map(|side| (if side > 0.0 { side } else { 6.0 }) * camera.zoom);
    let [x, y] = camera.to_screen(piece.at);
    let edge = [20, 16, 24, colour[3]];
    if piece.round {
        let radius = w.min(h) / 2.0;
        easel.disc([x, y], radius, edge)?;
        return easel.disc([x, y], radius - camera.zoom.max(1.0), colour);
    }
    let place = [(x - w / 2.0).round(), (y - h / 2.0).round(), w, h];
    easel.fill(place, colour)?;
    easel.frame(place, camera.zoom.max(1.0).min(w / 4.0), edge)
}
