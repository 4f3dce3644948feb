//! The broad phase: search trees (parry2d's) over the boxes around walls, solid bodies, triggers and ghosts. Caches:
//! they may be thrown away at any time, and are brought up to date when they are asked.

use parry2d::bounding_volume::Aabb;
use parry2d::partitioning::{Bvh, BvhBuildStrategy, BvhWorkspace};
use slotmap::{Key, SlotMap};

use super::body::{Body, BodyId, Rect, Slot, Vec2};

/// Pixels by which a moving body's box is larger than need be, so that its leaf is moved only now and then.
const MARGIN: f32 = 8.0;

/// Trees of fewer leaves are never mended: they are searched fast whatever they look like.
const SMALL: u32 = 64;

/// In which tree a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Solid,
    Trigger,
    Ghost,
}

impl Kind {
    pub(super) fn of(body: &Body) -> Kind {
        match (body.ghost, body.trigger) {
            (true, _) => Kind::Ghost,
            (_, true) => Kind::Trigger,
            _ => Kind::Solid,
        }
    }
}

/// The walls, which never change.
#[derive(Default)]
pub(super) struct Walls {
    pub(super) rects: Vec<Rect>,
    tree: Bvh,
}

impl Walls {
    pub(super) fn new(rects: &[Rect]) -> Self {
        let leaves: Vec<Aabb> = rects.iter().map(|rect| aabb(*rect)).collect();
        Walls { rects: rects.to_vec(), tree: Bvh::from_leaves(BvhBuildStrategy::Binned, &leaves) }
    }

    /// Numbers of the walls whose boxes overlap this one.
    pub(super) fn near(&self, bounds: Rect, each: impl FnMut(u32)) {
        self.tree.intersect_aabb(&aabb(bounds)).for_each(each);
    }
}

/// How walls are written: as their list, from which the tree is made again.
pub(super) mod walls {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{Rect, Walls};

    pub(in crate::space) fn serialize<S: Serializer>(walls: &Walls, serializer: S) -> Result<S::Ok, S::Error> {
        walls.rects.serialize(serializer)
    }

    pub(in crate::space) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Walls>, D::Error> {
        let rects = Vec::<Rect>::deserialize(deserializer)?;
        let sound = |rect: &Rect| rect.min.is_finite() && rect.max.is_finite() && rect.min.cmple(rect.max).all();
        if !rects.iter().all(sound) {
            return Err(D::Error::custom("a wall is no rectangle"));
        }
        Ok(Arc::new(Walls::new(&rects)))
    }
}

/// What is known of a slot of the bodies' table.
#[derive(Clone, Copy, Default)]
struct Leaf {
    id: BodyId,
    /// The tree that it is in.
    filed: Option<Kind>,
    /// On which lists of those to be looked at it is: a slot may have changed its body, and with it its tree.
    queued: [bool; 3],
}

/// See the module's comment.
#[derive(Default)]
pub(super) struct Trees {
    trees: [Bvh; 3],
    leaves: Vec<Leaf>,
    /// Slots whose bodies have moved or are new, by the tree that they belong in.
    queue: [Vec<u32>; 3],
    /// How often leaves were put elsewhere since the tree was last mended.
    worn: [u32; 3],
    workspace: BvhWorkspace,
    /// Whether the trees are of this space's bodies at all.
    trusted: bool,
}

fn index_of(id: BodyId) -> usize {
    (id.data().as_ffi() & 0xffff_ffff) as usize
}

fn aabb(rect: Rect) -> Aabb {
    Aabb { mins: rect.min, maxs: rect.max }
}

impl Trees {
    /// A body is new or has moved.
    #[inline]
    pub(super) fn note(&mut self, id: BodyId, kind: Kind) {
        if !self.trusted {
            return;
        }
        let index = index_of(id);
        if index >= self.leaves.len() {
            self.leaves.resize(index + 1, Leaf::default());
        }
        let leaf = &mut self.leaves[index];
        leaf.id = id;
        if !leaf.queued[kind as usize] {
            leaf.queued[kind as usize] = true;
            self.queue[kind as usize].push(index as u32);
        }
    }

