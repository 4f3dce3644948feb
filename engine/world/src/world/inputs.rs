//! Inputs into a world. One that can't be carried out is told and has no other effect, in every run alike.

use dormouse_vm::Value;

use crate::datum::Datum;
use crate::happenings::HappeningKind;
use crate::ids::{ActorId, TaskId};
use crate::input::What;
use crate::output::OutputKind;
use crate::sim::state::TIME;
use crate::sim::values;

use super::{World, WorldImage};

/// Characters of an input that an error about it shows: it may carry a whole script.
const SHOWN: usize = 200;

impl World {
    pub(super) fn take_input(&mut self, input: &What) {
        let number = self.sim.note(|_| HappeningKind::Input { text: input.to_string() });
        let before = self.sim.set_now(number);
        if let Err(message) = self.carry_out(input) {
            self.sim.state.counts.errors += 1;
            let mut input = input.to_string();
            if let Some((end, _)) = input.char_indices().nth(SHOWN) {
                input.replace_range(end.., "...");
            }
            self.sim.put(OutputKind::Error, ActorId::default(), format!("input `{input}`: {message}"));
        }
        self.sim.set_now(before);
    }

    /// Whether an input could be carried out now; what is wrong with it, in words. The world stays as it is; `scratch`
    /// is used as memory.
    pub(crate) fn try_input(&mut self, input: &What, scratch: &mut WorldImage) -> Result<(), String> {
        self.unchanged(scratch, |world| world.carry_out(input))
    }

    fn carry_out(&mut self, input: &What) -> Result<(), String> {
        match input {
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
                self.called(actor).and_then(|who| self.send(who, name, fields.clone()))
            }
            What::Action { actor, action, arg } => self.called(actor).and_then(|who| self.act(who, action, arg)),
            What::Spawn { class, props } => self.spawn(class, props).map(|_| ()),
            What::Despawn { actor } => self.called(actor).map(|who| {
                self.despawn(who);
            }),
            What::Set { actor, prop, value } => self.called(actor).and_then(|who| self.set(who, prop, value)),
            What::Eval { actor, code } => {
                let actor = actor.as_ref().map(|actor| self.called(actor)).transpose()?;
                self.start_code(code, actor)
            }
            What::Duration(seconds) if *seconds > 0.0 && *seconds <= 1.0 => {
                self.sim.state.duration = *seconds;
                Ok(())
            }
            What::Duration(seconds) => Err(format!("a tick can't last {seconds} seconds: more than 0, at most 1")),
        }
    }

    /// The actor of that name, or what it might have been.
    pub(crate) fn called(&self, name: &str) -> Result<ActorId, String> {
        self.sim.actor_called(name).ok_or_else(|| {
            format!("there is no actor `{name}`{}", crate::names::suggestion(name, self.sim.live_names()))
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
            let _ = sim.send(frame, who, 1, TaskId::default(), 0);
        })
        .map_err(|error| error.to_string())
    }

    /// Gives an actor another value for one of its props (`Nil`: that of its class), for a field that it has, or for
    /// its `position`. A prop that takes an actor is given the actor's name.
    ///
    /// Errors: no such prop; a value of another kind; an actor that is gone.
    pub fn set(&mut self, actor: ActorId, prop: &str, value: &Datum) -> Result<(), String> {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        vm.enter(|frame| {
            sim.wake(frame, actor)?;
            let table = sim.state.actors.get(actor).map(|actor| actor.table).ok_or("it is gone")?;
            frame.push(Value::Pin(table));
            values::push_datum(frame, value);
            sim.set_member(frame, actor, prop)
        })
        .map_err(|error| error.to_string())?
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
