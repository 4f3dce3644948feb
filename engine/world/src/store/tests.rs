use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;

use super::*;
use crate::chance::random;

fn capsule(n: u64) -> Vec<u8> {
    (0..if n < 50_000 { n % 300 } else { n }).map(|at| (at * n) as u8).collect()
}

#[test]
fn what_is_put_in_comes_out_until_it_is_let_go() {
    for folder in [None, Some(std::env::temp_dir())] {
        let mut store = Store::new(folder);
        let serials: Vec<u64> = (0..20_000).map(|n| store.put(capsule(n)).unwrap()).collect();
        for (n, serial) in (0..20_000_u64).zip(&serials) {
            assert_eq!(store.get(*serial).unwrap(), capsule(n));
        }
        for serial in &serials[..15_000] {
            store.retire(*serial);
        }
        store.sweep();
        assert_eq!(store.counts(), (5_000, 0));
        assert!(store.get(serials[0]).is_err());
        assert_eq!(store.get(serials[19_999]).unwrap(), capsule(19_999));
    }
}

#[test]
fn blocks_are_written_anew_without_what_nobody_needs() {
    let mut store = Store::new(None);
    let mut random = random(7);
    let mut kept: Vec<(u64, u64)> = Vec::new();
    for round in 0..40 {
        for n in 0..2_000 {
            let n = if n == 77 { 60_000 } else { n };
            kept.push((store.put(capsule(n)).unwrap(), n));
        }
        while kept.len() > 3_000 - 50 * round {
            let (serial, _) = kept.swap_remove(random(kept.len() as u64) as usize);
            store.retire(serial);
        }
        store.sweep();
        for (serial, n) in &kept {
            assert_eq!(store.get(*serial).unwrap(), capsule(*n), "round {round}");
        }
        assert_eq!(store.counts(), (kept.len(), 0));
        let held: usize = store.blocks.iter().map(|block| usize::from(block.held)).sum();
        assert!(held < 2 * kept.len() + 64 * WORN_TOGETHER, "round {round}: {held} are held for {}", kept.len());
    }
    kept.drain(..).for_each(|(serial, _)| store.retire(serial));
    store.sweep();
    store.flush().unwrap();
    assert_eq!(store.blocks.iter().count(), 0);
}

#[test]
fn an_image_keeps_what_was_asleep_then() {
    let mut store = Store::new(None);
    let [one, two] = [1, 2].map(|n| store.put(capsule(n)).unwrap());
    let early = store.lease();
    let three = store.put(capsule(3)).unwrap();
    store.retire(three);
    store.retire(one);
    store.sweep();
    assert_eq!(store.counts(), (2, 1), "the third is of after the image");
    let late = store.lease();
    store.retire(two);
    drop(early);
    store.sweep();
    assert_eq!(store.counts(), (1, 1), "the first was gone before the second image");
    assert_eq!(store.get(two).unwrap(), capsule(2));
    store.rewound(&[two].into(), [two].into_iter());
    drop(late);
    store.sweep();
    assert_eq!(store.counts(), (1, 0), "somebody sleeps in it again");
    store.retire(two);
    store.sweep();
    assert_eq!(store.counts(), (0, 0));
}

/// A store in a file, with its capsules by their numbers.
fn filled(count: u64) -> (Store, Vec<(u64, u64)>) {
    let mut store = Store::new(Some(std::env::temp_dir()));
    let kept = (0..count).map(|n| (store.put(capsule(n)).unwrap(), n)).collect();
    store.flush().unwrap();
    (store, kept)
}

#[test]
fn a_full_disk_refuses_whoever_comes_and_loses_nobody() {
    let (mut store, mut kept) = filled(20_000);
    let length = store.file.as_ref().unwrap().metadata().unwrap().len();
    for round in 0..3 {
        store.room.store(length, Ordering::Relaxed);
        let mut refused = 0;
        for n in 0..60_000 {
            match store.put(capsule(n % 300)) {
                Ok(serial) => kept.push((serial, n % 300)),
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.contains("no storage space"), "{text}");
                    refused += 1;
                    if refused == 20 {
                        break;
                    }
                }
            }
        }
        assert_eq!(refused, 20, "round {round}");
        for (serial, n) in &kept {
            assert_eq!(store.get(*serial).unwrap(), capsule(*n), "round {round}");
        }
        store.room.store(u64::MAX, Ordering::Relaxed);
        for n in 0..300 {
            kept.push((store.put(capsule(n)).unwrap(), n));
        }
        store.flush().unwrap();
        for (serial, _) in kept.drain(..5_000) {
            store.retire(serial);
        }
        store.sweep();
        for (serial, n) in &kept {
            assert_eq!(store.get(*serial).unwrap(), capsule(*n), "round {round}");
        }
    }
}

