//! Maps as Tiled writes them: whatever the form, the same walls, objects and props come out; whatever is wrong is told with
//! the file, the place and what to do.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use dormouse::map::picture::{Cell, Content, Flips};
use dormouse::map::{Map, Prop, Shape, Target};
use dormouse_tests::maps;

/// Files by name; the map is `map.tmx`.
fn load(files: &[(&str, &str)]) -> Result<Map, String> {
    let read = |file: &Path| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let found = files.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "there is no such file".to_owned())
    };
    Map::load_with(Path::new("map.tmx"), &read).map_err(|error| error.to_string())
}

/// A map of 4 by 3 tiles of 16 by 8 pixels.
fn map_with(attributes: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<map version=\"1.10\" orientation=\"orthogonal\" width=\"4\" height=\"3\" \
         tilewidth=\"16\" tileheight=\"8\" {attributes}>\n{inside}\n</map>\n"
    )
}

/// Tile 2 of it is solid.
const TILESET: &str =
    "<tileset firstgid=\"1\" name=\"stones\" tilewidth=\"16\" tileheight=\"8\" tilecount=\"4\" columns=\"2\">
 <image source=\"stones.png\" width=\"32\" height=\"16\"/>
 <tile id=\"1\"><properties><property name=\"solid\" type=\"bool\" value=\"true\"/></properties></tile>
</tileset>";

fn objects(inside: &str) -> Map {
    let text = map_with("", &format!("{TILESET}<objectgroup id=\"9\">{inside}</objectgroup>"));
    load(&[("map.tmx", &text)]).unwrap_or_else(|error| panic!("{error}\n{inside}"))
}

// ---- layers -------------------------------------------------------------------------------------------------------

const ENCODINGS: [&str; 6] = ["xml", "csv", "base64", "gzip", "zlib", "zstd"];

/// A layer's data in one of Tiled's forms.
fn data(tiles: &[u32], encoding: &str) -> (String, String) {
    let bytes: Vec<u8> = tiles.iter().flat_map(|tile| tile.to_le_bytes()).collect();
    let packed = match encoding {
        "xml" => {
            let tiles =
                tiles.iter().map(|tile| if *tile == 0 { "<tile/>".into() } else { format!("<tile gid=\"{tile}\"/>") });
            return (String::new(), tiles.collect());
        }
        "csv" => {
            let tiles: Vec<String> = tiles.iter().map(u32::to_string).collect();
            return (" encoding=\"csv\"".into(), format!("\n{}\n", tiles.join(",")));
        }
        "gzip" => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            to.write_all(&bytes).unwrap();
            to.finish().unwrap()
        }
        "zlib" => {
            let mut to = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            to.write_all(&bytes).unwrap();
            to.finish().unwrap()
        }
        "zstd" => zstd::stream::encode_all(bytes.as_slice(), 3).unwrap(),
        _ => bytes,
    };
    let compression = if encoding == "base64" { String::new() } else { format!(" compression=\"{encoding}\"") };
    let text = base64::engine::general_purpose::STANDARD.encode(packed);
    (format!(" encoding=\"base64\"{compression}"), format!("\n   {text}\n  "))
}

/// Solid: the first two of the second row, the last of the third.
const TILES: [u32; 12] = [1, 1, 0, 3, 2, 2, 0, 0, 0, 4, 1, 2];
const WALLS: [[f32; 4]; 2] = [[0.0, 8.0, 32.0, 16.0], [48.0, 16.0, 64.0, 24.0]];

fn cells(map: &Map) -> Vec<Cell> {
    let Content::Tiles(grids) = &map.picture.layers[0].content else { panic!("tiles") };
    let cell = |column, row| grids.iter().map(|grid| grid.cell(column, row)).find(|cell| !cell.is_empty());
    (0..3)
        .flat_map(|row| (0..4).map(move |column| (column, row)))
        .map(|(c, r)| cell(c, r).unwrap_or(Cell::EMPTY))
        .collect()
}

