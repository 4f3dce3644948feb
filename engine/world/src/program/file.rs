//! Programs asleep, as bytes: a snapshot's container with sections of its own. It holds the program's files, so that
//! nothing else is needed to go on; never anything compiled.
//!
//! Section `PROG`: [`State`]; `srcs`: [`Sources`]; both by postcard. `HEAP`: a capture (see
//! `engine/vm/src/capture/FORMAT.md`) with the program's tasklet as its root and the contents of the shared table
//! `program`, its globals.

use std::sync::Arc;

use dormouse_vm::{CaptureError, CaptureOptions, Config, Root, Vm};

use super::{Program, ProgramError, Sources, prepare, push_environment};
use crate::snapshot::Damage;
use crate::snapshot::container::{Reader, Tag, Writer};

/// What is to be known of a program beside its values.
#[derive(serde::Serialize, serde::Deserialize)]
struct State {
    /// The engine that wrote it.
    engine: String,
    yields: u64,
    ran: f64,
    /// The state of `math.random`.
    random: u64,
}

/// A program that can't be brought back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bytes are no sound file of a program.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// Its files do not load, or the machine has no room.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Its values do not fit the files, or this engine.
    #[error("its values can't be restored: {0}")]
    Values(#[from] dormouse_vm::RestoreError),
}

impl Program {
    /// Puts the program into bytes, where it has yielded (or has not run yet). It is not disturbed by that.
    ///
    /// Errors: names the value that can't be saved and the way to it.
    pub fn save(&mut self) -> Result<Vec<u8>, CaptureError> {
        let options = CaptureOptions { state: true, ..CaptureOptions::default() };
        let heap = self.vm.capture(&[Root::Thread(self.thread)], options)?;
        let state = State {
            engine: env!("CARGO_PKG_VERSION").into(),
            yields: self.yields,
            ran: self.ran,
            random: self.vm.random_state(),
        };
        let mut writer = Writer::default();
        writer.add(Tag::PROGRAM, &plain(&state), false);
        writer.add(Tag::SOURCE, &plain(&*self.sources), true);
        writer.add(Tag::HEAP, &heap, true);
        Ok(writer.finish())
    }

    /// The program that [`Program::save`] put into these bytes, which may be anything.
    ///
    /// Errors: see [`LoadError`].
    pub fn load(bytes: &[u8]) -> Result<Program, LoadError> {
        let reader = Reader::open(bytes)?;
        let Some(state) = reader.optional(Tag::PROGRAM)? else {
            return Err(Damage::not_a_program().into());
        };
        let state: State = read(&state, Tag::PROGRAM)?;
        let sources: Sources = read(&reader.section(Tag::SOURCE)?, Tag::SOURCE)?;
        if !sources.files.contains_key(&sources.main) {
            return Err(Damage::at(0, "the program's own file is missing").within(Tag::SOURCE).into());
        }
        if !(state.ran.is_finite() && state.ran >= 0.0) {
            return Err(Damage::at(0, "the time that it ran is impossible").within(Tag::PROGRAM).into());
        }
        let mut vm = Vm::new(&Config::default()).map_err(ProgramError::from)?;
        let globals = vm.enter(|frame| {
            push_environment(frame);
            frame.pop_pin()
        });
        prepare(&mut vm, &sources, globals.map_err(ProgramError::from)?)?;
        let roots = vm.restore(&reader.section(Tag::HEAP)?)?;
        let [Root::Thread(thread)] = roots[..] else {
            return Err(Damage::at(0, "what was captured is no program").within(Tag::HEAP).into());
        };
        vm.set_random_state(state.random);
        let State { yields, ran, .. } = state;
        Ok(Program { vm, thread, sources: Arc::new(sources), yields, ran, over: None })
    }
}

fn plain(value: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data can be written")
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8], tag: Tag) -> Result<T, Damage> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => {
            Err(Damage::at(bytes.len() - rest.len(), format!("{} bytes follow its end", rest.len())).within(tag))
        }
        Err(error) => Err(Damage::at(0, format!("it can't be read: {error}")).within(tag)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Outside, Step};

    #[derive(Default)]
    struct Lines(Vec<String>);

    impl Outside for Lines {
        fn print(&mut self, line: &[u8]) {
            self.0.push(String::from_utf8_lossy(line).into_owned());
        }
        fn time(&mut self) -> f64 {
            1e9
        }
        fn clock(&mut self) -> f64 {
            self.0.len() as f64
        }
    }

    fn sources() -> Sources {
        Sources::new(
            "main.luau",
            "local list, n = require './lib/list', 0
            for k, v in pairs(list) do
                n += v
                coroutine.yield()
                print(k, v, n, math.random(100), list == require('lib/list'))
            end
            error('the end')",
        )
        .with("lib/list.luau", "coroutine.yield() return { x = 1, y = 2, [3] = 3 }")
    }

    /// The program from VM to VM at every yield.
    #[test]
    fn a_program_with_modules_goes_on() {
        let (mut straight, mut hopping) = (Lines::default(), Lines::default());
        let mut program = Program::new(sources(), &[]).unwrap();
        let end = loop {
            match program.run(&mut straight) {
                Step::Yielded => {}
                step => break step,
            }
        };
        assert!(matches!(&end, Step::Failed { message, traceback }
            if message == "main.luau:7: the end" && traceback == "    main.luau:7\n"));
        assert_eq!(program.yields(), 4);
        let mut program = Program::new(sources(), &[]).unwrap();
        let hopped = loop {
            match program.run(&mut hopping) {
                Step::Yielded => {
                    let bytes = program.save().unwrap();
                    program = Program::load(&bytes).unwrap();
                    assert_eq!(program.save().unwrap(), bytes);
                }
                step => break step,
            }
        };
        assert_eq!((hopping.0, hopped), (straight.0, end));
        assert_eq!(program.yields(), 4);
    }

    #[test]
    fn bytes_that_are_no_program_are_refused_in_words() {
        let mut program = Program::new(sources(), &[]).unwrap();
        program.run(&mut Lines::default());
        let good = program.save().unwrap();
        let said = |bytes: &[u8]| match Program::load(bytes) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert!(said(b"").contains("empty"));
        assert!(said(b"print('hello')").contains("no"), "{}", said(b"print('hello')"));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            assert_ne!(said(&bad), "", "byte {at}");
            assert_ne!(said(&good[..at]), "", "cut to {at}");
        }
        let mut world = Writer::default();
        world.add(Tag::WORLD, b"", false);
        assert!(said(&world.finish()).contains("a world"), "{}", said(&[]));
    }
}
