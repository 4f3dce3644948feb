//! Inputs into a world. One that can't be carried out is told and has no other effect, in every run alike.

use dormouse_vm::Value;

use crate::datum::Datum;
use crate::happenings::HappeningKind;
use crate::ids::{ActorId, TaskId};
use crate::input::What;
use crate::output::OutputKind;
use crate::sim::state::TIME;
use crate::sim::values;

use super::World;

impl World {
    pub(super) fn take_input(&mut self, input: &What) {
        let number = self.sim.note(|_| HappeningKind::Input { text: input.to_string() });
        let before = self.sim.set_now(number);
        self.carry_out(input);
        self.sim.set_now(before);
    }

    fn carry_out(&mut self, input: &What) {
        let done = match input {
            What::Key { player, key, down } => {
                let name = if *player == 1 { "player".into() } else { format!("player_{player}") };
                let fields = [
                    ("key".into(), key.as_str().into()),
                    ("down".into(), (*down).into()),
                    ("player".into(), f64::from(*player).into()),
                ];
                // A map without that player has no use for its keys.
                self.find(&name).map_or(Ok(()), |who| self.send(who, "Key", fields.into()))
            }
            What::Event { actor, name, fields } => {
                self.named(actor).and_then(|who| self.send(who, name, fields.clone()))
            }
            What::Action { actor, action, arg } => self.named(actor).and_then(|who| self.act(who, action, arg)),
            What::Duration(seconds) if *seconds > 0.0 && *seconds <= 1.0 => {
                self.sim.state.duration = *seconds;
                Ok(())
            }
            What::Duration(seconds) => Err(format!("a tick can't last {seconds} seconds: more than 0, at most 1")),
        };
        if let Err(message) = done {
            self.sim.state.counts.errors += 1;
            self.sim.put(OutputKind::Error, ActorId::default(), format!("input `{input}`: {message}"));
        }
    }

    fn named(&self, name: &str) -> Result<ActorId, String> {
        self.find(name).ok_or_else(|| {
            let names = self.sim.state.named.keys().map(|name| self.sim.names.text(*name));
            format!("there is no actor `{name}`{}", crate::names::suggestion(name, names))
        })
    }

    fn send(
        &mut self,
        who: ActorId,
        name: &str,
        mut fields: std::collections::BTreeMap<String, Datum>,
    ) -> Result<(), String> {
        fields.insert("name".into(), name.into());
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        vm.enter(|frame| {
            values::push_datum(frame, &Datum::Map(fields));
            sim.send(frame, who, 1, TaskId::default());
        })
        .map_err(|error| error.to_string())
    }

    fn act(&mut self, who: ActorId, action: &str, arg: &Datum) -> Result<(), String> {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        let name = sim.action_name(who, action).map_err(|raise| match raise {
            dormouse_vm::Raise::Message(message) => message,
            _ => "it has no such action".into(),
        })?;
        vm.enter(|frame| {
            if *arg != Datum::Nil {
                values::push_datum(frame, arg);
            }
            let nobody = ActorId::default();
            sim.perform(frame, who, name, 1, nobody, nobody, TIME);
            frame.push(Value::Nil);
        })
        .map_err(|error| error.to_string())
    }
}
