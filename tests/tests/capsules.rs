//! Actors that move from one world to another in mid-sentence: through memory, through a file, there and back.

use dormouse::capsule::{ExportError, ImportError, seal, unseal};
use dormouse::{ActorId, Config, Datum, Scripts, World};

const GUARD: &str = include_str!("../../engine/world/src/capsule/guard.luau");

const TELLER: &str = r#"
local Teller = actor "Teller" { props = { to = required "actor" } }
function Teller:run()
    local n = 0
    while true do
        n += 1
        log(tell(self.to, { name = "Number", n = n }))
        wait(1)
    end
end
return Teller
"#;

fn scripts() -> Scripts {
    Scripts::new().with("guard.luau", GUARD).with("teller.luau", TELLER)
}

fn world(realm: u64) -> World {
    let config = Config { realm, ..Config::default() };
    World::new(&config, &scripts()).unwrap_or_else(|error| panic!("{error}"))
}

fn guard(world: &mut World, name: &str) -> ActorId {
    guard_with(world, name, Vec::new())
}

/// Each in a line of its own, so that nobody is in another's way.
fn guard_with(world: &mut World, name: &str, more: Vec<(String, Datum)>) -> ActorId {
    let line = world.actors().len() as f32 + 10.0 * f32::from(name == "guard");
    let props =
        [("name".to_owned(), Datum::from(name)), ("position".to_owned(), Datum::Vector([0.0, 50.0 * line, 0.0]))];
    world.spawn("Guard", &props.into_iter().chain(more).collect()).unwrap()
}

fn ticks(world: &mut World, count: u64) {
    for _ in 0..count {
        world.tick(&[]);
    }
}

fn said(world: &mut World) -> Vec<String> {
    world.take_output().into_iter().map(|line| line.text).collect()
}