#[test]
fn a_page_that_was_written_over_costs_those_who_lie_in_it() {
    let (mut store, kept) = filled(20_000);
    let mut random = random(3);
    let (mut damaged, mut rounds_with_few) = (0, 0);
    for _ in 0..40 {
        // Nothing of it is in memory.
        store.open = None;
        let file = store.file.as_ref().unwrap().try_clone().unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        // The first ones are the database's head.
        let at = (2 + random(pages - 2)) * 4096;
        let mut before = [0; 4096];
        file.read_exact_at(&mut before, at).unwrap();
        let with = [0_u8, 0xff, 1, 2][random(4) as usize];
        let mut lost = 0;
        // It is opened in time: damage that is found at once is another matter.
        store.open().unwrap();
        file.write_all_at(&[with; 4096], at).unwrap();
        for (serial, n) in &kept {
            match store.get(*serial) {
                Ok(bytes) => assert_eq!(bytes, capsule(*n)),
                Err(error) => {
                    assert!(error.to_string().contains("damaged"), "{error}");
                    lost += 1;
                }
            }
        }
        damaged += usize::from(lost > 0);
        rounds_with_few += usize::from((1..300).contains(&lost));
        file.write_all_at(&before, at).unwrap();
    }
    assert!(damaged > 5 && rounds_with_few * 2 > damaged, "{damaged} {rounds_with_few}");
    store.open = None;
    for (serial, n) in &kept {
        assert_eq!(store.get(*serial).unwrap(), capsule(*n));
    }
}

#[test]
fn a_capsule_that_is_damaged_is_refused() {
    let mut store = Store::new(None);
    let serial = store.put(capsule(77)).unwrap();
    store.fresh.get_mut(&serial).unwrap()[5] ^= 1;
    assert!(store.get(serial).unwrap_err().to_string().contains("damaged"));
    assert!(store.get(serial + 1).unwrap_err().to_string().contains("not in it"));
}

/// Where blocks lie is a hint: one that leads to another block, to a part of one, or to nothing, costs nobody anything.
#[test]
fn a_hint_that_leads_astray_is_not_believed() {
    let (mut store, kept) = filled(20_000);
    let mut random = random(11);
    let numbers: Vec<u64> = kept.iter().map(|(serial, _)| place_of(*serial).0).collect();
    for round in 0..4_000 {
        let [one, other] = [0; 2].map(|_| numbers[random(numbers.len() as u64) as usize]);
        let elsewhere = store.blocks.get(other).and_then(|block| block.at).map_or(0, NonZeroU64::get);
        let block = store.blocks.get_mut(one).unwrap();
        block.at = NonZeroU64::new([elsewhere, elsewhere + 4096, elsewhere + 7, u64::MAX >> 1][round % 4]);
        if random(3) == 0 {
            block.size = random(9_000) as u32;
        }
        let (serial, n) = kept[random(kept.len() as u64) as usize];
        assert_eq!(store.get(serial).unwrap(), capsule(n), "round {round}");
        assert_eq!(store.look(serial).unwrap(), capsule(n), "round {round}");
    }
    for (serial, n) in &kept {
        assert_eq!(store.get(*serial).unwrap(), capsule(*n));
    }
}

/// What another thread reads is what would be read here, or nothing.
#[test]
fn an_errand_brings_what_lies_there_or_nothing() {
    for folder in [None, Some(std::env::temp_dir())] {
        let mut store = Store::new(folder);
        let mut random = random(12);
        assert!(store.errand([1].into_iter()).is_none());
        let mut kept: Vec<(u64, u64)> = (0..20_000).map(|n| (store.put(capsule(n)).unwrap(), n)).collect();
        // Some blocks are written anew, and some capsules are in no block yet.
        for _ in 0..9_000 {
            store.retire(kept.swap_remove(random(kept.len() as u64) as usize).0);
        }
        store.sweep();
        let fresh: Vec<_> = (0..30).map(|n| (store.put(capsule(n)).unwrap(), n)).collect();
        kept.extend(&fresh);
        kept.retain(|_| random(3) > 0);
        kept.sort_unstable();
        let mut found = Vec::new();
        let errand = store.errand(kept.iter().map(|(serial, _)| *serial)).unwrap();
        errand.run(|capsule| {
            found.push(capsule.map(<[u8]>::to_vec));
            true
        });
        assert_eq!(found.len(), kept.len());
        let mut missed = 0;
        for ((serial, n), found) in kept.iter().zip(found) {
            match found {
                Some(found) => assert_eq!(found, capsule(*n)),
                None => missed += 1,
            }
            assert_eq!(store.get(*serial).unwrap(), capsule(*n));
        }
        let fresh = kept.iter().filter(|(serial, _)| store.fresh.contains_key(serial)).count();
        assert!(missed < fresh + kept.len() / 10, "{missed} of {} are not where they should be", kept.len());
        let mut count = 0;
        store.errand(kept.iter().map(|(serial, _)| *serial)).unwrap().run(|_| {
            count += 1;
            count < 7
        });
        assert_eq!(count, 7, "it ends when it is told to");
    }
}

