-- The same work on LuaJIT's coroutines with nothing around them: a list, and coroutine.resume for each of it. The least
-- that a scheduler in a script can cost; none that games use is that bare.
--
-- Usage: luajit luajit_roundrobin.lua wake N TICKS | spawn N | memory N; prints one line of JSON.
--
-- wake    ns per wake: N coroutines that count and yield once a tick; median of rounds of TICKS ticks
-- spawn   ns per coroutine that is created, runs and dies; median of rounds of N
-- memory  bytes per waiting coroutine, by the runtime's own figure: collectgarbage "count"

package.path = (arg[0]:match "^.*/" or "./") .. "?.lua;" .. package.path
local peer = require "peer"

local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield

local function forever()
    local count = 0
    while true do
        count = count + 1
        yield()
    end
end

local function once() end

local function waiting(n)
    local tasks = {}
    for i = 1, n do
        tasks[i] = create(forever)
        assert(resume(tasks[i]))
    end
    return tasks
end

peer.main {
    wake = function(n, ticks)
        local tasks = waiting(n)
        return peer.median_ns(function()
            for _ = 1, ticks do
                for i = 1, n do
                    resume(tasks[i])
                end
            end
        end) / (n * ticks)
    end,

    spawn = function(n)
        return peer.median_ns(function()
            for _ = 1, n do
                resume(create(once))
            end
        end) / n
    end,

    memory = function(n)
        return peer.growth(function() return waiting(n) end) / n
    end,
}
