//! What the documents show is so: their Luau compiles, and runs where it is whole; the commands that they name exist, with
//! these options; and every map and every class of the repository is seen alive.

mod harness;

use std::collections::{BTreeMap, BTreeSet};

use dormouse::map::Map;
use dormouse::{Config, OutputKind, Scripts, World};
use harness::{Told, dormouse, repo};

const DOCUMENTS: [&str; 3] = ["README.md", "scripts/README.md", "maps/README.md"];

fn read(document: &str) -> String {
    std::fs::read_to_string(repo().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// Fenced blocks of a language, each with its line.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut block {
            Some(_) if line.starts_with("```") => found.extend(block.take()),
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line == format!("```{language}") => block = Some((number + 1, String::new())),
            None => {}
        }
    }
    found
}

/// A whole script from an example: a method without its class gets one, lines without a method become one. An ellipsis
/// stands for the reader's own code.
fn script(example: &str) -> (String, String) {
    let example = example.replace(") ... end", ") end");
    if let Some((_, rest)) = example.split_once("= actor \"") {
        let name = rest.split('"').next().unwrap();
        assert!(example.trim_end().ends_with(&format!("return {name}")), "a class is whole:\n{example}");
        return (name.into(), example);
    }
    match example.split_once("function ").and_then(|(_, rest)| rest.split_once(':')) {
        Some((name, _)) if example.contains("\nend\n") && !name.contains(' ') => {
            (name.into(), format!("local {name} = actor \"{name}\" {{}}\n{example}\nreturn {name}\n"))
        }
        _ => {
            let body = format!(
                "local Example = actor \"Example\" {{}}\nfunction Example:run()\n{example}\nend\nreturn Example\n"
            );
            ("Example".into(), body)
        }
    }
}

#[test]
fn every_luau_example_loads_and_runs() {
    let mut count = 0;
    for document in DOCUMENTS {
        for (line, example) in blocks(&read(document), "lua") {
            let (class, text) = script(&example);
            let scripts = Scripts::new().with(format!("{}.luau", class.to_lowercase()), text);
            let mut world =
                World::new(&Config::default(), &scripts).unwrap_or_else(|error| panic!("{document}:{line}: {error}"));
            world.spawn(&class, &BTreeMap::new()).unwrap_or_else(|error| panic!("{document}:{line}: {error}"));
            for _ in 0..30 {
                world.tick(&[]);
            }
            let wrong: Vec<_> = world.take_output().into_iter().filter(|line| line.kind == OutputKind::Error).collect();
            assert!(wrong.is_empty(), "{document}:{line}: {wrong:?}");
            count += 1;
        }
    }
    assert!(count >= 4, "{count} examples");
}

/// Every function and method of the authors' API is in the authors' document, and what that lists as functions is there.
#[test]
fn the_authors_document_has_the_whole_api() {
    let text = read("scripts/README.md");
    let names: BTreeSet<String> = dormouse::api_names().into_iter().collect();
    // Its own words for printing, and for what needs no explaining.
    for name in names.iter().filter(|name| *name != "print") {
        let bare = name.trim_start_matches(':');
        let shown = [format!("{bare}("), format!("`{bare}"), format!(":{bare}("), format!("{bare} \"")];
        assert!(
            shown.iter().any(|shown| text.contains(shown.as_str())),
            "{name} is in the engine and not in the document"
        );
    }
    for event in ["Entered", "Left", "Bumped", "Collision", "TaskFailed", "Key"] {
        assert!(text.contains(&format!("`{event} {{ ")), "the engine's event {event}");
    }
    let known = |name: &str| names.contains(name) || names.contains(&format!(":{name}")) || name == "wait";
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split('|').nth(1).unwrap();
        for code in cell.split('`').skip(1).step_by(2) {
            let Some((name, _)) = code.split_once('(') else { continue };
            let name = name.trim_start_matches("self:").trim_start_matches("task:");
            let task = ["await", "cancel", "raise", "status"].contains(&name);
            assert!(task || known(name), "`{code}` is in the document and not in the engine");
        }
    }
}

/// `dormouse SUB ... --option`, wherever a document names it: in code, or in a block of commands.
fn commands(text: &str) -> Vec<String> {
    let spans = text.split('`').skip(1).step_by(2).map(str::to_owned);
    let fenced = ["sh", "text", ""].into_iter().flat_map(|language| blocks(text, language));
    let lines = fenced.flat_map(|(_, block)| block.lines().map(str::to_owned).collect::<Vec<_>>());
    let run = "cargo run --release -- ";
    spans
        .chain(lines)
        .map(|code| code.trim().replacen(run, "dormouse ", 1))
        .filter(|code| code.starts_with("dormouse ") && !code.contains('\n'))
        .collect()
}

