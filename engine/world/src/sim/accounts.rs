//! Accounts: what an actor and all that it brings into the world may use together, so that nobody gets more by being
//! many. An actor of the map, or one that the game spawned, opens an account; those that it spawns share it. Nothing
//! here runs scripts or ends them: it says how much, and [`dormouse_vm`] and the tick see to the rest.
//!
//! Memory is what the actors were last measured to hold, and what they sent that nobody has read yet. Time is charged to whoever pays for a tasklet: its owner's
//! account, or until it first waits the account of the one whose call, wire or letter made it run.

use dormouse_vm::{BYTES_PER_CREDIT, MEASURE_EVERY};
use serde::{Deserialize, Serialize};

use super::Sim;
use super::state::Role;
use crate::ids::ActorId;
use crate::output::OutputKind;

/// Interrupts after which a new actor is measured, unless its account has many; and after which it always may be.
pub(crate) const SOON: i64 = 1 << 12;
const AT_ONCE: i64 = 1 << 6;
/// Bytes that an actor holds for each interrupt until it is measured again, at the latest: measuring takes a sixteenth of
/// its time.
const HELD_PER_UNIT: i64 = 8;
/// Bytes that something on its way (a letter, a wire with a delay) takes besides what it carries.
pub(crate) const ENVELOPE: u64 = 128;
/// Bytes that loading a script may use.
const LOADING: i64 = 256 << 20;
/// Ticks between two complaints about the same account.
const SILENCE: u64 = 600;

/// The number of an account. The game itself has none, and no limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountId(u32);

impl Default for AccountId {
    fn default() -> Self {
        AccountId::NONE
    }
}

impl AccountId {
    /// Nobody's.
    pub(crate) const NONE: AccountId = AccountId(u32::MAX);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// See the module's comment.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Actors alive.
    members: u32,
    /// Names that its actors were the first to use.
    names: u32,
    /// Bytes that its actors were measured to hold, and that what they sent takes until it is read.
    held: i64,
    /// The tick for which `spent` counts.
    tick: u64,
    spent: i64,
    /// When it was last complained about.
    told: u64,
}

impl Account {
    /// How many belong to it, and what they hold.
    pub(crate) fn balance(&self) -> (u32, i64) {
        (self.members, self.held)
    }

    /// Whether it has used up in this tick what it may.
    pub(crate) fn is_broke(&self, tick: u64, limit: i64) -> bool {
        self.tick == tick && self.spent >= limit
    }
}

impl Sim {
    fn account(&mut self, id: AccountId) -> Option<&mut Account> {
        self.state.accounts.get_mut(id.0 as usize)
    }

    /// The account that a new actor belongs to: that of the one who spawns it, else one of its own.
    pub(crate) fn join_account(&mut self) -> AccountId {
        let spawner = self.state.actors.get(self.actor).map_or(AccountId::NONE, |actor| actor.account);
        if let Some(account) = self.account(spawner) {
            account.members += 1;
            return spawner;
        }
        let opened = Account { members: 1, ..Account::default() };
        match self.state.free_accounts.pop() {
            Some(id) => {
                self.state.accounts[id.0 as usize] = opened;
                id
            }
            None => {
                self.state.accounts.push(opened);
                AccountId((self.state.accounts.len() - 1) as u32)
            }
        }
    }

    /// An actor is gone, with what it held.
    pub(crate) fn leave_account(&mut self, id: AccountId, held: i64) {
        if let Some(account) = self.account(id) {
            account.members -= 1;
            account.held -= held;
            self.close_account(id);
        }
    }

    /// Its number can be given to another when nobody and nothing belongs to it any more.
    fn close_account(&mut self, id: AccountId) {
        if self.account(id).is_some_and(|account| account.members == 0 && account.held == 0) {
            self.state.free_accounts.push(id);
        }
    }

    /// Whether the running actor's account has room for one more actor.
    pub(crate) fn check_room(&mut self) -> Result<(), String> {
        let limit = self.limits.family_actors;
        let account = self.state.actors.get(self.actor).map_or(AccountId::NONE, |actor| actor.account);
        match self.account(account) {
            Some(account) if account.members >= limit => Err(format!(
                "{} and what it brought into the world are {limit} actors, as many as may be",
                self.label(self.actor)
            )),
            _ => Ok(()),
        }
    }

    /// A name that a script gives: to an actor, a task, an event. One that is new is noted for ever, so there are limits.
    pub(crate) fn new_name(&mut self, text: &str) -> Result<crate::names::Name, String> {
        if let Some(name) = self.names.find(text) {
            return Ok(name);
        }
        if text.len() > MAX_NAME {
            return Err(format!("a name has at most {MAX_NAME} bytes, not {}", text.len()));
        }
        let id = self.state.actors.get(self.actor).map_or(AccountId::NONE, |actor| actor.account);
        if let Some(account) = self.account(id) {
            if account.names >= MAX_NAMES {
                let who = self.label(self.actor);
                return Err(format!(
                    "{who} and what it brought into the world made up {MAX_NAMES} names already; use them again"
                ));
            }
            account.names += 1;
        }
        Ok(self.names.intern(text))
    }

    // ---- time ------------------------------------------------------------------------------------------------

    /// Who pays for a new tasklet, and whether that is somebody else than its owner.
    pub(crate) fn payer(&self, owner: ActorId, role: Role) -> (AccountId, bool) {
        let own = self.own_payer(owner, role);
        match self.state.actors.get(self.actor) {
            Some(runs) if self.actor != owner => (runs.account, true),
            _ => (own, false),
        }
    }

