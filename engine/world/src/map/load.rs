//! Loading: through the `tiled` crate, guarded. Files are read from the map's own project only.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use tiled::{Layer, LayerType, ObjectShape, PropertyValue, ResourceCache};

use super::guard::{self, Notes};
use super::{Map, Object, Prop, Props, Shape, paint, walls, wires};
use crate::check::{Finding, Severity};

/// A map that can't be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {what}", file.display(), if *line > 0 { format!(":{line}") } else { String::new() })]
pub struct MapError {
    /// The file: the map, or a tileset or template of it.
    pub file: PathBuf,
    /// The line, from 1; 0 where none is to blame.
    pub line: u32,
    /// What is wrong, and what to do.
    pub what: String,
}

/// Files that a map may refer to, and times that one of them may be read.
const MAX_FILES: usize = 200;
const MAX_READS: usize = 4;
/// Levels that props may nest.
const MAX_NESTING: usize = 16;

impl Map {
    /// Loads a map file with its tilesets and templates.
    ///
    /// Errors: files that can't be read, are no maps, or that ask for more than a map may have (256 MiB a
    /// file, 16 million tiles, a million objects). What is wrong with single objects is among the map's [findings](Map::findings).
    pub fn load(path: &Path) -> Result<Map, MapError> {
        let folder = project_of(path);
        Map::load_with(path, &|file| read_inside(&folder, file))
    }

    /// As [`Map::load`], with files from wherever `read` takes them.
    pub fn load_with(path: &Path, read: &dyn Fn(&Path) -> Result<Vec<u8>, String>) -> Result<Map, MapError> {
        let files = Files {
            read,
            main: path,
            notes: RefCell::default(),
            refused: RefCell::default(),
            reads: RefCell::default(),
        };
        let mut templates = BTreeMap::new();
        let loaded = {
            let reader = |file: &Path| files.open(file);
            let mut loader = tiled::Loader::with_reader(reader);
            let loaded = loader.load_tmx_map(path);
            let folder = path.parent().unwrap_or(Path::new(""));
            for (id, file) in &files.notes.borrow().templates {
                let template = loader.cache().get_template(folder.join(file));
                templates.extend(template.map(|template| (*id, template)));
            }
            loaded
        };
        if let Some(refused) = files.refused.take() {
            return Err(refused);
        }
        let wrong = |what: String| MapError { file: path.into(), line: 0, what };
        let loaded = loaded.map_err(|error| wrong(error.to_string()))?;
        if loaded.orientation != tiled::Orientation::Orthogonal {
            return Err(wrong(format!("{} maps are not supported; make it orthogonal", loaded.orientation)));
        }
        let mut drawing = Drawing {
            map: Map {
                path: path.into(),
                name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
                class: Some(loaded.user_type.clone()).filter(|class| !class.is_empty()),
                tile_size: [loaded.tile_width as f32, loaded.tile_height as f32],
                bounds: [
                    0.0,
                    0.0,
                    (loaded.width * loaded.tile_width) as f32,
                    (loaded.height * loaded.tile_height) as f32,
                ],
                ..Map::default()
            },
            notes: files.notes.take(),
            templates,
            solid: BTreeMap::new(),
        };
        drawing.draw(&loaded);
        drawing.map.picture = paint::paint(&loaded);
        Ok(drawing.map)
    }
}

/// The folder of the map's Tiled project: the nearest above it with a `.tiled-project`, else its own.
pub(super) fn project_of(path: &Path) -> PathBuf {
    let own = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let own = std::path::absolute(&own).unwrap_or(own);
    let has_project = |folder: &&Path| {
        std::fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.path().extension().is_some_and(|e| e == "tiled-project"))
        })
    };
    own.ancestors().take(4).find(has_project).map_or_else(|| own.clone(), Path::to_path_buf)
}

/// A file of the project in that folder.
pub(super) fn read_inside(folder: &Path, file: &Path) -> Result<Vec<u8>, String> {
    if !inside(folder, file) {
        return Err(format!("the map may only use files of its project, {}", folder.display()));
    }
    let size = std::fs::metadata(file).map_err(|error| error.to_string())?.len();
    if size > guard::MAX_FILE {
        return Err(format!("{size} bytes are more than a map file may have ({})", guard::MAX_FILE));
    }
    std::fs::read(file).map_err(|error| error.to_string())
}

