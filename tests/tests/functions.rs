//! Functions that a game written in Rust gives its scripts.

use dormouse::snapshot::SaveOptions;
use dormouse::{Config, Datum, NativeFunction, Reply, World};
use dormouse_tests::Stage;

/// What a game might give its scripts.
fn functions() -> Vec<NativeFunction> {
    let halfway = NativeFunction::new(c"halfway", |call| {
        let ([x, y], [to_x, to_y]) = (call.point(1)?, call.point(2)?);
        Ok(Datum::Vector([(x + to_x) / 2.0, (y + to_y) / 2.0, 0.0]).into())
    });
    let place_of = NativeFunction::new(c"place_of", |call| {
        let who = call.actor(1)?;
        let [x, y] = call.position_of(who).ok_or("it is gone")?;
        Ok(Datum::List(vec![f64::from(x).into(), f64::from(y).into()]).into())
    });
    let whoever = NativeFunction::new(c"whoever", |call| Ok(call.caller().into()));
    let grind = NativeFunction::new(c"grind", |call| {
        call.charge(1 << 30);
        Ok(Datum::Nil.into())
    });
    let echo = NativeFunction::new(c"echo", |call| {
        Ok(Reply::Datum(Datum::List((0..=call.count()).map(|at| call.datum(at)).collect())))
    });
    vec![halfway, place_of, whoever, grind, echo]
}

fn config() -> Config {
    Config { functions: functions(), ..Config::default() }
}

/// What an actor with this life says in some ticks.
fn said(life: &str, ticks: u64) -> Vec<String> {
    let script = format!("local Subject = actor 'Subject' {{}}\nfunction Subject:run() {life} end\nreturn Subject");
    let mut stage = Stage::with(&config(), &[("subject.luau", &script)]);
    stage.spawn("Subject", &[("position", Datum::Vector([30.0, 40.0, 0.0]))]);
    for _ in 0..ticks {
        stage.world.tick(&[]);
    }
    stage.world.take_output().into_iter().map(|line| line.text).collect()
}

#[test]
fn arguments_come_in_and_results_go_out() {
    assert_eq!(said("say(halfway(vector.create(0, 0, 0), vector.create(8, 6, 0)))", 1), ["(4, 3)"]);
    assert_eq!(said("local p = place_of(self) say(p[1], p[2])", 1), ["30 40"]);
    assert_eq!(said("say(whoever() == self.id)", 1), ["true"]);
    assert_eq!(
        said("local e = echo('a', { 1 }, { b = true }, print) say(#e, e[2], e[3][1], e[4].b, e[5])", 1),
        ["4 a 1 true nil"]
    );
}

#[test]
fn mistakes_are_raised_in_the_line_that_called() {
    let errors = said("local ok, e = pcall(halfway, 1) say(e) place_of(nil)", 1);
    assert_eq!(
        errors[0],
        "scripts/subject.luau:2: argument 1 must be a vector, such as vector.create(40, 60, 0), not a number"
    );
    assert!(errors[1].contains("subject.luau:2: argument 1 must be an actor, not nil"), "{}", errors[1]);
    let unknown = said("half_way()", 1);
    assert!(unknown[0].contains("there is no global `half_way`; did you mean `halfway`?"), "{}", unknown[0]);
}

#[test]
fn their_work_is_charged_to_the_caller() {
    let over = said("while true do grind() end", 1);
    assert!(over[0].contains("subject.luau:2") && over[0].to_lowercase().contains("budget"), "{}", over[0]);
}

#[test]
fn names_of_the_engine_are_taken() {
    for name in [c"wait", c"spawn", c"position", c"say", c"global", c"pcall", c"park"] {
        let functions = vec![NativeFunction::new(name, |_| Ok(Datum::Nil.into()))];
        let error = World::new(&Config { functions, ..Config::default() }, &dormouse::Scripts::new()).err();
        let error = error.unwrap_or_else(|| panic!("{name:?} is taken")).to_string();
        assert!(error.contains(name.to_str().unwrap()), "{error}");
    }
    let functions = [functions(), functions()].concat();
    assert!(World::new(&Config { functions, ..Config::default() }, &dormouse::Scripts::new()).is_err());
}

/// A function is no part of a saved game: it is found again by its name, whatever its place in the list.
#[test]
fn a_sleeper_finds_its_function_again_after_a_load() {
    let script = "local Subject = actor 'Subject' {}
        function Subject:run() local between = halfway wait(5) say(between(vector.zero, vector.one)) end
        return Subject";
    let mut stage = Stage::with(&config(), &[("subject.luau", script)]);
    stage.spawn("Subject", &[]);
    stage.world.tick(&[]);
    let bytes = stage.world.save(&SaveOptions::default()).unwrap();
    let scripts = stage.world.scripts().clone();
    let mut turned = functions();
    turned.reverse();
    let mut world = World::restore(&bytes, &Config { functions: turned, ..Config::default() }, &scripts).unwrap();
    for _ in 0..5 {
        world.tick(&[]);
    }
    assert_eq!(world.take_output()[0].text, "(0.5, 0.5)");

    let error = World::restore(&bytes, &Config::default(), &scripts).err().unwrap().to_string();
    assert!(error.contains("Subject#0.run: there is no function `halfway` any more"), "{error}");
}
