//! Where the day does not reach and light does not pass: walls and roofs, tile by tile.

use dormouse::map::picture::{Cell, Content, Picture};
use dormouse::map::{Map, Prop};

use super::dim_of;

/// Which tiles are walls, and which are under a roof. A bit of each tile.
#[derive(Debug, Default)]
pub struct Roofs {
    left: i32,
    top: i32,
    width: usize,
    solid: Vec<bool>,
    /// How much of the daylight is kept out, from 0 to 255.
    indoors: Vec<u8>,
    covered: bool,
}

/// Tiles for which light is calculated; a larger map has none but the day's.
const MAX_TILES: usize = 4 << 20;

impl Roofs {
    pub(super) fn new(map: &Map) -> Roofs {
        let [w, h] = map.tile_size;
        let [left, top, right, bottom] = map.bounds;
        let tiles =
            |from: f32, to: f32, size: f32| if size > 0.0 { ((to - from) / size).ceil().max(0.0) as usize } else { 0 };
        let (width, height) = (tiles(left, right, w), tiles(top, bottom, h));
        if width.saturating_mul(height) > MAX_TILES || width == 0 {
            return Roofs::default();
        }
        let (left, top) = ((left / w).floor() as i32, (top / h).floor() as i32);
        let mut roofs = Roofs {
            left,
            top,
            width,
            solid: vec![false; width * height],
            indoors: vec![0; width * height],
            covered: false,
        };
        let sets = &map.picture.tilesets;
        let opaque = |cell: &Cell| {
            let facts = sets.get(cell.tileset as usize).and_then(|set| set.tiles.get(&cell.tile));
            facts.and_then(|facts| facts.props.get("opaque")) == Some(&Prop::Bool(true))
        };
        let said = sets.iter().flat_map(|set| set.tiles.values()).any(|tile| tile.props.contains_key("opaque"));
        if said {
            roofs.each_cell(&map.picture, |roofs, at, cell| roofs.solid[at] |= opaque(cell));
        }
        for [l, t, r, b] in map.walls.iter().filter(|_| !said) {
            for row in (*t / h) as i32..(*b / h) as i32 {
                for column in (*l / w) as i32..(*r / w) as i32 {
                    if let Some(at) = roofs.at(column, row) {
                        roofs.solid[at] = true;
                    }
                }
            }
        }
        roofs.cover(&map.picture);
        roofs.cover_walls();
        roofs.covered = roofs.indoors.iter().any(|indoors| *indoors > 0);
        roofs
    }

    fn at(&self, column: i32, row: i32) -> Option<usize> {
        let (x, y) = (column.checked_sub(self.left)?, row.checked_sub(self.top)?);
        let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height();
        inside.then(|| y as usize * self.width + x as usize)
    }

    fn height(&self) -> usize {
        self.solid.len().checked_div(self.width).unwrap_or(0)
    }

    fn each_cell(&mut self, picture: &Picture, mut each: impl FnMut(&mut Roofs, usize, &Cell)) {
        for layer in &picture.layers {
            let Content::Tiles(grids) = &layer.content else { continue };
            for grid in grids {
                for (number, cell) in grid.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                    let (column, row) = (number as u32 % grid.width, number as u32 / grid.width);
                    if let Some(at) = self.at(grid.left + column as i32, grid.top + row as i32) {
                        each(self, at, cell);
                    }
                }
            }
        }
    }

    fn cover(&mut self, picture: &Picture) {
        for layer in &picture.layers {
            let Some(dim) = dim_of(layer) else { continue };
            let only = Picture { layers: vec![layer.clone()], ..Picture::default() };
            self.each_cell(&only, |roofs, at, _| roofs.indoors[at] = (dim * 255.0) as u8);
        }
        self.each_cell(picture, |roofs, at, cell| {
            let facts = picture.tilesets.get(cell.tileset as usize).and_then(|set| set.tiles.get(&cell.tile));
            if let Some(Prop::Bool(indoors)) = facts.and_then(|facts| facts.props.get("indoors")) {
                roofs.indoors[at] = if *indoors { 255 } else { 0 };
            }
        });
    }

    /// A wall is as much under a roof as what is around it.
    fn cover_walls(&mut self) {
        let open = self.indoors.clone();
        for row in 0..self.height() as i32 {
            for column in 0..self.width as i32 {
                let here = row as usize * self.width + column as usize;
                if !self.solid[here] {
                    continue;
                }
                let (x, y) = (column + self.left, row + self.top);
                let around = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (x + dx, y + dy)));
                let (mut sum, mut count) = (0_u32, 0_u32);
                for at in around.filter_map(|(column, row)| self.at(column, row)).filter(|at| !self.solid[*at]) {
                    sum += u32::from(open[at]);
                    count += 1;
                }
                self.indoors[here] = sum.checked_div(count).unwrap_or(0) as u8;
            }
        }
    }

    /// Whether light does not get past a tile.
    pub fn is_solid(&self, column: i32, row: i32) -> bool {
        self.at(column, row).is_some_and(|at| self.solid[at])
    }

    /// Whether there is any place that the day does not reach.
    pub fn any_indoors(&self) -> bool {
        self.covered
    }

    /// How much of the daylight is kept out of a tile, from 0 to 1.
    pub fn indoors(&self, column: i32, row: i32) -> f32 {
        self.at(column, row).map_or(0.0, |at| f32::from(self.indoors[at]) / 255.0)
    }
}
