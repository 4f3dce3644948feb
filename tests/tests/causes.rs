//! What is a chain of causes within a tick, which must come to an end, and what is only much work.

use dormouse_tests::{Stage, class};

#[test]
fn one_action_after_another_is_no_chain() {
    let methods = "function Subject:Action_Go() self.count += 1 end
        function Subject:Action_Outer() self:Action_Go() end
        function Subject:run()
            for i = 1, 500 do self:Action_Go() self:Action_Outer() end
            say(self.count)
        end";
    let mut stage = Stage::new(&[("subject.luau", &class("Subject", "props = { count = 0 }", methods))]);
    stage.spawn("Subject", &[]);
    stage.ticks(2);
    assert_eq!(stage.errors(), Vec::<String>::new());
    assert_eq!(stage.said(), ["1 1000"]);
}

#[test]
fn actors_that_make_one_another_act_for_ever_are_cut() {
    let methods = "function Subject:Action_Go()
            self.count += 1
            local other = find(if self:name() == 'one' then 'two' else 'one')
            other:Action_Go()
        end";
    let body = "function Starter:run() find('one'):Action_Go() end";
    let mut stage = Stage::new(&[
        ("subject.luau", &class("Subject", "props = { count = 0 }", methods)),
        ("starter.luau", &class("Starter", "", body)),
    ]);
    stage.spawn("Subject", &[("name", "one".into())]);
    stage.spawn("Subject", &[("name", "two".into())]);
    stage.spawn("Starter", &[]);
    stage.ticks(2);
    let errors = stage.errors();
    assert!(
        errors[0].contains("one.Go -> two.Go -> one.Go") || errors[0].contains("two.Go -> one.Go -> two.Go"),
        "{errors:?}"
    );
}

#[test]
fn an_action_that_was_woken_meanwhile_goes_on_with_what_woke_it() {
    // Each answers the other from within an action that waits for it: the chain must not begin anew with each action.
    let methods = "function Subject:Action_Hear() wait_event('ball') end
        function Subject:run()
            wait(if self.first then 2 else 1)
            if self.first then tell(find(self.other), { name = 'ball' }) end
            while true do
                self:Action_Hear()
                tell(find(self.other), { name = 'ball' })
            end
        end";
    let options = "props = { first = false, other = '' }";
    let mut stage = Stage::new(&[("subject.luau", &class("Subject", options, methods))]);
    stage.spawn("Subject", &[("name", "one".into()), ("other", "two".into()), ("first", true.into())]);
    stage.spawn("Subject", &[("name", "two".into()), ("other", "one".into())]);
    stage.ticks(5);
    assert!(stage.errors().iter().any(|error| error.contains("chain of 64 causes")), "{:?}", stage.errors());
}