/// Whatever bytes a block is said to be: nothing in it is more than its bytes, and nothing is believed.
#[test]
fn a_block_of_any_bytes_holds_nothing_by_chance() {
    let mut random = random(13);
    let serial = hinted(first_of(5), HEAD, 40);
    let sealed = seal(serial, capsule(32));
    let good = block::block_of(5, &[(0, &sealed)]);
    assert_eq!(capsule_in(&good, serial).map(|found| &good[found]), Some(capsule(32).as_slice()));
    for _ in 0..50_000 {
        let mut bad = good.clone();
        for _ in 0..=random(3) {
            match random(3) {
                0 => bad.truncate(random(bad.len() as u64 + 1) as usize),
                1 => bad.extend((0..random(40)).map(|_| random(256) as u8)),
                _ => {
                    let len = bad.len() as u64;
                    if len > 0 {
                        bad[random(len) as usize] = random(256) as u8;
                    }
                }
            }
        }
        if let Some(found) = capsule_in(&bad, serial) {
            assert_eq!(bad[found], capsule(32));
        }
        assert!(capsule_in(&bad, serial + 1).is_none(), "another number");
        let _ = block::first_in(&bad);
        assert!(capsules_of(&bad).count() <= bad.len() / ENTRY);
    }
}

/// A crowd wakes out of a store that was damaged: who lies there is told of once, the others are what they were, and the
/// world goes on.
#[test]
fn a_damaged_store_costs_a_crowd_those_who_lie_there() {
    const SOUL: &str = "local Soul = actor 'Soul' { props = { number = 0 } }
        function Soul:run()
            local name = string.rep('soul ' .. self.number, 30)
            while true do wait(20) self.said = #name + self.number end
        end
        return Soul";
    let scripts = crate::Scripts::new().with("soul.luau", SOUL);
    let config = crate::Config { store: Some(std::env::temp_dir()), ..Default::default() };
    let mut random = random(6);
    let (mut lost, mut found) = (0, 0);
    for (of_ten, by_timer) in [(1, false), (3, false), (10, false), (3, true)] {
        let mut world = crate::World::new(&config, &scripts).unwrap();
        let number = |n: i32| [("number".to_owned(), f64::from(n).into())].into();
        let souls: Vec<_> = (0..3_000).map(|n| world.spawn("Soul", &number(n)).unwrap()).collect();
        (0..25).for_each(|_| world.tick(&[]));
        let said: Vec<_> = souls.iter().map(|id| world.field(*id, "said")).collect();
        souls.iter().for_each(|id| world.hibernate(*id).unwrap());
        world.sim.store.flush().unwrap();
        let file = world.sim.store.file.as_ref().unwrap().try_clone().unwrap();
        for page in 2..file.metadata().unwrap().len() / 4096 {
            if random(10) < of_ten {
                file.write_all_at(&[random(256) as u8; 4096], page * 4096).unwrap();
            }
        }
        world.take_output();
        let failed = match by_timer {
            true => {
                (0..20).for_each(|_| world.tick(&[]));
                world.summary().hibernated > 0
            }
            false => world.wake_many(&souls).is_err(),
        };
        let told = world.take_output();
        assert!(told.iter().all(|line| line.text.contains("can't be woken")), "{:?}", told.first());
        assert_eq!(told.len(), world.summary().hibernated, "each is told of once");
        assert_eq!(failed, !told.is_empty());
        for (id, said) in souls.iter().zip(&said) {
            if !world.is_hibernated(*id) {
                assert_eq!(world.field(*id, "said"), *said);
                found += 1;
            }
        }
        lost += told.len();
        (0..70).for_each(|_| world.tick(&[]));
        assert!(world.take_output().iter().all(|line| line.text.contains("can't be woken")));
    }
    assert!(lost > 500 && found > 500, "{lost} were lost, {found} were not: the test tests little");
}
