//! Looking into a running world: what is seen is right, bounded, and leaves no trace, whatever the scripts have put
//! in the way. Each kind of wait has its line, since "no list of sleepers that says where and why" is what authors of
//! other engines miss most.

use dormouse::observe::{SleeperFilter, SleeperView};
use dormouse::{ActorId, World};
use dormouse_tests::{Stage, class};

/// The world with one actor of `Subject` (called `subject`) that has these methods.
fn stage(options: &str, methods: &str) -> (Stage, ActorId) {
    let mut stage = Stage::new(&[("subject.luau", &class("Subject", options, methods))]);
    let subject = stage.spawn("Subject", &[("name", "subject".into())]);
    (stage, subject)
}

fn lines(world: &World) -> Vec<String> {
    world.sleepers(&SleeperFilter::default()).iter().map(SleeperView::to_string).collect()
}

/// Everything that can be looked at.
fn look(world: &World) -> String {
    let mut seen = String::new();
    for actor in world.actors() {
        seen += &world.actor_view(actor).map(|view| view.to_string()).unwrap_or_default();
        seen += &world.sleepers_of(actor).iter().map(SleeperView::detail).collect::<String>();
    }
    seen += &world
        .wire_views()
        .iter()
        .chain(&world.wires_of(ActorId::default()))
        .map(|w| format!("{w}\n"))
        .collect::<String>();
    seen += &world.post_views().iter().map(|post| format!("{post}\n")).collect::<String>();
    let budgets = world.budgets();
    seen += &format!("{budgets}\n");
    seen += &budgets.actors.iter().map(|budget| format!("{budget}\n")).collect::<String>();
    seen
}

#[test]
fn each_wait_says_where_and_why() {
    let methods = "
        function Subject:handleEvent(event) wait(50) return 1 end
        function Subject:Action_Open() wait(1000) end
        function Subject:run()
            local me = self:handle()
            start(function() wait(100) end)
            start(function() wait_event('Alarm') end)
            start(function() wait_event(nil, 30) end)
            start(function() wait_action(me, 'Open') end)
            local long = start(function() self:move_to(vector.create(400, 0, 0), 40) end)
            start(function() long:await() end)
            start(function() ask(me, { name = 'Report' }) end)
            start(function() self:Action_Open() end)
            start(function() wait(1) self:Action_Open() end)
            start(function() race { function() wait(900) end } end)
            wait_until(function() return false end)
        end";
    let (mut stage, _) = stage("", methods);
    stage.ticks(3);
    let got = lines(&stage.world);
    let expected = [
        "subject.run waits a tick (until tick 4) at scripts/subject.luau:17 in run",
        "subject waits 100 ticks (until tick 101) at scripts/subject.luau:7",
        "subject waits for the event Alarm since tick 1 at scripts/subject.luau:8",
        "subject waits for any event since tick 1 (at most until tick 31) at scripts/subject.luau:9",
        "subject waits for subject.Open to finish since tick 1 at scripts/subject.luau:10",
        "subject moves to (400, 0) at 40 px/s since tick 1 at scripts/subject.luau:11",
        "subject awaits the task subject since tick 1 at scripts/subject.luau:12",
        "subject waits for subject's answer to Report since tick 1 at scripts/subject.luau:13",
        "subject waits 1000 ticks (until tick 1001) at scripts/subject.luau:4 in Action_Open",
        "subject joined its Open, begun at tick 1 since tick 2 at scripts/subject.luau:15",
        "subject waits for its turn since tick 1 at scripts/subject.luau:16",
        "subject.handleEvent waits 50 ticks (until tick 51) at scripts/subject.luau:3 in handleEvent",
        "subject waits 900 ticks (until tick 901) at scripts/subject.luau:16",
    ];
    assert_eq!(got, expected);
    // The filter searches those lines.
    let filter = SleeperFilter { text: "ALARM".into(), ..SleeperFilter::default() };
    assert_eq!(stage.world.sleepers(&filter).len(), 1);
    let filter = SleeperFilter { most: 3, ..SleeperFilter::default() };
    assert_eq!(stage.world.sleepers(&filter).len(), 3);
}

#[test]
fn locals_upvalues_and_arguments_are_seen() {
    let methods = "
        local outside = { 1, 2, [5] = 3, [-0.5] = 4, x = 5 }
        local function deep(name, ...)
            local point = vector.create(1, 2.5, 0)
            local later
            do local gone = 1 end
            wait(10)
            later = outside
            return later, point, name
        end
        function Subject:run()
            local who = self:handle()
            for i, word in { 'a', 'b' } do
                deep(word, i, 'extra', who)
            end
        end";
    let (mut stage, subject) = stage("", methods);
    stage.ticks(12);
    let detail = stage.world.sleepers_of(subject)[0].detail();
    let expected = "subject.run waits 10 ticks (until tick 21) at scripts/subject.luau:8 in deep
    scripts/subject.luau:8 in deep
        name = \"b\"
        point = (1, 2.5)
        later = nil
        ... = 2
        ... = \"extra\"
        ... = subject
        outside = { [-0.5] = 4, 1, 2, [5] = 3, x = 5 }   (from around it)
    scripts/subject.luau:15 in run
        self = subject
        who = subject
        i = 2
        word = \"b\"
        deep = function deep (scripts/subject.luau:4)   (from around it)
";
    assert_eq!(detail, expected);
}