#[test]
fn every_encoding_of_a_finite_layer_gives_the_same() {
    for encoding in ENCODINGS {
        let (how, text) = data(&TILES, encoding);
        let layer = format!(
            "{TILESET}<layer id=\"1\" name=\"walls\" width=\"4\" height=\"3\"><data{how}>{text}</data></layer>"
        );
        let map = load(&[("map.tmx", &map_with("infinite=\"0\"", &layer))])
            .unwrap_or_else(|error| panic!("{encoding}: {error}"));
        assert_eq!(map.walls, WALLS, "{encoding}");
        assert_eq!(map.bounds, [0.0, 0.0, 64.0, 24.0], "{encoding}");
        let shown: Vec<u32> = cells(&map).iter().map(|cell| if cell.is_empty() { 0 } else { cell.tile + 1 }).collect();
        assert_eq!(shown, TILES, "{encoding}");
    }
}

#[test]
fn every_encoding_of_an_infinite_layer_gives_the_same() {
    // A chunk has 16 by 16 tiles: one at the origin, one far to the left and above.
    let mut near = [0; 256];
    for row in 0..3 {
        near[row * 16..row * 16 + 4].copy_from_slice(&TILES[row * 4..row * 4 + 4]);
    }
    let mut far = [0; 256];
    far[255] = 2;
    for encoding in ENCODINGS {
        let chunks: String = [(0, 0, near), (-32, -16, far)]
            .iter()
            .map(|(x, y, tiles)| {
                format!("<chunk x=\"{x}\" y=\"{y}\" width=\"16\" height=\"16\">{}</chunk>", data(tiles, encoding).1)
            })
            .collect();
        let how = data(&[], encoding).0;
        let layer = format!(
            "{TILESET}<layer id=\"1\" name=\"walls\" width=\"4\" height=\"3\"><data{how}>{chunks}</data></layer>"
        );
        let map = load(&[("map.tmx", &map_with("infinite=\"1\"", &layer))])
            .unwrap_or_else(|error| panic!("{encoding}: {error}"));
        let mut walls = map.walls.clone();
        walls.sort_by(|one, other| one[1].total_cmp(&other[1]));
        assert_eq!(walls[1..], WALLS, "{encoding}");
        // Column -17, row -1.
        assert_eq!(walls[0], [-272.0, -8.0, -256.0, 0.0], "{encoding}");
        assert_eq!(map.bounds, [-512.0, -128.0, 256.0, 128.0], "{encoding}");
        let shown: Vec<u32> = cells(&map).iter().map(|cell| if cell.is_empty() { 0 } else { cell.tile + 1 }).collect();
        assert_eq!(shown, TILES, "{encoding}");
    }
}

#[test]
fn flipped_tiles_are_the_same_tiles() {
    let flips = [0u32, 0x8000_0000, 0x4000_0000, 0x2000_0000, 0xe000_0000];
    let tiles: Vec<u32> = flips.iter().map(|flip| 2 | flip).chain([0; 7]).collect();
    for encoding in ["csv", "zlib", "xml"] {
        let (how, text) = data(&tiles, encoding);
        let layer = format!("{TILESET}<layer id=\"1\" width=\"4\" height=\"3\"><data{how}>{text}</data></layer>");
        let map = load(&[("map.tmx", &map_with("", &layer))]).unwrap();
        assert_eq!(map.walls.len(), 2, "{encoding}: all of them are solid: {:?}", map.walls);
        let of = |x, y, diagonal| Flips { x, y, diagonal };
        let expected = [
            of(false, false, false),
            of(true, false, false),
            of(false, true, false),
            of(false, false, true),
            of(true, true, true),
        ];
        let shown: Vec<Flips> = cells(&map)[..5].iter().map(|cell| cell.flips).collect();
        assert_eq!(shown, expected, "{encoding}");
        assert!(cells(&map)[..5].iter().all(|cell| cell.tile == 1), "{encoding}");
    }
}

#[test]
fn groups_move_all_that_is_in_them() {
    let (how, text) = data(&TILES, "csv");
    let layer =
        |offset: &str| format!("<layer id=\"1\" width=\"4\" height=\"3\" {offset}><data{how}>{text}</data></layer>");
    let inside = format!(
        "{TILESET}<group id=\"1\" offsetx=\"100\"><group id=\"2\" offsety=\"50\" offsetx=\"-10\">{}\
         <objectgroup id=\"3\" offsetx=\"1\"><object id=\"1\" x=\"0\" y=\"0\" width=\"4\" height=\"4\"/></objectgroup>\
         </group></group>{}",
        layer("offsety=\"0.5\""),
        layer("")
    );
    let map = load(&[("map.tmx", &map_with("", &inside))]).unwrap();
    assert_eq!(map.object(1).unwrap().center, [93.0, 52.0]);
    let moved: Vec<[f32; 4]> = WALLS.iter().map(|[l, t, r, b]| [l + 90.0, t + 50.5, r + 90.0, b + 50.5]).collect();
    assert!(WALLS.iter().chain(&moved).all(|wall| map.walls.contains(wall)) && map.walls.len() == 4, "{:?}", map.walls);
}

