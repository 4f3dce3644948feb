//! The bottom of the map: the layers of tiles below all that moves. They are drawn once for a zoom, onto square sheets,
//! and each picture is laid out with the sheets in view; one with an animated tile is drawn anew when that changes. Where
//! the whole of a large map is in view, a hundred thousand tiles are a handful of sheets.

use std::collections::BTreeMap;

use dormouse::map::picture::{Colour, Content, Layer, Picture};
use sdl2::render::RenderTarget;

use super::easel::{Easel, SheetId};
use super::tiles::{MapImages, REACH, Tiles};
use crate::camera::Camera;
use crate::stage::{Stage, dim_of, is_above};

/// Pixels along a side of a sheet, about: it holds whole tiles, since where SDL itself cuts a tile it shifts its pixels.
const SIDE: i32 = 256;
/// Sheets that are kept besides those in view.
const SPARE: usize = 64;

/// See the module's comment.
#[derive(Default)]
pub struct Ground {
    zoom: f32,
    /// Pixels along the sides of a sheet.
    side: [i32; 2],
    sheets: BTreeMap<[i32; 2], Sheet>,
    /// Sheets on which nothing is that is needed.
    free: Vec<SheetId>,
    /// Pictures so far.
    picture: u64,
}

struct Sheet {
    id: SheetId,
    /// Animated tiles on it: tileset, tile, and which it is shown as.
    shows: Vec<(u16, u32, u32)>,
    /// The last picture in which it was.
    used: u64,
}

/// How many of a map's layers are its ground.
pub fn layers_of(picture: &Picture) -> usize {
    let lies_still = |layer: &&Layer| {
        let tiles = matches!(layer.content, Content::Tiles(_));
        tiles && !is_above(layer) && layer.parallax == [1.0; 2] && layer.offset == [0.0; 2]
    };
    picture.layers.iter().take_while(lies_still).count()
}

impl Ground {
    /// Forgets what was drawn; `tile`: pixels along the sides of a tile of the next.
    fn begin<T: RenderTarget>(&mut self, easel: &mut Easel<'_, T>, tile: [f32; 2]) {
        easel.drop_sheets();
        self.sheets.clear();
        self.free.clear();
        self.side = tile.map(|side| (SIDE / side as i32).max(1) * side as i32);
    }

    /// What was drawn is lost.
    pub fn forget(&mut self) {
        self.zoom = 0.0;
    }

    /// Draws the first layers of a map, so many. False where that can't be done: nothing is drawn then.
    #[expect(clippy::too_many_arguments, reason = "what is drawn, on what, and where it is looked at")]
    pub fn draw<T: RenderTarget>(
        &mut self,
        easel: &mut Easel<'_, T>,
        images: &MapImages,
        stage: &Stage,
        layers: usize,
        behind: Colour,
        camera: &Camera,
        milliseconds: u64,
    ) -> Result<bool, String> {
        let step = stage.tile.map(|side| side * camera.zoom);
        if step.iter().any(|side| *side < 1.0 || side.fract() != 0.0) {
            return Ok(false);
        }
        if self.zoom != camera.zoom {
            self.begin(easel, step);
            self.zoom = camera.zoom;
        }
        self.picture += 1;
        let layers = &stage.picture.layers[..layers];
        let [left, top, right, bottom] = extent(layers);
        let origin = camera.origin([1.0; 2], [0.0; 2]).map(|side| side as i32);
        // The sheets of an axis that are in view, and have some of the map on them.
        let range = |axis: usize, first: i32, last: i32| {
            let pixels = |tiles: i32| tiles.saturating_mul(step[axis] as i32);
            let low = (-origin[axis]).max(pixels(first));
            let high = (camera.size[axis] as i32 - origin[axis]).min(pixels(last));
            low.div_euclid(self.side[axis])..(high + self.side[axis] - 1).div_euclid(self.side[axis])
        };
        let (rows, columns) = (range(1, top, bottom), range(0, left, right));
        for row in rows {
            for column in columns.clone() {
                let tiles =
                    Tiles { images, picture: &stage.picture, tile: stage.tile, zoom: camera.zoom, milliseconds };
                let Some(id) = self.sheet(easel, &tiles, layers, behind, [column, row])? else { return Ok(false) };
                easel.lay(id, [origin[0] + column * self.side[0], origin[1] + row * self.side[1]])?;
            }
        }
        self.tidy();
        Ok(true)
    }

