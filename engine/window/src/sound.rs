//! Sounds: of actions that begin in view, and of steps. WAV files in the folder `sounds` beside the map, called for
//! what makes them (`door_open.wav`, `guard_step.wav`), a class's own or that of the class it extends. Without an audio
//! device the game is silent, and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use dormouse::{ActorId, World};
use sdl2::AudioSubsystem;
use sdl2::audio::{AudioCVT, AudioCallback, AudioDevice, AudioSpecDesired, AudioSpecWAV};

use crate::game::Heard;
use crate::scene::Scene;
use crate::stage::Stage;

/// Hears what begins, on the simulation's side.
#[derive(Default)]
pub struct Ears {
    /// What each actor in view was doing, and how far it has walked since its last step.
    known: HashMap<ActorId, (u64, f32)>,
    /// Actions of the classes that have sounds, by the class's number.
    actions: Vec<Vec<String>>,
}

/// Pixels of a step.
const STEP: f32 = 18.0;
/// What a step is called.
const STEP_NAME: &str = "step";

impl Ears {
    /// Will listen for these sounds: files by class and action.
    pub fn tune(&mut self, stage: &Stage, names: &[String]) {
        let of_class = |looks: &crate::stage::ClassLooks| {
            let own = looks.lineage.iter().flat_map(|class| {
                let prefix = format!("{}_", snake(class));
                names.iter().filter_map(move |name| Some(name.strip_prefix(&prefix)?.to_owned())).collect::<Vec<_>>()
            });
            let mut actions: Vec<String> = own.collect();
            actions.sort();
            actions.dedup();
            actions.truncate(63);
            actions
        };
        self.actions = stage.classes.iter().map(of_class).collect();
    }

    /// After a jump in time nothing begins.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    /// What began since the last call.
    pub fn listen(&mut self, world: &World, stage: &Stage, scene: &Scene, heard: &mut Vec<Heard>) {
        if self.actions.iter().all(Vec::is_empty) {
            return;
        }
        let mut known = HashMap::new();
        for sprite in &scene.actors {
            let Some(actions) = self.actions.get(sprite.class as usize).filter(|actions| !actions.is_empty()) else {
                continue;
            };
            let before = self.known.get(&sprite.id).copied();
            let mut taking = 0_u64;
            for (bit, action) in actions.iter().enumerate() {
                if action == STEP_NAME {
                    continue;
                }
                let name = camel(action);
                taking |= u64::from(world.is_taking(sprite.id, Some(&name))) << bit;
            }
            let track = sprite.body_at;
            let mut walked = before.map_or(0.0, |(_, walked)| walked);
            walked += (track.at[0] - track.from[0]).hypot(track.at[1] - track.from[1]);
            let class = || stage.classes[sprite.class as usize].name.clone();
            for (bit, action) in actions.iter().enumerate() {
                let begins = match action.as_str() {
                    STEP_NAME => walked >= STEP,
                    _ => before.is_some_and(|(before, _)| taking & !before & (1 << bit) != 0),
                };
                if begins && heard.len() < 32 {
                    heard.push(Heard { class: class(), action: action.clone(), at: track.at });
                }
            }
            if walked >= STEP {
                walked = 0.0;
            }
            known.insert(sprite.id, (taking, walked));
        }
        self.known = known;
    }
}

/// `TurnOn` as files are called: `turn_on`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `turn_on` as actions are called: `TurnOn`.
fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            word.chars()
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().chain(word.chars().skip(1)).collect())
        })
        .collect()
}

/// The names of the sounds in a map's folder, without their ending.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".wav")?.to_owned()))
        .take(MAX_SOUNDS)
        .collect();
    names.sort();
    names
}

/// Files in a folder of sounds, bytes of one, and voices at once.
const MAX_SOUNDS: usize = 500;
const MAX_FILE: u64 = 16 << 20;
const MAX_VOICES: usize = 24;
/// Samples a second.
const RATE: i32 = 44_100;

/// Plays sounds.
pub struct Speaker {
    device: AudioDevice<Mixer>,
    sounds: BTreeMap<String, Vec<f32>>,
    muted: bool,
}

/// A sound being played.
struct Voice {
    samples: Vec<f32>,
    at: usize,
    left: f32,
    right: f32,
}

/// Adds up what is being played.
struct Mixer {
    voices: Vec<Voice>,
}

impl AudioCallback for Mixer {
    type Channel = f32;

    fn callback(&mut self, out: &mut [f32]) {
        out.fill(0.0);
        for voice in &mut self.voices {
            let rest = &voice.samples[voice.at..];
            for (frame, sample) in out.as_chunks_mut::<2>().0.iter_mut().zip(rest) {
                frame[0] += sample * voice.left;
                frame[1] += sample * voice.right;
            }
            voice.at = (voice.at + out.len() / 2).min(voice.samples.len());
        }
        self.voices.retain(|voice| voice.at < voice.samples.len());
        for sample in out {
            *sample = sample.clamp(-1.0, 1.0);
        }
    }
}