/// Whether a path lies in a folder, by its letters.
fn inside(folder: &Path, file: &Path) -> bool {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.into());
    plain(&file).starts_with(plain(folder))
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The files of a map, each inspected before the library sees it.
struct Files<'a> {
    read: &'a dyn Fn(&Path) -> Result<Vec<u8>, String>,
    main: &'a Path,
    notes: RefCell<Notes>,
    refused: RefCell<Option<MapError>>,
    reads: RefCell<BTreeMap<PathBuf, usize>>,
}

impl Files<'_> {
    fn open(&self, file: &Path) -> Result<Cursor<Vec<u8>>, std::io::Error> {
        self.inspected(file).map(Cursor::new).map_err(|error| {
            let text = error.to_string();
            self.refused.borrow_mut().get_or_insert(error);
            std::io::Error::other(text)
        })
    }

    fn inspected(&self, file: &Path) -> Result<Vec<u8>, MapError> {
        let wrong = |line, what| MapError { file: file.into(), line, what };
        let mut reads = self.reads.borrow_mut();
        if reads.len() >= MAX_FILES {
            return Err(wrong(0, format!("the map refers to more than {MAX_FILES} files")));
        }
        let times = reads.entry(plain(file)).or_default();
        *times += 1;
        if *times > MAX_READS {
            return Err(wrong(0, "the file refers to itself".into()));
        }
        let text = (self.read)(file).map_err(|what| wrong(0, what))?;
        let notes = guard::inspect(&text).map_err(|refused| wrong(refused.line, refused.why))?;
        let text = if notes.plain { super::plain::as_csv(&text).map_err(|why| wrong(0, why))? } else { text };
        if file == self.main {
            *self.notes.borrow_mut() = notes;
        }
        Ok(text)
    }
}

/// A map in the making.
struct Drawing {
    map: Map,
    notes: Notes,
    /// The template of each object that has one, by id.
    templates: BTreeMap<u32, Arc<tiled::Template>>,
    /// Solid tiles by row and column, of all layers that are moved equally far (in pixels, as bits).
    solid: BTreeMap<[u32; 2], BTreeSet<(i32, i32)>>,
}

impl Drawing {
    fn draw(&mut self, loaded: &tiled::Map) {
        let (props, wires) = self.props(&loaded.properties, None);
        self.map.game = match props.get("game") {
            Some(Prop::Text(game)) if !game.is_empty() => Some(game.clone()),
            _ => None,
        };
        self.map.props = props.into_iter().filter(|(name, _)| name != "game").collect();
        self.map.wires = wires;
        for layer in loaded.layers() {
            self.layer(&layer, [0.0, 0.0]);
        }
        self.map.objects.sort_by_key(|object| object.id);
        let [w, h] = self.map.tile_size;
        for (offset, solid) in &self.solid {
            let [x, y] = offset.map(f32::from_bits);
            self.map.walls.extend(walls::join(solid).into_iter().map(|[left, top, right, bottom]| {
                [left as f32 * w + x, top as f32 * h + y, right as f32 * w + x, bottom as f32 * h + y]
            }));
        }
    }

    fn layer(&mut self, layer: &Layer<'_>, [x, y]: [f32; 2]) {
        let offset = [x + layer.offset_x, y + layer.offset_y];
        match layer.layer_type() {
            LayerType::Tiles(tiles) => {
                let all = matches!(layer.properties.get("solid"), Some(PropertyValue::BoolValue(true)));
                // No negative zero: what is moved equally far has equal bits.
                self.tiles(&tiles, all, offset.map(|way| (way + 0.0).to_bits()));
            }
            LayerType::Objects(objects) => {
                for object in objects.objects() {
                    self.object(&object, offset);
                }
            }
            LayerType::Group(group) => {
                for layer in group.layers() {
                    self.layer(&layer, offset);
                }
            }
            LayerType::Image(_) => {}
        }
    }

