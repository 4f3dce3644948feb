//! Files of an enemy: snapshots, with actors that hibernate in them, capsules, programs. Whatever is in them, the answer is
//! an error in words, or something that runs within its limits, can be saved, and hashes alike when it is saved.
//!
//! Changes go where they hurt: what is checked by a sum has its sum put right again; captures are changed token by token,
//! those of sleepers too; the rest by bytes and numbers; sections are exchanged for those of another file, or lost. The
//! worlds are tiny, so that a million of them are a matter of an hour under AddressSanitizer (`tools/fuzz`). A seed makes
//! each case again: see [`cases`].

#[path = "../../engine/vm/tests/capture/tokens.rs"]
mod tokens;

use std::path::Path;

use dormouse::capsule::ImportError;
use dormouse::map::Map;
use dormouse::program::{LoadError, Outside, Program, Sources, Step};
use dormouse::snapshot::{Damage, RestoreError, SaveOptions};
use dormouse::{Config, NativeClass, Scripts, World};
use dormouse_tests::Random;
use dormouse_tests::enemy::{cases, change_bytes, config, live, number_at, number_bytes, refused};
use dormouse_tests::sexton::Sexton;
use tokens::Token;

// ---- files in sections -----------------------------------------------------------------------------------------

/// A section of a file, as far as it is understood.
#[derive(Clone, PartialEq, Debug)]
enum Section {
    Bytes(Vec<u8>),
    Capture(Vec<Token>),
    /// Those who hibernate: what comes before their captures and after each of them.
    Asleep {
        between: Vec<Vec<u8>>,
        captures: Vec<Vec<Token>>,
    },
}

type Sections = Vec<([u8; 4], Section)>;

/// The sections of a file, read as `FORMAT.md` draws them.
fn sections(file: &[u8]) -> Sections {
    let count = u32::from_le_bytes(file[12..16].try_into().unwrap()) as usize;
    let mut at = 16 + 40 * count + 8;
    let mut all = Vec::new();
    for entry in file[16..16 + 40 * count].chunks(40) {
        let number = |from: usize| u64::from_le_bytes(entry[from..from + 8].try_into().unwrap()) as usize;
        let (stored, full) = (number(8), number(16));
        let body = &file[at..at + stored];
        let body = if entry[4] == 1 { zstd::bulk::decompress(body, full).unwrap() } else { body.to_vec() };
        let section = match &entry[..4] {
            b"HEAP" => Section::Capture(tokens::parse(&body)),
            b"HIBR" => sleepers(&body),
            _ => Section::Bytes(body.clone()),
        };
        assert_eq!(bytes_of(&section), body, "sections are what their format says");
        all.push((entry[..4].try_into().unwrap(), section));
        at += stored;
    }
    all
}

/// The section `HIBR`: rests, sleepers, travels.
fn sleepers(bytes: &[u8]) -> Section {
    let (mut at, mut from) = (0, 0);
    let number = |at: &mut usize| {
        let (number, size) = number_at(bytes, *at).unwrap();
        *at += size;
        number as usize
    };
    for _ in 0..number(&mut at) {
        for _ in 0..3 {
            number(&mut at);
        }
    }
    let (mut between, mut captures) = (Vec::new(), Vec::new());
    for _ in 0..number(&mut at) {
        // Who, and which places hold anything.
        for _ in 0..3 {
            number(&mut at);
        }
        at += number(&mut at);
        between.push(bytes[from..at].to_vec());
        let size = number(&mut at);
        captures.push(tokens::parse(&bytes[at..at + size]));
        at += size;
        from = at;
    }
    between.push(bytes[from..].to_vec());
    Section::Asleep { between, captures }
}

fn bytes_of(section: &Section) -> Vec<u8> {
    match section {
        Section::Bytes(bytes) => bytes.clone(),
        Section::Capture(tokens) => tokens::write(tokens),
        Section::Asleep { between, captures } => {
            let mut bytes = between[0].clone();
            for (capture, after) in captures.iter().zip(&between[1..]) {
                let capture = tokens::write(capture);
                bytes.extend(number_bytes(capture.len() as u64));
                bytes.extend(capture);
                bytes.extend(after);
            }
            bytes
        }
    }
}