    /// The sheet at a place, as it is to look now. None: there are no sheets here.
    fn sheet<T: RenderTarget>(
        &mut self,
        easel: &mut Easel<'_, T>,
        tiles: &Tiles<'_>,
        layers: &[Layer],
        behind: Colour,
        place: [i32; 2],
    ) -> Result<Option<SheetId>, String> {
        let as_now = |sheet: &Sheet| {
            let now = |(set, tile, shown): &(u16, u32, u32)| tiles.shown(*set, *tile) == *shown;
            sheet.shows.iter().all(now)
        };
        if let Some(sheet) = self.sheets.get_mut(&place)
            && as_now(sheet)
        {
            sheet.used = self.picture;
            return Ok(Some(sheet.id));
        }
        let size = self.side.map(|side| side as u32);
        let known = self.sheets.remove(&place).map(|sheet| sheet.id).or_else(|| self.free.pop());
        let Some(id) = known.or_else(|| easel.add_sheet(size)) else { return Ok(None) };
        let mut parts = Vec::new();
        let mut shows = Vec::new();
        let origin = [0, 1].map(|axis| -(place[axis] * self.side[axis]) as f32);
        for layer in layers.iter().filter(|layer| layer.visible && dim_of(layer).is_none()) {
            let Content::Tiles(grids) = &layer.content else { continue };
            for grid in grids {
                tiles.each(grid, layer, origin, size, |cell, source, quad| {
                    parts.push((source.texture, quad, source.solid && quad.colour[3] == 255));
                    if tiles.is_animated(cell) {
                        shows.push((cell.tileset, cell.tile, tiles.shown(cell.tileset, cell.tile)));
                    }
                    Ok(())
                })?;
            }
        }
        shows.sort_unstable();
        shows.dedup();
        easel.draw_on(id, behind, &parts)?;
        self.sheets.insert(place, Sheet { id, shows, used: self.picture });
        Ok(Some(id))
    }

    /// Puts away what has not been in view for long.
    fn tidy(&mut self) {
        let seen = self.sheets.values().filter(|sheet| sheet.used == self.picture).count();
        if self.sheets.len() <= seen + SPARE {
            return;
        }
        let mut by_use: Vec<_> = self.sheets.iter().map(|(place, sheet)| (sheet.used, *place)).collect();
        by_use.sort_unstable();
        for (_, place) in &by_use[..by_use.len() - seen - SPARE / 2] {
            self.free.extend(self.sheets.remove(place).map(|sheet| sheet.id));
        }
    }
}

