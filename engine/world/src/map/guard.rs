//! Keeps out what the map library does not bear: whatever a map file says, it is read once as a stream before that, and
//! refused where it would hang, overflow the stack or fill the memory. It also notes what the library forgets: lines.

use std::collections::BTreeMap;
use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Bytes of a file.
pub(super) const MAX_FILE: u64 = 256 << 20;
/// Tiles of all layers together.
const MAX_TILES: u64 = 16 << 20;
/// Objects.
const MAX_OBJECTS: usize = 1_000_000;
/// Tiles that a tileset may declare.
const MAX_TILESET: u64 = 1 << 18;
/// Tiles from the origin at which a chunk may begin.
const FARTHEST: i32 = 1 << 24;
/// How deep elements may nest: groups within groups, members within members.
const MAX_DEPTH: usize = 48;

/// What was found in passing.
#[derive(Default)]
pub(super) struct Notes {
    /// The line of each object, by id.
    pub(super) lines: BTreeMap<u32, u32>,
    /// The template of each object that has one, by id.
    pub(super) templates: BTreeMap<u32, String>,
    /// It has layers whose tiles are elements.
    pub(super) plain: bool,
}

/// A file that is refused: the line, and why.
pub(super) struct Refused {
    pub(super) line: u32,
    pub(super) why: String,
}

/// Looks through a map, tileset or template.
pub(super) fn inspect(text: &[u8]) -> Result<Notes, Refused> {
    let mut guard = Guard {
        reader: Reader::from_reader(text),
        text,
        counted: 0,
        line: 1,
        notes: Notes::default(),
        tiles: 0,
        room: 0,
        objects: 0,
        infinite: false,
        in_layer: false,
        data: None,
    };
    guard.run().map_err(|why| Refused { line: guard.line_now(), why })?;
    Ok(guard.notes)
}

struct Guard<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a [u8],
    /// Bytes whose lines are counted.
    counted: usize,
    line: u32,
    notes: Notes,
    tiles: u64,
    /// Bytes that the data of the layer or chunk at hand must unpack to.
    room: u64,
    objects: usize,
    infinite: bool,
    in_layer: bool,
    data: Option<Data>,
}

/// The data of a layer.
struct Data {
    encoding: String,
    compression: String,
    /// The room that is still to be filled: of the layer, or in an infinite map of the chunk at hand.
    missing: Option<u64>,
    /// Tiles that are elements.
    plain: u64,
}

