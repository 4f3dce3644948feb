//! The section `HIBR`: actors that hibernate, and after how many ticks those of the map may. In the section `WRLD` a sleeper is
//! as it would be if it were awake, but that it holds nothing; what it holds is here, each by itself. So a world goes
//! into bytes and comes back with its sleepers asleep, and nobody is woken but to be looked at once: what comes from
//! outside is restored before it is believed.

use dormouse_vm::{Pin, Thread};
use serde::{Deserialize, Serialize};

use super::container::Tag;
use super::error::{Damage, RestoreError, SaveError};
use super::heap::{self, Unrestored};
use super::migrate::{self, Archive};
use super::world::Bits;
use crate::capsule::Travels;
use crate::ids::{ActorId, TaskId};
use crate::sim::roots::{Place, Root};
use crate::sim::sleep::unpack;
use crate::sim::state::State;
use crate::world::World;

/// The whole section.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Asleep {
    /// Ticks after which actors may hibernate whose map says so; 0 for never.
    rests: Vec<(ActorId, u32)>,
    sleepers: Vec<Capsule>,
    travels: Travels,
}

/// What a sleeper holds.
#[derive(Serialize, Deserialize)]
struct Capsule {
    who: ActorId,
    /// Which of the places visited by [`State::visit_roots_of`] hold anything.
    present: Bits,
    /// Their values, as captured.
    values: Vec<u8>,
}

impl Asleep {
    /// Whether there is anything to write.
    pub(super) fn is_needed(&self) -> bool {
        !self.rests.is_empty() || !self.sleepers.is_empty() || !self.travels.is_empty()
    }
}

impl World {
    /// The native side with everybody awake, and what the sleepers hold. The side itself, where nobody sleeps.
    pub(super) fn roused(&mut self) -> Result<(Option<State>, Asleep), SaveError> {
        let rests = self.sim.state.rests.iter().map(|(id, rest)| (*id, *rest)).collect();
        let travels = self.sim.state.travels.clone();
        let mut asleep = Asleep { rests, sleepers: Vec::new(), travels };
        let serials: Vec<(ActorId, u64)> =
            self.sim.state.actors.iter_asleep().map(|(id, sleeper)| (id, sleeper.serial)).collect();
        if serials.is_empty() {
            return Ok((None, asleep));
        }
        let mut state = self.sim.state.clone();
        for (who, serial) in serials {
            let read = self.sim.store.get(serial).map_err(|error| error.to_string()).and_then(|bytes| {
                let (cold, values) = unpack(bytes)?;
                Ok((cold, values.to_vec()))
            });
            let (cold, values) = read.map_err(|why| SaveError::Asleep { actor: self.sim.label(who), why })?;
            state.thaw(who, &cold);
            asleep.sleepers.push(Capsule { who, present: Bits::of(&cold.present), values });
        }
        Ok((Some(state), asleep))
    }

    /// Puts those to sleep who slept. Errors: what does not fit the actors; code that is gone.
    pub(super) fn put_back_to_sleep(&mut self, asleep: Asleep, archive: &Archive) -> Result<(), RestoreError> {
        for (id, rest) in asleep.rests {
            if !self.sim.state.actors.contains_key(id) {
                return Err(damage("somebody may hibernate who does not exist"));
            }
            self.sim.state.rests.insert(id, rest);
        }
        self.sim.state.travels = asleep.travels;
        let mut lost = Vec::new();
        for capsule in asleep.sleepers {
            match self.put_one_to_sleep(&capsule, archive) {
                Err(RestoreError::Lost(more)) => lost.extend(more),
                other => other?,
            }
        }
        if lost.is_empty() { Ok(()) } else { Err(RestoreError::Lost(lost)) }
    }

    fn put_one_to_sleep(&mut self, capsule: &Capsule, archive: &Archive) -> Result<(), RestoreError> {
        let who = capsule.who;
        if self.sim.state.actors.awake(who).is_none() {
            return Err(damage("somebody sleeps who does not exist, or sleeps twice"));
        }
        if let Some(why) = self.sim.keeps_awake(who) {
            return Err(damage(format!("{} can't sleep: {why}", self.sim.label(who))));
        }
        let places = self.places_of_sleeper(who)?;
        let present = capsule.present.list();
        if present.len() != places.len() {
            return Err(damage(format!("what {} holds does not fit it", self.sim.label(who))));
        }
        let held: Vec<Place> =
            places.iter().zip(&present).filter(|(_, held)| **held).map(|(place, _)| *place).collect();
        let (values, homeless) = self.values_of(&held, &capsule.values, archive)?;
        let fits = |(place, value): (&Place, &dormouse_vm::Root)| {
            matches!(place, Place::Task(_)) == matches!(value, dormouse_vm::Root::Thread(_))
        };
        if values.len() != held.len() || !held.iter().zip(&values).all(fits) {
            return Err(damage(format!("the values of {} are not of the kinds that it holds", self.sim.label(who))));
        }
        self.sim.put_values(who, &present, &values);
        self.check_kinds(Some(who))?;
        self.migrate(&homeless)?;
        if self.sim.keeps_awake(who).is_some() {
            // It goes on in other code, and begins at once.
            return Ok(());
        }
        let Some(bytes) = self.sim.pack(who, &present, &capsule.values) else { return Ok(()) };
        let put = self.sim.store.put(bytes);
        let serial =
            put.map_err(|error| RestoreError::Asleep { actor: self.sim.label(who), why: error.to_string() })?;
        self.sim.sleep(&mut self.vm, who, serial);
        Ok(())
    }

    /// The places of one whose values are to come: it has none.
    fn places_of_sleeper(&mut self, who: ActorId) -> Result<Vec<Place>, RestoreError> {
        let (mut places, mut empty) = (Vec::new(), true);
        self.sim.state.visit_roots_of(who, &mut |place, held| {
            places.push(place);
            empty &= match held {
                Root::Pin(pin) => *pin == Pin::NIL,
                Root::Thread(thread) => *thread == Thread::default(),
            };
        });
        if empty { Ok(places) } else { Err(damage(format!("{} is awake and sleeps", self.sim.label(who)))) }
    }

    /// The values, and the tasklets among them that can't go on in the world's own scripts.
    fn values_of(
        &mut self,
        places: &[Place],
        bytes: &[u8],
        archive: &Archive,
    ) -> Result<(Vec<dormouse_vm::Root>, Vec<TaskId>), RestoreError> {
        let missing = match heap::restore(&mut self.vm, bytes) {
            Ok(values) => return Ok((values, Vec::new())),
            Err(Unrestored::Never(error)) => return Err(within(error)),
            Err(Unrestored::Lacking(missing)) => missing,
        };
        if !migrate::load_earlier(&mut self.vm, archive, &missing, &mut self.earlier) {
            return Err(RestoreError::Lost(heap::lost(&self.sim, places, &missing)));
        }
        let homeless = migrate::homeless(&self.sim, places, &missing);
        let values = heap::restore(&mut self.vm, bytes).map_err(|error| match error {
            Unrestored::Never(error) => within(error),
            Unrestored::Lacking(missing) => RestoreError::Lost(heap::lost(&self.sim, places, &missing)),
        })?;
        Ok((values, homeless))
    }
}

fn damage(what: impl Into<String>) -> RestoreError {
    Damage::at(0, what).within(Tag::ASLEEP).into()
}

/// Damage in a capture of this section, not of `HEAP`.
fn within(error: RestoreError) -> RestoreError {
    match error {
        RestoreError::Damage(damage) => damage.within(Tag::ASLEEP).into(),
        other => other,
    }
}
