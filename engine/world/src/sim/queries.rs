//! Asking the world who is there: by name, by class, by place.

use dormouse_vm::{Flow, Frame, Kind, Raise, Value};

use super::host::give;
use super::sleep::Face;
use super::{Sim, args};
use crate::ids::ActorId;
use crate::names::{Name, matches, suggestion};
use crate::space::Filter;

/// Whom a query is for.
#[derive(Default)]
struct Wanted {
    class: Option<u32>,
    name: Option<String>,
    layer: Option<u8>,
    except: Option<ActorId>,
}

/// Bytes that the pattern of a name may have.
const MAX_PATTERN: usize = 200;
/// Interrupts that a query costs, besides those for each one who is looked at.
const QUERY: u64 = 50;

impl Wanted {
    /// Interrupts for each one who is looked at.
    fn cost(&self) -> u64 {
        2 + self.name.as_ref().map_or(0, |pattern| 4 + pattern.len() as u64)
    }
}

/// Charges for a query by those who were looked at.
fn charge(frame: &mut Frame<'_>, wanted: &Wanted, filter: &Filter<'_>) {
    frame.charge(QUERY + filter.looked.get() * wanted.cost());
}

impl Sim {
    fn wanted(&self, frame: &mut Frame<'_>, at: u32) -> Result<Wanted, Raise> {
        let mut wanted = Wanted::default();
        match frame.kind(at) {
            Kind::None | Kind::Nil => {}
            Kind::Text => wanted.class = Some(self.class_named(&frame.text(at).unwrap_or_default())?),
            Kind::Table => {
                self.check_options(frame, at, "the filter", &["class", "name", "layer", "except"])?;
                frame.get(at, "class");
                let top = frame.len();
                if let Some(class) = args::optional_text(frame, top, "the filter's class")? {
                    wanted.class = Some(self.class_named(&class)?);
                }
                frame.get(at, "name");
                wanted.name = args::optional_text(frame, top + 1, "the filter's name")?;
                if wanted.name.as_ref().is_some_and(|name| name.len() > MAX_PATTERN) {
                    return Err(format!("the filter's name may have {MAX_PATTERN} bytes").into());
                }
                frame.get(at, "layer");
                if let Some(layer) = args::optional_text(frame, top + 2, "the filter's layer")? {
                    wanted.layer = Some(self.state.layer(&layer)?);
                }
                frame.get(at, "except");
                wanted.except = args::maybe_actor(frame, top + 3);
                frame.set_len(top - 1);
            }
            kind => {
                return Err(format!(
                    "a filter is a class name or a table such as {{ class = \"Guard\", name = \"guard_*\" }}, not a {}",
                    kind.name()
                )
                .into());
            }
        }
        Ok(wanted)
    }

    /// The live actor of that name; or of that class and number (`Bee#12`), as those without a name are called.
    pub(crate) fn actor_called(&self, name: &str) -> Option<ActorId> {
        let named = self.names.find(name).and_then(|name| self.state.named.get(&name)).and_then(|all| all.first());
        named.copied().or_else(|| {
            let (class, order) = name.rsplit_once('#')?;
            let (class, order) = (self.classes.find(class)?, order.parse::<u64>().ok()?);
            let same = |actor: &Face| actor.order == order && actor.class == class && actor.name == Name::NONE;
            self.state.faces().find(|(_, actor)| !actor.dying && same(actor)).map(|(id, _)| id)
        })
    }

    /// The names of live actors that have one.
    pub(crate) fn live_names(&self) -> impl Iterator<Item = &str> {
        self.state.named.keys().map(|name| self.names.text(*name))
    }

    /// The class of that name, or an error with the nearest one.
    pub(crate) fn class_named(&self, name: &str) -> Result<u32, Raise> {
        self.classes.find(name).ok_or_else(|| {
            let hint = suggestion(name, self.classes.names());
            Raise::Message(format!("there is no class `{name}`{hint}"))
        })
    }

    fn fits(&self, id: ActorId, wanted: &Wanted) -> bool {
        let Some(actor) = self.state.face(id).filter(|actor| !actor.dying) else { return false };
        wanted.class.is_none_or(|class| self.classes.is_a(actor.class, class))
            && wanted.name.as_ref().is_none_or(|pattern| matches(pattern, self.names.text(actor.name)))
            && wanted.layer.is_none_or(|layer| self.state.space.get(actor.body).is_some_and(|body| body.layer == layer))
            && wanted.except != Some(id)
    }

    fn give_list(&self, frame: &mut Frame<'_>, found: &[ActorId]) -> Result<Flow, Raise> {
        frame.push_table(found.len(), 0);
        let list = frame.len();
        for (at, actor) in found.iter().enumerate() {
            frame.push(Value::Handle(actor.handle()));
            frame.set_item(list, at as u32 + 1);
        }
        Ok(Flow::Return(1))
    }

    /// `find(name)`
    pub(crate) fn find(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let name = args::text(frame, 1, "the name to find")?;
        let found = self.names.find(&name).and_then(|name| self.state.named.get(&name)).and_then(|all| all.first());
        give(frame, found.map_or(Value::Nil, |actor| Value::Handle(actor.handle())))
    }

    /// `find_all(filter)`
    pub(crate) fn find_all(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let wanted = self.wanted(frame, 1)?;
        frame.charge(QUERY + self.state.actors.len() as u64 * wanted.cost());
        let mut found: Vec<_> =
            self.state.faces().filter(|(id, _)| self.fits(*id, &wanted)).map(|(id, actor)| (actor.order, id)).collect();
        found.sort_unstable();
        let found: Vec<_> = found.into_iter().map(|(_, id)| id).collect();
        self.give_list(frame, &found)
    }

