//! `dormouse script`, as a user has it: a program prints, is put to sleep at a yield, and goes on in another process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of this test's own, gone when it is dropped; the command runs in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dormouse-script-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn script(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse"));
        command.current_dir(&self.0).arg("script").args(args).output().unwrap()
    }

    /// What it prints when all goes well.
    fn out(&self, args: &[&str]) -> String {
        let output = self.script(args);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it complains of, with nothing printed.
    fn complaint(&self, args: &[&str], code: i32) -> String {
        let output = self.script(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// From process to process, each of which goes on to the next so many yields: all that they print.
    fn hopping(&self, file: &str, yields: usize) -> String {
        let every = yields.to_string();
        let mut printed = String::new();
        let mut output = self.script(&["run", file, "--save-at-yield", &every, "asleep.dms", "--", "an", "argument"]);
        for hop in 0.. {
            printed += std::str::from_utf8(&output.stdout).unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            if told.contains("the program ended after") {
                return printed;
            }
            assert!(output.status.success() && told.starts_with("asleep at yield "), "hop {hop}: {told}");
            assert!(hop < 1000, "it does not end");
            output = self.script(&["resume", "asleep.dms", "--save-at-yield", &every, "asleep.dms"]);
        }
        unreachable!()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Something of every library, and of every place in which a program can be when it yields.
const EVERYTHING: &str = r##"
print("begins", ...)
local function pause(...) coroutine.yield() return ... end
print(math.floor(pause(2.7)), math.max(1, pause(3), 2), math.random(100), math.noise(0.3, 0.1), math.clamp(9, 1, 5))
print(("%5.2f|%s|%q"):format(pause(1.005), "text", "q\n"), ("x"):rep(3, pause("-")), ("abc"):byte(1, -1))
print(("key=value, other=thing"):gsub("(%w+)=(%w+)", function(key, value) pause() return value .. "=" .. key end))
for word, at in ("one two three"):gmatch("(%a+)()") do print(word, pause(at)) end
print(string.pack("<i4z", pause(7), "z"):byte(1, -1))
print(utf8.char(228, pause(8364)), utf8.len("äöü"))
for at, code in utf8.codes("aä€") do print(at, pause(code)) end
print(bit32.bxor(pause(0xff), 0x0f), bit32.countlz(1), bit32.replace(0, pause(5), 4, 4))
local b = buffer.create(8)
buffer.writef32(b, 0, 1.5) buffer.writeu8(b, 7, 255)
pause()
print(buffer.readf32(b, 0), buffer.readu8(b, 7), buffer.len(b))
local v = vector.create(1, 2, 3)
pause()
print(v, vector.magnitude(v), vector.dot(v, v) + v.x)
local list = { 5, 2, 8, 1, 9, 3 }
table.sort(list, function(a, b) return pause(a) < b end)
print(table.concat(list, ","), table.find(list, pause(8)), #table.pack(pause(1, nil, 3)), select("#", table.unpack(list)))
local copy = table.freeze(table.clone(list))
pause()
print(pcall(function() copy[1] = 0 end))
for key, value in pairs({ a = 1, b = 2, 10, 20, [{}] = 3 }) do print(type(key), pause(value)) end
for index, value in ipairs(list) do if index > 2 then break end print(index, pause(value)) end
local object = setmetatable({}, { __index = function(_, key) return key .. "!" end, __tostring = function() return "object" end })
pause()
print(object.field, tostring(object), getmetatable(object) ~= nil, rawget(object, "field"))
print(xpcall(function(n) pause() error("problem " .. n) end, function(problem) return "handled " .. problem end, 1))
print(pcall(function() pause() error({ code = 7 }) end))
local co = coroutine.wrap(function(...) local sum = 0 for _, n in { ... } do sum += n coroutine.yield(sum) end return "done" end)
print(co(1, 2, 3)) pause() print(co()) pause() print(co(), co())
local other = coroutine.create(function() error("inside") end)
print(coroutine.status(other), pause(coroutine.resume(other)))
print(coroutine.status(other), coroutine.isyieldable(), coroutine.close(other))
print(os.time({ year = 2000, month = 1, day = 1, hour = pause(12) }), type(os.clock()), type(os.time()), os.difftime(pause(9), 4))
math.randomseed(7)
local first = math.random(1000)
pause()
print(first, math.random(1000), math.random(1000))
print(tostring(pause(nil)), tonumber("0x1f"), tonumber("zz", 36), #tostring(print) > 0, typeof(v), type(b))
print(collectgarbage("count") > 0, _VERSION, select(-1, pause(1, 2)))
local function count(n) if n == 0 then return pause(0) end return 1 + count(n - 1) end
print(count(500))
print(require("./lib/more").answer, require("./lib/more") == require("lib/more"))
"##;

#[test]
fn a_program_goes_on_in_other_processes_wherever_it_is() {
    let folder = Folder::new("everything");
    folder
        .write("lib/more.luau", "coroutine.yield() local M = { answer = 42 } coroutine.yield() return table.freeze(M)");
    folder.write("main.luau", EVERYTHING);
    let straight = folder.out(&["run", "main.luau", "--", "an", "argument"]);
    assert_eq!(straight.lines().next(), Some("begins\tan\targument"));
    assert_eq!(straight.lines().last(), Some("42\ttrue"));
    assert!(straight.lines().count() > 35, "{} lines: {straight}", straight.lines().count());
    for yields in [1, 7] {
        let hopped = folder.hopping("main.luau", yields);
        let differs = straight.lines().zip(hopped.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "saved at every {yields} yields");
        assert_eq!(straight.len(), hopped.len());
    }
}

const COUNT: &str = "for i = 1, 5 do print('count', i) coroutine.yield() end error('the end')";

#[test]
fn what_sleeps_is_not_used_up_and_is_never_seen_half_written() {
    let folder = Folder::new("count");
    folder.write("count.luau", COUNT);
    assert_eq!(folder.out(&["run", "count.luau", "--save-at-yield", "2", "two.dms"]), "count\t1\ncount\t2\n");
    for _ in 0..2 {
        assert_eq!(folder.out(&["resume", "two.dms", "--save-at-yield", "1", "three.dms"]), "count\t3\n");
    }
    // What it would end with is an error, at the line at which it stood in the file.
    let output = folder.script(&["resume", "three.dms"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "count\t4\ncount\t5\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "count.luau:1: the end\n    count.luau:1\n");
    // Yields are counted through all processes when it tells of them, and from its beginning by each.
    let told = folder.script(&["resume", "three.dms", "--save-at-yield", "1", "four.dms"]);
    assert!(String::from_utf8_lossy(&told.stderr).starts_with("asleep at yield 4 in count.luau:1, "));
    let names: Vec<_> = std::fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

/// The program is in the file as it was: what happens to its text meanwhile is another program's matter.
#[test]
fn a_text_that_was_edited_or_is_gone_changes_nothing() {
    let folder = Folder::new("edited");
    folder.write("count.luau", COUNT);
    folder.out(&["run", "count.luau", "--save-at-yield", "4", "asleep.dms"]);
    for text in [Some("print('another')"), Some("this is ( no program"), None] {
        match text {
            Some(text) => folder.write("count.luau", text),
            None => std::fs::remove_file(folder.0.join("count.luau")).unwrap(),
        }
        let output = folder.script(&["resume", "asleep.dms"]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "count\t5\n");
        assert!(String::from_utf8_lossy(&output.stderr).contains("count.luau:1: the end"));
    }
}

#[test]
fn what_can_not_be_done_is_said() {
    let folder = Folder::new("wrong");
    folder.write("count.luau", COUNT);
    folder.write("short.luau", "coroutine.yield()");
    folder.write("broken.luau", "print('x')\nlocal = 5");
    folder.write("stuck.luau", "local u = setmetatable({}, { __index = function() coroutine.yield() end }) return u.x");
    folder.out(&["run", "count.luau", "--save-at-yield", "2", "asleep.dms"]);

    let save = |number: &str, path: &str| folder.complaint(&["run", "short.luau", "--save-at-yield", number, path], 1);
    assert!(save("2", "no.dms").contains("the program ended after 1 yields, before the 2"));
    assert!(!folder.0.join("no.dms").exists(), "nothing was written");
    assert!(save("1", "nowhere/x.dms").contains("nowhere"));
    for number in ["0", "-1", "x", "1.5", "99999999999999999999"] {
        let complaint = folder.script(&["run", "short.luau", "--save-at-yield", number, "no.dms"]);
        assert_eq!(complaint.status.code(), Some(2), "{number}");
    }

    let run = |file: &str| folder.complaint(&["run", file], 1);
    assert!(run("missing.luau").contains("missing.luau: No such file"));
    assert!(run(".").contains(".: a folder is no program"));
    assert!(run("broken.luau").contains("broken.luau:2: Expected"));
    assert!(run("stuck.luau").contains("stuck.luau:1: can't yield here"), "{}", run("stuck.luau"));

    // As every command that finds no file.
    let missing = folder.complaint(&["resume", "missing.dms"], 2);
    assert!(missing.starts_with("dormouse: missing.dms: it can't be opened"), "{missing}");
    assert!(folder.complaint(&["resume", "."], 2).contains("Is a directory"));
    let resume = |file: &str| folder.complaint(&["resume", file], 1);
    assert!(resume("count.luau").contains("this is no snapshot"));
    let good = std::fs::read(folder.0.join("asleep.dms")).unwrap();
    for (at, what) in [(9, "version"), (30, "damaged"), (good.len() - 9, "damaged")] {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        std::fs::write(folder.0.join("bad.dms"), &bad).unwrap();
        assert!(resume("bad.dms").contains(what), "byte {at}: {}", resume("bad.dms"));
    }
    for cut in [0, 5, 100, good.len() - 1] {
        std::fs::write(folder.0.join("cut.dms"), &good[..cut]).unwrap();
        assert!(resume("cut.dms").starts_with("cut.dms: "), "{cut}");
    }
}

#[test]
fn worlds_and_programs_are_not_taken_for_one_another() {
    let folder = Folder::new("world");
    folder.write("count.luau", COUNT);
    folder.out(&["run", "count.luau", "--save-at-yield", "2", "asleep.dms"]);
    let (program, world) = (folder.0.join("asleep.dms"), folder.0.join("world.dms"));
    let repo = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let dormouse =
        |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_dormouse")).current_dir(&repo).args(args).output().unwrap();
    let save = format!("1={}", world.display());
    assert!(dormouse(&["run", "maps/relay.tmx", "--ticks", "1", "--save-at", &save]).status.success());
    let told = folder.complaint(&["resume", "world.dms"], 1);
    assert!(told.contains("the snapshot of a world, not of a program"), "{told}");
    let told = dormouse(&["resume", &program.display().to_string()]);
    assert!(!told.status.success());
    assert!(String::from_utf8_lossy(&told.stderr).contains("the snapshot of a plain program, not of a world"));
}

/// Nobody reads what it prints any more: that is no mistake of the program.
#[test]
fn a_program_whose_reader_has_seen_enough_ends() {
    let folder = Folder::new("pipe");
    folder.write("long.luau", "for i = 1, 100000 do print(i) end");
    let mut child = Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .current_dir(&folder.0)
        .args(["script", "run", "long.luau"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
