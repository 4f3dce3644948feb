//! `dormouse script`: a plain Luau program runs, is put to sleep in a file at one of its yields, and goes on from there.

use std::error::Error;
use std::io::{self, LineWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dormouse::program::{Outside, Program, Sources, Step};
use dormouse::snapshot::{read_file, write_file};

/// A program is one tasklet with the sandboxed Luau library, `print`, `require` (files beside it, by literal names),
/// `os.time`, `os.clock` (seconds that the program has run, in all processes together), `math.randomseed` and
/// `collectgarbage`. It begins with the same random numbers each time. The addresses that `tostring` shows of tables
/// and functions, and the order of `pairs` over keys of those kinds in tables made later, may differ after a resume.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Run a Luau program from its beginning
    Run {
        /// The program: a .luau file; files that it requires are found beside it
        file: PathBuf,
        #[command(flatten)]
        save: Save,
        /// What `...` is in the program
        #[arg(last = true, value_name = "ARGUMENTS")]
        arguments: Vec<String>,
    },
    /// Go on with a program from the file that it sleeps in, which has all that is needed
    Resume {
        /// What --save-at-yield wrote
        path: PathBuf,
        #[command(flatten)]
        save: Save,
    },
}

#[derive(clap::Args)]
struct Save {
    /// At its N-th `coroutine.yield()` from here on, write the program to PATH and end. Only its own yields count, not
    /// those of coroutines within it; without this, or before, a yield returns at once, with no values
    #[arg(long, num_args = 2, value_names = ["N", "PATH"])]
    save_at_yield: Option<Vec<String>>,
}

impl Save {
    fn read(&self) -> Result<Option<(u64, PathBuf)>, String> {
        let Some([number, path]) = self.save_at_yield.as_deref() else { return Ok(None) };
        match number.parse() {
            Ok(number @ 1..) => Ok(Some((number, path.into()))),
            _ => {
                Err(format!("--save-at-yield takes the number of a yield, from 1, and a path; not {number:?} {path:?}"))
            }
        }
    }
}

/// Runs the command. False when the program ended with an error, can't be run, or did not come to where it was to be
/// saved.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let (mut program, save) = match &args.command {
        Command::Run { file, save, arguments } => {
            let save = save.read()?;
            let sources = match Sources::read(file) {
                Ok(sources) => sources,
                Err(error) => return refuse(&error),
            };
            match Program::new(sources, arguments) {
                Ok(program) => (program, save),
                Err(error) => return refuse(&error),
            }
        }
        Command::Resume { path, save } => {
            let save = save.read()?;
            let bytes = read_file(path)?;
            match Program::load(&bytes) {
                Ok(program) => (program, save),
                Err(error) => return refuse(&format!("{}: {error}", path.display())),
            }
        }
    };
    let mut terminal = Terminal::new();
    let before = program.yields();
    loop {
        match program.run(&mut terminal) {
            Step::Yielded => {
                if let Some((number, path)) = &save
                    && program.yields() - before == *number
                {
                    terminal.flush();
                    return write(&mut program, path);
                }
            }
            Step::Ended => {
                terminal.flush();
                let Some((number, _)) = save else { return Ok(true) };
                let yields = program.yields() - before;
                return refuse(&format!(
                    "the program ended after {yields} yields, before the {number} at which it was to be saved: nothing was written"
                ));
            }
            Step::Failed { message, traceback } => {
                terminal.flush();
                eprint!("{message}\n{traceback}");
                return Ok(false);
            }
        }
    }
}

/// Puts the program into its file, and makes sure that it comes out again.
fn write(program: &mut Program, path: &Path) -> Result<bool, Box<dyn Error>> {
    let bytes = match program.save() {
        Ok(bytes) => bytes,
        Err(error) => return refuse(&format!("the program can't be saved here: {error}")),
    };
    if let Err(error) = Program::load(&bytes) {
        return refuse(&format!("the program can't be saved: it would not load again: {error}"));
    }
    if let Err(error) = write_file(path, &bytes) {
        return refuse(&error);
    }
    let place = program.places().first().map_or_else(String::new, |place| format!(" in {}:{}", place.file, place.line));
    eprintln!("asleep at yield {}{place}, {} bytes: {}", program.yields(), bytes.len(), path.display());
    Ok(true)
}

fn refuse(problem: &dyn std::fmt::Display) -> Result<bool, Box<dyn Error>> {
    eprintln!("{problem}");
    Ok(false)
}

/// The world outside, as a program sees it from here.
struct Terminal {
    out: LineWriter<io::Stdout>,
    began: Instant,
}

impl Terminal {
    fn new() -> Self {
        Terminal { out: LineWriter::new(io::stdout()), began: Instant::now() }
    }

    fn flush(&mut self) {
        let flushed = self.out.flush();
        must(flushed);
    }
}

/// Nobody can see what the program says: there is no point in going on. That a reader has seen enough is no mistake of
/// the program's, but what was asked does not hold.
fn must(written: io::Result<()>) {
    let Err(error) = written else { return };
    if error.kind() != io::ErrorKind::BrokenPipe {
        eprintln!("what the program prints can't be written: {error}");
    }
    std::process::exit(1);
}

impl Outside for Terminal {
    fn print(&mut self, line: &[u8]) {
        let written = self.out.write_all(line).and_then(|()| self.out.write_all(b"\n"));
        must(written);
    }

    fn time(&mut self) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
    }

    fn clock(&mut self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}
