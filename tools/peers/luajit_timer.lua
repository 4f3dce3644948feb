-- The same work as scripts of games on LuaJIT do it: a timer library of a page, and coroutines that wait for seconds in
-- it. It stands for what a LÖVE game has that keeps such a library: `timer.update(dt)` is called once a frame and
-- passes over all timers, due or not; a wait is a new timer whose callback wakes the coroutine.
--
-- Usage: luajit luajit_timer.lua wake N TICKS | spawn N | memory N; prints one line of JSON.
--
-- wake    ns per wake: N coroutines that count and wait one frame for ever; median of rounds of TICKS frames
-- spawn   ns per coroutine that is created, runs and dies; median of rounds of N
-- memory  bytes per waiting coroutine and its timer, by the runtime's own figure: collectgarbage "count"

package.path = (arg[0]:match "^.*/" or "./") .. "?.lua;" .. package.path
local peer = require "peer"

local FRAME = 1 / 60

local timer = { list = {} }

--- Calls `callback` in so many seconds.
function timer.after(seconds, callback)
    local entry = { left = seconds, callback = callback }
    timer.list[#timer.list + 1] = entry
    return entry
end

--- Lets time pass. Timers that are made meanwhile begin with the next call.
function timer.update(dt)
    local old, kept = timer.list, {}
    timer.list = kept
    for i = 1, #old do
        local entry = old[i]
        entry.left = entry.left - dt
        if entry.left > 0 then
            kept[#kept + 1] = entry
        else
            entry.callback()
        end
    end
end

--- Runs `script(wait)` as a coroutine; `wait(seconds)` in it sleeps.
function timer.script(script)
    local wake
    local function wait(seconds)
        timer.after(seconds, wake)
        coroutine.yield()
    end
    wake = coroutine.wrap(function() script(wait) end)
    wake()
end

local woken = 0

local function forever(wait)
    local count = 0
    while true do
        count = count + 1
        woken = woken + 1
        wait(FRAME)
    end
end

local function once(_wait) end

local function waiting(n)
    for _ = 1, n do
        timer.script(forever)
    end
    return timer.list
end

peer.main {
    wake = function(n, ticks)
        waiting(n)
        return peer.median_ns(function()
            local before = woken
            for _ = 1, ticks do
                timer.update(FRAME)
            end
            assert(woken - before == n * ticks)
        end) / (n * ticks)
    end,

    spawn = function(n)
        return peer.median_ns(function()
            for _ = 1, n do
                timer.script(once)
            end
        end) / n
    end,

    memory = function(n)
        return peer.growth(function() return waiting(n) end) / n
    end,
}