#[test]
fn a_layer_can_be_solid_as_a_whole() {
    let (how, text) = data(&TILES, "csv");
    let layer = format!(
        "{TILESET}<layer id=\"1\" width=\"4\" height=\"3\"><properties><property name=\"solid\" type=\"bool\" value=\"true\"/>\
         </properties><data{how}>{text}</data></layer>"
    );
    let map = load(&[("map.tmx", &map_with("", &layer))]).unwrap();
    let area: f32 = map.walls.iter().map(|[l, t, r, b]| (r - l) * (b - t)).sum();
    assert_eq!(area / 128.0, 8.0, "all eight tiles that there are: {:?}", map.walls);
}

// ---- tilesets and templates ---------------------------------------------------------------------------------------

#[test]
fn tilesets_lie_in_the_map_or_beside_it() {
    let external = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", TILESET.replace("firstgid=\"1\" ", ""));
    let inside = "<tileset firstgid=\"1\" source=\"stones.tsx\"/>\
        <tileset firstgid=\"5\" name=\"more\" tilewidth=\"16\" tileheight=\"8\" tilecount=\"1\" columns=\"1\">\
        <image source=\"more.png\" width=\"16\" height=\"8\"/><tile id=\"0\" type=\"Lamp\"><properties>\
        <property name=\"solid\" type=\"bool\" value=\"true\"/></properties></tile></tileset>\
        <layer id=\"1\" width=\"4\" height=\"3\"><data encoding=\"csv\">1,2,5,0,0,0,0,0,0,0,0,0</data></layer>\
        <objectgroup id=\"2\"><object id=\"1\" gid=\"5\" x=\"16\" y=\"8\" width=\"16\" height=\"8\"/>\
        <object id=\"2\" gid=\"5\" type=\"Torch\" x=\"16\" y=\"8\" width=\"16\" height=\"8\"/></objectgroup>";
    let map = load(&[("map.tmx", &map_with("", inside)), ("stones.tsx", &external)]).unwrap();
    assert_eq!(map.walls, [[16.0, 0.0, 48.0, 8.0]]);
    let names: Vec<&str> = map.picture.tilesets.iter().map(|tileset| tileset.name.as_str()).collect();
    assert_eq!(names, ["stones", "more"]);
    // A tile gives its object a class, which the object's own overrides.
    let classes: Vec<_> = map.objects.iter().map(|object| object.class.as_deref()).collect();
    assert_eq!(classes, [Some("Lamp"), Some("Torch")]);
}

#[test]
fn templates_give_what_the_object_does_not_say() {
    let template = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<template><tileset firstgid=\"1\" source=\"stones.tsx\"/>\
        <object name=\"lamp\" type=\"Lamp\" gid=\"3\" width=\"16\" height=\"8\"><properties>\
        <property name=\"lit\" type=\"bool\" value=\"true\"/><property name=\"brightness\" type=\"float\" value=\"0.5\"/>\
        <property name=\"OnTurnOn\" type=\"class\" propertytype=\"Wire\"><properties><property name=\"call\" value=\"Ring\"/>\
        <property name=\"to\" value=\"bell\"/></properties></property></properties></object></template>";
    let external = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", TILESET.replace("firstgid=\"1\" ", ""));
    let inside = "<objectgroup id=\"2\"><object id=\"1\" template=\"lamp.tx\" x=\"32\" y=\"16\"/>\
        <object id=\"2\" template=\"lamp.tx\" name=\"other\" x=\"0\" y=\"8\"><properties>\
        <property name=\"brightness\" type=\"float\" value=\"2\"/></properties></object></objectgroup>";
    let map = load(&[("map.tmx", &map_with("", inside)), ("lamp.tx", template), ("stones.tsx", &external)]).unwrap();
    let [one, two] = &map.objects[..] else { panic!("{:?}", map.objects) };
    assert_eq!(
        (one.name.as_str(), one.class.as_deref(), one.size, one.center),
        ("lamp", Some("Lamp"), [16.0, 8.0], [40.0, 12.0])
    );
    assert_eq!((two.name.as_str(), two.class.as_deref(), two.center), ("other", Some("Lamp"), [8.0, 4.0]));
    let prop = |map: &BTreeMap<String, Prop>, name: &str| map.get(name).cloned();
    assert_eq!(prop(&one.props, "brightness"), Some(Prop::Number(0.5)));
    assert_eq!(prop(&two.props, "brightness"), Some(Prop::Number(2.0)));
    assert_eq!(prop(&two.props, "lit"), Some(Prop::Bool(true)));
    assert_eq!((one.wires.len(), two.wires.len()), (1, 1));
    assert_eq!(two.wires[0].target, Target::Named("bell".into()));
    assert_eq!(map.picture.looks[&1].cell.tile, 2);
}

