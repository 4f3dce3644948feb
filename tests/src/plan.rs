//! Maps made of a few words: who stands where, which walls there are, who is wired to whom. What comes out is the text of
//! a Tiled map, read as any other.

use std::fmt::Write;
use std::path::Path;

use dormouse::map::Map;

/// Tiles that a plan's map is wide and high, and pixels of a tile.
const TILES: usize = 40;
const TILE: usize = 16;

/// See the module's comment.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The class of the map itself, and the game's.
    pub level: Option<String>,
    /// See `level`.
    pub game: Option<String>,
    actors: Vec<Placed>,
    walls: Vec<[usize; 4]>,
    /// Of the level, whose name is `level`.
    wires: Vec<String>,
}

#[derive(Clone, Debug)]
struct Placed {
    name: String,
    class: String,
    center: [f32; 2],
    size: [f32; 2],
    props: Vec<(String, String)>,
    wires: Vec<String>,
}

fn pair(text: &str, between: char) -> Option<[f32; 2]> {
    let (x, y) = text.split_once(between)?;
    Some([x.parse().ok()?, y.parse().ok()?])
}

/// Words between blanks, but for those between quotes.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in text.chars() {
        quoted ^= c == '"';
        match c {
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("there is one").push(c),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

impl Plan {
    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }

    /// `name class x,y WxH prop=value`; the place and the size may be left out.
    pub fn actor(&mut self, line: &str) {
        let mut words = words(line).into_iter();
        let (name, class) = (words.next().expect("a name"), words.next().expect("a class"));
        let mut actor = Placed {
            name: if name == "-" { String::new() } else { name },
            class,
            center: [40.0, 40.0],
            size: [16.0, 16.0],
            props: Vec::new(),
            wires: Vec::new(),
        };
        for word in words {
            if let Some((prop, value)) = word.split_once('=') {
                actor.props.push((prop.into(), value.into()));
            } else if let Some(center) = pair(&word, ',') {
                actor.center = center;
            } else if let Some(size) = pair(&word, 'x') {
                actor.size = size;
            } else {
                panic!("`{word}` in `{line}`");
            }
        }
        self.actors.push(actor);
    }

    /// `column row columns rows`
    pub fn wall(&mut self, line: &str) {
        let numbers: Vec<usize> = line.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        self.walls.push(numbers.try_into().expect("four numbers"));
    }

    /// `door.OnOpen -> lamp.TurnOn on=finish delay=30 once arg=0.5`. An actor's name draws an arrow, anything else (also a
    /// name in quotes) is written down.
    pub fn wire(&mut self, line: &str) {
        let words = words(line);
        let [from, arrow, to, more @ ..] = &words[..] else { panic!("`{line}`") };
        assert_eq!(arrow, "->", "`{line}`");
        let (source, property) = from.split_once('.').expect("who, and the wire's property");
        let (target, call) = to.rsplit_once('.').expect("whom, and an action");
        let mut members = member("call", "string", call);
        match self.number(target) {
            Some(id) => members += &member("target", "object", &id.to_string()),
            None => members += &member("to", "string", target.trim_matches('"')),
        }
        for word in more {
            members += &match word.split_once('=').unwrap_or((word, "true")) {
                ("on", moment) => member("on", "string", moment),
                ("delay", ticks) => member("delay", "int", ticks),
                ("once", once) => member("once", "bool", once),
                ("arg", arg) => self.property("arg", arg),
                other => panic!("{other:?} in `{line}`"),
            };
        }
        let wire = format!(
            "<property name=\"{property}\" type=\"class\" propertytype=\"Wire\"><properties>{members}</properties></property>"
        );
        match source {
            "level" => self.wires.push(wire),
            name => {
                let actor = self.actors.iter_mut().find(|actor| actor.name == name);
                actor.unwrap_or_else(|| panic!("nobody is called `{name}`")).wires.push(wire);
            }
        }
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.actors.iter().position(|actor| actor.name == name).map(|at| at + 1)
    }

    /// Tiled's types, as they look: `true`, `12`, `(3,4)`, `@lamp`, `"text"`.
    fn property(&self, name: &str, value: &str) -> String {
        if let Some(text) = value.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            return member(name, "string", text);
        }
        if let Some(who) = value.strip_prefix('@') {
            let id = self.number(who).unwrap_or_else(|| panic!("nobody is called `{who}`"));
            return member(name, "object", &id.to_string());
        }
        if let Some([x, y]) = value.strip_prefix('(').and_then(|v| v.strip_suffix(')')).and_then(|text| pair(text, ','))
        {
            let members = member("x", "float", &x.to_string()) + &member("y", "float", &y.to_string());
            return format!(
                "<property name=\"{name}\" type=\"class\" propertytype=\"Vector\"><properties>{members}</properties></property>"
            );
        }
        match value {
            "true" | "false" => member(name, "bool", value),
            number if number.parse::<f64>().is_ok() => member(name, "float", number),
            text => member(name, "string", text),
        }
    }

    /// The text of the map.
    pub fn tmx(&self) -> String {
        let class = self.level.as_ref().map_or(String::new(), |class| format!(" class=\"{class}\""));
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<map version=\"1.10\" orientation=\"orthogonal\" width=\"{TILES}\" \
             height=\"{TILES}\" tilewidth=\"{TILE}\" tileheight=\"{TILE}\" infinite=\"0\"{class}>\n"
        );
        let game = self.game.as_ref().map_or(String::new(), |game| member("game", "string", game));
        if !(game.is_empty() && self.wires.is_empty()) {
            let _ = writeln!(text, " <properties>{game}{}</properties>", self.wires.concat());
        }
        text += " <tileset firstgid=\"1\" name=\"walls\" tilewidth=\"16\" tileheight=\"16\" tilecount=\"1\" columns=\"1\">\n";
        text += "  <image source=\"walls.png\" width=\"16\" height=\"16\"/>\n";
        text += "  <tile id=\"0\"><properties><property name=\"solid\" type=\"bool\" value=\"true\"/></properties></tile>\n";
        text += " </tileset>\n";
        text += &self.layer();
        text += " <objectgroup id=\"2\" name=\"actors\">\n";
        for (at, actor) in self.actors.iter().enumerate() {
            let [x, y] = [actor.center[0] - actor.size[0] / 2.0, actor.center[1] - actor.size[1] / 2.0];
            let _ = write!(
                text,
                "  <object id=\"{}\" name=\"{}\" type=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"><properties>",
                at + 1,
                actor.name,
                actor.class,
                actor.size[0],
                actor.size[1]
            );
            for (name, value) in &actor.props {
                text += &self.property(name, value);
            }
            let _ = writeln!(text, "{}</properties></object>", actor.wires.concat());
        }
        text + " </objectgroup>\n</map>\n"
    }

    fn layer(&self) -> String {
        let mut tiles = [[0; TILES]; TILES];
        for [column, row, columns, rows] in &self.walls {
            for line in &mut tiles[*row..row + rows] {
                line[*column..column + columns].fill(1);
            }
        }
        let rows: Vec<String> = tiles.iter().map(|row| row.map(|tile| tile.to_string()).join(",")).collect();
        format!(
            " <layer id=\"1\" name=\"walls\" width=\"{TILES}\" height=\"{TILES}\"><data encoding=\"csv\">\n{}\n</data></layer>\n",
            rows.join(",\n")
        )
    }

    /// The map, read from its text.
    pub fn map(&self) -> Map {
        let text = self.tmx();
        let read = |_: &Path| Ok(text.clone().into_bytes());
        Map::load_with(Path::new("plan.tmx"), &read).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

fn member(name: &str, kind: &str, value: &str) -> String {
    format!("<property name=\"{name}\" type=\"{kind}\" value=\"{value}\"/>")
}