/// A file of these sections, with right sums; none is compressed.
fn framed(sections: &Sections) -> Vec<u8> {
    let bodies: Vec<Vec<u8>> = sections.iter().map(|(_, section)| bytes_of(section)).collect();
    let mut file = b"\x89DMS\r\n\x1a\n\x01\0\0\0".to_vec();
    file.extend((sections.len() as u32).to_le_bytes());
    for ((name, _), body) in sections.iter().zip(&bodies) {
        file.extend(name);
        file.extend(0u32.to_le_bytes());
        file.extend((body.len() as u64).to_le_bytes());
        file.extend((body.len() as u64).to_le_bytes());
        file.extend(xxhash_rust::xxh3::xxh3_128(body).to_le_bytes());
    }
    file.extend(xxhash_rust::xxh3::xxh3_64(&file).to_le_bytes());
    bodies.iter().for_each(|body| file.extend(body));
    file
}

/// Compresses the sections that are, and damages one of them; the sums are right.
fn compressed(sections: &Sections, random: &mut Random) -> Vec<u8> {
    let mut file = b"\x89DMS\r\n\x1a\n\x01\0\0\0".to_vec();
    let bodies: Vec<Vec<u8>> = sections.iter().map(|(_, section)| bytes_of(section)).collect();
    let mut stored: Vec<Vec<u8>> = bodies.iter().map(|body| zstd::bulk::compress(body, 1).unwrap()).collect();
    let chosen = random.below(stored.len() as u64) as usize;
    if random.below(4) > 0 {
        change_bytes(&mut stored[chosen], random);
    }
    file.extend((sections.len() as u32).to_le_bytes());
    for (at, ((name, _), body)) in sections.iter().zip(&bodies).enumerate() {
        let lie = at == chosen && random.below(3) == 0;
        let mut numbers = [1, stored[at].len() as u64, body.len() as u64];
        if lie {
            let number = random.below(3) as usize;
            numbers[number] = numbers[number].wrapping_add(*random.pick(&[1, u64::MAX, 1 << 20, 1 << 40, 1 << 63]));
        }
        file.extend(name);
        file.extend((numbers[0] as u32).to_le_bytes());
        file.extend(numbers[1].to_le_bytes());
        file.extend(numbers[2].to_le_bytes());
        file.extend(xxhash_rust::xxh3::xxh3_128(&stored[at]).to_le_bytes());
    }
    file.extend(xxhash_rust::xxh3::xxh3_64(&file).to_le_bytes());
    stored.iter().for_each(|body| file.extend(body));
    file
}

/// Makes files that are wrong in a few places of those that are right.
struct Forge {
    files: Vec<Sections>,
    /// All captures of all files: pieces of one go into another.
    captures: Vec<Vec<Token>>,
}

impl Forge {
    fn new(files: &[Vec<u8>]) -> Forge {
        let files: Vec<Sections> = files.iter().map(|file| sections(file)).collect();
        let mut captures = Vec::new();
        for (_, section) in files.iter().flatten() {
            match section {
                Section::Bytes(_) => {}
                Section::Capture(capture) => captures.push(capture.clone()),
                Section::Asleep { captures: more, .. } => captures.extend(more.iter().cloned()),
            }
        }
        for file in &files {
            assert_eq!(sections(&framed(file)), *file);
        }
        Forge { files, captures }
    }