impl Speaker {
    /// Opens the audio device and reads a map's sounds. Files that are no sounds are told, a sentence each.
    ///
    /// Errors: there is no device.
    pub fn open(audio: &AudioSubsystem, folder: &Path, muted: bool) -> Result<(Speaker, Vec<String>), String> {
        // Asked for a device where there is none, ALSA's library complains at length, past everybody, to the terminal.
        if audio.num_audio_playback_devices() == Some(0) {
            return Err("there is no audio device here".into());
        }
        let wanted = AudioSpecDesired { freq: Some(RATE), channels: Some(2), samples: Some(1024) };
        let device = audio.open_playback(None, &wanted, |_| Mixer { voices: Vec::new() })?;
        let mut problems = Vec::new();
        let mut sounds = BTreeMap::new();
        for name in names(folder) {
            let file = folder.join(format!("{name}.wav"));
            match read(&file) {
                Ok(samples) => drop(sounds.insert(name, samples)),
                Err(problem) => problems.push(format!("{}: {problem} (it is not heard)", file.display())),
            }
        }
        device.resume();
        Ok((Speaker { device, sounds, muted }, problems))
    }

    /// Nothing is heard from now on, or all is. Gives which.
    pub fn mute(&mut self) -> bool {
        self.muted = !self.muted;
        if self.muted {
            self.device.lock().voices.clear();
        }
        self.muted
    }

    /// Plays what is heard within a view: left, top, right, bottom. Louder the nearer to its middle.
    pub fn play(&mut self, stage: &Stage, heard: &[Heard], [left, top, right, bottom]: [f32; 4]) {
        if self.muted {
            return;
        }
        let middle = [(left + right) / 2.0, (top + bottom) / 2.0];
        let reach = ((right - left).max(bottom - top) * 0.6).max(1.0);
        for Heard { class, action, at } in heard {
            let lineage = stage.classes.iter().find(|looks| looks.name == *class).map(|looks| looks.lineage.as_slice());
            let file = lineage.into_iter().flatten().map(|class| format!("{}_{action}", snake(class)));
            let Some(samples) = file.filter_map(|name| self.sounds.get(&name)).next() else { continue };
            let far = (at[0] - middle[0]).hypot(at[1] - middle[1]) / reach;
            let volume = (1.0 - far).clamp(0.0, 1.0) * 0.8;
            if volume <= 0.0 {
                continue;
            }
            let side = ((at[0] - middle[0]) / reach).clamp(-1.0, 1.0) * 0.6;
            let voice =
                Voice { samples: samples.clone(), at: 0, left: volume * (1.0 - side), right: volume * (1.0 + side) };
            let mut mixer = self.device.lock();
            if mixer.voices.len() < MAX_VOICES {
                mixer.voices.push(voice);
            }
        }
    }
}

fn read(file: &Path) -> Result<Vec<f32>, String> {
    let size = std::fs::metadata(file).map_err(|error| error.to_string())?.len();
    if size > MAX_FILE {
        return Err(format!("{size} bytes are more than a sound may have ({MAX_FILE})"));
    }
    let wave = AudioSpecWAV::load_wav(file)?;
    let format = sdl2::audio::AudioFormat::f32_sys();
    let converter = AudioCVT::new(wave.format, wave.channels, wave.freq, format, 1, RATE)?;
    let bytes = converter.convert(wave.buffer().to_vec());
    Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_and_files_know_each_other() {
        for (name, file) in [("TurnOn", "turn_on"), ("Open", "open"), ("CastleGate", "castle_gate")] {
            assert_eq!(snake(name), file);
            assert_eq!(camel(file), name);
        }
    }

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../maps/sounds")
    }

    fn peak(samples: &[f32]) -> f32 {
        samples.iter().fold(0.0, |most, sample| most.max(sample.abs()))
    }

    /// How often the sign changes, for each sample: near a half for noise, far less for a tone or a thud.
    fn roughness(samples: &[f32]) -> f32 {
        let turns = samples.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
        turns as f32 / samples.len() as f32
    }

    #[test]
    fn the_castles_sounds_are_sounds() {
        let names = names(&folder());
        for wanted in ["door_open", "door_close", "bell_strike"] {
            assert!(names.iter().any(|name| name == wanted), "{wanted} is missing in {names:?}");
        }
        assert!(names.iter().any(|name| name.ends_with("_step")), "{names:?}");
        for name in names {
            let samples = read(&folder().join(format!("{name}.wav"))).unwrap();
            let (peak, rough) = (peak(&samples), roughness(&samples));
            assert!(peak > 0.05 && peak < 0.95, "{name}: it is silent or clipped: {peak}");
            assert!(rough < 0.3, "{name}: this is noise: {rough}");
            let end = &samples[samples.len() - samples.len().min(64)..];
            assert!(end.iter().all(|sample| sample.abs() < 0.1), "{name}: it ends with a click");
        }
    }

    #[test]
    fn what_is_heard_is_mixed_and_ends() {
        let samples = read(&folder().join("bell_strike.wav")).unwrap();
        let voice = |left, right| Voice { samples: samples.clone(), at: 0, left, right };
        let mut mixer = Mixer { voices: vec![voice(0.8, 0.2)] };
        let mut out = vec![9.0; 2 * 1024];
        mixer.callback(&mut out);
        let side = |out: &[f32], at: usize| peak(&out.iter().skip(at).step_by(2).copied().collect::<Vec<_>>());
        let (left, right) = (side(&out, 0), side(&out, 1));
        assert!(left > 0.01 && right > 0.0 && left > 2.0 * right, "left {left}, right {right}");
        // However many there are, nothing leaves the range, and when they are over there is silence.
        mixer.voices.extend((0..MAX_VOICES).map(|_| voice(1.6, 1.6)));
        for _ in 0..samples.len() / 1024 + 1 {
            mixer.callback(&mut out);
            assert!(peak(&out) <= 1.0);
        }
        assert!(mixer.voices.is_empty());
        mixer.callback(&mut out);
        assert_eq!(peak(&out), 0.0);
    }
}
