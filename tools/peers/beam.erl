#!/usr/bin/env escript
%%! +S 1:1 +P 4000000
%% The same work on the BEAM, on one scheduler: processes that wait for one message a tick, from a hub.
%%
%% Usage: escript beam.erl wake N TICKS | spawn N | memory N; prints one line of JSON.
%%
%% wake    ns per wake: N processes that count, and wait for the next message for ever; median of rounds of TICKS ticks
%% spawn   ns per process that is created, runs and dies; median of rounds of N
%% memory  bytes per waiting process, by the runtime's own figure: erlang:memory(total)
-module(beam).
-mode(compile).
-export([main/1]).

-define(ROUNDS, 5).

main(Args) ->
    % All that follows counts on it; escript takes it from the second line.
    1 = erlang:system_info(schedulers),
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

%% A tick is over when the last process says that it has had its own: there is one run queue, first in, first out. That
%% all others had theirs too is seen from the counts, outside of the time.
ticks(_Tasks, _Last, 0) ->
    ok;
ticks(Tasks, Last, Ticks) ->
    [Task ! tick || Task <- Tasks],
    Last ! {count, self()},
    receive {count, Last, _} -> ok end,
    ticks(Tasks, Last, Ticks - 1).

wake(N, Ticks) ->
    Tasks = waiting(N),
    Last = lists:last(Tasks),
    ticks(Tasks, Last, 2),
    Before = total(Tasks),
    Times = [wake_round(Tasks, Last, Ticks) || _ <- lists:seq(1, ?ROUNDS)],
    All = N * Ticks * ?ROUNDS,
    All = total(Tasks) - Before,
    median(Times) / (N * Ticks).

wake_round(Tasks, Last, Ticks) ->
    Began = now_ns(),
    ticks(Tasks, Last, Ticks),
    now_ns() - Began.

spawn_all(N) ->
    [_WarmUp | Times] = [spawn_round(N) || _ <- lists:seq(0, ?ROUNDS)],
    median(Times) / N.

%% As with ticks: when the last one is down, all are, and that is seen outside of the time.
spawn_round(N) ->
    Began = now_ns(),
    Tasks = [spawn(fun() -> ok end) || _ <- lists:seq(2, N)],
    {_, Last} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Last, process, _, _} -> ok end,
    Time = now_ns() - Began,
    false = lists:any(fun is_process_alive/1, Tasks),
    Time.

memory(N) ->
    erlang:garbage_collect(),
    Before = erlang:memory(total),
    Tasks = waiting(N),
    erlang:garbage_collect(),
    (erlang:memory(total) - Before) / length(Tasks).

%% The time that the process has spent on a processor (told in whole milliseconds), so that others' work on the machine
%% is not counted.
now_ns() ->
    element(1, erlang:statistics(runtime)) * 1000000.

median(Times) ->
    lists:nth(1 + length(Times) div 2, lists:sort(Times)).