    fn file(&self, random: &mut Random) -> Vec<u8> {
        let mut file = random.pick(&self.files).clone();
        match random.below(32) {
            0 => return compressed(&file, random),
            // The section of another time or world.
            1 | 2 => {
                let at = random.below(file.len() as u64) as usize;
                let other = random.pick(&self.files);
                if let Some((_, section)) = other.iter().find(|(name, _)| *name == file[at].0) {
                    file[at].1 = section.clone();
                }
            }
            3 => {
                let at = random.below(file.len() as u64) as usize;
                file.remove(at);
            }
            4 => {
                let mut file = framed(&file);
                change_bytes(&mut file, random);
                return file;
            }
            _ => {}
        }
        let deep: Vec<usize> = (0..file.len())
            .filter(|at| matches!(&file[*at].0, b"HEAP" | b"HIBR" | b"WRLD" | b"ACTR" | b"PROG"))
            .collect();
        let any = deep.is_empty() || random.below(12) == 0;
        let at = if any { random.below(file.len() as u64) as usize } else { *random.pick(&deep) };
        if random.below(16) > 0 {
            self.change(&mut file[at].1, random);
        }
        framed(&file)
    }

    fn change(&self, section: &mut Section, random: &mut Random) {
        match section {
            Section::Bytes(bytes) => change_bytes(bytes, random),
            Section::Capture(tokens) if random.below(8) > 0 => self.change_capture(tokens, random),
            Section::Asleep { captures, .. } if !captures.is_empty() && random.below(3) > 0 => {
                let at = random.below(captures.len() as u64) as usize;
                match random.below(8) {
                    // Somebody dreams what another holds.
                    0 => captures[at] = random.pick(&self.captures).clone(),
                    _ => self.change_capture(&mut captures[at], random),
                }
            }
            other => {
                let mut bytes = bytes_of(other);
                change_bytes(&mut bytes, random);
                *other = Section::Bytes(bytes);
            }
        }
    }

    fn change_capture(&self, capture: &mut Vec<Token>, random: &mut Random) {
        tokens::mutate(capture, &self.captures, &mut |limit| random.below(limit.max(1) as u64) as usize);
    }
}

// ---- a tiny world with everything in it ------------------------------------------------------------------------

const KEEPER: &str = r#"
local Keeper = actor "Keeper" {
    props = { friend = optional "actor", list = { 1, 2 } },
    groups = { motion = { "Open", "Close" } },
    body = { kind = "solid", radius = 6, layer = "people" },
}
function Keeper:handleEvent(event)
    self.heard = event
    wait(4)
    return { event, me = self:handle() }
end
function Keeper:Action_Open(arg)
    defer(log, "opened")
    self:move_by(vector.create(50, 0, 0), 20)
    return arg
end
function Keeper:Action_Close() wait(6) end
function Keeper:run()
    lives = 9
    local other = find "bell"
    start(function() for k, v in { a = 1, [{}] = 3, [self:handle()] = 4, 5 } do wait(3) log(k == v) end end)
    start(function() while true do pcall(wait_event, "Fish", 30) end end)
    local co = coroutine.wrap(function(...) while true do wait(2) coroutine.yield(...) end end)
    start(function() while true do co(1, nil) end end)
    local task = start(function() log(self:Action_Open(7)) end)
    race { function() wait(9) end, function() ask(other, { n = { 1, buffer.create(9) } }) end }
    restart("blink", function() every(7, function() self.beats = (self.beats or 0) + 1 end) end)
    task:await()
    local sorted = { random(9), 2, 3 }
    table.sort(sorted, function(a, b) wait(1) return a < b end)
    while true do
        try { function() timeout(4, function() self:follow(other, { distance = 9 }) end) end, Timeout = function() end }
        tell(other, { name = "Hi", list = sorted, from = self:handle() })
        other:Action_Ring(2)
        wait_action(other, "Ring", "finish", 20)
    end
end
function Keeper:stop() log "stops" end
return Keeper
"#;

const BELL: &str = r#"
local Bell = actor "Bell" { props = { tone = 3, hibernate_after = 0 } }
function Bell:handleEvent(event) wait(2) self.last = event return event end
function Bell:Action_Ring(arg) for i = 1, 2 do wait(3) self.rung = { i, self.rung and 1 } end return arg end
function Bell:run()
    local dead = { a = 1, b = 2, c = 3 }
    local key = next(dead)
    dead[key] = nil
    for word in ("a b c"):gmatch "%a" do wait(5) log(word, next(dead, key)) end
    if random(2) == 1 then spawn("Mouse", { position = vector.create(90, 20, 0) }) end
    wait(1e6)
