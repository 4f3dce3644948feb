//! The definition file for luau-lsp: the authors' API, and each class's props and actions.

use std::fmt::Write;

use dormouse::check::PropKind;

use super::Class;

const API: &str = include_str!("api.d.luau");

/// The whole file.
pub fn definitions(classes: &[Class]) -> String {
    let mut text = String::from(API);
    text.push_str("\n-- The classes of this project: what others see of an actor, and what it sees of itself.\n");
    for class in classes {
        let name = &class.info.name;
        let (above, own_above) = match &class.info.extends {
            Some(parent) => (format!("{parent}Handle"), parent.clone()),
            None => ("Handle".into(), "Actor".into()),
        };
        let _ = writeln!(text, "\ndeclare class {name}Handle extends {above}");
        for action in &class.info.actions {
            let _ = writeln!(text, "    function Action_{action}(self, ...: any): Task");
        }
        let _ = writeln!(text, "end\n\ndeclare class {name} extends {own_above}");
        for (prop, (kind, required)) in &class.info.props {
            let missing = if *required || class.defaults.contains_key(prop) { "" } else { "?" };
            let _ = writeln!(text, "    {prop}: {}{missing}", word(*kind));
        }
        for action in &class.info.actions {
            let _ = writeln!(text, "    function Action_{action}(self, ...: any): ...any");
        }
        text.push_str("end\n");
    }
    text
}

fn word(kind: PropKind) -> &'static str {
    match kind {
        PropKind::Actor => "Handle",
        PropKind::Table => "{ [any]: any }",
        other => other.word(),
    }
}
