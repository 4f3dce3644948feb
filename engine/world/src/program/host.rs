//! What a plain program can reach of the world outside: the little that is in [`Outside`].

use std::sync::Arc;

use dormouse_vm::{Flow, Frame, Handle, Host, Raise, Value};

use super::sources::Sources;
use crate::names::suggestion;

/// What a program is given of the world outside. All of it is asked for while the program runs, none of it is saved.
pub trait Outside {
    /// A line that the program prints: bytes, without the end of the line.
    fn print(&mut self, line: &[u8]);

    /// What `os.time()` is: seconds since 1970.
    fn time(&mut self) -> f64;

    /// Seconds on a clock that only runs forward, from any beginning: what `os.clock()` counts while the program runs.
    fn clock(&mut self) -> f64;
}

/// The functions of the host.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Function {
    Print,
    Find,
    Time,
    Clock,
    RandomSeed,
    CollectGarbage,
}

impl Function {
    const ALL: [Function; 6] = [
        Function::Print,
        Function::Find,
        Function::Time,
        Function::Clock,
        Function::RandomSeed,
        Function::CollectGarbage,
    ];
}

/// Answers a program's calls for the time of one run.
pub(super) struct Answers<'a> {
    pub(super) outside: &'a mut dyn Outside,
    pub(super) sources: Arc<Sources>,
    /// The clock when this run began, less the seconds that the program had run before.
    pub(super) clock_at_zero: f64,
}

impl Answers<'_> {
    fn find(&self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let Some(name) = frame.text(1) else {
            return Err(format!("require takes the name of a module, not a {}", frame.kind(1).name()).into());
        };
        let from = frame.place().map_or_else(|| self.sources.main.clone(), |place| place.file);
        let Some(path) = self.sources.find(&from, &name) else {
            let names = self.sources.files.keys().map(String::as_str);
            let hint = suggestion(&name, names);
            return Err(format!(
                "there is no module \"{name}\" beside {from}{hint} (modules are found before the program runs, by \
                 the literal names that are required)"
            )
            .into());
        };
        frame.push_text(path);
        Ok(Flow::Return(1))
    }

    fn time(&mut self, frame: &mut Frame<'_>) -> Result<f64, Raise> {
        if frame.is_nil(1) {
            return Ok(self.outside.time().floor());
        }
        let mut part = |name: &str, default: Option<f64>| {
            frame.get(1, name);
            let value = frame.number(frame.len()).or(default);
            frame.pop(1);
            value.ok_or_else(|| Raise::from(format!("field '{name}' missing in date table")))
        };
        let (year, month, day) = (part("year", None)?, part("month", None)?, part("day", None)?);
        let (hour, minute, second) = (part("hour", Some(12.0))?, part("min", Some(0.0))?, part("sec", Some(0.0))?);
        let days = days_from_civil(year as i64, month as i64, day as i64);
        Ok(days as f64 * 86_400.0 + hour.floor() * 3_600.0 + minute.floor() * 60.0 + second.floor())
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; months and days outside of their ranges carry over.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month, day) = [year, month, day].map(|part| part.clamp(-1_000_000, 1_000_000)).into();
    let year = year + (month - 1).div_euclid(12);
    let month = (month - 1).rem_euclid(12);
    // Years are counted from March, so that the leap day is a year's last.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

impl Host for Answers<'_> {
    fn call(&mut self, function: u32, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let function = Function::ALL.into_iter().find(|known| *known as u32 == function);
        let number = match function {
            Some(Function::Print) => {
                self.outside.print(&frame.bytes(1).unwrap_or_default());
                return Ok(Flow::Return(0));
            }
            Some(Function::Find) => return self.find(frame),
            Some(Function::Time) => self.time(frame)?,
            Some(Function::Clock) => self.outside.clock() - self.clock_at_zero,
            Some(Function::RandomSeed) => {
                let Some(seed) = frame.number(1) else {
                    return Err("math.randomseed takes a number".into());
                };
                frame.seed_random(seed.to_bits());
                return Ok(Flow::Return(0));
            }
            Some(Function::CollectGarbage) => match frame.text(1).as_deref() {
                None | Some("collect") => {
                    frame.collect_all();
                    0.0
                }
                Some("count") => frame.allocated() as f64 / 1024.0,
                Some(other) => {
                    return Err(format!("collectgarbage takes \"collect\" or \"count\", not \"{other}\"").into());
                }
            },
            None => return Err("no such function".into()),
        };
        frame.push(Value::Number(number));
        Ok(Flow::Return(1))
    }

    fn method(&mut self, _: u16, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("a program has no handles".into())
    }

    fn field(&mut self, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("a program has no handles".into())
    }

    fn describe(&mut self, handle: Handle) -> String {
        format!("handle {}", handle.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::days_from_civil;

    #[test]
    fn dates_are_counted_in_days() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
        assert_eq!(days_from_civil(2024, 2, 29), 19_782);
        assert_eq!(days_from_civil(2023, 14, 29), 19_782);
        assert_eq!(days_from_civil(1969, 12, 31), -1);
    }
}
