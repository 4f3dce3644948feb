//! Every case of the corpus, saved at every one of its pauses and resumed in other processes, each with its own heap
//! layout: what it prints is what it prints without a pause.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use dormouse_tests::corpus::{Case, cases};
use dormouse_tests::machine::{Machine, Sabotage, Saved, Stop};

/// Tells the test [`other_process`] that it is one, and where the saved programs are.
const FOLDER: &str = "DORMOUSE_CORPUS_FOLDER";
/// Which heap layout the other process is to have.
const LAYOUT: &str = "DORMOUSE_CORPUS_LAYOUT";
const LAYOUTS: u64 = 8;

/// A program saved at one of its pauses, and what it printed before.
#[derive(serde::Serialize, serde::Deserialize)]
struct Pause {
    case: String,
    number: usize,
    printed: String,
    saved: Saved,
}

#[test]
fn each_case_prints_what_it_says() {
    let cases = cases();
    assert!(cases.len() >= 150, "{} cases", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        let printed = Machine::start(&case.file(), &case.source, case.arguments()).finish();
        if printed != case.expected {
            let _ = writeln!(wrong, "{}: printed\n{printed}not\n{}", case.name, case.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn saved_at_every_pause_each_goes_on_in_other_processes() {
    let folder = std::env::temp_dir().join(format!("dormouse-corpus-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("there is a folder for temporary files");
    let pauses: Vec<_> = cases().iter().flat_map(save_at_every_pause).collect();
    assert!(pauses.len() > 500, "{} pauses", pauses.len());
    std::fs::write(folder.join("pauses"), postcard::to_stdvec(&pauses).expect("it can be written")).expect("disk");
    let own = std::env::current_exe().expect("the test knows itself");
    for layout in 1..=LAYOUTS {
        let output = Command::new(&own)
            .args(["other_process", "--exact", "--nocapture"])
            .env(FOLDER, &folder)
            .env(LAYOUT, layout.to_string())
            .output()
            .expect("another process can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "layout {layout}: {said}");
        let went_on = String::from_utf8_lossy(&output.stdout).contains(&format!("{} went on", pauses.len()));
        assert!(went_on, "layout {layout} did not run");
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// Saves a case at each of its pauses. Neither saving nor a copy that goes on beside it disturbs it.
fn save_at_every_pause(case: &Case) -> Vec<Pause> {
    let mut original = Machine::start(&case.file(), &case.source, case.arguments());
    let mut pauses: Vec<Pause> = Vec::new();
    let mut printed = String::new();
    let mut copy: Option<Machine> = None;
    loop {
        let (stop, lines) = original.step();
        if let Some(mut copy) = copy.take() {
            assert_eq!(copy.step(), (stop, lines.clone()), "{}: original and copy part", case.name);
        }
        printed += &lines;
        if stop == Stop::Over {
            break;
        }
        let saved = original.save();
        assert_eq!(original.save(), saved, "{}: saved twice, differently", case.name);
        copy = Some(load(case, 99, &saved));
        pauses.push(Pause { case: case.name.clone(), number: pauses.len() + 1, printed: printed.clone(), saved });
    }
    assert_eq!(printed, case.expected, "{}: disturbed by being saved", case.name);
    pauses
}

fn load(case: &Case, layout: u64, saved: &Saved) -> Machine {
    Machine::load(&case.file(), &case.source, layout, saved).unwrap_or_else(|error| panic!("{}: {error}", case.name))
}

/// The other process of the test above; nothing when it is run by itself.
#[test]
fn other_process() {
    let (Ok(folder), Ok(layout)) = (std::env::var(FOLDER), std::env::var(LAYOUT)) else { return };
    let layout: u64 = layout.parse().expect("the layout is a number");
    let bytes = std::fs::read(Path::new(&folder).join("pauses")).expect("the other process wrote it");
    let pauses: Vec<Pause> = postcard::from_bytes(&bytes).expect("the other process wrote it");
    let cases = cases();
    for pause in &pauses {
        let case = cases.iter().find(|case| case.name == pause.case).expect("the corpus is the same");
        let place = format!("{}, pause {}", case.name, pause.number);
        let seed = layout * 1_000 + pause.number as u64;
        let mut copy = load(case, seed, &pause.saved);
        assert!(copy.save() == pause.saved, "{place}: saved, restored and saved again, other bytes come out");
        assert_eq!(pause.printed.clone() + &copy.finish(), case.expected, "{place}");
        if pause.number == 1 {
            let printed = pause.printed.clone() + &hop(case, seed, pause.saved.clone());
            assert_eq!(printed, case.expected, "{}: from VM to VM at every pause", case.name);
        }
    }
    println!("{} went on", pauses.len());
}

/// Goes on to the next pause, is saved and restored there, and so on to the end.
fn hop(case: &Case, layout: u64, mut saved: Saved) -> String {
    let mut printed = String::new();
    for hop in 1.. {
        let mut machine = load(case, layout + 77 * hop, &saved);
        let (stop, lines) = machine.step();
        printed += &lines;
        if stop == Stop::Over {
            break;
        }
        saved = machine.save();
    }
    printed
}

// ---- negative controls -----------------------------------------------------------------------------------------

/// A program with its own tables in globals, where a restored heap can be damaged from outside.
fn in_globals(source: &str) -> String {
    source
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("local ").filter(|rest| is_list(rest)).unwrap_or(line)))
        .collect()
}

/// Whether what follows `local` is a list of names and values (and no function, which could not be declared so).
fn is_list(rest: &str) -> bool {
    let names = rest.split('=').next().unwrap_or_default();
    rest.contains('=') && names.split(',').all(|name| name.trim().chars().all(char::is_alphanumeric))
}

/// The cases that notice damage to what was restored.
fn noticed_by(how: Option<Sabotage>) -> Vec<String> {
    let notices = |case: &Case| {
        let case = Case { source: in_globals(&case.source), ..case.clone() };
        let mut machine = Machine::start(&case.file(), &case.source, case.arguments());
        let mut printed = String::new();
        for _ in 0..4 {
            let (stop, lines) = machine.step();
            printed += &lines;
            if stop == Stop::Over {
                return printed != case.expected;
            }
            machine = load(&case, 5, &machine.save());
            if let Some(how) = how {
                machine.sabotage(how);
            }
        }
        printed + &machine.finish() != case.expected
    };
    cases().into_iter().filter(notices).map(|case| case.name).collect()
}

#[test]
fn damage_to_a_restored_heap_is_noticed() {
    let unharmed = noticed_by(None);
    for how in Sabotage::ALL {
        let noticed: Vec<_> = noticed_by(Some(how)).into_iter().filter(|case| !unharmed.contains(case)).collect();
        println!("{how:?}: {noticed:?}");
        assert!(!noticed.is_empty(), "{how:?} is noticed by none");
    }
}

/// Programs changed so that they behave as if something had been lost in a capture: case, what is broken, the text
/// that is replaced and its replacement. Each must be noticed.
const BROKEN: &[(&str, &str, &str, &str)] = &[
    ("upvalue_open", "a frame and a closure share no variable", "n = 2", "local n = 2"),
    ("upvalue_shared_frame_closure_coroutine", "they are copies", "n += 100", "local n = n n += 100"),
    (
        "upvalue_shared_after_block",
        "coroutines have copies",
        "while true do n += step",
        "local n = n while true do n += step",
    ),
    ("varargs_with_nils", "varargs are lost", "print(select(\"#\", ...), ...)", "print(select(\"#\"), nil)"),
    ("varargs_table_pack", "nils at the end are lost", "1, t.n)", "1, #t - 1)"),
    (
        "pcall_three_nested",
        "a protected call is not one any more",
        "local ok, problem = pcall(f)",
        "local ok, problem = true, f()",
    ),
    ("xpcall_three_nested_handlers", "the handler is lost", "xpcall(f, handler)", "pcall(f)"),
    (
        "line_in_traceback",
        "lines are off",
        "local function c() coroutine.yield()",
        "local function c() coroutine.yield()\n",
    ),
    ("weak_values", "a weak table is weak no more", "{ __mode = \"v\" }", "{}"),
    ("value_negative_zero", "minus zero is zero", "local z = -0.0", "local z = 0"),
    ("value_nan", "NaN is a number", "{ 0/0, x = 0/0 }", "{ 0, x = 0 }"),
    ("value_buffers", "a shared buffer is copied", "two = b }", "two = buffer.fromstring(buffer.tostring(b)) }"),
    ("coroutine_suspended", "a coroutine begins anew", "local b = coroutine.yield(a + 1)", "local b = a"),
    ("upvalue_of_dead_coroutine", "what a dead coroutine left is lost", "return #kept end", "return 0 end"),
    ("gmatch_in_progress", "an iterator begins anew", "coroutine.yield()\n", "do break end\n"),
    ("next_cursor_in_upvalue", "a cursor is lost", "coroutine.yield()\nn += 1 same", "cursor = nil\nn += 1 same"),
    (
        "pause_dispatcher_and_child",
        "the outer coroutine is asleep, not normal",
        "pause()\n        log",
        "outer = coroutine.create(print)\n        log",
    ),
    ("frozen_tables", "frozen tables can be written to", "table.freeze { 1", "{ 1"),
    (
        "metatable_shared",
        "a shared metatable is copied",
        "setmetatable({}, m), setmetatable({}, m)",
        "setmetatable({}, m), setmetatable({}, table.clone(m))",
    ),
    ("random_sequence", "the random state is lost", "for i = 6, 10", "math.randomseed(1) for i = 6, 10"),
];

#[test]
fn what_a_bad_capture_would_lose_is_noticed() {
    let cases = cases();
    for (name, what, from, to) in BROKEN {
        let case = cases.iter().find(|case| case.name == *name).unwrap_or_else(|| panic!("there is no case {name}"));
        assert!(case.source.contains(from), "{name} does not say {from}");
        let source = case.source.replacen(from, to, 1);
        let printed = Machine::start(&case.file(), &source, case.arguments()).finish();
        assert_ne!(printed, case.expected, "{name} does not notice that {what}");
    }
}
