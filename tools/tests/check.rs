//! `dormouse check`: each kind of mistake is found, with its file, its object, what it is and how to mend it; the exit code
//! says whether there are errors.

mod harness;

use harness::{Folder, Told, dormouse};

const DOOR: &str = "local Door = actor \"Door\" { props = { speed = 40, friend = optional \"actor\", way = vector.zero, key = required \"string\" } }
function Door:Action_Open() end
function Door:Action_Close() end
function Door:Action_Creak(loud: number) end
function Door:Action_Sing(text: string?) end
function Door:run() self:Action_Open() self:Action_Close() end
return Door
";

const LAMP: &str = "local Lamp = actor \"Lamp\" {}
function Lamp:Action_TurnOn() end
return Lamp
";

/// A folder with scripts and one map: these objects, and more files.
fn folder(name: &str, objects: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("scripts/door.luau", DOOR);
    folder.write("scripts/lamp.luau", LAMP);
    folder.write("maps/hall.tmx", &map("", objects));
    folder
}

fn map(attributes: &str, objects: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<map version=\"1.10\" orientation=\"orthogonal\" width=\"4\" height=\"4\" tilewidth=\"16\" tileheight=\"16\" infinite=\"0\"{attributes}>
 <objectgroup id=\"1\">
{objects}
 </objectgroup>
</map>
"
    )
}

/// A door with these properties besides its key, in line 4 of the map; and a lamp.
fn door(properties: &str) -> String {
    format!(
        "<object id=\"1\" name=\"door\" type=\"Door\" x=\"8\" y=\"8\"><properties><property name=\"key\" value=\"k\"/>{properties}</properties></object>
<object id=\"2\" name=\"lamp_1\" type=\"Lamp\" x=\"8\" y=\"8\"/>"
    )
}

fn wire(name: &str, members: &[(&str, &str, &str)]) -> String {
    let members: String = members
        .iter()
        .map(|(name, kind, value)| format!("<property name=\"{name}\" type=\"{kind}\" value=\"{value}\"/>"))
        .collect();
    format!(
        "<property name=\"{name}\" type=\"class\" propertytype=\"Wire\"><properties>{members}</properties></property>"
    )
}

/// A wire of the door to the lamp, with other members.
fn to_lamp(name: &str, more: &[(&str, &str, &str)]) -> String {
    let mut members = vec![("call", "string", "TurnOn"), ("target", "object", "2")];
    for (member, kind, value) in more {
        members.retain(|(known, _, _)| known != member);
        if !value.is_empty() {
            members.push((member, kind, value));
        }
    }
    wire(name, &members)
}

/// What is told of the map, and that the exit code fits.
fn check(folder: &Folder) -> Told {
    let told = folder.dormouse(&["check", "maps", "scripts"]);
    let errors = told.out.contains(": error[");
    assert_eq!(told.code, Some(i32::from(errors)), "{told:?}");
    told
}

#[test]
fn a_map_without_mistakes_passes() {
    let folder = folder("check-good", &door(&to_lamp("OnOpen", &[])));
    assert_eq!(check(&folder).out, "1 map: 0 errors, 0 warnings\n");
    let json = folder.dormouse(&["check", "maps", "scripts", "--json"]);
    assert_eq!((json.code, json.out.as_str()), (Some(0), ""));
}