// ---- objects ------------------------------------------------------------------------------------------------------

#[test]
fn objects_of_all_shapes_are_where_they_are_drawn() {
    let map = objects(
        "<object id=\"1\" x=\"10\" y=\"20\" width=\"30\" height=\"40\"/>
         <object id=\"2\" x=\"10\" y=\"20\" width=\"30\" height=\"40\"><ellipse/></object>
         <object id=\"3\" x=\"10\" y=\"20\"><point/></object>
         <object id=\"4\" x=\"10\" y=\"20\"><polygon points=\"0,0 8,0 8,4\"/></object>
         <object id=\"5\" x=\"10\" y=\"20\"><polyline points=\"0,0 -8,0.5\"/></object>
         <object id=\"6\" gid=\"1\" x=\"10\" y=\"20\" width=\"30\" height=\"40\"/>
         <object id=\"7\" x=\"10\" y=\"20\" width=\"30\" height=\"40\"><text wrap=\"1\">hello</text></object>
         <object id=\"8\" x=\"10\" y=\"20\" width=\"30\" height=\"40\" rotation=\"90\"/>
         <object id=\"9\" x=\"10\" y=\"20\" rotation=\"180\"><polyline points=\"0,0 8,4\"/></object>
         <object id=\"10\" gid=\"1\" x=\"10\" y=\"20\" width=\"30\" height=\"40\" rotation=\"-90\"/>",
    );
    let near = |one: [f32; 2], other: [f32; 2]| one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-3);
    let path = |points: &[[f32; 2]]| Shape::Path(points.to_vec());
    let expected: [(Shape, [f32; 2], [f32; 2]); 10] = [
        (Shape::Box, [25.0, 40.0], [30.0, 40.0]),
        (Shape::Ellipse, [25.0, 40.0], [30.0, 40.0]),
        (Shape::Point, [10.0, 20.0], [0.0, 0.0]),
        (path(&[[10.0, 20.0], [18.0, 20.0], [18.0, 24.0]]), [10.0, 20.0], [0.0, 0.0]),
        (path(&[[10.0, 20.0], [2.0, 20.5]]), [10.0, 20.0], [0.0, 0.0]),
        // The origin of a tile is its lower left corner.
        (Shape::Box, [25.0, 0.0], [30.0, 40.0]),
        (Shape::Box, [25.0, 40.0], [30.0, 40.0]),
        // Clockwise about the upper left corner.
        (Shape::Box, [-10.0, 35.0], [30.0, 40.0]),
        (path(&[[10.0, 20.0], [2.0, 16.0]]), [10.0, 20.0], [0.0, 0.0]),
        (Shape::Box, [-10.0, 5.0], [30.0, 40.0]),
    ];
    for (object, (shape, center, size)) in map.objects.iter().zip(expected) {
        match (&object.shape, &shape) {
            (Shape::Path(points), Shape::Path(wanted)) => {
                assert!(
                    points.len() == wanted.len() && points.iter().zip(wanted).all(|(a, b)| near(*a, *b)),
                    "{object:?}"
                );
            }
            _ => assert_eq!(object.shape, shape, "{object:?}"),
        }
        assert!(near(object.center, center) && near(object.size, size), "{object:?}, expected {center:?}, {size:?}");
    }
}

