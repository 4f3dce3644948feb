//! Which of SDL's drivers for displays are asked. Left alone, SDL tries all; and Wayland's library, asked on a machine
//! that has no Wayland, complains past everybody to the terminal.

use std::env::var_os;
use std::path::Path;

const DRIVER: &str = "SDL_VIDEODRIVER";

/// Whether the user has said which.
pub fn is_chosen() -> bool {
    var_os(DRIVER).is_some_and(|name| !name.is_empty())
}

/// Leaves out what can't work here. To be called before SDL is asked for its part for displays.
pub fn choose() {
    let is_path = |name: &str| var_os(name).is_some_and(|value| Path::new(&value).is_absolute());
    if is_chosen() || is_path("XDG_RUNTIME_DIR") || is_path("WAYLAND_DISPLAY") {
        return;
    }
    let others: Vec<&str> = sdl2::video::drivers().filter(|name| *name != "wayland").collect();
    sdl2::hint::set(DRIVER, &others.join(","));
}