    /// A body is gone.
    pub(super) fn forget(&mut self, id: BodyId) {
        if !self.trusted {
            return;
        }
        if let Some(leaf) = self.leaves.get_mut(index_of(id))
            && let Some(kind) = leaf.filed.take()
        {
            self.trees[kind as usize].remove(index_of(id) as u32);
        }
    }

    /// The bodies were exchanged: everything must be looked at.
    pub(super) fn doubt(&mut self) {
        self.trusted = false;
    }

    /// Brings one tree up to date.
    pub(super) fn update(&mut self, kind: Kind, bodies: &SlotMap<BodyId, Slot>) {
        if !self.trusted {
            self.look_at_all(bodies);
        }
        let mut queue = std::mem::take(&mut self.queue[kind as usize]);
        for index in queue.drain(..) {
            let leaf = &mut self.leaves[index as usize];
            leaf.queued[kind as usize] = false;
            // A body of another kind in the slot is on the list of its own kind.
            let Some(slot) = bodies.get(leaf.id).filter(|slot| Kind::of(&slot.body) == kind) else { continue };
            self.file(index, slot);
        }
        // Its memory serves the next time.
        self.queue[kind as usize] = queue;
        self.mend(kind);
    }

    /// A tree whose leaves are put elsewhere one by one gets worse to search. A step of mending looks at a twentieth of
    /// it, so one is taken each time that many have been put elsewhere.
    fn mend(&mut self, kind: Kind) {
        let (tree, worn) = (&mut self.trees[kind as usize], &mut self.worn[kind as usize]);
        if *worn > SMALL && *worn > tree.leaf_count() / 20 {
            *worn = 0;
            tree.optimize_incremental(&mut self.workspace);
        }
    }

    fn file(&mut self, index: u32, slot: &Slot) {
        let kind = Kind::of(&slot.body);
        let bounds = aabb(slot.body.bounds());
        let leaf = &mut self.leaves[index as usize];
        if let Some(old) = leaf.filed {
            let tree = &mut self.trees[old as usize];
            if old == kind && tree.leaf_node(index).is_some_and(|leaf| leaf.contains_aabb(&bounds)) {
                return;
            }
            tree.remove(index);
        }
        let margin = if leaf.filed.is_some() || slot.motion().is_some() { Vec2::splat(MARGIN) } else { Vec2::ZERO };
        leaf.filed = Some(kind);
        self.worn[kind as usize] += 1;
        self.trees[kind as usize].insert(Aabb { mins: bounds.mins - margin, maxs: bounds.maxs + margin }, index);
    }

    fn look_at_all(&mut self, bodies: &SlotMap<BodyId, Slot>) {
        self.trusted = true;
        self.queue.iter_mut().for_each(Vec::clear);
        for index in 0..self.leaves.len() {
            let leaf = self.leaves[index];
            self.leaves[index].queued = [false; 3];
            if !bodies.contains_key(leaf.id) {
                // Gone, or its slot has another body now, which is noted below.
                if let Some(kind) = self.leaves[index].filed.take() {
                    self.trees[kind as usize].remove(index as u32);
                }
            }
        }
        for (id, slot) in bodies {
            self.note(id, Kind::of(&slot.body));
        }
    }

    /// Bodies of an up-to-date tree whose boxes may overlap this one, in no order that means anything.
    #[inline]
    pub(super) fn near(&self, kind: Kind, bounds: Rect, mut each: impl FnMut(BodyId)) {
        for index in self.trees[kind as usize].intersect_aabb(&aabb(bounds)) {
            each(self.leaves[index as usize].id);
        }
    }

    /// The least distance for which `cost` of a body gives one, below `limit`.
    pub(super) fn least(
        &self,
        kind: Kind,
        point: Vec2,
        limit: f32,
        cost: impl Fn(BodyId) -> Option<f32>,
    ) -> Option<f32> {
        let tree = &self.trees[kind as usize];
        let best = tree.find_best(
            limit,
            |node, _| {
                let outside = (node.mins() - point).max(point - node.maxs()).max(Vec2::ZERO);
                outside.length()
            },
            |index, _| cost(self.leaves[index as usize].id),
        );
        best.map(|(_, distance)| distance)
    }
}
