//! The text form as its writers meet it: read, written, refused.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Inputs, What};
use crate::datum::Datum;

const EXAMPLE: &str = "\
# a run
10 key 1 right down   # go
25 key 1 right up

30 event guard_1 Alarm {\"where\":\"the # yard\"}
40 action door_a.Close
40 action \"the lamp\".Dim 0.5
60 duration 0.02
70 spawn Lamp {\"name\":\"lamp_9\",\"position\":{\"x\":40,\"y\":60}}
80 set door_a.speed 10
90 despawn guard_2
99 eval \"log(1)\"
99 eval door_a \"self.speed *= 2\"
";

fn read(text: &str) -> Result<Inputs, String> {
    Inputs::parse(text, Path::new("in.txt")).map_err(|error| error.to_string())
}

fn one(text: &str) -> What {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}")).all()[0].what.clone()
}

fn whats(inputs: &Inputs) -> Vec<(u64, What)> {
    inputs.all().iter().map(|input| (input.tick, input.what.clone())).collect()
}

#[test]
fn each_kind_is_read() {
    assert_eq!(one("1 key 8 space up"), What::Key { player: 8, key: "space".into(), down: false });
    assert_eq!(one("1\tkey  1\t\"#\"  down # hash"), What::Key { player: 1, key: "#".into(), down: true });
    let event = |fields: &[(&str, Datum)]| What::Event {
        actor: "cook".into(),
        name: "Order".into(),
        fields: fields.iter().map(|(key, value)| ((*key).into(), value.clone())).collect(),
    };
    assert_eq!(one("1 event cook Order"), event(&[]));
    assert_eq!(one("1 event cook Order {}"), event(&[]));
    // Fields are fields, even if they look like a vector together; a value that looks like one is one.
    assert_eq!(
        one(r#"1 event cook Order {"x": 1.25, "y": 1e300, "z": 3}"#),
        event(&[("x", 1.25.into()), ("y", 1e300.into()), ("z", 3.0.into())])
    );
    assert_eq!(one(r#"1 event cook Order {"at": {"x": 1, "y": 2}}"#), event(&[("at", Datum::Vector([1.0, 2.0, 0.0]))]));
    let action = |actor: &str, arg| What::Action { actor: actor.into(), action: "Close".into(), arg };
    assert_eq!(one("1 action door.a.Close"), action("door.a", Datum::Nil));
    assert_eq!(one("1 action door.Action_Close [true, null]"), {
        action("door", Datum::List(vec![true.into(), Datum::Nil]))
    });
    assert_eq!(one(r#"1 action "the \"door\" # 1".Close "soft""#), action("the \"door\" # 1", "soft".into()));
    assert_eq!(one("1 duration 1"), What::Duration(1.0));
    let at = ("at".to_owned(), Datum::Vector([1.0, 2.0, 0.0]));
    assert_eq!(
        one(r#"1 spawn Lamp {"at": {"x": 1, "y": 2}}"#),
        What::Spawn { class: "Lamp".into(), props: [at].into() }
    );
    assert_eq!(one("1 spawn Lamp"), What::Spawn { class: "Lamp".into(), props: BTreeMap::new() });
    assert_eq!(one("1 despawn Bee#12"), What::Despawn { actor: "Bee#12".into() });
    assert_eq!(one("1 set a.b.lit null"), What::Set { actor: "a.b".into(), prop: "lit".into(), value: Datum::Nil });
    assert_eq!(one(r#"1 eval "say '#'""#), What::Eval { actor: None, code: "say '#'".into() });
    assert_eq!(one(r#"1 eval "a b" "x\ny""#), What::Eval { actor: Some("a b".into()), code: "x\ny".into() });
}

#[test]
fn places_are_kept() {
    let places: Vec<_> = read(EXAMPLE).unwrap().all().iter().map(|input| (input.tick, input.line)).collect();
    assert_eq!(
        places,
        [(10, 2), (25, 3), (30, 5), (40, 6), (40, 7), (60, 8), (70, 9), (80, 10), (90, 11), (99, 12), (99, 13)]
    );
}

#[test]
fn each_tick_gets_its_own() {
    let mut inputs = read(EXAMPLE).unwrap();
    let counts: Vec<usize> = (1..=60).map(|tick| inputs.take(tick).len()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 6);
    assert_eq!((counts[9], counts[39]), (1, 2));
}

#[test]
fn a_run_gone_on_with_does_not_get_earlier_inputs() {
    let mut inputs = read(EXAMPLE).unwrap();
    assert_eq!(inputs.take(39), []);
    assert_eq!(inputs.take(40).len(), 2);
}

#[test]
fn inputs_made_in_any_order_are_written_in_the_order_of_ticks() {
    let inputs: Inputs =
        [(9, What::Duration(0.5)), (3, What::Duration(1.0)), (3, What::Duration(0.25))].into_iter().collect();
    assert_eq!(inputs.to_string(), "3 duration 1\n3 duration 0.25\n9 duration 0.5\n");
}

#[test]
fn what_is_wrong_is_named() {
    for (text, error) in [
        ("x key 1 a down", "1: a line begins with a tick, a whole number from 1 on, not `x`"),
        ("0 duration 1", "1: a line begins with a tick, a whole number from 1 on, not `0`"),
        (
            "99999999999999999999 duration 1",
            "1: a line begins with a tick, a whole number from 1 on, not `99999999999999999999`",
        ),
        ("7", "1: after the tick comes what happens, one of key, event, action, duration, spawn, despawn, set, eval"),
        (
            "1 kay 1 a down",
            "1: `kay` is none of key, event, action, duration, spawn, despawn, set, eval; did you mean `key`?",
        ),
        ("\n1 key 9 a down", "2: there is no player `9`; the form is `key <player 1..8> <name> down|up`"),
        ("1 key 1 a", "1: a key goes down or up, not ``; the form is `key <player 1..8> <name> down|up`"),
        ("5 duration 1\n4 duration 1", "2: tick 4 comes after tick 5; ticks never go back"),
        (
            "1 duration NaN",
            "1: a tick lasts more than 0 seconds and at most 1, not `NaN`; the form is `duration <seconds>`",
        ),
        (
            "1 duration 1.01",
            "1: a tick lasts more than 0 seconds and at most 1, not `1.01`; the form is `duration <seconds>`",
        ),
        (
            "1 duration 0",
            "1: a tick lasts more than 0 seconds and at most 1, not `0`; the form is `duration <seconds>`",
        ),
        ("1 action door", "1: there is no action; the form is `action <actor>.<Action> <argument as JSON>`"),
        (
            "1 action .Close",
            "1: the name of an actor is missing; the form is `action <actor>.<Action> <argument as JSON>`",
        ),
        (
            "1 action a.Cl*se",
            "1: `Cl*se` is no name of an action; the form is `action <actor>.<Action> <argument as JSON>`",
        ),
        ("1 event cook", "1: the name of an event is missing; the form is `event <actor> <name> {fields as JSON}`"),
        (
            "1 event \"cook Order",
            "1: the name of an actor does not end; the form is `event <actor> <name> {fields as JSON}`",
        ),
        (
            "1 event \"cook\"Order",
            "1: there is a blank missing before `Order`; the form is `event <actor> <name> {fields as JSON}`",
        ),
        (
            "1 event co\"ok Order",
            "1: a name with a quote in it is written as JSON does, not `co\"ok`; the form is `event <actor> <name> {fields as JSON}`",
        ),
        (
            "1 event cook Order 5",
            "1: the fields of an event are a JSON object, not `5`; the form is `event <actor> <name> {fields as JSON}`",
        ),
        (
            "1 event cook Order {\"name\":1}",
            "1: the field `name` is the event's own name: leave it out; the form is `event <actor> <name> {fields as JSON}`",
        ),
        (
            "1 spawn Lamp 3",
            "1: the props of an actor are a JSON object, not `3`; the form is `spawn <Class> {props as JSON}`",
        ),
        ("1 despawn a b", "1: after the actor comes nothing, not `b`; the form is `despawn <actor>`"),
        ("1 set a.b", "1: the value is missing; the form is `set <actor>.<prop> <value as JSON>`"),
        ("1 set a 1", "1: there is no prop; the form is `set <actor>.<prop> <value as JSON>`"),
        (
            "1 eval a b",
            "1: this is no JSON: expected value at line 1 column 1; the form is `eval <actor, or nothing> <code as a JSON string>`",
        ),
        (
            "1 eval a",
            "1: the code is written as a JSON string; the form is `eval <actor, or nothing> <code as a JSON string>`",
        ),
        (
            "1 action a.B {",
            "1: this is no JSON: EOF while parsing an object at line 1 column 1; the form is `action <actor>.<Action> <argument as JSON>`",
        ),
        (
            "1 action a.B 1e999",
            "1: this is no JSON: number out of range at line 1 column 5; the form is `action <actor>.<Action> <argument as JSON>`",
        ),
    ] {
        assert_eq!(read(text).unwrap_err(), format!("in.txt:{error}"), "{text}");
    }
}

#[test]
fn sizes_are_bounded() {
    let wide = format!("1 action a.B \"{}\"", "x".repeat(1 << 20));
    assert_eq!(read(&wide).unwrap_err(), "in.txt:1: the line has 1048591 bytes; 1048576 are the most");
    let deep = format!("1 action a.B {}{}", "[".repeat(1000), "]".repeat(1000));
    assert!(read(&deep).unwrap_err().contains("recursion limit"));
}

/// xorshift64 (Marsaglia, "Xorshift RNGs", 2003) with a fixed seed, so that a failure comes again.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// Of characters that mean something in the text form, and some from elsewhere.
    fn text(&mut self) -> String {
        (0..self.below(6))
            .map(|_| [' ', '"', '#', '\\', '.', '{', '\n', '\t', 'a', 'B', '7', 'é', '\u{2028}', '\0'][self.below(14)])
            .collect()
    }

    fn number(&mut self) -> f64 {
        let number = f64::from_bits(self.bits());
        if number.is_finite() { number } else { -0.0 }
    }

    fn datum(&mut self, depth: usize) -> Datum {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Datum::Nil,
            1 => Datum::Bool(self.below(2) == 0),
            2 => Datum::Number(self.number()),
            3 => Datum::Text(self.text()),
            4 => Datum::Vector([(); 3].map(|()| self.below(9) as f32 / 3.0 - 1.0)),
            5 => Datum::List((0..self.below(4)).map(|_| self.datum(depth - 1)).collect()),
            // Never `x` alone with `y`: that is a vector.
            _ => Datum::Map((0..self.below(4)).map(|_| (self.text(), self.datum(depth - 1))).collect()),
        }
    }

    fn what(&mut self) -> What {
        match self.below(8) {
            4 => What::Spawn {
                class: self.text(),
                props: (0..self.below(4)).map(|_| (self.text(), self.datum(3))).collect(),
            },
            5 => What::Despawn { actor: self.text() },
            6 => What::Set { actor: self.text(), prop: "lit".into(), value: self.datum(3) },
            7 => What::Eval { actor: (self.below(2) == 0).then(|| self.text()), code: self.text() },
            0 => What::Key { player: 1 + self.below(8) as u8, key: self.text(), down: self.below(2) == 0 },
            1 => {
                let fields: BTreeMap<_, _> = (0..self.below(4)).map(|_| (self.text(), self.datum(3))).collect();
                What::Event { actor: self.text(), name: self.text(), fields }
            }
            2 => What::Action { actor: self.text(), action: "Do_2".into(), arg: self.datum(3) },
            _ => What::Duration((1 + self.bits() % 1_000_000) as f64 / 1e6),
        }
    }
}

#[test]
fn what_is_written_is_read_back() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..2_000 {
        let inputs: Inputs = (0..random.below(8)).map(|_| (1 + random.below(5) as u64, random.what())).collect();
        let text = inputs.to_string();
        let again = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(whats(&again), whats(&inputs), "{text}");
        // Equal is not enough: 0 and -0 are.
        assert_eq!(again.to_string(), text);
    }
}

#[test]
fn no_text_does_harm() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..20_000 {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        for _ in 0..1 + random.below(8) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.below(256) as u8,
                1 if bytes.len() > 2 => drop(bytes.remove(at)),
                2 => bytes.insert(at, b"\"{}[]#. \n9-"[random.below(11)]),
                _ => bytes.truncate(at.max(2)),
            }
        }
        match read(&String::from_utf8_lossy(&bytes)) {
            Ok(inputs) => {
                good += 1;
                let text = inputs.to_string();
                assert_eq!(read(&text).map(|again| again.to_string()), Ok(text));
            }
            Err(_) => bad += 1,
        }
    }
    assert!(good > 1_000 && bad > 1_000, "the test should see both: {good} good, {bad} bad");
}