#[test]
fn props_of_all_types_are_read() {
    let map = objects(
        "<object id=\"7\" name=\"x\" type=\"X\" x=\"1\" y=\"1\"><properties>
         <property name=\"a\" value=\"text\"/><property name=\"b\" type=\"int\" value=\"-3\"/>
         <property name=\"c\" type=\"float\" value=\"0.25\"/><property name=\"d\" type=\"bool\" value=\"true\"/>
         <property name=\"e\" type=\"color\" value=\"#80ff0010\"/><property name=\"f\" type=\"file\" value=\"x/y.png\"/>
         <property name=\"g\" type=\"object\" value=\"7\"/>
         <property name=\"h\" type=\"class\" propertytype=\"Vector\"><properties><property name=\"x\" type=\"float\" value=\"1\"/>
          <property name=\"y\" type=\"float\" value=\"2\"/></properties></property>
         <property name=\"i\">two
lines</property>
         <property name=\"j\" type=\"class\" propertytype=\"Deep\"><properties><property name=\"in\" type=\"class\" propertytype=\"Deeper\">
          <properties><property name=\"n\" type=\"int\" value=\"1\"/></properties></property></properties></property>
         </properties></object>",
    );
    let member = |name: &str, value: Prop| BTreeMap::from([(name.to_owned(), value)]);
    let vector = BTreeMap::from([("x".to_owned(), Prop::Number(1.0)), ("y".to_owned(), Prop::Number(2.0))]);
    let expected = [
        ("a", Prop::Text("text".into())),
        ("b", Prop::Number(-3.0)),
        ("c", Prop::Number(0.25)),
        ("d", Prop::Bool(true)),
        ("e", Prop::Text("#80ff0010".into())),
        ("f", Prop::Text("x/y.png".into())),
        ("g", Prop::Object(7)),
        ("h", Prop::Class("Vector".into(), vector)),
        ("i", Prop::Text("two\nlines".into())),
        ("j", Prop::Class("Deep".into(), member("in", Prop::Class("Deeper".into(), member("n", Prop::Number(1.0)))))),
    ];
    let expected: BTreeMap<String, Prop> = expected.into_iter().map(|(name, prop)| (name.to_owned(), prop)).collect();
    assert_eq!(map.objects[0].props, expected);
    assert_eq!(map.objects[0].line, 6, "the line in the file");
}

#[test]
fn the_map_has_a_class_props_wires_and_a_game() {
    let inside = "<properties><property name=\"game\" value=\"Game\"/><property name=\"welcome\" value=\"hello\"/>
        <property name=\"OnBegin\" type=\"class\" propertytype=\"Wire\"><properties><property name=\"call\" value=\"Ring\"/>\
        <property name=\"to\" value=\"class:Bell\"/></properties></property></properties>";
    let map = load(&[("map.tmx", &map_with("class=\"Keep\"", inside))]).unwrap();
    assert_eq!((map.class.as_deref(), map.game.as_deref(), map.name.as_str()), (Some("Keep"), Some("Game"), "map"));
    assert_eq!(map.props, BTreeMap::from([("welcome".to_owned(), Prop::Text("hello".into()))]));
    assert_eq!(map.wires[0].target, Target::Class("Bell".into()));
}

// ---- what is wrong ------------------------------------------------------------------------------------------------