end
return Bell
"#;

const MOUSE: &str = r#"
local Mouse = actor "Mouse" { body = { kind = "trigger", radius = 4 } }
function Mouse:run() self:move_by(vector.create(8, 8, 0), 60) wait(17) self:despawn() end
return Mouse
"#;

const MAP: &str = r#"<map version="1.10" orientation="orthogonal" width="8" height="2" tilewidth="16" tileheight="16" infinite="0">
 <tileset firstgid="1" name="t" tilewidth="16" tileheight="16" tilecount="4" columns="2"><image source="t.png" width="32" height="32"/>
  <tile id="0"><properties><property name="solid" type="bool" value="true"/></properties></tile></tileset>
 <layer id="1" name="a" width="8" height="2"><data encoding="csv">1,0,0,0,0,0,0,1,1,0,0,0,0,0,0,1</data></layer>
 <objectgroup id="2" name="o">
  <object id="1" name="keeper" type="Keeper" x="20" y="8"><point/><properties>
   <property name="OnOpen" type="class" propertytype="Wire"><properties><property name="call" value="Ring"/><property name="delay" type="int" value="9"/><property name="arg" value="0.5"/><property name="target" type="object" value="2"/></properties></property>
   <property name="OnOpen.2" type="class" propertytype="Wire"><properties><property name="call" value="Ring"/><property name="once" type="bool" value="true"/><property name="on" value="finish"/><property name="to" value="b*"/></properties></property></properties></object>
  <object id="2" name="bell" type="Bell" x="100" y="8"><point/><properties>
   <property name="OnRing" type="class" propertytype="Wire"><properties><property name="call" value="Close"/><property name="to" value="!activator"/></properties></property>
   <property name="OnRing.2" type="class" propertytype="Wire"><properties><property name="call" value="Close"/><property name="on" value="fail"/><property name="to" value="class:Keeper"/></properties></property></properties></object>
  <object id="3" name="mouse" type="Mouse" x="60" y="8"><point/></object></objectgroup>
</map>"#;

fn tiny_config(realm: u64) -> Config {
    Config { realm, natives: vec![NativeClass::of::<Sexton>()], ..config() }
}

fn tiny_scripts() -> Scripts {
    Scripts::new().with("keeper.luau", KEEPER).with("bell.luau", BELL).with("mouse.luau", MOUSE)
}

/// Scripts in which the keeper's are others: what sleeps in them needs its old text, or goes on in `on_migrate`.
fn edited_scripts() -> Scripts {
    let edited = KEEPER.replace("lives = 9", "lives = 8").replace(
        "return Keeper",
        "function Keeper:on_migrate(frame) self.moved = frame.locals wait(3) return 1 end return Keeper",
    );
    Scripts::new().with("keeper.luau", edited).with("bell.luau", BELL).with("mouse.luau", MOUSE)
}

fn tiny(realm: u64, scripts: &Scripts) -> World {
    let map = Map::load_with(Path::new("tiny.tmx"), &|_| Ok(MAP.as_bytes().to_vec())).unwrap();
    World::with_map(&tiny_config(realm), scripts, &map).unwrap_or_else(|error| panic!("{error}"))
}

fn ticks(world: &mut World, count: u64) {
    (0..count).for_each(|_| world.tick(&[]));
    world.take_output();
}

/// Puts everybody to sleep who can.
fn lull(world: &mut World) -> usize {
    world.actors().into_iter().filter(|id| world.hibernate(*id).is_ok()).count()
}

