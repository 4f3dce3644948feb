%% The same work on the BEAM, on one scheduler: processes that wait for one message a tick, from a hub.
%%
%% Usage: escript beam.erl wake N TICKS | spawn N | memory N; prints one line of JSON.
%%
%% wake    ns per wake: N processes that count, and wait for the next message for ever; median of rounds of TICKS ticks
%% spawn   ns per process that is created, runs and dies; median of rounds of N
%% memory  bytes per waiting process, by the runtime's own figure: erlang:memory(total)
%%
%%! +S 1:1 +P 4000000
-module(beam).
-mode(compile).
-export([main/1]).

-define(ROUNDS, 5).

main(Args) ->
    case catch {hd(Args), [list_to_integer(Arg) || Arg <- tl(Args)]} of
        {"wake", [N, Ticks]} when N > 0, Ticks > 0 -> print(wake(N, Ticks), "ns");
        {"spawn", [N]} when N > 0 -> print(spawn_all(N), "ns");
        {"memory", [N]} when N > 0 -> print(memory(N), "B");
        _ ->
            io:format(standard_error, "usage: escript beam.erl wake N TICKS | spawn N | memory N~n", []),
            halt(2)
    end.

print(Value, Unit) ->
    Version = ["Erlang/OTP ", erlang:system_info(otp_release), ", ERTS ", erlang:system_info(version)],
    io:format("{\"value\": ~.3f, \"unit\": \"~s\", \"version\": \"~s\"}~n", [Value, Unit, Version]).

forever(Count) ->
    receive
        tick ->
            forever(Count + 1);
        {count, Hub} ->
            Hub ! {count, self(), Count},
            forever(Count)
    end.

waiting(N) ->
    Tasks = [spawn(fun() -> forever(0) end) || _ <- lists:seq(1, N)],
    _ = total(Tasks),
    Tasks.

total(Tasks) ->
    [Task ! {count, self()} || Task <- Tasks],
    lists:sum([receive {count, Task, Count} -> Count end || Task <- Tasks]).

tick(Tasks) ->
    lists:foreach(fun(Task) -> Task ! tick end, Tasks).

%% All of these ticks end when the last process says that it has had its own: there is one run queue, first in, first
%% out. That all others had theirs too is seen from the counts, outside of the time.
ticks(_Tasks, _Last, 0) ->
    ok;
ticks(Tasks, Last, Ticks) ->
    tick(Tasks),
    Last ! {count, self()},
    receive {count, Last, _} -> ok end,
    ticks(Tasks, Last, Ticks - 1).

wake(N, Ticks) ->
    Tasks = waiting(N),
    Last = lists:last(Tasks),
    ticks(Tasks, Last, 2),
    Before = total(Tasks),
    Times = [timed(fun() -> ticks(Tasks, Last, Ticks) end) || _ <- lists:seq(1, ?ROUNDS)],
    All = N * Ticks * ?ROUNDS,
    All = total(Tasks) - Before,
    median(Times) / (N * Ticks).

spawn_all(N) ->
    Round = fun() ->
        [spawn(fun() -> ok end) || _ <- lists:seq(2, N)],
        {_, Last} = spawn_monitor(fun() -> ok end),
        receive {'DOWN', Last, process, _, _} -> ok end
    end,
    Alive = erlang:system_info(process_count),
    [_WarmUp | Times] = [timed(Round) || _ <- lists:seq(0, ?ROUNDS)],
    Alive = erlang:system_info(process_count),
    median(Times) / N.

memory(N) ->
    erlang:garbage_collect(),
    Before = erlang:memory(total),
    Tasks = waiting(N),
    erlang:garbage_collect(),
    (erlang:memory(total) - Before) / length(Tasks).

timed(Work) ->
    Began = erlang:monotonic_time(nanosecond),
    Work(),
    erlang:monotonic_time(nanosecond) - Began.

median(Times) ->
    lists:nth(1 + length(Times) div 2, lists:sort(Times)).