#[test]
fn a_map_that_cannot_be_read_says_why() {
    let layer = |how: &str, text: &str| {
        map_with("", &format!("{TILESET}\n<layer id=\"1\" width=\"4\" height=\"3\">\n<data{how}>{text}</data></layer>"))
    };
    let csv = " encoding=\"csv\"";
    let zlib = " encoding=\"base64\" compression=\"zlib\"";
    let nested = format!("{}{}", "<group id=\"1\">".repeat(60), "</group>".repeat(60));
    let cases: Vec<(String, &str)> = vec![
        (String::new(), "map.tmx"),
        ("not xml at all".into(), "map.tmx"),
        ("{\"type\": \"map\"}".into(), "map.tmx"),
        (map_with("", "<layer id=\"1\""), "map.tmx:4"),
        (map_with("", "<group id=\"1\">").replace("</map>", ""), "the file ends in the middle"),
        (format!("<!DOCTYPE map [<!ENTITY a \"b\">]>{}", map_with("", "")), "map.tmx:1: a map has no document type"),
        (map_with("", "").replace("orthogonal", "isometric"), "isometric maps are not supported; make it orthogonal"),
        (
            map_with("", "").replace("width=\"4\"", "width=\"wide\""),
            "map.tmx:2: `width` must be a whole number, not `wide`",
        ),
        (
            map_with("", "").replace("width=\"4\"", "width=\"-4\""),
            "map.tmx:2: `width` must be a whole number, not `-4`",
        ),
        (
            map_with("", "").replace("width=\"4\"", "width=\"999999\""),
            "map.tmx:2: a width of 999999 tiles is more than 65536",
        ),
        (
            map_with("", "").replace("width=\"4\" height=\"3\"", "width=\"60000\" height=\"60000\""),
            "tiles are more than",
        ),
        (map_with("", &nested), "map.tmx:3: elements nest deeper than 48 levels"),
        (layer(csv, "1,2,3"), "the layer's data has 3 tiles, not 12"),
        (layer(csv, "<![CDATA[1,2,3]]>"), "the layer's data has 3 tiles, not 12"),
        (layer(csv, ""), "the layer's data has 0 tiles, not 12"),
        (layer("", "<tile gid=\"1\"/>"), "the layer's data has 1 tiles, not 12"),
        (layer("", ""), "the layer's data has 0 tiles, not 12"),
        (layer(" encoding=\"base64\"", "AQAAAA=="), "the layer's data has 1 tiles, not 12"),
        (layer(" encoding=\"base64\"", "<!-- -->"), "the layer's data has 0 tiles, not 12"),
        (
            layer(" encoding=\"base64\"", "<chunk x=\"0\" y=\"0\" width=\"4\" height=\"3\"></chunk>"),
            "the layer's data has 0 tiles, not 12",
        ),
        (layer(zlib, "<![CDATA[AAAA]]>"), "the layer's data does not unpack"),
        (
            layer(csv, "")
                .replace("<map", "<map infinite=\"1\"")
                .replace("></data>", "><chunk x=\"2147483647\" y=\"0\" width=\"1\" height=\"1\">1</chunk></data>"),
            "`x` must be a whole number of tiles",
        ),
        (layer(csv, "1,2,x,0,0,0,0,0,0,0,0,0"), "map.tmx"),
        (layer(" encoding=\"base65\"", "AAAA"), "there is no encoding `base65`; Tiled has csv and base64"),
        (
            layer(" encoding=\"base64\" compression=\"lzma\"", "AAAA"),
            "there is no compression `lzma`; Tiled has zlib, gzip and zstd",
        ),
        (layer(zlib, "!!!!"), "the layer's data is no base64"),
        (layer(zlib, "AAAA"), "the layer's data does not unpack"),
        (layer(zlib, &data(&TILES[..7], "zlib").1), "the layer's data has 7 tiles, not 12"),
        (layer(zlib, &data(&[1; 1000], "zlib").1), "the layer's data has more than its 12 tiles"),
        (map_with("", "<tileset firstgid=\"1\" source=\"gone.tsx\"/>"), "gone.tsx: there is no such file"),
        (
            map_with(
                "",
                "<tileset firstgid=\"1\" name=\"x\" tilewidth=\"16\" tileheight=\"8\" tilecount=\"999999\" columns=\"1\"/>",
            ),
            "`tilecount` is more than 262144",
        ),
        (
            map_with("", "<objectgroup id=\"2\"><object id=\"1\" template=\"gone.tx\"/></objectgroup>"),
            "gone.tx: there is no such file",
        ),
        (
            map_with("", "<objectgroup id=\"2\"><object id=\"1\"/>\n<object id=\"1\"/></objectgroup>"),
            "map.tmx:4: object 1 is there twice, first in line 3; save the map in Tiled",
        ),
        (
            map_with(
                "",
                "<objectgroup id=\"2\"><object id=\"1\"><properties><property name=\"x\" type=\"quaternion\" value=\"1\"/></properties></object></objectgroup>",
            ),
            "quaternion",
        ),
        (
            map_with(
                "",
                "<objectgroup id=\"2\"><object id=\"1\"><properties><property name=\"x\" type=\"int\" value=\"many\"/></properties></object></objectgroup>",
            ),
            "map.tmx",
        ),
    ];
    for (text, told) in cases {
        let error = load(&[("map.tmx", &text)]).map(|map| map.objects).expect_err(&text);
        assert!(error.contains(told), "`{error}` has no `{told}`\n{text}");
        assert!(error.starts_with("map.tmx") || error.starts_with("gone."), "{error}");
    }
}