/// A guest from another world.
fn guest(world: &mut World, scripts: &Scripts) {
    let mut home = tiny(9, scripts);
    ticks(&mut home, 12);
    let keeper = home.find("keeper").unwrap();
    let capsule = home.export(keeper).unwrap();
    world.import(&capsule).unwrap();
}

/// Worlds of a few moments: awake, asleep, with guests, with a native actor, with their scripts.
fn snapshots(scripts: &Scripts) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let mut slept = 0;
    for moment in [1, 6, 14, 22, 31, 47] {
        let mut world = tiny(1, scripts);
        if moment % 3 == 1 {
            world.spawn("Sexton", &[("name".to_owned(), "sexton".into())].into()).unwrap();
        }
        ticks(&mut world, moment);
        if moment > 20 {
            guest(&mut world, scripts);
            ticks(&mut world, 5);
        }
        for asleep in [false, true] {
            slept += if asleep { lull(&mut world) } else { 0 };
            let options = SaveOptions { archive: moment % 2 == 0, ..SaveOptions::default() };
            files.push(world.save(&options).unwrap());
        }
    }
    assert!(slept > 6, "only {slept} sleep in the snapshots");
    files
}

// ---- what comes of them ----------------------------------------------------------------------------------------

/// Where what is wrong was found.
fn damaged(damage: &Damage) -> String {
    damage.section.map_or_else(|| "frame".to_owned(), |section| section.to_string())
}

fn unrestored(error: &RestoreError) -> String {
    match error {
        RestoreError::Damage(damage) => damaged(damage),
        RestoreError::Lost(_) => "lost".into(),
        RestoreError::Full => "full".into(),
        RestoreError::Asleep { .. } => "asleep".into(),
        _ => "other".into(),
    }
}

#[test]
fn hostile_snapshots() {
    let scripts = [tiny_scripts(), edited_scripts()];
    let forge = Forge::new(&snapshots(&scripts[0]));
    let config = tiny_config(1);
    cases(400, &mut |random| {
        let file = forge.file(random);
        let whose = usize::from(random.below(10) == 0);
        let mut world = match World::restore(&file, &config, &scripts[whose]) {
            Ok(world) => world,
            Err(error) => return refused(&error, unrestored(&error)),
        };
        let verify = random.below(8) == 0;
        live(&mut world, 1 + random.below(12), verify);
        match random.below(4) {
            0 => drop(lull(&mut world)),
            1 => drop(world.wake_all()),
            2 => {
                let actors = world.actors();
                if !actors.is_empty() {
                    let _ = world.export(*random.pick(&actors));
                }
            }
            _ => return None,
        }
        live(&mut world, 3, verify);
        None
    });
}

#[test]
fn hostile_capsules() {
    let scripts = tiny_scripts();
    let mut capsules = Vec::new();
    for moment in [1, 9, 14, 23, 40, 61] {
        for asleep in [false, true] {
            let mut home = tiny(2, &scripts);
            ticks(&mut home, moment);
            if asleep {
                lull(&mut home);
            }
            for name in ["keeper", "bell"] {
                let id = home.find(name).unwrap();
                // Who waits for an answer can't leave.
                capsules.extend(home.export(id));
            }
        }
    }
    assert!(capsules.len() > 12, "only {} could leave", capsules.len());
    let forge = Forge::new(&capsules);
    let host = || {
        let mut world = tiny(1, &scripts);
        ticks(&mut world, 7);
        let hash = world.hash();
        (world, hash)
    };
    let mut there = host();
    let (mut number, mut served) = (0, 0);
    cases(400, &mut |random| {
        number += 1;
        let (world, hash) = &mut there;
        let capsule = of_realm(1000 + number, forge.file(random));
        let id = match world.import(&capsule) {
            Ok(id) => id,
            Err(error) => {
                if number % 4 == 0 {
                    assert_eq!(world.hash(), *hash, "{error}");
                }
                let kind = match &error {
                    ImportError::Damage(damage) => damaged(damage),
                    ImportError::Lost(_) => "lost".into(),
                    ImportError::NoClass(_) => "class".into(),
                    ImportError::Twice { .. } => "twice".into(),
                    _ => "other".into(),
                };
                return refused(&error, kind);
            }
        };
        let verify = random.below(8) == 0;
        live(world, random.below(10), verify);
        let _ = world.hibernate(id);
        live(world, 1 + random.below(4), false);
        if let Ok(again) = world.export(id) {
            let back = world.import(&again).unwrap_or_else(|error| panic!("it can't come back: {error}"));
            live(world, 3, verify);
            world.despawn(back);
        }
        world.despawn(id);
        world.tick(&[]);
        served += 1;
        if served % 20 == 0 {
            there = host();
        }
        there.1 = there.0.hash();
        None
    });
}