    fn tiles(&mut self, layer: &tiled::TileLayer<'_>, all: bool, offset: [u32; 2]) {
        let found = self.solid.entry(offset).or_default();
        let solid = |tile: Option<tiled::LayerTile<'_>>| {
            let Some(tile) = tile else { return false };
            let own = tile
                .get_tile()
                .map(|tile| matches!(tile.properties.get("solid"), Some(PropertyValue::BoolValue(true))));
            all || own == Some(true)
        };
        match layer {
            tiled::TileLayer::Finite(tiles) => {
                for row in 0..tiles.height() as i32 {
                    for column in 0..tiles.width() as i32 {
                        if solid(tiles.get_tile(column, row)) {
                            found.insert((row, column));
                        }
                    }
                }
            }
            tiled::TileLayer::Infinite(tiles) => {
                let [w, h] = self.map.tile_size;
                let (width, height) = (tiled::ChunkData::WIDTH as i32, tiled::ChunkData::HEIGHT as i32);
                for ((chunk_x, chunk_y), _) in tiles.chunk_data() {
                    let (left, top) = (chunk_x.saturating_mul(width), chunk_y.saturating_mul(height));
                    let bounds = &mut self.map.bounds;
                    bounds[0] = bounds[0].min(left as f32 * w);
                    bounds[1] = bounds[1].min(top as f32 * h);
                    bounds[2] = bounds[2].max(left.saturating_add(width) as f32 * w);
                    bounds[3] = bounds[3].max(top.saturating_add(height) as f32 * h);
                    for row in top..top.saturating_add(height) {
                        for column in left..left.saturating_add(width) {
                            if solid(tiles.get_tile(column, row)) {
                                found.insert((row, column));
                            }
                        }
                    }
                }
            }
        }
    }

    fn object(&mut self, object: &tiled::Object<'_>, [ox, oy]: [f32; 2]) {
        let id = object.id();
        let line = self.notes.lines.get(&id).copied().unwrap_or(0);
        let (x, y) = (object.x + ox, object.y + oy);
        let (sin, cos) = object.rotation.to_radians().sin_cos();
        // Objects turn about their origin.
        let place = |dx: f32, dy: f32| match object.rotation == 0.0 {
            true => [x + dx, y + dy],
            false => [x + dx * cos - dy * sin, y + dx * sin + dy * cos],
        };
        let path = |points: &[(f32, f32)]| Shape::Path(points.iter().map(|(dx, dy)| place(*dx, *dy)).collect());
        let (shape, [w, h]) = match &object.shape {
            ObjectShape::Rect { width, height }
            | ObjectShape::Text { width, height, .. }
            | ObjectShape::Capsule { width, height } => (Shape::Box, [*width, *height]),
            ObjectShape::Ellipse { width, height } => (Shape::Ellipse, [*width, *height]),
            ObjectShape::Polyline { points } | ObjectShape::Polygon { points } => (path(points), [0.0, 0.0]),
            _ => (Shape::Point, [0.0, 0.0]),
        };
        // The origin of a tile is at its lower left, unless the tileset says otherwise.
        let [ax, ay] = object.get_tile().map_or([0.0, 0.0], |tile| anchor(tile.get_tileset().object_alignment));
        let center = place(w * (0.5 - ax), h * (0.5 - ay));
        let class = match (object.user_type.as_str(), object.get_tile().and_then(|tile| tile.get_tile())) {
            ("", Some(tile)) if !tile.user_type.is_empty() => Some(tile.user_type.clone()),
            ("", _) => None,
            (class, _) => Some(class.to_owned()),
        };
        let finite = [center[0], center[1], w, h].iter().all(|number| number.is_finite() && number.abs() < 1e7);
        if !finite || w < 0.0 || h < 0.0 {
            self.find(
                Some((id, &object.name, line)),
                "object-place",
                "its place or size is out of this world".into(),
                "move it back into the map",
            );
            return;
        }
        self.overridden(&object.properties, (id, &object.name, line));
        let (props, wires) = self.props(&object.properties, Some((id, &object.name, line)));
        self.map.objects.push(Object {
            id,
            name: object.name.clone(),
            class,
            center,
            size: [w, h],
            shape,
            props,
            wires,
            line,
        });
    }

    /// Props and wires apart; wires in their order.
    fn props(&mut self, properties: &tiled::Properties, object: Option<(u32, &str, u32)>) -> (Props, Vec<wires::Wire>) {
        let mut props = Props::new();
        let mut found = Vec::new();
        let sorted: BTreeMap<&String, &PropertyValue> = properties.iter().collect();
        for (name, value) in sorted {
            let prop = convert(value, 0);
            match &prop {
                Prop::Class(kind, members) if kind == wires::TYPE => match wires::read(name, members) {
                    Ok(wire) => found.push(wire),
                    Err(what) => self.find(
                        object,
                        "wire-malformed",
                        format!("wire `{name}`: {what}"),
                        "mend the property in Tiled",
                    ),
                },
                Prop::List(items)
                    if items.iter().any(|item| matches!(item, Prop::Class(kind, _) if kind == wires::TYPE)) =>
                {
                    self.find(
                        object,
                        "wire-in-list",
                        format!("`{name}` hides wires in a list"),
                        "Tiled does not mend a list's targets when a room is copied: give each wire a property of its own",
                    );
                }
                _ => {
                    props.insert(name.clone(), prop);
                }
            }
        }
        found.sort_by(|one, other| wires::natural(&one.property).cmp(&wires::natural(&other.property)));
        (props, found)
    }

    /// Wires of its template that an object overrides: Tiled keeps of such a wire what was set in the object alone.
    fn overridden(&mut self, properties: &tiled::Properties, object: (u32, &str, u32)) {
        let Some(template) = self.templates.get(&object.0).cloned() else { return };
        let sorted: BTreeMap<&String, &PropertyValue> = template.object.properties.iter().collect();
        for (name, value) in sorted {
            let (Prop::Class(kind, theirs), Some(Prop::Class(_, own))) =
                (convert(value, 0), properties.get(name).map(|own| convert(own, 0)))
            else {
                continue;
            };
            let lost: Vec<String> =
                theirs.keys().filter(|member| !own.contains_key(*member)).map(|member| format!("`{member}`")).collect();
            if kind == wires::TYPE && !lost.is_empty() {
                let file = template.source.file_name().unwrap_or_default().to_string_lossy();
                self.find(
                    Some(object),
                    "wire-overridden",
                    format!("wire `{name}` overrides that of its template {file}, and loses {} of it", lost.join(", ")),
                    "set all members of the wire in the object, reset it, or give it a name of its own (`OnOpen.2`)",
                );
                if let Some(found) = self.map.findings.last_mut() {
                    found.severity = Severity::Warning;
                }
            }
        }
    }

    fn find(&mut self, object: Option<(u32, &str, u32)>, code: &'static str, what: String, mend: &str) {
        self.map.findings.push(Finding {
            severity: Severity::Error,
            code,
            file: self.map.path.clone(),
            line: object.map_or(0, |(_, _, line)| line),
            object: object.map(|(id, name, _)| (id, name.to_owned())),
            what,
            mend: mend.into(),
        });
    }
}

