//! What is told to an actor that left: kept, to be sent after it.

use dormouse_vm::{Frame, Handle, Root, Value};
use serde::{Deserialize, Serialize};

use super::export::MOVABLE;
use super::traveller::Identity;
use crate::ids::{ActorId, TaskId};
use crate::sim::Sim;
use crate::world::World;

/// A message to an actor that is in another world by now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forwarded {
    /// To whom.
    pub to: Identity,
    /// Who sent it, by name; may be empty.
    pub from: String,
    /// The message, as captured.
    event: Vec<u8>,
    /// What its handles name: identities where they could be in another world, else names.
    known: Vec<(Handle, Option<Identity>, String)>,
}

/// Messages that a world keeps. Of more the oldest are dropped, and that is told.
const MOST: usize = 100_000;

impl Sim {
    /// Keeps the value at `at` for one that left. False when nobody left under that id, or it can't cross.
    pub(crate) fn keep_letter(&mut self, frame: &mut Frame<'_>, who: ActorId, at: u32) -> bool {
        let Some(to) = self.state.travels.gone.get(&who).copied() else { return false };
        let Ok((event, handles)) = frame.capture(at, MOVABLE) else { return false };
        let known = handles.into_iter().map(|handle| {
            let id = ActorId::from_handle(handle);
            let name = id.and_then(|id| self.state.face(id)).map(|face| self.names.text(face.name).to_owned());
            let gone = id.and_then(|id| self.state.travels.gone.get(&id).copied());
            (handle, gone.or_else(|| id.and_then(|id| self.state.travels.identity_of(id))), name.unwrap_or_default())
        });
        let known = known.collect();
        let from = self.label(self.actor);
        let letters = &mut self.state.travels.letters;
        letters.push(Forwarded { to, from, event, known });
        if letters.len() > MOST {
            letters.remove(0);
            let text = format!("more than {MOST} messages to actors that left were kept: the oldest is lost");
            self.put(crate::output::OutputKind::Error, who, text);
        }
        true
    }
}

impl World {
    /// The messages to actors that left, in the order in which they were sent, to be given to [`World::forward`] of the
    /// worlds where they are. They are kept no more.
    pub fn take_forwarded(&mut self) -> Vec<Forwarded> {
        std::mem::take(&mut self.sim.state.travels.letters)
    }

    /// Delivers a message to an actor that came to this world; it is handled in the next tick. If it has left again, the
    /// message is kept here to be sent further. False when it never was here, or is dead.
    pub fn forward(&mut self, message: &Forwarded) -> bool {
        let realm = self.config.realm;
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        let Some(who) = sim.traveller_here(message.to, realm) else {
            let left = sim.state.travels.journeys.contains_key(&message.to);
            if left {
                sim.state.travels.letters.push(message.clone());
            }
            return left;
        };
        let mut dead = 0_u32;
        let moves: Vec<(Handle, Handle)> = message
            .known
            .iter()
            .map(|(handle, identity, name)| {
                let id = identity.and_then(|identity| sim.traveller_here(identity, realm));
                let id =
                    id.or_else(|| Some(name).filter(|name| !name.is_empty()).and_then(|name| sim.actor_called(name)));
                dead += 1;
                let bits = id.map_or(1 << 32 | u64::from(u32::MAX - dead), ActorId::bits);
                (*handle, Handle { tag: handle.tag, bits })
            })
            .collect();
        let sent = vm.enter(|frame| {
            let Ok(roots) = frame.restore_moved(&message.event, &moves) else { return false };
            let [Root::Pin(pin)] = roots[..] else { return false };
            frame.push(Value::Pin(pin));
            frame.unpin(pin);
            sim.send(frame, who, 1, TaskId::default(), 0).is_ok()
        });
        sent.unwrap_or(false)
    }
}