#[test]
fn each_mistake_in_a_map_is_told_with_a_way_to_mend_it() {
    let bare = |object: &str| format!("{}\n{object}", door(""));
    let with_list = "<property name=\"OnOpen\" type=\"list\"><item type=\"class\" propertytype=\"Wire\"><properties>\
        <property name=\"call\" value=\"TurnOn\"/><property name=\"target\" type=\"object\" value=\"2\"/></properties></item></property>";
    let cases: Vec<(&str, String, &str)> = vec![
        (
            "unknown class",
            bare("<object id=\"3\" name=\"x\" type=\"Lmp\" x=\"0\" y=\"0\"/>"),
            ":6: error[unknown-class]: object 3 \"x\": it is of class `Lmp`, which no script defines; did you mean `Lamp`?
  help: write the class's script, or mend the name; an object that is no actor has no class",
        ),
        (
            "unknown prop",
            door("<property name=\"sped\" type=\"int\" value=\"3\"/>"),
            ":4: error[unknown-prop]: object 1 \"door\": class Door has no prop `sped`; did you mean `speed`?
  help: mend the name, or declare the prop in scripts/door.luau",
        ),
        (
            "a prop of another type",
            door("<property name=\"speed\" value=\"fast\"/>"),
            ":4: error[prop-type]: object 1 \"door\": prop `speed` must be a number, not a string
  help: set it to what the class expects, or reset it",
        ),
        (
            "an object that is not there",
            door("<property name=\"friend\" type=\"object\" value=\"77\"/>"),
            "prop `friend` must be an actor, not object 77, which is not there",
        ),
        (
            "a missing prop",
            bare("<object id=\"3\" type=\"Door\" x=\"0\" y=\"0\"/>"),
            ":6: error[missing-prop]: object 3: prop `key` (a string) must be given
  help: add it to the object in Tiled",
        ),
        (
            "a wire from an action that is not there",
            door(&to_lamp("OnOpne", &[])),
            ":4: error[wire-source]: object 1 \"door\": wire `OnOpne`: class Door has no action `Opne`; did you mean `Open`?
  help: name the property after an action of the object: `OnOpen`",
        ),
        (
            "a wire to an action that is not there",
            door(&to_lamp("OnOpen", &[("call", "string", "TurnOm")])),
            ":4: error[wire-action]: object 1 \"door\": wire `OnOpen`: class Lamp has no action `TurnOm`; did you mean `TurnOn`?
  help: mend `call`, or the target",
        ),
        (
            "a wire to nobody",
            door(&to_lamp("OnOpen", &[("target", "object", "99")])),
            "error[wire-target]: object 1 \"door\": wire `OnOpen`: its target, object 99, is not there
  help: draw the arrow to an actor, or mend `to`",
        ),
        (
            "a wire to a thing that is no actor",
            format!("{}\n<object id=\"3\" name=\"spot\" x=\"0\" y=\"0\"/>", door(&to_lamp("OnOpen", &[("target", "object", "3")]))),
            "wire `OnOpen`: its target, object 3 \"spot\", is no actor",
        ),
        (
            "a wire to a name that nobody has",
            door(&to_lamp("OnOpen", &[("target", "", ""), ("to", "string", "lamp_2")])),
            "wire `OnOpen`: no actor is called `lamp_2`; did you mean `lamp_1`?",
        ),
        (
            "a wire to a pattern that fits nobody",
            door(&to_lamp("OnOpen", &[("target", "", ""), ("to", "string", "torch_*")])),
            "wire `OnOpen`: no actor is called `torch_*`",
        ),
        (
            "a wire to a class that is not there",
            door(&to_lamp("OnOpen", &[("target", "", ""), ("to", "string", "class:Lmp")])),
            "wire `OnOpen`: there is no class `Lmp`; did you mean `Lamp`?",
        ),
        (
            "a wire to the level of a map without a class",
            door(&to_lamp("OnOpen", &[("target", "", ""), ("to", "string", "!level")])),
            "wire `OnOpen`: `!level`: the map has no class",
        ),
        (
            "a wire to the game of a map without one",
            door(&to_lamp("OnOpen", &[("target", "", ""), ("to", "string", "!game")])),
            "wire `OnOpen`: `!game`: the map has no property `game`",
        ),
        (
            "a wire to whoever began it all, with an action that nobody has",
            door(&to_lamp("OnOpen", &[("target", "", ""), ("to", "string", "!activator"), ("call", "string", "TurnOm")])),
            "error[wire-action]: object 1 \"door\": wire `OnOpen`: no class has an action `TurnOm`; did you mean `TurnOn`?",
        ),
        (
            "a wire without an action",
            door(&to_lamp("OnOpen", &[("call", "", "")])),
            "error[wire-malformed]: object 1 \"door\": wire `OnOpen`: `call` is missing: the action that follows
  help: mend the property in Tiled",
        ),
        ("a wire without a target", door(&to_lamp("OnOpen", &[("target", "", "")])), "it has neither a `target` nor a `to`"),
        ("a wire with two", door(&to_lamp("OnOpen", &[("to", "string", "lamp_1")])), "it has a `target` and a `to` (`lamp_1`): clear one of them"),
        ("a moment that there is not", door(&to_lamp("OnOpen", &[("on", "string", "finsh")])), "`on` is begin, finish or fail, not `finsh`; did you mean `finish`?"),
        ("a delay that is none", door(&to_lamp("OnOpen", &[("delay", "float", "1.5")])), "`delay` must be a whole number of ticks from 0 on"),
        ("a negative delay", door(&to_lamp("OnOpen", &[("delay", "int", "-1")])), "`delay` must be a whole number of ticks from 0 on"),
        ("once, which is no truth value", door(&to_lamp("OnOpen", &[("once", "string", "yes")])), "`once` must be a bool"),
        ("a member that there is not", door(&to_lamp("OnOpen", &[("dely", "int", "3")])), "a wire has no member `dely`; did you mean `delay`?"),
        ("a wire of another name", door(&to_lamp("Opens", &[])), "a wire's property is called `On` and the action's name"),
        (
            "a wire of a thing that is no actor",
            bare(&format!("<object id=\"3\" name=\"spot\" x=\"0\" y=\"0\"><properties>{}</properties></object>", to_lamp("OnOpen", &[]))),
            ":6: error[wire-without-class]: object 3 \"spot\": it has wires but no class
  help: give the object a class: only actors have actions",
        ),
        (
            "wires in a list",
            door(with_list),
            ":4: error[wire-in-list]: object 1 \"door\": `OnOpen` hides wires in a list
  help: Tiled does not mend a list's targets when a room is copied: give each wire a property of its own",
        ),
        (
            "an argument for an action that takes none",
            door(&to_lamp("OnOpen", &[("arg", "string", "3")])),
            ":4: warning[wire-arg]: object 1 \"door\": wire `OnOpen`: Lamp.TurnOn takes no argument: `arg` is passed for nothing
  help: mend `arg`, or the action's definition in scripts/lamp.luau",
        ),
        (
            "an argument of another kind",
            door(&wire("OnOpen", &[("call", "string", "Creak"), ("target", "object", "1"), ("arg", "string", "loud")])),
            ":4: error[wire-arg]: object 1 \"door\": wire `OnOpen`: Door.Creak takes a number (`loud`), and `arg` is a string",
        ),
        (
            "an argument that is an actor, where a number is wanted",
            door(&wire("OnOpen", &[("call", "string", "Creak"), ("target", "object", "1"), ("arg", "object", "2")])),
            "wire `OnOpen`: Door.Creak takes a number (`loud`), and `arg` is an actor",
        ),
        (
            "an argument that is missing",
            door(&wire("OnOpen", &[("call", "string", "Creak"), ("target", "object", "1")])),
            "warning[wire-arg]: object 1 \"door\": wire `OnOpen`: Door.Creak takes a number (`loud`), and there is no `arg`",
        ),
        (
            "a circle without delay",
            door(&format!(
                "{}{}",
                wire("OnOpen", &[("call", "string", "Close"), ("target", "object", "1")]),
                wire("OnClose", &[("call", "string", "Open"), ("to", "string", "!self")])
            )),
            ":4: error[cycle]: object 1 \"door\": wires go in a circle without delay: door.Close -> door.Open -> door.Close
  help: give one of them a delay of at least 1 tick",
        ),
        (
            "a circle that may take time",
            door(&format!(
                "{}{}",
                wire("OnOpen", &[("call", "string", "Close"), ("target", "object", "1"), ("on", "string", "finish")]),
                wire("OnClose", &[("call", "string", "Open"), ("to", "string", "class:Door")])
            )),
            "warning[cycle]: object 1 \"door\": wires go in a circle without delay",
        ),
        (
            "an action that nothing begins",
            door(&to_lamp("OnSing", &[])),
            ":4: warning[unreachable]: object 1 \"door\": wire `OnSing`: nothing ever begins door.Sing
  help: wire something to it, or call it from a script",
        ),
        (
            "a name that two have",
            format!(
                "{}\n<object id=\"3\" name=\"lamp_1\" type=\"Lamp\" x=\"0\" y=\"0\"/>",
                door(&to_lamp("OnOpen", &[("target", "", ""), ("to", "string", "lamp_1")]))
            ),
            ":6: warning[duplicate-name]: object 3 \"lamp_1\": object 2 is called `lamp_1` too, and a wire goes to that name: it reaches both
  help: rename one of them, or draw an arrow instead",
        ),
        (
            "a place outside of the world",
            bare("<object id=\"3\" name=\"x\" type=\"Lamp\" x=\"1e20\" y=\"0\"/>"),
            ":6: error[object-place]: object 3 \"x\": its place or size is out of this world
  help: move it back into the map",
        ),
    ];
    for (number, (what, objects, told)) in cases.iter().enumerate() {
        let folder = folder(&format!("check-{number}"), objects);
        let out = check(&folder).out;
        assert!(out.contains(told), "{what}:\n{out}\nhas no\n{told}");
        // Nothing else is found.
        assert!(
            out.ends_with("1 map: 1 error, 0 warnings\n") || out.ends_with("1 map: 0 errors, 1 warning\n"),
            "{what}:\n{out}"
        );
        assert!(out.starts_with("maps/hall.tmx:"), "{what}:\n{out}");
        // The same in JSON, which has the same exit code.
        let json = folder.dormouse(&["check", "maps", "scripts", "--json"]);
        assert_eq!(json.code, Some(i32::from(out.contains(": error["))), "{what}");
        let line: serde_json::Value =
            serde_json::from_str(json.out.trim_end()).unwrap_or_else(|error| panic!("{error}: {}", json.out));
        assert_eq!(line["file"], "maps/hall.tmx", "{what}");
        assert!(
            line["what"].as_str().is_some_and(|what| told.contains(what)
                || what.contains(told.lines().next().unwrap().rsplit("\": ").next().unwrap())),
            "{what}: {line}"
        );
        for field in ["severity", "code", "line", "object", "mend"] {
            assert!(!line[field].is_null(), "{what}: {field} in {line}");
        }
    }
}

