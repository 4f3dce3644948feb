//! Layers of bodies by name. They are numbered as they are first named, by a class or by a single actor's body, so the
//! numbers are part of a world's state.

use dormouse_vm::Raise;

use super::state::State;
use crate::names::suggestion;

/// The layer of bodies that name none.
pub(crate) const DEFAULT_LAYER: u8 = 0;
/// As many as fit into a mask.
pub(crate) const MAX_LAYERS: usize = 32;

impl State {
    /// The layers that every world has.
    pub(crate) fn first_layers() -> Vec<String> {
        vec!["default".into(), "wall".into()]
    }

    /// The layer of that name.
    pub(crate) fn layer(&self, name: &str) -> Result<u8, Raise> {
        match self.layers.iter().position(|known| known == name) {
            Some(layer) => Ok(layer as u8),
            None => {
                let hint = suggestion(name, self.layers.iter().map(String::as_str));
                Err(format!("no class has a body in the layer `{name}`{hint}").into())
            }
        }
    }

    /// The layer of that name, made if there is room: 32 fit into a mask.
    pub(crate) fn layer_or_new(&mut self, name: &str) -> Result<u8, String> {
        if let Some(layer) = self.layers.iter().position(|known| known == name) {
            return Ok(layer as u8);
        }
        if self.layers.len() == MAX_LAYERS {
            return Err(format!("`{name}` would be the 33rd layer; there can be 32: {}", self.layers.join(", ")));
        }
        self.layers.push(name.into());
        Ok((self.layers.len() - 1) as u8)
    }

    /// The layers of a mask, by name; none for all of them.
    pub(crate) fn layers_in(&self, mask: u32) -> Option<Vec<String>> {
        let known = self.layers.iter().enumerate();
        (mask != u32::MAX).then(|| known.filter(|(at, _)| mask >> at & 1 == 1).map(|(_, name)| name.clone()).collect())
    }

    pub(crate) fn layer_name(&self, layer: u8) -> &str {
        self.layers.get(usize::from(layer)).map_or("", String::as_str)
    }
}