impl Guard<'_> {
    fn line_now(&mut self) -> u32 {
        let at = self.reader.buffer_position().min(self.text.len());
        if at > self.counted {
            self.line += self.text[self.counted..at].iter().filter(|byte| **byte == b'\n').count() as u32;
            self.counted = at;
        }
        self.line
    }

    fn run(&mut self) -> Result<(), String> {
        let mut depth = 0_usize;
        loop {
            match self.reader.read_event().map_err(|error| format!("this is no XML: {error}"))? {
                Event::Eof if depth > 0 => return Err("the file ends in the middle".into()),
                Event::Eof => return Ok(()),
                Event::DocType(_) => return Err("a map has no document type".into()),
                Event::Start(element) => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(format!("elements nest deeper than {MAX_DEPTH} levels"));
                    }
                    self.element(&element)?;
                    self.begin(&element)?;
                }
                Event::Empty(element) => {
                    self.element(&element)?;
                    self.begin(&element)?;
                    self.end(element.name().as_ref())?;
                }
                Event::End(element) => {
                    depth = depth.saturating_sub(1);
                    self.end(element.name().as_ref())?;
                }
                Event::Text(text) => self.tiles_in(&text)?,
                Event::CData(text) => self.tiles_in(&text)?,
                _ => {}
            }
        }
    }

    /// An element of a layer's data begins.
    fn begin(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        match (element.name().as_ref(), &mut self.data) {
            (b"data", data) if self.in_layer => {
                let attributes = attributes(element)?;
                let get = |name: &str| attributes.get(name).cloned().unwrap_or_default();
                let (encoding, compression) = (get("encoding"), get("compression"));
                let missing = if self.infinite { None } else { Some(self.room) };
                *data = Some(Data { encoding, compression, missing, plain: 0 });
            }
            (b"chunk", Some(data)) => (data.missing, data.plain) = (Some(self.room), 0),
            (b"tile", Some(data)) => {
                data.plain += 1;
                self.notes.plain |= data.encoding.is_empty();
            }
            (b"layer", _) => self.in_layer = true,
            _ => {}
        }
        Ok(())
    }

    /// It ends: all tiles must have been there.
    fn end(&mut self, name: &[u8]) -> Result<(), String> {
        if matches!(name, b"data" | b"chunk")
            && let Some(data) = &mut self.data
            && let Some(room) = data.missing.take()
        {
            let tiles = if data.encoding.is_empty() { data.plain } else { 0 };
            if tiles * 4 != room {
                return Err(format!("the layer's data has {tiles} tiles, not {}", room / 4));
            }
        }
        match name {
            b"data" => self.data = None,
            b"layer" => self.in_layer = false,
            _ => {}
        }
        Ok(())
    }

    /// The first text in a layer's data, or in a chunk, is its tiles.
    fn tiles_in(&mut self, text: &[u8]) -> Result<(), String> {
        match &mut self.data {
            Some(data) if !data.encoding.is_empty() => match data.missing.take() {
                Some(room) => check_data(text, &data.encoding, &data.compression, room),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn element(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        match element.name().as_ref() {
            b"map" => {
                self.infinite = attributes(element)?.get("infinite").is_some_and(|infinite| infinite != "0");
                self.size(element, 0).map(|_| ())
            }
            b"layer" | b"chunk" => {
                let tiles = self.size(element, 1)?;
                self.room = tiles * 4;
                let attributes = attributes(element)?;
                for name in ["x", "y"] {
                    let place: Option<Result<i32, _>> = attributes.get(name).map(|text| text.parse());
                    if place.is_some_and(|place| !place.is_ok_and(|place| place.abs() <= FARTHEST)) {
                        return Err(format!(
                            "`{name}` must be a whole number of tiles, at most {FARTHEST} from the origin"
                        ));
                    }
                }
                self.tiles += tiles;
                if self.tiles > MAX_TILES {
                    return Err(format!("the layers have more than {MAX_TILES} tiles together"));
                }
                Ok(())
            }
            b"tileset" => {
                let attributes = attributes(element)?;
                for name in ["tilecount", "columns"] {
                    if number(&attributes, name)?.is_some_and(|count| count > MAX_TILESET) {
                        return Err(format!("`{name}` is more than {MAX_TILESET}"));
                    }
                }
                for name in ["tilewidth", "tileheight"] {
                    number(&attributes, name)?;
                }
                Ok(())
            }
            b"object" => {
                self.objects += 1;
                if self.objects > MAX_OBJECTS {
                    return Err(format!("there are more than {MAX_OBJECTS} objects"));
                }
                let attributes = attributes(element)?;
                if let Some(id) = attributes.get("id").and_then(|id| id.parse().ok()) {
                    let line = self.line_now();
                    if let Some(template) = attributes.get("template") {
                        self.notes.templates.insert(id, template.clone());
                    }
                    if let Some(first) = self.notes.lines.insert(id, line) {
                        return Err(format!(
                            "object {id} is there twice, first in line {first}; save the map in Tiled"
                        ));
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Width times height, each within bounds.
    fn size(&mut self, element: &BytesStart<'_>, least: u64) -> Result<u64, String> {
        let attributes = attributes(element)?;
        let mut tiles = 1;
        for name in ["width", "height"] {
            let side = number(&attributes, name)?.unwrap_or(least);
            if side > 1 << 16 {
                return Err(format!("a {name} of {side} tiles is more than {}", 1 << 16));
            }
            tiles *= side;
        }
        if tiles > MAX_TILES { Err(format!("{tiles} tiles are more than {MAX_TILES}")) } else { Ok(tiles) }
    }
}

fn attributes(element: &BytesStart<'_>) -> Result<BTreeMap<String, String>, String> {
    let mut all = BTreeMap::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| format!("this is no XML: {error}"))?;
        let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let value = String::from_utf8_lossy(&attribute.value).into_owned();
        all.insert(name, value);
    }
    Ok(all)
}

fn number(attributes: &BTreeMap<String, String>, name: &str) -> Result<Option<u64>, String> {
    let Some(text) = attributes.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| format!("`{name}` must be a whole number, not `{text}`"))
}

/// Whether a layer's data has as many tiles as the layer.
fn check_data(text: &[u8], encoding: &str, compression: &str, room: u64) -> Result<(), String> {
    let tiles = match (encoding, compression) {
        ("csv", "") => return fits(4 * (1 + text.iter().filter(|byte| **byte == b',').count() as u64), room),
        ("base64", _) => {
            let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &text)
                .map_err(|error| format!("the layer's data is no base64: {error}"))?
        }
        ("csv", _) => return Err("the layer's data is CSV, which is not compressed".into()),
        (other, _) => return Err(format!("there is no encoding `{other}`; Tiled has csv and base64")),
    };
    let size = match compression {
        "" => Ok(tiles.len() as u64),
        "zlib" => count(flate2::read::ZlibDecoder::new(tiles.as_slice()), room),
        "gzip" => count(flate2::read::GzDecoder::new(tiles.as_slice()), room),
        "zstd" => zstd::stream::read::Decoder::new(tiles.as_slice()).and_then(|decoder| count(decoder, room)),
        other => return Err(format!("there is no compression `{other}`; Tiled has zlib, gzip and zstd")),
    };
    fits(size.map_err(|error| format!("the layer's data does not unpack: {error}"))?, room)
}

fn fits(size: u64, room: u64) -> Result<(), String> {
    match size {
        size if size == room => Ok(()),
        size if size > room => Err(format!("the layer's data has more than its {} tiles", room / 4)),
        size => Err(format!("the layer's data has {} tiles, not {}", size / 4, room / 4)),
    }
}

fn count(decoder: impl Read, room: u64) -> std::io::Result<u64> {
    std::io::copy(&mut decoder.take(room + 1), &mut std::io::sink())
}
