-- What the peers in LuaJIT share: their command line, their clock, the size of the heap. No work is done here.

local peer = {}

local ROUNDS = 5

--- Runs `round` once to warm up, then some times; returns the median in ns of processor time.
function peer.median_ns(round)
    round()
    local times = {}
    for i = 1, ROUNDS do
        local began = os.clock()
        round()
        times[i] = (os.clock() - began) * 1e9
    end
    table.sort(times)
    return times[(ROUNDS + 1) / 2]
end

--- Bytes by which the heap grows from `make`, whose result is kept until it is measured.
function peer.growth(make)
    collectgarbage() collectgarbage()
    local before = collectgarbage "count"
    local kept = make()
    collectgarbage() collectgarbage()
    local grown = (collectgarbage "count" - before) * 1024
    return grown, kept
end

--- Calls the measure that the command line names with its numbers, and prints the figure.
function peer.main(measures)
    local name, first, second = arg[1], tonumber(arg[2]), tonumber(arg[3])
    local wanted = ({ wake = 2, spawn = 1, memory = 1 })[name]
    if wanted ~= #arg - 1 or not first or first < 1 or wanted == 2 and (not second or second < 1) then
        io.stderr:write("usage: luajit ", arg[0], " wake N TICKS | spawn N | memory N\n")
        os.exit(2)
    end
    local value = measures[name](first, second)
    local unit = name == "memory" and "B" or "ns"
    print(('{"value": %.3f, "unit": "%s", "version": "%s"}'):format(value, unit, jit.version))
end

return peer
