//! What a window costs: the world beside it, and where its own time goes. Run it from the repository's root, where the
//! maps are.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread::sleep;
use std::time::{Duration, Instant};

use dormouse::input::Inputs;
use dormouse::map::Map;
use dormouse::{Config, Scripts, World};
use dormouse_window::camera::Camera;
use dormouse_window::game::{Game, Setup};
use dormouse_window::measure::{self, Times};

use super::Row;

/// Milliseconds of a frame at 60 a second.
const FRAME: f64 = 1000.0 / 60.0;
const SIZE: [u32; 2] = [1280, 720];
/// Frames that are measured, and ticks that pass before.
const FRAMES: usize = 60;
const BEFORE: u64 = 240;
/// Turns, and ticks of each, of a world with and without a window.
const TURNS: usize = 8;
const TICKS: usize = 20;

/// Seconds by the wall's clock: a screen beside a world costs it time that is not its own.
fn timed(work: &mut dyn FnMut()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn setup(map: &Map, scripts: &Scripts) -> Setup {
    Setup {
        map: map.clone(),
        scripts: scripts.clone(),
        seed: 0,
        inputs: Inputs::default(),
        record: None,
        saves: PathBuf::from("saves"),
        load: None,
        memory: 64 << 20,
        sounds: Vec::new(),
        tell: false,
    }
}

pub fn window() -> Result<Vec<Row>, Box<dyn Error>> {
    let scripts = Scripts::read(Path::new("scripts"))?;
    let (mut rows, mut unseen) = (Vec::new(), None);
    for (name, file) in [("keep", "maps/keep.tmx"), ("swarm", "maps/swarm.tmx")] {
        let map = Map::load(Path::new(file))?;
        let mut near = Camera::new(SIZE);
        near.center = [(map.bounds[0] + map.bounds[2]) / 2.0, (map.bounds[1] + map.bounds[3]) / 2.0];
        let mut whole = near.clone();
        whole.fit(map.bounds);
        rows.push(beside(name, &map, &scripts, &whole)?);
        for (view, camera) in [("near", &near), ("whole", &whole)] {
            let mut game = Game::new(setup(&map, &scripts))?;
            for _ in 0..BEFORE {
                game.tick();
            }
            let times = measure::by_sdl(&mut game, &map, camera, FRAMES)?;
            rows.extend(told(&format!("{name}, {view}"), "software", &times));
            match measure::by_window(&mut game, &map, camera, FRAMES) {
                Ok((renderer, times)) => rows.extend(told(&format!("{name}, {view}"), &renderer, &times)),
                Err(problem) => unseen = Some(problem),
            }
        }
    }
    unseen.iter().for_each(|problem| eprintln!("no window is measured: {problem}"));
    Ok(rows)
}

/// What a frame takes by one renderer: all of it against the time there is, then each part against all of it.
fn told(name: &str, renderer: &str, times: &[Times]) -> Vec<Row> {
    let middle = |part: fn(&Times) -> f64| median(times.iter().map(part).collect()) * 1000.0;
    let actors = times.iter().map(|times| times.actors).max().unwrap_or(0);
    let frame = middle(|times| times.draw + times.present);
    let part = |what: &str, took: f64, which: &str| {
        Row::new(format!("{name}, {renderer}: {what}"), took, "ms", which.to_owned(), frame)
    };
    let against = format!("60 frames a second, {actors} actors in view");
    vec![
        Row::new(format!("{name}, {renderer}: frame"), frame, "ms", against, FRAME).aim(1.0),
        part("drawing", middle(|times| times.draw), "the frame"),
        part("showing", middle(|times| times.present), "the frame"),
        part("scene", middle(|times| times.scene), "the frame, beside it in the world's thread"),
    ]
}

/// A tick of a world whose every tick is drawn by another thread, against one of a world that nobody sees: both at the pace
/// of a game, 60 ticks a second.
fn beside(name: &str, map: &Map, scripts: &Scripts, camera: &Camera) -> Result<Row, Box<dyn Error>> {
    let mut bare = World::with_map(&Config::default(), scripts, map)?;
    let mut game = Game::new(setup(map, scripts))?;
    measure::look(&mut game, camera);
    for _ in 0..BEFORE {
        bare.tick(&[]);
        game.tick();
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let (frames, inbox) = sync_channel(1);
    let (stage, drawn, view) = (game.stage(), map.clone(), camera.clone());
    let screen = std::thread::spawn(move || measure::beside(&drawn, stage, &view, &inbox));
    for _ in 0..TURNS {
        for _ in 0..TICKS {
            let next = Instant::now() + Duration::from_secs_f64(FRAME / 1000.0);
            without.push(timed(&mut || bare.tick(&[])));
            bare.take_output();
            sleep(next.saturating_duration_since(Instant::now()));
        }
        for _ in 0..TICKS {
            let next = Instant::now() + Duration::from_secs_f64(FRAME / 1000.0);
            with.push(game.timed_tick(timed));
            // As in a window: what the screen does not take in time is not drawn.
            let _ = frames.try_send(game.frame());
            sleep(next.saturating_duration_since(Instant::now()));
        }
        // The screen is done before the other's turn.
        frames.send(game.frame())?;
    }
    drop(frames);
    screen.join().map_err(|_| "the screen has failed")??;
    let (with, without) = (median(with) * 1e6, median(without) * 1e6);
    Ok(Row::new(format!("{name}: tick beside a screen"), with, "us", "a tick of the same world without one", without))
}