/// What a guard says who stays, and one who moves after each number of ticks.
#[test]
fn a_guard_goes_on_in_mid_sentence() {
    let mut straight = world(1);
    guard(&mut straight, "guard");
    ticks(&mut straight, 260);
    let straight = said(&mut straight);
    assert!(
        straight.iter().any(|line| line == "me one nil nil") && straight.iter().any(|line| line == "patrolled"),
        "{straight:?}"
    );
    for after in (0..200).step_by(7).chain([1, 2, 119, 120, 121]) {
        for hibernated in [false, true] {
            let (mut here, mut there) = (world(1), world(2));
            ticks(&mut there, 3 * after);
            let id = guard(&mut here, "guard");
            ticks(&mut here, after);
            if hibernated && here.hibernate(id).is_err() {
                continue;
            }
            let place = here.position_of(id);
            let capsule = here.export(id).unwrap_or_else(|error| panic!("after {after}: {error}"));
            assert!(!here.is_alive(id) && here.find("guard").is_none());
            let path = std::env::temp_dir().join(format!("dormouse-capsule-{}-{after}", std::process::id()));
            dormouse::snapshot::write_file(&path, &capsule).unwrap();
            let capsule = dormouse::snapshot::read_file(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            let moved = there.import(&capsule).unwrap_or_else(|error| panic!("after {after}: {error}"));
            assert_eq!((there.find("guard"), there.position_of(moved)), (Some(moved), place));
            ticks(&mut here, 10);
            ticks(&mut there, 260 - after);
            let all: Vec<String> = said(&mut here).into_iter().chain(said(&mut there)).collect();
            assert_eq!(all, straight, "after {after}");
            let bytes = there.save(&Default::default()).unwrap();
            let config = Config { realm: 2, ..Config::default() };
            let mut again = World::restore(&bytes, &config, there.scripts()).unwrap();
            assert_eq!(again.hash(), there.hash());
            assert!(matches!(again.import(&capsule), Err(ImportError::Twice { .. })));
        }
    }
}

#[test]
fn a_hundred_journeys_lose_no_message_and_double_none() {
    let mut worlds = [world(1), world(2)];
    let mut id = guard(&mut worlds[0], "guard");
    let teller = [("to".to_owned(), Datum::from("guard"))];
    worlds[0].spawn("Teller", &teller.into_iter().collect()).unwrap();
    let mut heard = Vec::new();
    for journey in 0..100 {
        let (from, to) = (journey % 2, 1 - journey % 2);
        for _ in 0..3 {
            for at in 0..2 {
                worlds[at].tick(&[]);
                for message in worlds[at].take_forwarded() {
                    assert!(worlds[1 - at].forward(&message));
                }
            }
        }
        let capsule = worlds[from].export(id).unwrap();
        id = worlds[to].import(&capsule).unwrap();
        assert!(matches!(worlds[to].import(&capsule), Err(ImportError::Twice { .. })), "journey {journey}");
        for world in &mut worlds {
            heard.extend(said(world).into_iter().filter_map(|line| line.strip_prefix("hears ")?.parse::<u64>().ok()));
        }
    }
    for _ in 0..2_000 {
        for at in 0..2 {
            if let Some(teller) = worlds[at].actors().into_iter().find(|id| worlds[at].class_of(*id) == Some("Teller"))
            {
                worlds[at].despawn(teller);
            }
            worlds[at].tick(&[]);
            for message in worlds[at].take_forwarded() {
                assert!(worlds[1 - at].forward(&message));
            }
        }
    }
    for world in &mut worlds {
        heard.extend(said(world).into_iter().filter_map(|line| line.strip_prefix("hears ")?.parse::<u64>().ok()));
    }
    heard.sort_unstable();
    assert!(heard.len() > 250, "only {} were told", heard.len());
    assert_eq!(heard, (1..=heard.len() as u64).collect::<Vec<_>>());
}

#[test]
fn friends_are_known_by_name_and_others_are_dead() {
    for known in [false, true] {
        let (mut here, mut there) = (world(1), world(2));
        guard(&mut here, "friend");
        let id = guard_with(&mut here, "guard", vec![("friend".to_owned(), Datum::from("friend"))]);
        if known {
            // Other ids than at home.
            for name in ["a", "b", "friend"] {
                guard(&mut there, name);
            }
        }
        ticks(&mut here, 30);
        let capsule = here.export(id).unwrap();
        said(&mut there);
        let id = there.import(&capsule).unwrap();
        ticks(&mut there, 120);
        let lines: Vec<String> =
            there.take_output().into_iter().filter(|line| line.who == id).map(|line| line.text).collect();
        assert!(lines.contains(&format!("me one friend {known}")), "{lines:?}");
    }
}

#[test]
fn what_can_not_cross_says_so_and_stays() {
    let clerk = r#"
        local Clerk = actor "Clerk" {}
        function Clerk:handleEvent() wait(50) return 1 end
        function Clerk:run()
            local other = find "other"
            if self:name() == "one" then ask(other, "Question") end
            wait(1000)
        end
        return Clerk
    "#;
    let scripts = Scripts::new().with("clerk.luau", clerk);
    let mut here = World::new(&Config { realm: 1, ..Config::default() }, &scripts).unwrap();
    let [one, other] =
        ["one", "other"].map(|name| here.spawn("Clerk", &[("name".to_owned(), Datum::from(name))].into()).unwrap());
    ticks(&mut here, 10);
    let hash = here.hash();
    let why = |world: &mut World, who| world.export(who).unwrap_err().to_string();
    assert!(why(&mut here, one).contains("one can't leave: its run waits for an answer (ask)"));
    assert!(why(&mut here, other).contains("other can't leave: one waits for its answer (ask)"));
    assert_eq!(here.hash(), hash);
    let mut nowhere = World::new(&Config::default(), &scripts).unwrap();
    let id = nowhere.spawn("Clerk", &Default::default()).unwrap();
    assert!(matches!(nowhere.export(id), Err(ExportError::NoRealm)));
    ticks(&mut here, 100);
    let capsule = here.export(one).unwrap();
    let mut strange = world(2);
    let hash = strange.hash();
    assert!(matches!(strange.import(&capsule), Err(ImportError::NoClass(class)) if class == "Clerk"));
    assert_eq!(strange.hash(), hash);
    let changed = Scripts::new().with("clerk.luau", clerk.replace("wait(1000)", "wait(999) wait(1)"));
    let mut changed = World::new(&Config { realm: 3, ..Config::default() }, &changed).unwrap();
    let hash = changed.hash();
    let error = changed.import(&capsule).unwrap_err().to_string();
    assert!(error.contains("clerk.luau:4: run has changed or is gone"), "{error}");
    assert_eq!(changed.hash(), hash);
    let snapshot = here.save(&Default::default()).unwrap();
    assert!(here.import(&snapshot).unwrap_err().to_string().contains("not a capsule"));
    let config = Config { realm: 1, ..Config::default() };
    assert!(World::restore(&capsule, &config, &scripts).is_err());
    // It comes back, since nobody else took it.
    let back = here.import(&capsule).unwrap();
    assert_eq!(here.find("one"), Some(back));
    let sealed = seal(&capsule, &[1; 32]);
    assert_eq!(unseal(&sealed, &[1; 32]), Ok(&capsule[..]));
    assert!(here.import(&sealed).is_err());
}