    /// `in_box(center, size, filter)`
    pub(crate) fn in_box(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let center = args::point(frame, 1, "the centre of in_box")?;
        let [w, h] = args::point(frame, 2, "the size of in_box")?;
        let wanted = self.wanted(frame, 3)?;
        let mut bodies = Vec::new();
        let filter = Filter::default();
        self.state.space.settle(true);
        self.state.space.in_box(center.into(), [w.abs() / 2.0, h.abs() / 2.0].into(), &filter, &mut bodies);
        charge(frame, &wanted, &filter);
        self.give_bodies(frame, &bodies, &wanted)
    }

    /// `in_circle(center, radius, filter)`
    pub(crate) fn in_circle(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let center = args::point(frame, 1, "the centre of in_circle")?;
        let radius = args::number(frame, 2, "the radius of in_circle")?.max(0.0);
        let wanted = self.wanted(frame, 3)?;
        let mut bodies = Vec::new();
        let filter = Filter::default();
        self.state.space.settle(true);
        self.state.space.in_circle(center.into(), radius as f32, &filter, &mut bodies);
        charge(frame, &wanted, &filter);
        self.give_bodies(frame, &bodies, &wanted)
    }

    fn give_bodies(
        &self,
        frame: &mut Frame<'_>,
        bodies: &[crate::space::BodyId],
        wanted: &Wanted,
    ) -> Result<Flow, Raise> {
        let found: Vec<_> = bodies
            .iter()
            .filter_map(|body| self.state.space.get(*body))
            .map(|body| ActorId::from_bits(body.owner))
            .filter(|id| self.fits(*id, wanted))
            .collect();
        self.give_list(frame, &found)
    }

    /// `ray(from, to, filter)`: what does not fit the filter does not stop the ray; walls always do.
    pub(crate) fn ray(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let from = args::point(frame, 1, "where the ray begins")?;
        let to = args::point(frame, 2, "where the ray ends")?;
        let wanted = self.wanted(frame, 3)?;
        self.state.space.settle(false);
        let fits = |owner: u64| self.fits(ActorId::from_bits(owner), &wanted);
        let filter = Filter { accept: Some(&fits), ..Filter::default() };
        let hit = self.state.space.ray(from.into(), to.into(), &filter);
        charge(frame, &wanted, &filter);
        let Some(hit) = hit else { return give(frame, Value::Nil) };
        let actor = hit.body.and_then(|body| self.state.space.get(body)).map(|body| ActorId::from_bits(body.owner));
        let ([px, py], [nx, ny]) = (hit.point.into(), hit.normal.into());
        frame.push_table(0, 5);
        let table = frame.len();
        for (key, value) in [
            ("actor", actor.map_or(Value::Nil, |actor| Value::Handle(actor.handle()))),
            ("wall", Value::Bool(actor.is_none())),
            ("point", Value::Vector([px, py, 0.0])),
            ("normal", Value::Vector([nx, ny, 0.0])),
            ("distance", Value::Number(f64::from(hit.distance))),
        ] {
            frame.push(value);
            frame.set(table, key);
        }
        Ok(Flow::Return(1))
    }

    /// `nearest(point, filter, radius)`
    pub(crate) fn nearest(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let point = args::point(frame, 1, "the point of nearest")?;
        let wanted = self.wanted(frame, 2)?;
        let radius = args::optional_number(frame, 3, "the radius of nearest")?.map(|radius| radius.max(0.0) as f32);
        self.state.space.settle(true);
        let fits = |owner: u64| self.fits(ActorId::from_bits(owner), &wanted);
        let filter = Filter { accept: Some(&fits), ..Filter::default() };
        let found = self.state.space.nearest(point.into(), radius, &filter);
        charge(frame, &wanted, &filter);
        let owner = found.and_then(|body| self.state.space.get(body)).map(|body| ActorId::from_bits(body.owner));
        give(frame, owner.map_or(Value::Nil, |actor| Value::Handle(actor.handle())))
    }

    // ---- of one actor ----------------------------------------------------------------------------------------

    pub(crate) fn class_of_actor(&self, who: ActorId) -> u32 {
        self.state.face(who).map_or(0, |actor| actor.class)
    }

    /// `who:name()`
    pub(crate) fn name_of(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "the actor of name()")?;
        let name = self.state.face(who).map(|actor| self.names.text(actor.name).to_owned());
        match name {
            Some(name) => frame.push_text(&name),
            None => frame.push(Value::Nil),
        }
        Ok(Flow::Return(1))
    }

    /// `who:class()`
    pub(crate) fn class_of(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "the actor of class()")?;
        match self.state.face(who) {
            Some(actor) => frame.push_text(&self.classes.get(actor.class).name.clone()),
            None => frame.push(Value::Nil),
        }
        Ok(Flow::Return(1))
    }

    /// `who:position()`; nil when it is gone.
    pub(crate) fn position_call(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "the actor of position()")?;
        if !self.state.actors.contains_key(who) {
            return give(frame, Value::Nil);
        }
        let [x, y] = self.place(who);
        give(frame, Value::Vector([x, y, 0.0]))
    }

    /// `who:size()`; nil when it is gone.
    pub(crate) fn size_call(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "the actor of size()")?;
        let size = self.state.face(who).map(|actor| actor.size);
        give(frame, size.map_or(Value::Nil, |[w, h]| Value::Vector([w, h, 0.0])))
    }

    /// `who:velocity()` in pixels a second: zero while it stands.
    pub(crate) fn velocity_call(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "the actor of velocity()")?;
        let Some(actor) = self.state.face(who) else { return give(frame, Value::Nil) };
        let [x, y]: [f32; 2] = self.state.space.velocity(actor.body).into();
        give(frame, Value::Vector([x, y, 0.0]))
    }
}