/// The capsule with its traveller's identity of another realm, so that each is another's; its sum is right.
fn of_realm(realm: u64, capsule: Vec<u8>) -> Vec<u8> {
    // Of those whose table has two entries, the first of which is the actor's: it begins with the realm.
    let known = capsule.get(12..24).is_some_and(|head| head == b"\x02\0\0\0ACTR\0\0\0\0");
    let Some(entry) = capsule.get(16..56).filter(|_| known) else { return capsule };
    let start = 16_usize + 2 * 40 + 8;
    let stored = u64::from_le_bytes(entry[8..16].try_into().unwrap()) as usize;
    let Some(body) = capsule.get(start..start.saturating_add(stored)) else { return capsule };
    let Some((_, size)) = number_at(body, 0) else { return capsule };
    let body = [&number_bytes(realm), &body[size..]].concat();
    let mut file = capsule[..start - 8].to_vec();
    for at in [24, 32] {
        file[at..at + 8].copy_from_slice(&(body.len() as u64).to_le_bytes());
    }
    file[40..56].copy_from_slice(&xxhash_rust::xxh3::xxh3_128(&body).to_le_bytes());
    file.extend(xxhash_rust::xxh3::xxh3_64(&file).to_le_bytes());
    file.extend(body);
    file.extend(&capsule[start + stored..]);
    file
}

/// A program hears nothing and is not heard.
struct Deaf;

impl Outside for Deaf {
    fn print(&mut self, _: &[u8]) {}
    fn time(&mut self) -> f64 {
        1e9
    }
    fn clock(&mut self) -> f64 {
        0.5
    }
}

#[test]
fn hostile_programs() {
    let source = "
        local list, seen = { 3, 1, 2 }, setmetatable({}, { __index = function(_, k) return k end })
        local co = coroutine.wrap(function(...) for i = 1, 9 do coroutine.yield(i, ...) end end)
        for i = 1, 3 do
            coroutine.yield()
            print(i, co(seen[i]), pcall(function(...) coroutine.yield() error({ ... }) end, i, nil))
            seen[{}], seen[print], seen['k' .. i] = i, co, buffer.create(i)
        end
        table.sort(list, function(a, b) coroutine.yield() return a < b end)
        for word in ('a b c'):gmatch('%a') do coroutine.yield() print(word, os.clock(), list[1]) end
        for k, v in seen do coroutine.yield() seen[k] = nil end";
    let mut files = Vec::new();
    let mut program = Program::new(Sources::new("main.luau", source), &[]).unwrap();
    while program.run(&mut Deaf) == Step::Yielded {
        files.push(program.save().unwrap());
    }
    assert!(files.len() > 9);
    let forge = Forge::new(&files);
    cases(150, &mut |random| match Program::load(&forge.file(random)) {
        Err(error) => {
            let kind = match &error {
                LoadError::Damage(damage) => damaged(damage),
                _ => "other".into(),
            };
            refused(&error, kind)
        }
        Ok(mut program) => {
            for _ in 0..8 {
                if program.run(&mut Deaf) != Step::Yielded {
                    break;
                }
                if let Ok(again) = program.save() {
                    Program::load(&again).unwrap_or_else(|error| panic!("what was saved does not load: {error}"));
                }
            }
            None
        }
    });
}
