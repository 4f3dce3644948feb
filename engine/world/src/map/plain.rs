//! Tiles as elements of their own (`<tile gid="5"/>`), Tiled's oldest form of a layer, which the map library does not read:
//! they are written as CSV before it sees them. Nothing here judges what is in a map.

use std::io::Cursor;

use quick_xml::events::{BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

/// The same map with its layers as CSV. `text` has passed the [guard](super::guard).
pub(super) fn as_csv(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut reader = Reader::from_reader(text);
    let mut writer = Writer::new(Cursor::new(Vec::with_capacity(text.len())));
    // The tiles read since the data, or the chunk in it, began.
    let mut tiles: Option<Vec<String>> = None;
    loop {
        let event = reader.read_event().map_err(|error| format!("this is no XML: {error}"))?;
        let is = |name: &[u8], element: &BytesStart<'_>| element.name().as_ref() == name;
        let event = match event {
            Event::Eof => return Ok(writer.into_inner().into_inner()),
            Event::Start(element) if is(b"data", &element) && attribute(&element, "encoding")?.is_none() => {
                tiles = Some(Vec::new());
                let mut element = element.into_owned();
                element.push_attribute(("encoding", "csv"));
                Event::Start(element)
            }
            Event::Start(element) | Event::Empty(element) if is(b"tile", &element) && tiles.is_some() => {
                let gid = attribute(&element, "gid")?.unwrap_or_else(|| "0".into());
                tiles.iter_mut().for_each(|tiles| tiles.push(gid.clone()));
                continue;
            }
            Event::End(element) if element.name().as_ref() == b"tile" && tiles.is_some() => continue,
            Event::End(element) if matches!(element.name().as_ref(), b"data" | b"chunk") => {
                if let Some(row) = tiles.as_mut().map(std::mem::take).filter(|tiles| !tiles.is_empty()) {
                    write(&mut writer, Event::Text(BytesText::new(&row.join(","))))?;
                }
                if element.name().as_ref() == b"data" {
                    tiles = None;
                }
                Event::End(element)
            }
            event => event,
        };
        write(&mut writer, event)?;
    }
}

fn write(writer: &mut Writer<Cursor<Vec<u8>>>, event: Event<'_>) -> Result<(), String> {
    writer.write_event(event).map_err(|error| error.to_string())
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let found = element.try_get_attribute(name).map_err(|error| format!("this is no XML: {error}"))?;
    Ok(found.map(|attribute| String::from_utf8_lossy(&attribute.value).into_owned()))
}
