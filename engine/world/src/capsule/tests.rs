//! Capsules that lie: what is in them is changed here and there, and the checksums are right.

use crate::chance::random;
use crate::snapshot::{Reader, Tag, Writer};
use crate::{Config, Datum, Scripts, World};

const GUARD: &str = include_str!("guard.luau");

fn world(realm: u64) -> World {
    let scripts = Scripts::new().with("guard.luau", GUARD);
    World::new(&Config { realm, ..Config::default() }, &scripts).unwrap_or_else(|error| panic!("{error}"))
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The capsule with a section changed in one to three places; `below` gives numbers below its argument. Bytes that are no
/// capsule come back as they are.
fn mutated(capsule: &[u8], below: &mut impl FnMut(u64) -> u64) -> Vec<u8> {
    let Ok(reader) = Reader::open(capsule) else { return capsule.to_vec() };
    let chosen = if below(3) == 0 { Tag::HEAP } else { Tag::ACTOR };
    let mut writer = Writer::default();
    for tag in [Tag::ACTOR, Tag::HEAP] {
        let Ok(mut section) = reader.section(tag) else { return capsule.to_vec() };
        for _ in 0..if tag == chosen { 1 + below(3) } else { 0 } {
            if section.is_empty() {
                break;
            }
            let at = below(section.len() as u64) as usize;
            match below(5) {
                0 => section[at] ^= 1 << below(8),
                1 => section[at] = [0, 1, 0x7f, 0x80, 0xff, 2][below(6) as usize],
                2 => drop(section.remove(at)),
                3 => section.insert(at, below(256) as u8),
                _ => section[at] = section[below(section.len() as u64) as usize],
            }
        }
        writer.add(tag, &section, true);
    }
    writer.finish()
}

/// `DORMOUSE_FUZZ=1000000` makes it long, `DORMOUSE_SEED` begins elsewhere.
///
/// Whatever the bytes, the answer is an actor that lives or an error, and then the world is as it was.
#[test]
fn a_hostile_capsule_is_refused_or_harmless() {
    let (rounds, seed) = (number("DORMOUSE_FUZZ", 1_500), number("DORMOUSE_SEED", 1));
    let mut here = world(1);
    let id = here.spawn("Guard", &[("name".to_owned(), "guard".into())].into()).unwrap();
    here.tick(&[]);
    for n in 0..5 {
        here.tell(
            id,
            &Datum::Map([("name".to_owned(), "Number".into()), ("n".to_owned(), f64::from(n).into())].into()),
        );
    }
    for _ in 0..26 {
        here.tick(&[]);
    }
    let capsule = here.export(id).unwrap();
    let mut there = world(2);
    let at = ("position".to_owned(), Datum::Vector([0.0, 90.0, 0.0]));
    there.spawn("Guard", &[("name".to_owned(), "friend".into()), at].into()).unwrap();
    there.tick(&[]);
    let (image, hash) = (there.image(), there.hash());
    let mut next = random(seed);
    let mut accepted = 0;
    for round in 0..rounds {
        let bad = mutated(&capsule, &mut next);
        match there.import(&bad) {
            Err(error) => {
                assert!(error.to_string().len() > 10, "round {round}");
                assert_eq!(there.hash(), hash, "round {round}: {error}");
            }
            Ok(id) => {
                accepted += 1;
                for _ in 0..30 {
                    there.tick(&[]);
                }
                let _ = there.hibernate(id);
                let _ = there.save(&Default::default());
                there.tick(&[]);
                let _ = there.export(id);
                there.take_output();
                there.rewind(&image).unwrap();
            }
        }
    }
    assert!(accepted > rounds / 100, "only {accepted} of {rounds} were taken in: the test tests little");
}