/// Where in its box an object's origin lies, from 0 to 1.
fn anchor(alignment: tiled::ObjectAlignment) -> [f32; 2] {
    use tiled::ObjectAlignment as A;
    match alignment {
        A::Unspecified | A::BottomLeft => [0.0, 1.0],
        A::TopLeft => [0.0, 0.0],
        A::Top => [0.5, 0.0],
        A::TopRight => [1.0, 0.0],
        A::Left => [0.0, 0.5],
        A::Center => [0.5, 0.5],
        A::Right => [1.0, 0.5],
        A::Bottom => [0.5, 1.0],
        A::BottomRight => [1.0, 1.0],
    }
}

pub(super) fn convert(value: &PropertyValue, depth: usize) -> Prop {
    match value {
        PropertyValue::BoolValue(b) => Prop::Bool(*b),
        PropertyValue::FloatValue(number) => Prop::Number(f64::from(*number)),
        PropertyValue::IntValue(number) => Prop::Number(f64::from(*number)),
        PropertyValue::StringValue(text) | PropertyValue::FileValue(text) => Prop::Text(text.clone()),
        PropertyValue::ColorValue(c) => {
            Prop::Text(format!("#{:02x}{:02x}{:02x}{:02x}", c.alpha, c.red, c.green, c.blue))
        }
        PropertyValue::ObjectValue(id) => Prop::Object(*id),
        PropertyValue::ListValue(_) | PropertyValue::ClassValue { .. } if depth >= MAX_NESTING => {
            Prop::List(Vec::new())
        }
        PropertyValue::ListValue(items) => Prop::List(items.iter().map(|item| convert(item, depth + 1)).collect()),
        PropertyValue::ClassValue { property_type, properties } => {
            let members = properties.iter().map(|(name, value)| (name.clone(), convert(value, depth + 1)));
            Prop::Class(property_type.clone(), members.collect())
        }
    }
}
