//! Errors keep the way they came, also out of coroutines: engines on plain Lua show the line that resumed, and nothing
//! of the one that failed.

use dormouse_tests::Stage;

/// What the error of a body of `run` says, line by line.
fn trace(body: &str) -> Vec<String> {
    let mut stage = Stage::run(body);
    stage.ticks(10);
    let errors = stage.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].lines().map(|line| line.trim().to_owned()).collect()
}

const INNER: &str = "local function fails(x)
            return x.y.z
        end
        local function body()
            wait(2)
            fails({})
            return 1
        end";

#[test]
fn out_of_a_wrapped_coroutine() {
    let lines = trace(&format!(
        "{INNER}
        coroutine.wrap(body)()
        wait(1)"
    ));
    let expected = [
        "subject.run failed: scripts/subject.luau:4: attempt to index nil with 'z'",
        "scripts/subject.luau:4 in fails",
        "scripts/subject.luau:8 in body",
        "scripts/subject.luau:11 in run",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn out_of_several_and_raised_again() {
    let lines = trace(&format!(
        "{INNER}
        local ok, problem = coroutine.resume(coroutine.create(function()
            coroutine.wrap(body)()
            wait(1)
        end))
        error(problem, 0)"
    ));
    let expected = [
        "subject.run failed: scripts/subject.luau:4: attempt to index nil with 'z'",
        "scripts/subject.luau:4 in fails",
        "scripts/subject.luau:8 in body",
        "scripts/subject.luau:12",
        "scripts/subject.luau:11 in run",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn out_of_an_action_in_a_coroutine_and_out_of_a_budget() {
    let mut stage = Stage::new(&[(
        "subject.luau",
        "local Subject = actor 'Subject' {}
        function Subject:Action_Break()
            error('broken')
        end
        function Subject:run()
            coroutine.wrap(function()
                self:Action_Break()
                wait(1)
            end)()
            wait(1)
        end
        function Subject:handleEvent()
            coroutine.wrap(function()
                while true do end
            end)()
            wait(1)
        end
        return Subject",
    )]);
    let subject = stage.spawn("Subject", &[("name", "subject".into())]);
    stage.ticks(2);
    stage.world.tell(subject, &"Loop".into());
    stage.ticks(2);
    let errors = stage.errors();
    let lines: Vec<_> = errors[0].lines().skip(1).map(str::trim).collect();
    assert_eq!(
        lines,
        ["scripts/subject.luau:3 in Action_Break", "scripts/subject.luau:7", "scripts/subject.luau:9 in run"]
    );
    let lines: Vec<_> = errors[1].lines().skip(1).map(str::trim).collect();
    assert_eq!(lines, ["scripts/subject.luau:14", "scripts/subject.luau:15 in handleEvent"], "{errors:?}");
}

/// The note of one error must not grow with each that is caught.
#[test]
fn caught_errors_of_the_same_text_do_not_add_up() {
    let lines = trace(
        "local function fails() error('the same', 0) end
        for _ = 1, 100 do
            coroutine.resume(coroutine.create(fails))
        end
        coroutine.wrap(fails)()
        wait(1)",
    );
    let expected = ["subject.run failed: the same", "scripts/subject.luau:3 in fails", "scripts/subject.luau:7 in run"];
    assert_eq!(lines, expected);
}
