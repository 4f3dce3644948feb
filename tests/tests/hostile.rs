//! Texts of an enemy: maps, inputs, scripts. Whatever is in them, the answer is an error in words, or something that runs
//! within its limits, can be saved, and hashes alike when it is done again.
//!
//! Texts are changed word by word. A seed makes each again: see [`cases`]. `tools/fuzz` runs them for long, with
//! AddressSanitizer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dormouse::input::Inputs;
use dormouse::map::Map;
use dormouse::{Scripts, World};
use dormouse_tests::enemy::{cases, change_bytes, config, live, refused};
use dormouse_tests::{Random, root, scripts};

/// What programs that read numbers and names stumble over.
const EDGES: &[&str] = &[
    "",
    "0",
    "-1",
    "1",
    "2",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "-2147483648",
    "18446744073709551616",
    "1e308",
    "1e999",
    "-0",
    "nan",
    "inf",
    "0x10",
    "0.1",
    "true",
    "\u{0}",
    "\u{fffd}",
    "'",
    "\"",
    "<",
    ">",
    "&amp;",
    "&#0;",
    "{",
    "}",
    "[",
    "..",
    "../../etc/passwd",
    "/dev/zero",
    "*",
    "!activator",
    "class:",
    "nil",
    "end",
    "function",
    "local",
    "self",
    "(",
    ")",
    "#",
    "%",
    "=",
    "--[[",
    "]]",
    "\\",
    "`",
    "\n",
];

/// The words of a text: runs of letters and digits, and each other character by itself.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let size = if word(first) { rest.find(|c| !word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        words.push(&rest[..size]);
        rest = &rest[size..];
    }
    words
}

