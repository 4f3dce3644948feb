//! Games that are saved, loaded, left, lost and found, as whoever plays them would notice.

use std::path::PathBuf;
use std::sync::Arc;

use dormouse::Scripts;
use dormouse::input::{Inputs, What};
use dormouse::map::Map;

use super::{Command, Game, Setup};
use crate::journal::{self, Found};
use crate::saved::{Saved, Seen};
use crate::saves::FOUND;

const WALKER: &str = "local Walker = actor 'Walker' {}
    function Walker:run() while true do wait(random(1, 5)) self.at = (self.at or 0) + random(9) end end
    function Walker:handleEvent(event) self.at = (self.at or 0) + event.by say(`pushed by {event.by}`) end
    return Walker";

/// A folder that ends with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("dormouse_game_{name}_{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn setup(&self, scripts: &str) -> Setup {
        let map = self.0.join("yard.tmx");
        let text = r#"<map version="1.10" orientation="orthogonal" width="4" height="4" tilewidth="16" tileheight="16">
            <objectgroup id="1"><object id="1" name="walker" type="Walker" x="8" y="8" width="16" height="16"/></objectgroup>
        </map>"#;
        std::fs::write(&map, text).unwrap();
        Setup {
            map: Map::load(&map).unwrap(),
            scripts: Scripts::new().with("walker.luau", scripts),
            seed: 7,
            inputs: Inputs::default(),
            record: Some(self.0.join("record.txt")),
            saves: self.0.join("saves"),
            load: None,
            memory: 16 << 20,
            sounds: Vec::new(),
            tell: false,
        }
    }

    fn game(&self) -> Game {
        Game::new(self.setup(WALKER)).unwrap()
    }

    /// The hash that the recording leads to.
    fn repeated(&self, tick: u64) -> u64 {
        let text = std::fs::read_to_string(self.0.join("record.txt")).unwrap();
        let setup =
            Setup { record: None, inputs: Inputs::parse(&text, "record".as_ref()).unwrap(), ..self.setup(WALKER) };
        let mut game = Game::new(setup).unwrap();
        run(&mut game, tick);
        game.hash()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn push(game: &mut Game, by: f64) {
    let fields = [("by".to_owned(), by.into())].into();
    game.obey(Command::Input(What::Event { actor: "walker".into(), name: "Push".into(), fields }));
}

fn run(game: &mut Game, until: u64) {
    while game.now() < until {
        game.tick();
    }
}

fn save(slot: usize) -> Command {
    Command::Save(slot, Arc::new(Seen::default()))
}

fn told(game: &mut Game) -> String {
    game.take_notices().join("\n")
}

#[test]
fn a_game_that_was_loaded_is_recorded_from_its_birth() {
    let folder = Folder::new("birth");
    let mut game = folder.game();
    run(&mut game, 10);
    push(&mut game, 3.0);
    run(&mut game, 20);
    game.obey(save(3));
    let (saved, hash) = (game.now(), game.hash());
    push(&mut game, 5.0);
    run(&mut game, 90);

    // Another process.
    let mut game = folder.game();
    push(&mut game, 100.0);
    run(&mut game, 5);
    game.obey(Command::Load(3));
    assert!(told(&mut game).contains("loaded: tick 20"));
    assert_eq!((game.now(), game.hash()), (saved, hash));
    // What can be gone back to begins there, and going on from it is recorded like anything else.
    push(&mut game, 7.0);
    run(&mut game, 60);
    game.obey(Command::GoTo(0));
    assert_eq!((game.now(), game.hash()), (saved, hash));
    game.obey(Command::GoTo(40));
    push(&mut game, 11.0);
    run(&mut game, 70);
    assert_eq!(game.hash(), folder.repeated(70));
    let record = std::fs::read_to_string(folder.0.join("record.txt")).unwrap();
    let by: Vec<&str> = record.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(by.len(), 3, "{record}");
    assert!(by[0].starts_with("11 ") && by[1].starts_with("21 ") && by[2].starts_with("41 "), "{record}");
}

#[test]
fn where_inputs_lead_elsewhere_by_now_the_recording_begins_with_the_save() {
    let folder = Folder::new("edited");
    let mut game = folder.game();
    push(&mut game, 3.0);
    run(&mut game, 20);
    game.obey(save(0));
    let edited = WALKER.replace("pushed by", "shoved by");
    let mut game = Game::new(folder.setup(&edited)).unwrap();
    game.obey(Command::Load(0));
    let notices = told(&mut game);
    assert!(notices.contains("recorded from tick 20 on") && notices.contains("loaded: tick 20"), "{notices}");
    let record = std::fs::read_to_string(folder.0.join("record.txt")).unwrap();
    assert!(record.contains("repeat it with: dormouse resume"), "{record}");
}

#[test]
fn a_damaged_slot_is_a_sentence_and_the_game_goes_on() {
    let folder = Folder::new("damaged");
    let mut game = folder.game();
    push(&mut game, 3.0);
    run(&mut game, 20);
    game.obey(save(1));
    game.obey(save(2));
    let file = game.slots.file(1);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    told(&mut game);
    let hash = game.hash();
    game.obey(Command::Load(1));
    let notices = told(&mut game);
    assert!(notices.contains("slot_1.dms") && notices.contains("damaged"), "{notices}");
    assert!(notices.contains("The game goes on as it was."), "{notices}");
    assert_eq!(game.hash(), hash);
    game.obey(Command::Load(5));
    assert!(told(&mut game).contains("no saved game in that slot"));
    let slots = game.slots.look();
    assert!(matches!(slots[1].tick, Some(Err(_))) && matches!(slots[2].tick, Some(Ok(20))) && slots[5].tick.is_none());
}

#[test]
fn a_game_that_ends_without_a_word_is_found_at_its_last_tick() {
    let folder = Folder::new("lost");
    let mut game = folder.game();
    game.keep_journal();
    run(&mut game, 30);
    push(&mut game, 3.0);
    run(&mut game, 100);
    // Back before the journal's beginning, and on from there.
    game.obey(Command::GoTo(20));
    push(&mut game, 4.0);
    run(&mut game, 50);
    push(&mut game, 5.0);
    run(&mut game, 7400);
    push(&mut game, 6.0);
    game.tick();
    let (tick, hash) = (game.now(), game.hash());
    // As long as it runs, nobody takes it for lost.
    let mut other = folder.game();
    other.find_lost("so");
    assert_eq!(told(&mut other), "");
    // No word.
    drop(game);

    let mut game = folder.game();
    game.find_lost("so");
    assert!(told(&mut game).contains(&format!("was found at tick {tick}: so")));
    // Whoever plays on and leaves that game has this one still.
    push(&mut game, 7.0);
    game.tick();
    game.leave(&Seen::default()).unwrap().unwrap();
    assert_eq!(game.slots.look().len(), 12);
    game.obey(Command::Load(FOUND));
    assert_eq!((game.now(), game.hash()), (tick, hash));
    run(&mut game, 7500);
    assert_eq!(game.hash(), folder.repeated(7500));
    game.find_lost("so");
    assert!(!told(&mut game).contains("found"), "it is found once");
}

#[test]
fn a_game_that_is_left_is_kept_and_leaves_no_journal() {
    let folder = Folder::new("left");
    let mut game = folder.game();
    game.keep_journal();
    assert!(game.leave(&Seen::default()).is_none(), "nothing was done");
    push(&mut game, 3.0);
    run(&mut game, 20);
    let hash = game.hash();
    let file = game.leave(&Seen::default()).unwrap().unwrap();
    let mut game = folder.game();
    game.find_lost("so");
    assert_eq!(told(&mut game), "");
    game.load(&file).unwrap();
    assert_eq!(game.hash(), hash);
}

#[test]
fn a_journal_that_is_damaged_is_put_aside() {
    let folder = Folder::new("aside");
    let mut game = folder.game();
    game.keep_journal();
    push(&mut game, 3.0);
    run(&mut game, 20);
    drop(game);
    let path = folder.0.join("saves/running_1.journal");
    let whole = std::fs::read(&path).unwrap();
    // However it is damaged: a sentence, or a game that could have been.
    let mut found = 0;
    for seed in 0..300_usize {
        let mut bytes = whole.clone();
        // Every other time among the inputs after the snapshot.
        let from = if seed % 2 == 0 { 0 } else { bytes.len() - 60 };
        let at = from + seed.wrapping_mul(0x9e37_79b9) % (bytes.len() - from);
        match seed % 3 {
            0 => bytes.truncate(at),
            1 => bytes[at] = (seed / 3) as u8,
            _ => drop(bytes.splice(at..at, [(seed / 5) as u8])),
        }
        std::fs::write(&path, &bytes).unwrap();
        match journal::find(&folder.0.join("saves")).unwrap().read() {
            Ok(Found { saved, until, .. }) => {
                found += 1;
                assert!(until >= saved.tick);
            }
            Err(problem) => assert!(problem.contains("running_1.journal: "), "{problem}"),
        }
    }
    assert!(found > 0);
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let mut game = folder.game();
    game.find_lost("so");
    let notices = told(&mut game);
    assert!(notices.contains("can't be brought back") && notices.contains("lost_1.journal"), "{notices}");
    assert!(folder.0.join("saves/lost_1.journal").exists() && !path.exists());
}

#[test]
fn what_is_wrong_beside_a_world_does_it_no_harm() {
    let folder = Folder::new("extras");
    let mut game = folder.game();
    push(&mut game, 3.0);
    run(&mut game, 20);
    let options = Saved::options(game.origin.clone(), None, &Seen::default(), &Default::default());
    for (name, bytes) in [
        ("inputs", "99 key 1 up down"),
        ("inputs", "nonsense"),
        ("birth", "short"),
        ("view", "[[1e999,0],{}]"),
        ("view", "{"),
        ("picture", "no picture"),
    ] {
        let mut options = options.clone();
        options.extras.insert("birth".into(), vec![0; 24]);
        options.extras.insert(name.into(), bytes.into());
        let bytes = game.world.save(&options).unwrap();
        let file = game.slots.put(4, &bytes).unwrap();
        let mut other = folder.game();
        other.load(&file).unwrap();
        assert_eq!(other.hash(), game.hash());
        assert!(other.slots.look()[4].picture.is_none());
    }
}

#[test]
fn each_step_of_the_speed_is_counted_and_there_are_bounds() {
    let folder = Folder::new("speed");
    let mut game = folder.game();
    for (steps, speed) in [(1, 2.0), (9, 32.0), (-2, 8.0), (-20, 0.125), (3, 1.0)] {
        game.obey(Command::Faster(steps));
        assert_eq!(game.speed(), speed, "{steps}");
    }
}