/// Where layers have tiles, with the reach of large ones: left, top, right, bottom, in tiles.
fn extent(layers: &[Layer]) -> [i32; 4] {
    let grids = layers.iter().filter_map(|layer| match &layer.content {
        Content::Tiles(grids) => Some(grids),
        _ => None,
    });
    let all = grids.flatten().fold(None, |all: Option<[i32; 4]>, grid| {
        let end = |first: i32, count: u32| first.saturating_add(count as i32);
        let own = [grid.left, grid.top, end(grid.left, grid.width), end(grid.top, grid.height())];
        Some(all.map_or(own, |[l, t, r, b]| [l.min(own[0]), t.min(own[1]), r.max(own[2]), b.max(own[3])]))
    });
    let [left, top, right, bottom] = all.unwrap_or_default();
    [left - REACH, top - REACH, right + REACH, bottom + REACH]
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use dormouse::map::Map;
    use sdl2::pixels::PixelFormatEnum;
    use sdl2::surface::Surface;

    use crate::camera::Camera;
    use crate::draw::Painter;
    use crate::scene::Scene;
    use crate::stage::Stage;

    /// A map in which a tile of the ground is animated, tinted, half seen and flipped.
    fn map(folder: &Path) -> Map {
        let tiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../maps/tiles/castle.png");
        std::fs::create_dir_all(folder).unwrap();
        std::fs::copy(tiles, folder.join("castle.png")).unwrap();
        let mut cells: Vec<u32> = (0..30 * 20).map(|at| at * 7 % 120 + 1).collect();
        cells[45] = 0x8000_0000 | 1;
        cells[46] = 0x2000_0000 | 3;
        cells[77] = 14;
        let row = |cells: &[u32]| cells.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let data = row(&cells);
        let text = format!(
            r##"<map version="1.10" orientation="orthogonal" width="30" height="20" tilewidth="16" tileheight="16" infinite="0" backgroundcolor="#203040">
            <tileset firstgid="1" name="castle" tilewidth="16" tileheight="16" tilecount="512" columns="16"><image source="castle.png" width="256" height="512"/>
            <tile id="13"><animation><frame tileid="13" duration="100"/><frame tileid="60" duration="100"/></animation></tile></tileset>
            <layer name="one" width="30" height="20"><data encoding="csv">{data}</data></layer>
            <layer name="two" width="30" height="20" opacity="0.4" tintcolor="#ff8040"><data encoding="csv">{data}</data></layer>
            <layer name="far" width="30" height="20" parallaxx="0.5" opacity="0.5"><data encoding="csv">{data}</data></layer></map>"##
        );
        let file = folder.join("ground.tmx");
        std::fs::write(&file, text).unwrap();
        Map::load(&file).unwrap()
    }

    #[test]
    fn sheets_look_like_the_tiles_on_them() {
        let folder = std::env::temp_dir().join(format!("dormouse_ground_{}", std::process::id()));
        let map = map(&folder);
        let stage = Arc::new(Stage::new(&map, &[]));
        assert_eq!(super::layers_of(&stage.picture), 2);
        let canvas = || Surface::new(320, 200, PixelFormatEnum::ABGR8888).unwrap().into_canvas().unwrap();
        let (one, other) = (canvas(), canvas());
        let creators = (one.texture_creator(), other.texture_creator());
        let (mut sheets, problems) = Painter::new(one, &creators.0, true, &map, stage.clone()).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        let (mut tiles, _) = Painter::new(other, &creators.1, true, &map, stage).unwrap();
        tiles.grounds = 0;
        let mut seen = Vec::new();
        for (zoom, center, milliseconds) in [
            (1.0, [240.0, 160.0], 0),
            (1.0, [240.0, 160.0], 150),
            (1.0, [243.0, 20.0], 200),
            (3.0, [100.5, 40.0], 250),
            (0.5, [0.0, 0.0], 0),
            (0.125, [240.0, 160.0], 100),
            (1.7, [333.0, 111.0], 0),
            (4.0, [244.0, 37.0], 0),
        ] {
            let mut camera = Camera::new([320, 200]);
            camera.set_zoom(zoom);
            camera.center = center;
            let scene = Scene { daylight: 1.0, milliseconds, ..Scene::default() };
            sheets.world(&scene, &camera, 1.0).unwrap();
            tiles.world(&scene, &camera, 1.0).unwrap();
            let (laid, drawn) = (sheets.pixels().unwrap(), tiles.pixels().unwrap());
            // Tiles that the screen's edge cuts are shifted where they are drawn one by one.
            let edge = (16.0 * zoom) as usize;
            for y in edge..200_usize.saturating_sub(edge) {
                let row = (y * 320 + edge) * 4..(y * 320 + 320_usize.saturating_sub(edge)) * 4;
                assert!(laid.rgba[row.clone()] == drawn.rgba[row], "{zoom} {center:?} {milliseconds} ms: row {y}");
            }
            seen.push(laid.rgba);
        }
        assert!(seen[0] != seen[1], "the tile is animated");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