#[test]
fn a_wire_of_a_template_that_is_overridden_in_part_is_told() {
    let folder = folder(
        "check-template",
        "<object id=\"2\" name=\"lamp_1\" type=\"Lamp\" x=\"0\" y=\"0\"/>\n\
        <object id=\"1\" name=\"door\" template=\"door.tx\" x=\"0\" y=\"0\"/>\n\
        <object id=\"3\" name=\"other\" template=\"door.tx\" x=\"0\" y=\"0\"><properties>\
        <property name=\"OnOpen\" type=\"class\" propertytype=\"Wire\"><properties><property name=\"call\" value=\"TurnOn\"/>\
        <property name=\"to\" value=\"lamp_1\"/></properties></property></properties></object>",
    );
    let template = |members: &[(&str, &str, &str)]| {
        let wire = wire("OnOpen", members);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<template><object name=\"door\" type=\"Door\"><properties><property name=\"key\" value=\"k\"/>{wire}</properties></object></template>"
        )
    };
    folder.write(
        "maps/door.tx",
        &template(&[
            ("call", "string", "TurnOn"),
            ("to", "string", "lamp_1"),
            ("delay", "int", "30"),
            ("once", "bool", "true"),
        ]),
    );
    let out = check(&folder).out;
    assert!(
        out.contains(
            "maps/hall.tmx:6: warning[wire-overridden]: object 3 \"other\": wire `OnOpen` overrides that of its template door.tx, and loses \
             `delay`, `once` of it\n  help: set all members of the wire in the object"
        ),
        "{out}"
    );
    assert!(out.ends_with("0 errors, 1 warning\n"), "{out}");
    // Whole again, nothing is lost.
    folder.write("maps/door.tx", &template(&[("call", "string", "TurnOn"), ("to", "string", "lamp_1")]));
    assert_eq!(check(&folder).out, "1 map: 0 errors, 0 warnings\n");
}