/// Changes a few words, or bytes of one.
fn change_text(text: &str, random: &mut Random) -> String {
    let mut all = words(text);
    for _ in 0..1 + random.below(3) {
        if all.is_empty() {
            break;
        }
        let (at, from) = (random.below(all.len() as u64) as usize, random.below(all.len() as u64) as usize);
        match random.below(8) {
            0 => all[at] = *random.pick::<&str>(EDGES),
            1 => all.insert(at, *random.pick::<&str>(EDGES)),
            2 => drop(all.remove(at)),
            3 => all.swap(at, from),
            4 => all[at] = all[from],
            5 => all.insert(at, all[from]),
            // A piece of the text, whole lines perhaps, in another place.
            6 => {
                let piece = all[from..(from + random.below(60) as usize).min(all.len())].to_vec();
                all.splice(at..at, piece);
            }
            _ => drop(all.drain(at..(at + random.below(60) as usize).min(all.len()))),
        }
    }
    let text = all.concat();
    if random.below(8) > 0 {
        return text;
    }
    let mut bytes = text.into_bytes();
    change_bytes(&mut bytes, random);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The maps and what they are made of, by path.
fn map_files() -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for folder in ["maps", "maps/tiles", "maps/templates"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ["tmx", "tsx", "tx"].iter().any(|known| ending == *known)) {
                files.insert(path.clone(), std::fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

/// Small forms of what the repository's maps have none of.
const MORE_MAPS: &[&str] = &[
    r#"<map version="1.10" orientation="orthogonal" width="3" height="2" tilewidth="16" tileheight="16" infinite="0">
 <properties><property name="class" value="Level"/><property name="list" type="list"><item type="int" value="1"/></property></properties>
 <tileset firstgid="1" name="t" tilewidth="16" tileheight="16" tilecount="4" columns="2"><image source="t.png" width="32" height="32"/>
  <tile id="0"><properties><property name="solid" type="bool" value="true"/></properties><animation><frame tileid="1" duration="100"/></animation></tile></tileset>
 <layer id="1" name="a" width="3" height="2"><data encoding="csv">1,2,3,0,1073741825,4</data></layer>
 <objectgroup id="2" name="o"><object id="1" name="x" type="Lamp" x="8" y="8"><point/></object>
  <object id="2" name="y" type="Door" x="0" y="0" width="16" height="16" rotation="90"><ellipse/><properties>
   <property name="OnOpen" type="class" propertytype="Wire"><properties><property name="call" value="TurnOn"/><property name="to" value="class:Lamp"/></properties></property></properties></object>
  <object id="3" x="1" y="2"><polygon points="0,0 5,5 0,9"/></object><object id="4"><text>hi</text></object></objectgroup>
</map>"#,
];

#[test]
fn hostile_maps() {
    let files = map_files();
    let scripts = scripts();
    let mut mains: Vec<(PathBuf, String)> = files
        .iter()
        .filter(|(path, text)| {
            path.ends_with("relay.tmx")
                || path.ends_with("cellar.tmx")
                || text.len() < 9_000 && path.extension().is_some_and(|e| e == "tmx")
        })
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    mains.extend(MORE_MAPS.iter().map(|text| (root().join("maps/more.tmx"), (*text).to_owned())));
    cases(250, &mut |random| {
        let (path, text) = random.pick(&mains).clone();
        // The map itself, or one of the files that it is made of.
        let (mut main, mut part) = (text, None);
        if random.below(4) > 0 {
            main = change_text(&main, random);
        } else {
            let paths: Vec<_> = files.keys().filter(|path| path.extension().is_some_and(|e| e != "tmx")).collect();
            let chosen = (*random.pick(&paths)).clone();
            let changed = change_text(&files[&chosen], random);
            part = Some((chosen, changed));
        }
        let read = |wanted: &Path| {
            if wanted == path {
                return Ok(main.clone().into_bytes());
            }
            let own = part.as_ref().filter(|(path, _)| path == wanted).map(|(_, text)| text);
            own.or_else(|| files.get(wanted))
                .map(|text| text.clone().into_bytes())
                .ok_or_else(|| "it is not there".to_owned())
        };
        let map = match Map::load_with(&path, &read) {
            Err(error) => return refused(&error, "map"),
            Ok(map) => map,
        };
        match World::with_map(&config(), &scripts, &map) {
            Err(error) => refused(&error, "world"),
            Ok(mut world) => {
                live(&mut world, 3, true);
                None
            }
        }
    });
}

const INPUTS: &str = "\
# keys and what a console does
1 key 1 right down
2  event door Alarm {\"where\": \"yard\", \"at\": {\"x\": 1, \"y\": 2}, \"all\": [1, null, true, \"x\"]}
2 action door.Open
3 action \"door\".Close 0.5
3 duration 0.02
4 spawn Cat {\"name\": \"lamp_9\", \"position\": {\"x\": 40, \"y\": 60}, \"lit\": true}
5 set door.speed 10
5 set lamp_9.position {\"x\": 1e3, \"y\": -4}
6 eval \"log(1 + #'x')\"
6 eval door \"self.speed *= 2 wait(1)\"
7 despawn lamp_9
7 key 8 left up
";

const DOOR: &str = "\
local Door = actor 'Door' { groups = { motion = { 'Open', 'Close' } }, body = 'solid', props = { speed = 60, at = vector.zero } }
function Door:handleEvent(event) wait(2) return event end
function Door:Action_Open() self:move_by(vector.create(9, 0, 0), self.speed) return 'open' end
function Door:Action_Close() defer(log, 'shut') wait(3) end
function Door:run()
    local names = { a = 1, b = 2, [{}] = 3, 4, 5 }
    for name, value in names do
        local ok, problem = pcall(function() self:Action_Open() wait(value) end)
        log(`{name}: {ok}`, problem)
    end
    try { function() timeout(2, wait, 9) end, Timeout = function(e) log(e.name) end, finally = function() log 'f' end }
    local co = coroutine.wrap(function() for i = 1, 9 do wait(1) coroutine.yield(i) end end)
    race { function() wait(3) end, function() while true do co() end end }
    table.sort(names, function(a, b) wait(1) return a > b end)
    while true do wait(random(3)) tell(self, { name = 'Hi', text = ('x'):rep(3):gsub('x', string.upper) }) end
end
return Door
";

const CAT: &str = "\
local Cat = actor 'Cat' { props = { lit = false } }
function Cat:run() lives = 9 local door = find 'door' if door then door:Action_Close() end wait(4) self:despawn() end
return Cat
";

fn house(door: &str) -> Result<World, dormouse::WorldError> {
    let mut world = World::new(&config(), &Scripts::new().with("door.luau", door).with("cat.luau", CAT))?;
    for class in ["Door", "Cat"] {
        let _ = world.spawn(class, &[("name".to_owned(), class.to_lowercase().as_str().into())].into());
    }
    Ok(world)
}

#[test]
fn hostile_inputs() {
    cases(150, &mut |random| {
        let text = change_text(INPUTS, random);
        let mut inputs = match Inputs::parse(&text, Path::new("in.txt")) {
            Err(error) => return refused(&error, "inputs"),
            Ok(inputs) => inputs,
        };
        let written = inputs.to_string();
        let again = Inputs::parse(&written, Path::new("in.txt")).unwrap_or_else(|error| panic!("{error}\n{written}"));
        assert_eq!(again.to_string(), written);
        let mut world = house(DOOR).unwrap();
        for tick in 1..10 {
            world.tick(&inputs.take(tick));
        }
        live(&mut world, 2, true);
        None
    });
}

#[test]
fn hostile_scripts() {
    cases(250, &mut |random| match house(&change_text(DOOR, random)) {
        Err(error) => refused(&error, "scripts"),
        Ok(mut world) => {
            live(&mut world, 12, true);
            None
        }
    });
}