#[test]
fn frames_inside_nested_coroutines_are_seen() {
    let methods = "
        function Subject:run()
            local inner = coroutine.wrap(function()
                local depth = 2
                coroutine.resume(coroutine.create(function()
                    local depth = 3
                    wait(10)
                end))
            end)
            local idle = coroutine.create(function() coroutine.yield() end)
            coroutine.resume(idle)
            local over = coroutine.create(function() end)
            coroutine.resume(over)
            inner()
        end";
    let (mut stage, subject) = stage("", methods);
    stage.ticks(2);
    let sleeper = &stage.world.sleepers_of(subject)[0];
    let frames: Vec<_> = sleeper.frames.iter().map(|frame| (frame.nested, frame.to_string())).collect();
    let at = |nested, text: &str| (nested, text.to_owned());
    assert_eq!(
        frames,
        [at(2, "scripts/subject.luau:8"), at(1, "scripts/subject.luau:6"), at(0, "scripts/subject.luau:15 in run")]
    );
    assert_eq!(sleeper.frames[0].locals[0].to_string(), "depth = 3");
    let locals: Vec<_> = sleeper.frames[2].locals.iter().map(ToString::to_string).collect();
    assert_eq!(locals[2..], ["idle = coroutine at scripts/subject.luau:11", "over = coroutine that is over"]);
}

#[test]
fn an_actor_is_seen_whole() {
    let options = "props = { speed = 40, lit = false, gate = optional 'actor', path = {} },
        groups = { motion = { 'Open', 'Close' } },
        body = { kind = 'solid', shape = 'circle', radius = 4, layer = 'door', collides = { 'wall', 'door' } }";
    let methods = "
        function Subject:handleEvent(event) wait(100) end
        function Subject:Action_Open() wait(100) end
        function Subject:Action_Close() end
        function Subject:run()
            self.gate = self:handle()
            self.speed = 41
            self.jammed = exception 'Jammed' { by = 'rust' }
            self[3] = { a = { b = { c = 1 } }, 7 }
            total = 5
            tell(self, 'First')
            tell(self, { name = 'Second', at = 2 })
            self:Action_Open()
        end";
    let (mut stage, subject) = stage(options, methods);
    stage.ticks(2);
    let view = stage.world.actor_view(subject).expect("it lives");
    let text = view.to_string();
    let expected = [
        "subject: Subject (scripts/subject.luau:1), number 0",
        "  place   at (0, 0), a circle of 8 x 8, solid in layer door",
        "  prop    gate = subject",
        "  prop    lit = false   (the class's)",
        "  prop    path = {}   (the class's)",
        "  prop    speed = 41",
        "  field   [3] = { 7, a = { b = { ... } } }",
        "  field   jammed = Jammed { by = \"rust\" }",
        "  global  total = 5",
        "  takes   Open since tick 1",
        "  handles \"First\" from subject",
        "  mail    { at = 2, name = \"Second\" } from subject",
    ];
    assert_eq!(text.lines().take(expected.len()).collect::<Vec<_>>(), expected);
    assert_eq!(view.groups, [["Open", "Close"]]);
    assert_eq!(view.actions, ["Close", "Open"]);
    assert_eq!(view.body.collides.as_deref(), Some(&["wall".to_owned(), "door".to_owned()][..]));
    assert!(view.memory.used > 500 && view.memory.used < 20_000, "{:?}", view.memory);
    assert_eq!(view.props[3].takes, "number");
    let json = serde_json::to_value(&view).expect("plain data");
    assert_eq!(json["props"][3]["value"]["datum"], 41.0);
    assert_eq!(json["mailbox"][0]["value"]["datum"]["at"], 2.0);
}

/// Nasty on purpose: metamethods that must not run, cycles, sizes, texts that would move a terminal's cursor.
const HOSTILE: &str = "
    local function trap() say 'TRAPPED' error('trapped') end
    function Subject:handleEvent() wait(1) end
    function Subject:run()
        local nasty = setmetatable({ id = self:handle() }, {
            __tostring = trap, __index = trap, __iter = trap, __len = trap, __eq = trap, __newindex = trap, __call = trap })
        local cycle = {}
        cycle.cycle = cycle
        cycle[cycle] = { cycle, { cycle } }
        local keys = { [nasty] = nasty, [vector.create(1, 2, 3)] = 1, [true] = 2, [1.5] = 3, [self:handle()] = 4, [trap] = 5 }
        local many = table.create(100000, 1)
        for i = 1, 100000 do many['key' .. i] = i end
        local empty = table.create(100000)
        self.nasty, self.cycle, self.many, self.keys, self.empty = nasty, cycle, many, keys, empty
        for i = 1, 2000 do self['field' .. i] = many end
        self['new\\nline\\27[2J'] = 'text\\n\\27]0;title\\7'
        self.long = string.rep('ä', 100000)
        self.bytes = '\\255\\254\\0'
        self.nan, self.inf, self.tiny, self.huge = 0/0, -1/0, 1e-300, 1e300
        self.weak = setmetatable({ {}, {} }, { __mode = 'kv' })
        self.buffer = buffer.create(1000)
        local deep = {}
        for i = 1, 10000 do deep = { deep } end
        self.deep = deep
        tell(self, nasty)
        tell(self, cycle)
        local function down(n) if n == 0 then wait(1000) else down(n - 1) end return n end
        start(function() down(5000) end)
        while true do
            local names = {}
            for key in { [{}] = 1, [{}] = 2, [{}] = 3 } do table.insert(names, key) end
            wait(1)
        end
    end";