#[test]
fn files_that_lead_to_themselves_or_out_of_the_project_are_refused() {
    let inside = "<objectgroup id=\"2\"><object id=\"1\" template=\"a.tx\"/></objectgroup>";
    let template = "<template><object template=\"a.tx\"/></template>";
    let error = load(&[("map.tmx", &map_with("", inside)), ("a.tx", template)]).map(|map| map.objects.len());
    assert!(error.as_ref().is_err_and(|error| error.contains("a.tx")) || error == Ok(1), "{error:?}");
    let folder = std::env::temp_dir().join(format!("dormouse-maps-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("maps")).unwrap();
    std::fs::write(folder.join("stones.tsx"), TILESET.replace("firstgid=\"1\" ", "")).unwrap();
    let map = folder.join("maps/map.tmx");
    std::fs::write(&map, map_with("", "<tileset firstgid=\"1\" source=\"../stones.tsx\"/>")).unwrap();
    let error = Map::load(&map).unwrap_err().to_string();
    assert!(error.contains("stones.tsx: the map may only use files of its project"), "{error}");
    // A Tiled project above it makes the folder one project.
    std::fs::write(folder.join("game.tiled-project"), "{}").unwrap();
    Map::load(&map).unwrap();
    let error = Map::load(&folder.join("maps/none.tmx")).unwrap_err().to_string();
    assert!(error.contains("none.tmx: No such file"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_is_wrong_with_one_object_is_found_and_the_rest_is_read() {
    let map = objects(
        "<object id=\"1\" x=\"1e30\" y=\"0\"/>
         <object id=\"2\" x=\"0\" y=\"0\" width=\"-5\" height=\"1\"/>
         <object id=\"3\" name=\"door\" x=\"0\" y=\"0\"><properties><property name=\"OnOpen\" type=\"class\" propertytype=\"Wire\"/></properties></object>
         <object id=\"4\" x=\"0\" y=\"0\"/>",
    );
    let found: Vec<_> =
        map.findings.iter().map(|finding| (finding.code, finding.object.as_ref().map(|(id, _)| *id))).collect();
    assert_eq!(found, [("object-place", Some(1)), ("object-place", Some(2)), ("wire-malformed", Some(3))]);
    assert_eq!(map.objects.iter().map(|object| object.id).collect::<Vec<_>>(), [3, 4]);
}

// ---- the repository's own -----------------------------------------------------------------------------------------

#[test]
fn the_castle_has_what_it_is_to_show() {
    let keep = maps().into_iter().find(|path| path.ends_with("keep.tmx")).expect("the castle");
    let map = Map::load(&keep).unwrap();
    let actors: Vec<_> = map.objects.iter().filter(|object| object.class.is_some()).collect();
    let classes: std::collections::BTreeSet<_> = actors.iter().filter_map(|object| object.class.as_deref()).collect();
    let wires: Vec<_> = map.objects.iter().flat_map(|object| &object.wires).chain(&map.wires).collect();
    assert!(classes.len() >= 12, "{} classes", classes.len());
    assert!(actors.len() >= 60, "{} actors", actors.len());
    assert!(wires.len() >= 40, "{} wires", wires.len());
    use dormouse::Moment;
    assert!(wires.iter().any(|wire| wire.delay > 0) && wires.iter().any(|wire| wire.once));
    assert!(wires.iter().any(|wire| wire.on == Moment::Finish) && wires.iter().any(|wire| wire.on == Moment::Fail));
    assert!(wires.iter().any(|wire| matches!(&wire.target, Target::Named(name) if name.contains('*'))));
    assert!(wires.iter().any(|wire| wire.target == Target::Activator));
    assert!(map.class.is_some() && map.game.is_some() && !map.wires.is_empty());
    assert!(!map.walls.is_empty());
}

#[test]
fn the_swarm_is_ten_thousand() {
    let swarm = maps().into_iter().find(|path| path.ends_with("swarm.tmx")).expect("the swarm");
    let mut world = dormouse_tests::world_of(&swarm, 1);
    world.tick(&[]);
    assert!(world.summary().actors >= 10_000, "{}", world.summary().actors);
    // They are at work: within four seconds each has been awake.
    let before = world.summary().wakes;
    for _ in 0..30 {
        world.tick(&[]);
    }
    assert!(world.summary().wakes > before + 100, "{:?}", world.summary());
}