#[test]
fn mistakes_of_the_map_itself_are_told() {
    let folder = folder("check-map", "");
    let level = |class: &str, properties: &str| {
        map(&format!(" class=\"{class}\""), "").replacen(
            " <objectgroup",
            &format!("<properties>{properties}</properties><objectgroup"),
            1,
        )
    };
    for (text, told) in [
        (level("Kep", ""), "error[unknown-class]: the map is of class `Kep`, which no script defines"),
        (
            level("Lamp", "<property name=\"game\" value=\"Gme\"/>"),
            "error[unknown-class]: the game is of class `Gme`, which no script defines",
        ),
        (
            level("Lamp", "<property name=\"lit\" type=\"bool\" value=\"true\"/>"),
            "error[unknown-prop]: class Lamp has no prop `lit`",
        ),
        (
            level("", &wire("OnOpen", &[("call", "string", "x"), ("to", "string", "y")])),
            "error[wire-without-class]: the map has wires but no class",
        ),
        (
            level("Lamp", &wire("OnTurnOn", &[("call", "string", "TurnOn"), ("to", "string", "!level")])),
            "error[cycle]: wires go in a circle without delay: hall.TurnOn -> hall.TurnOn",
        ),
    ] {
        folder.write("maps/hall.tmx", &text);
        let out = check(&folder).out;
        assert!(out.contains(told), "{out}\nhas no\n{told}");
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = folder("check-broken", &door(""));
    folder.write("maps/broken.tmx", "<map");
    let out = check(&folder).out;
    assert!(
        out.contains("maps/broken.tmx:1: error[map]: this is no XML") && out.contains("2 maps: 1 error, 0 warnings"),
        "{out}"
    );
    folder.write("maps/broken.tmx", &map("", "<object id=\"1\" template=\"gone.tx\"/>"));
    let out = check(&folder).out;
    assert!(
        out.contains("error[map]: ")
            && out.contains("gone.tx")
            && out.contains("help: open the map in Tiled and save it again"),
        "{out}"
    );
}

#[test]
fn scripts_that_do_not_load_are_told_all_at_once() {
    let folder = folder("check-scripts", &door(""));
    folder.write("scripts/odd.luau", "local Odd = actor \"Odd\" { porps = {} }\nreturn Odd");
    folder.write("scripts/bad.luau", "local Bad = actor \"Bad\" {}\nfunction Bad:run( return Bad");
    folder.write("scripts/worse.luau", "local Worse = actor \"Worse\" { extends = \"Wrose\" }\nreturn Worse");
    folder.write("scripts/fails.luau", "error \"no\"");
    let out = check(&folder).out;
    for told in [
        "scripts/bad.luau:2: error[script]: ",
        "scripts/fails.luau:1: error[script]: no",
        "scripts/odd.luau:1: error[script]: ",
        "did you mean `props`?",
        "scripts/worse.luau:1: error[script]: class Worse extends `Wrose`, which does not exist; did you mean `Worse`?",
        "help: mend the script; maps can be checked when all scripts load",
    ] {
        assert!(out.contains(told), "{out}\nhas no\n{told}");
    }
    // Whoever extends a class that did not load is no mistake.
    folder
        .write("scripts/gate.luau", "return actor \"Gate\" { extends = \"Bad\", groups = { motion = { \"Swing\" } } }");
    let out = check(&folder).out;
    assert!(!out.contains("gate.luau"), "{out}");
    // A folder of scripts alone, and a single script.
    for path in ["scripts", "scripts/bad.luau"] {
        let told = folder.dormouse(&["check", path]);
        assert_eq!(told.code, Some(1), "{told:?}");
        assert!(told.out.contains("0 maps: "), "{told:?}");
    }
}

#[test]
fn names_that_are_nearly_somebodys_are_told_of() {
    let folder = folder("check-spelling", &door(""));
    let text = "local Gate = actor \"Gate\" {}\nfunction Gate:run()\n    self:mov_to(self.way)\nend\nreturn Gate\n";
    folder.write("scripts/gate.luau", text);
    let told = check(&folder);
    let (code, warning) =
        (told.code, "scripts/gate.luau:3: warning[unknown-method]: no script defines a method `mov_to`");
    assert!(code == Some(0) && told.out.contains(warning), "{told:?}");
}

#[test]
fn the_scripts_among_the_paths_are_those_that_maps_are_checked_against() {
    let folder = folder("check-beside", &to_lamp("OnOpen", &[]));
    std::fs::rename(folder.0.join("scripts"), folder.0.join("actors")).unwrap();
    let told = folder.dormouse(&["check", "maps", "actors"]);
    assert!(told.out.ends_with("1 map: 0 errors, 0 warnings\n") || told.out.contains("maps/hall.tmx"), "{told:?}");
    let alone = folder.dormouse(&["check", "maps"]);
    assert!(alone.err.contains("scripts: there is no such file or folder; --scripts DIR"), "{alone:?}");
}

#[test]
fn wrong_calls_of_the_command_are_told() {
    let folder = folder("check-calls", &door(""));
    for (args, told) in [
        (&["check"][..], "required"),
        (&["check", "nowhere"], "dormouse: nowhere: there is no such file or folder"),
        (&["check", "maps/hall.tmx", "--scripts", "nowhere"], "nowhere"),
        (&["check", "maps/hall.tmx", "--jsn"], "--json"),
        (&["check", "empty"], "there is no map (*.tmx) and no script (*.luau) here"),
        (&["check", "notes.txt"], "notes.txt: neither a map (.tmx) nor a script (.luau)"),
    ] {
        std::fs::create_dir_all(folder.0.join("empty")).unwrap();
        folder.write("notes.txt", "");
        let output = folder.dormouse(args);
        assert_eq!(output.code, Some(2), "{args:?}: {output:?}");
        assert!(output.err.contains(told) && output.out.is_empty(), "{args:?}: {output:?}");
    }
}

#[test]
fn the_repository_s_own_maps_and_scripts_have_no_mistakes() {
    let told = Told::from(dormouse(&["check", "maps", "scripts"]).output().unwrap());
    assert_eq!((told.code, told.out.as_str()), (Some(0), "4 maps: 0 errors, 0 warnings\n"));
}
