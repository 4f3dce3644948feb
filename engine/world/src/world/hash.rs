//! The hash of a world: everything that can influence its future, and nothing else.

use dormouse_vm::Value;

use super::World;

impl World {
    /// Hashes the world. Equal worlds have equal hashes in every process and build; what differs in anything that can
    /// influence the future has, all but certainly, another.
    ///
    /// Cost: the whole heap in use is read once, and the native side is serialized.
    pub fn hash(&mut self) -> u64 {
        let mut bytes = Vec::new();
        let state = &self.sim.state;
        // A world's state has no value that postcard can't write.
        for part in [postcard::to_stdvec(state), postcard::to_stdvec(&self.sim.names)] {
            bytes.extend(part.expect("plain data can be serialized"));
        }
        self.natives.write(&mut bytes);
        let mut actors: Vec<_> = state.actors.values().collect();
        actors.sort_unstable_by_key(|actor| actor.order);
        let mut tasks: Vec<_> = state.tasks.0.values().collect();
        tasks.sort_unstable_by_key(|tasklet| tasklet.order);
        self.vm.digest(|digest| {
            digest.bytes(&bytes);
            for actor in actors {
                digest.pin(actor.table);
                digest.pin(actor.globals);
            }
            for tasklet in tasks {
                digest.thread(tasklet.thread);
                digest.pin(tasklet.object);
                digest.pin(tasklet.deferred);
                if let Some(pin) = tasklet.go.pin() {
                    digest.pin(pin);
                }
            }
            for flight in &state.flights {
                if !flight.free {
                    digest.pin(flight.deferred);
                }
            }
            let events = state.mail.values().map(|letter| letter.event);
            let args = state.wires.iter().map(|wire| wire.arg);
            for value in events.chain(args) {
                if let Value::Pin(pin) = value {
                    digest.pin(pin);
                }
            }
            // What scripts share: upvalues of their functions may change.
            for pin in self.sim.classes.all().iter().map(|class| class.table).chain(self.sim.modules.values().copied())
            {
                digest.pin(pin);
            }
        })
    }
}