    /// Who pays for a tasklet once it has waited: its owner. The main tasklet of the one who opened an account pays for
    /// itself, since its own limit is the lower one.
    pub(crate) fn own_payer(&self, owner: ActorId, role: Role) -> AccountId {
        match self.state.actors.get(owner) {
            Some(actor) if !(role == Role::Main && actor.founder) => actor.account,
            _ => AccountId::NONE,
        }
    }

    /// Charges time. True when the account has used up what it has in this tick.
    pub(crate) fn charge(&mut self, id: AccountId, spent: i64) {
        let tick = self.state.tick;
        if let Some(account) = self.account(id) {
            if account.tick != tick {
                (account.tick, account.spent) = (tick, 0);
            }
            account.spent += spent;
        }
    }

    /// Says that what an account still has to do goes on in the next tick.
    #[cold]
    pub(crate) fn say_broke(&mut self, id: AccountId, who: ActorId) {
        let limit = self.limits.family_time;
        let what = "what it and those that share its time still have to do goes on in the next tick";
        self.warn_account(id, who, format!("{limit} calls and loop turns were used in one tick: {what}"));
    }

    /// Says what a limit of an account did, now and then.
    pub(crate) fn warn_account(&mut self, id: AccountId, who: ActorId, text: String) {
        let tick = self.state.tick;
        let Some(account) = self.account(id).filter(|account| account.told == 0 || account.told + SILENCE < tick)
        else {
            return;
        };
        account.told = tick;
        self.state.counts.errors += 1;
        self.put(OutputKind::Error, who, text);
    }

    // ---- memory ----------------------------------------------------------------------------------------------

    /// What the running actor was measured to hold. The interrupts until it is measured again.
    pub(crate) fn note_measure(&mut self, held: u64) -> Result<i64, String> {
        let (limit, family, held) = (self.limits.memory, self.limits.family_memory, held as i64);
        let Some(actor) = self.state.actors.get_mut(self.actor) else { return loader_holds(held) };
        let before = std::mem::replace(&mut actor.held, held);
        let grown = held - before;
        let id = actor.account;
        let (together, soon) = match self.account(id) {
            Some(account) => {
                account.held += grown;
                (account.held, soon(account.members, family))
            }
            None => (0, SOON),
        };
        // Once it is told; if it goes on, there is no other way to be rid of what it holds.
        if (before > limit && held > 2 * limit) || (together - grown > family && together > 2 * family) {
            self.doomed = true;
        }
        if held > limit {
            return Err(format!("its actor holds {} KiB, and may hold {} KiB", held >> 10, limit >> 10));
        }
        if together > family {
            let (who, together, family) = (self.label(self.actor), together >> 10, family >> 10);
            return Err(format!(
                "{who} and those that share its memory hold {together} KiB, and may hold {family} KiB together"
            ));
        }
        // Or where it could have reached the limit, but not again and again when it is near to it.
        let room = ((limit - held) / BYTES_PER_CREDIT).max(held / BYTES_PER_CREDIT);
        Ok((held / HELD_PER_UNIT).min(room).max(soon))
    }

    /// The interrupts after which the account's newest actor is measured for the first time.
    pub(crate) fn first_credit(&mut self, id: AccountId) -> i64 {
        let family = self.limits.family_memory;
        self.account(id).map_or(SOON, |account| soon(account.members, family))
    }

    /// Something of an actor's is on its way and takes so many bytes until it arrives. The account that it is held
    /// against; an error when the actor has too much on its way.
    pub(crate) fn send_bytes(&mut self, from: ActorId, bytes: u64) -> Result<AccountId, String> {
        let limit = self.limits.memory;
        let Some(account) = self.state.face(from).map(|face| face.account) else { return Ok(AccountId::NONE) };
        let Some(sent) = self.state.sent_mut(from) else { return Ok(AccountId::NONE) };
        if *sent + bytes as i64 > limit {
            return Err(format!(
                "what it sent and nobody has read yet holds {} KiB, and may hold {} KiB; wait for answers (ask)",
                *sent >> 10,
                limit >> 10
            ));
        }
        *sent += bytes as i64;
        let id = account;
        if let Some(account) = self.account(id) {
            account.held += bytes as i64;
        }
        Ok(id)
    }

    /// It has arrived.
    pub(crate) fn arrived(&mut self, from: ActorId, id: AccountId, bytes: u64) {
        if let Some(sent) = self.state.sent_mut(from) {
            *sent -= bytes as i64;
        }
        if let Some(account) = self.account(id) {
            account.held -= bytes as i64;
            self.close_account(id);
        }
    }
}

/// The more share an account, the less each may take before it is looked at: unseen they take no more than a part of what
/// they may hold together.
fn soon(members: u32, family: i64) -> i64 {
    (family / (4 * BYTES_PER_CREDIT * i64::from(members.max(1)))).clamp(AT_ONCE, SOON)
}

/// Names that an account may make up, and bytes that one may have.
const MAX_NAMES: u32 = 10_000;
const MAX_NAME: usize = 200;

fn loader_holds(held: i64) -> Result<i64, String> {
    if held > LOADING { Err(format!("loading a script may take {} MiB", LOADING >> 20)) } else { Ok(MEASURE_EVERY) }
}