fn hostile(ticks: u64) -> (Stage, ActorId) {
    let (mut stage, subject) = stage("", HOSTILE);
    stage.ticks(ticks);
    (stage, subject)
}

#[test]
fn looking_runs_no_script_and_shows_no_control_characters() {
    let (mut stage, subject) = hostile(3);
    let seen = look(&stage.world);
    assert!(stage.world.take_output().is_empty());
    assert_eq!(stage.said(), Vec::<String>::new());
    let control = seen.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(control, None, "{seen}");
    assert!(seen.contains("[\"new\\nline\\u{1b}[2J\"] = \"text\\n\\u{1b}]0;title\\u{7}\""), "{seen}");
    assert!(seen.len() < 300_000, "{} bytes", seen.len());
    let longest = seen.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(400), "{longest:?}");
    let view = stage.world.actor_view(subject).expect("it lives");
    assert_eq!(view.fields.len(), 256);
    assert_eq!(view.fields.len() + view.more_fields, 2000 + 5 + 10);
    serde_json::to_string(&view).expect("plain data");
}

#[test]
fn a_world_that_is_looked_at_goes_on_as_one_that_is_not() {
    let (mut alone, _) = hostile(1);
    let (mut watched, _) = hostile(1);
    assert_eq!(watched.world.hash(), alone.world.hash(), "before");
    for tick in 0..4 {
        if tick % 3 == 0 {
            let before = watched.world.hash();
            look(&watched.world);
            assert_eq!(watched.world.hash(), before, "tick {tick}");
        }
        alone.ticks(1);
        watched.ticks(1);
        assert_eq!(watched.world.hash(), alone.world.hash(), "tick {tick}");
        assert_eq!(watched.world.heap(), alone.world.heap(), "tick {tick}");
    }
}

#[test]
fn what_is_gone_is_not_there() {
    let (mut stage, subject) = stage("", "function Subject:run() self:despawn() end");
    stage.ticks(1);
    assert_eq!(stage.world.actor_view(subject), None);
    assert_eq!(stage.world.actor_view(ActorId::default()), None);
    assert!(stage.world.sleepers_of(subject).is_empty());
    assert!(stage.world.wires_of(subject).is_empty());
}

#[test]
fn budgets_add_up() {
    let mut stage = Stage::new(&[(
        "subject.luau",
        &class(
            "Subject",
            "props = { bytes = 0 }",
            "function Subject:run() self.held = buffer.create(self.bytes) while true do wait() end end",
        ),
    )]);
    for bytes in [0.0, 100_000.0, 1_000_000.0] {
        stage.spawn("Subject", &[("bytes", bytes.into())]);
    }
    stage.ticks(2);
    let budgets = stage.world.budgets();
    let held: Vec<u64> = budgets.actors.iter().map(|budget| budget.memory.used).collect();
    assert!(held[0] < 4096, "{held:?}");
    assert!((100_000..110_000).contains(&held[1]), "{held:?}");
    assert!((1_000_000..1_010_000).contains(&held[2]), "{held:?}");
    assert!(budgets.actors.iter().all(|budget| budget.time.used > 0 && budget.tasks == 1));
    assert!(budgets.heap.used >= 1_100_000);
}

#[test]
fn those_who_hibernate_are_counted_and_found_by_name() {
    let nap = class("Nap", "", "function Nap:run() start(function() wait(1e6) end) wait(1e6) end");
    let mut stage = Stage::new(&[("nap.luau", &nap)]);
    let actors: Vec<_> =
        (0..300).map(|number| stage.spawn("Nap", &[("name", format!("nap_{number}").as_str().into())])).collect();
    stage.ticks(2);
    let world = &mut stage.world;
    assert_eq!((world.sleepers(&SleeperFilter::default()).len(), world.sleepers_unseen()), (600, 0));
    actors.iter().for_each(|actor| world.hibernate(*actor).unwrap());
    assert_eq!((world.sleepers(&SleeperFilter::default()).len(), world.sleepers_unseen()), (512, 44));
    // Whoever is meant is found wherever it is.
    let filter = SleeperFilter { text: "nap_299".into(), ..SleeperFilter::default() };
    let found = world.sleepers(&filter);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|sleeper| sleeper.owner.id == actors[299]));
    let budgets = world.budgets();
    assert!(budgets.actors.iter().filter(|budget| actors.contains(&budget.actor.id)).all(|budget| budget.tasks == 2));
}