#[test]
fn every_command_that_documents_name_exists() {
    let mut helps: BTreeMap<String, String> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for document in DOCUMENTS.into_iter().chain(["CHANGELOG.md"]) {
        for command in commands(&read(document)) {
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            let Some(sub) = words.first().filter(|sub| sub.chars().all(|c| c.is_ascii_lowercase())) else { continue };
            let more = words.get(1).filter(|more| *sub == "script" && ["run", "resume"].contains(*more));
            let path: Vec<&str> = std::iter::once(*sub).chain(more.copied()).collect();
            let help = helps.entry(path.join(" ")).or_insert_with(|| {
                let told = Told::from(dormouse(&[&path[..], &["--help"]].concat()).output().unwrap());
                assert_eq!(told.code, Some(0), "{document}: `{command}`: {told:?}");
                told.out
            });
            for option in words.iter().filter(|word| word.starts_with("--") && word.len() > 2) {
                let option = option.trim_matches(|c: char| "[]`,;.".contains(c)).split('=').next().unwrap();
                assert!(help.contains(option), "{document}: `{command}`: {option} is not in\n{help}");
            }
            named.insert((*sub).to_owned());
        }
    }
    // And the README names all that there are.
    let told = Told::from(dormouse(&["--help"]).output().unwrap());
    let (_, list) = told.out.split_once("Commands:\n").unwrap();
    for line in list.lines().take_while(|line| !line.is_empty()) {
        let sub = line.split_whitespace().next().unwrap();
        assert!(sub == "help" || named.contains(sub), "the README does not name `dormouse {sub}`");
    }
}

#[test]
fn the_scripts_that_documents_name_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    let text = read("README.md") + &read("ARCHITECTURE.md");
    for name in ["tools/castle", "tools/test", "tools/setup"] {
        assert!(text.contains(name), "{name}");
        let mode = std::fs::metadata(repo().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{name} can be run");
    }
    let test = std::fs::read_to_string(repo().join("tools/test")).unwrap();
    for document in ["README.md", "ARCHITECTURE.md", "maps/README.md"] {
        for code in read(document).split('`').skip(1).step_by(2) {
            let Some(step) = code.strip_prefix("tools/test ").filter(|step| *step != "STEP") else { continue };
            assert!(test.contains(&format!("\n{step}() {{")), "{document}: `{code}`: there is no such step");
        }
    }
}

/// Links to files lead somewhere.
#[test]
fn links_lead_to_files_that_are_there() {
    for document in DOCUMENTS.into_iter().chain(["ARCHITECTURE.md", "CHANGELOG.md"]) {
        let text = read(document);
        let folder = repo().join(document).parent().unwrap().to_path_buf();
        for part in text.split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap();
            if !target.is_empty() && !target.starts_with("http") {
                assert!(folder.join(target).exists(), "{document}: {target} is not there");
            }
        }
    }
}

#[test]
fn every_map_runs_and_every_class_is_seen_alive() {
    let scripts = Scripts::read(&repo().join("scripts")).unwrap();
    let mut seen = BTreeSet::new();
    let mut maps = 0;
    for entry in std::fs::read_dir(repo().join("maps")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "tmx") {
            continue;
        }
        let map = Map::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let mut world = World::with_map(&Config::default(), &scripts, &map).unwrap_or_else(|error| panic!("{error}"));
        let ticks = if map.name == "swarm" { 20 } else { 900 };
        for _ in 0..ticks {
            world.tick(&[]);
            seen.extend(world.actors().iter().filter_map(|actor| world.class_of(*actor).map(str::to_owned)));
            for line in world.take_output() {
                assert!(
                    line.kind != OutputKind::Error,
                    "{}: {} {}: {}",
                    path.display(),
                    line.tick,
                    line.actor,
                    line.text
                );
            }
        }
        maps += 1;
    }
    assert!(maps >= 4, "{maps} maps");
    for (file, text) in scripts.iter().filter(|(file, _)| !file.contains('/')) {
        let (_, rest) = text.split_once("= actor \"").unwrap_or_else(|| panic!("{file} defines no class"));
        let class = rest.split('"').next().unwrap();
        assert!(seen.contains(class), "no map has a {class} ({file})");
    }
}

/// The script that opens the castle knows the options of the commands that it runs, so that it can refuse others before it
/// builds anything.
#[test]
fn the_castle_knows_its_options() {
    for (display, command) in [(":7", "play"), ("", "run")] {
        let castle = |arg: &str| {
            let mut castle = std::process::Command::new(repo().join("tools/castle"));
            castle.arg(arg).env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").env("PATH", "/usr/bin:/bin");
            castle.output().unwrap()
        };
        let help = castle("--help");
        assert!(help.status.success(), "{help:?}");
        let listed = |text: &str| -> BTreeSet<String> {
            let lines = text.lines().map(str::trim_start).filter(|line| line.starts_with("--"));
            let lines = lines.map(|line| line.split([' ', '[', '=']).next().unwrap().to_owned());
            lines.filter(|option| option != "--help").collect()
        };
        let told = dormouse(&[command, "--help"]).output().unwrap();
        let short = String::from_utf8(told.stdout).unwrap().replace("-h, --help", "");
        assert_eq!(listed(&String::from_utf8(help.stdout).unwrap()), listed(&short), "{command}");
        // The other command's options are none here, and why is said.
        let other =
            if command == "play" { "--trace is for the story that is printed" } else { "--load is for the game" };
        let of_other = other.split(' ').next().unwrap();
        for (given, told) in [
            ("--sed=7", "unknown option: --sed; did you mean --seed?"),
            ("--what", "unknown option: --what"),
            (of_other, other),
        ] {
            let wrong = castle(given);
            assert_eq!(wrong.status.code(), Some(2));
            assert!(String::from_utf8_lossy(&wrong.stderr).contains(told), "{wrong:?}");
        }
    }
}
