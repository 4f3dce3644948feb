//! Actors that do at random whatever an actor can do to others and to itself, by the world's own random numbers: the same
//! seed gives the same lives. All they do they tell, so that a world in which something is different says so.

use dormouse::{Config, Datum, Scripts, World};

const SOUL: &str = r#"
local Soul = actor "Soul" {
    props = { friend = optional "actor", speed = 40, n = 0 },
    groups = { motion = { "Walk", "Chase" } },
    body = { kind = "solid", radius = 6 },
}

local function someone()
    local all = find_all "Soul"
    return all[random(#all)]
end

local function name(who)
    return who and tostring(who) or "nobody"
end

local function count(list)
    local sum = 0
    for _, item in list do
        sum += item
        wait(random(9))
    end
    return sum
end

function Soul:handleEvent(event)
    local kind = if type(event) == "table" then event.name else event
    self.heard = (self.heard or 0) + 1
    total = (total or 0) + 1
    log(`{kind} {self.heard} {total}`)
    if kind == "Slow" then
        wait(random(60))
        return { kind, self.heard, me = self:handle() }
    elseif kind == "Bad" then
        error "bad news"
    elseif kind == "Raise" then
        self:raise(exception "Jolt")
    end
    return kind
end

function Soul:Action_Walk(arg)
    defer(log, "walked")
    try {
        function()
            return self:move_by(vector.create(random(-30, 30), random(-30, 30), 0))
        end,
        Collision = function(hit) log(`hit {name(hit.other)}`) end,
    }
    return arg
end

function Soul:Action_Chase()
    local who = someone()
    if who ~= self:handle() and who:is_alive() then
        timeout(random(40), function() self:follow(who, { distance = 12 }) end)
    end
end

function Soul:Action_Rest(arg)
    wait(random(80))
    self.rested = arg
    return "rested", arg
end

local deeds = {
    function(self) wait(random(120)) end,
    function(self) wait(random(20)) end,
    function(self) tell(someone(), "Hello") end,
    function(self) tell(someone(), { name = "Gift", list = { 1, { 2, 3 } }, from = self:handle() }) end,
    function(self) local answer = ask(someone(), "Slow", random(30)) log(`{answer[1]} {answer[2]} {name(answer.me)}`) end,
    function(self) log(ask(someone(), "Hello", 50)) end,
    function(self) ask(someone(), "Bad", 50) end,
    function(self) tell(someone(), "Raise") end,
    function(self) self:Action_Walk(3) end,
    function(self) log(self:Action_Rest(4)) end,
    function(self) self:Action_Chase() end,
    function(self) someone():Action_Rest { 1, 2 } end,
    function(self)
        local task = someone():Action_Rest(random(9))
        wait(random(30))
        log(task:status())
        log(task:await())
    end,
    function(self) local task = someone():Action_Walk() if random(2) == 1 then wait(2) task:cancel() end end,
    function(self) someone():raise(exception "Jolt") end,
    function(self) wait_action(someone(), "Rest", ({ "begin", "finish", "fail" })[random(3)], random(90)) log "watched" end,
    function(self) wait_action(someone(), "Walk") end,
    function(self) log(wait_event("Gift", 60).list[2][1]) end,
    function(self) wait_event() end,
    function(self) restart("ticking", function() for i = 1, 5 do wait(17) log(i) end end) end,
    function(self)
        local list = { random(9), random(9), random(9) }
        local one, other = start(count, list), start(function() list[2] = 7 wait(11) list[3] += 1 end)
        log(one:await(), other:status())
    end,
    function(self) race { function() wait(random(50)) end, function() wait_event "Hello" end } end,
    function(self) all { function() wait(random(30)) end, function() self:Action_Rest() end } end,
    function(self)
        local box = in_box(self:position(), vector.create(120, 120, 0), "Soul")
        local near = nearest(self:position(), { class = "Soul", except = self:handle() }, 200)
        log(#box, name(near), if near then near:name() else "")
        local hit = ray(self:position(), vector.create(0, 0, 0), { except = self:handle() })
        log(hit and name(hit.actor) or "free")
    end,
    function(self)
        local producer = coroutine.wrap(function() for i = 1, 3 do wait(random(12)) coroutine.yield(i) end end)
        for i in producer do log(`made {i}`) end
    end,
    function(self)
        local keys = {}
        for key, value in { a = 1, b = 2, c = 3, [1.5] = 4, [true] = 5, 6, 7 } do wait(random(7)) table.insert(keys, value) end
        log(table.concat(keys, " "))
    end,
    function(self)
        if #find_all "Soul" < 30 then
            local child = spawn("Soul", { position = self:position() + vector.create(random(-60, 60), 20, 0), friend = self, n = self.n + 1 })
            self.child = child
        end
    end,
    function(self) if self.child and self.child:is_alive() then despawn(self.child) self.child = nil end end,
    function(self) every(random(5, 40), function() self.beats = (self.beats or 0) + 1 end) end,
    function(self) self:set_position(vector.create(random(-200, 200), random(-200, 200), 0)) end,
    function(self) log(self:is_taking "Rest", someone():is_taking(), tostring(self.friend)) end,
    function(self) local f = self.friend if f then log(f:class(), f:is_alive()) end end,
    function(self) local pile = self.pile or {} self.pile = pile pile[#pile + 1] = { n = #pile, same = pile } log(#pile) end,
}

function Soul:run()
    if self.n > 0 then
        wait(random(10))
    end
    while true do
        local deed = deeds[random(#deeds)]
        local ok, problem = pcall(deed, self)
        if not ok then
            log(`failed: {problem}`)
        end
        wait(random(3))
    end
end

function Soul:stop()
    log "stops"
end

return Soul
"#;

const PLATE: &str = r#"
local Plate = actor "Plate" { body = { kind = "trigger", width = 60, height = 60 } }
function Plate:handleEvent(event)
    self.pressed = (self.pressed or 0) + 1
    log(`{event.name} {self.pressed}`)
end
return Plate
"#;

/// A world of such actors.
pub fn souls(config: &Config, many: u64) -> World {
    let scripts = Scripts::new().with("soul.luau", SOUL).with("plate.luau", PLATE);
    let mut world = World::new(config, &scripts).unwrap_or_else(|error| panic!("{error}"));
    for n in 0..many {
        let place = Datum::Vector([(n % 5) as f32 * 40.0 - 80.0, (n / 5) as f32 * 40.0 - 80.0, 0.0]);
        let (class, name) = if n % 6 == 5 { ("Plate", format!("plate_{n}")) } else { ("Soul", format!("soul_{n}")) };
        let props = [("name".to_owned(), Datum::from(name.as_str())), ("position".to_owned(), place)];
        world.spawn(class, &props.into_iter().collect()).unwrap_or_else(|error| panic!("{error}"));
    }
    world
}
