//! Where the screen looks at the map: the middle of the view, how large a pixel of the map is on it, and how it follows
//! somebody. Pixels of the map are squares of whole pixels of the screen, unless so much is shown that they can't be.

/// The view.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// The middle of the view, in pixels of the map.
    pub center: [f32; 2],
    /// Pixels of the screen for a pixel of the map.
    pub zoom: f32,
    /// Width and height of the screen, in its pixels.
    pub size: [u32; 2],
    /// The user chose the zoom: a new size of the window leaves it.
    chosen: bool,
}

/// Steps of the zoom.
const ZOOMS: [f32; 11] = [0.125, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0];
/// Steps for one of the map's pixels in which all of it is fitted into a screen.
const FINE: f32 = 16.0;
/// Pixels of the map that a screen shows from top to bottom, about.
const COMFORT: f32 = 240.0;
/// The part of the view in which whoever is followed can move without moving it.
const DEAD_ZONE: f32 = 0.16;
/// How fast the view comes after: the part of the way that is left after a second.
const LAG: f32 = 0.002;

impl Camera {
    /// A view of a screen of that size.
    pub fn new(size: [u32; 2]) -> Camera {
        let mut camera = Camera { center: [0.0, 0.0], zoom: 1.0, size, chosen: false };
        camera.resize(size);
        camera
    }

    /// The screen has another size.
    pub fn resize(&mut self, size: [u32; 2]) {
        self.size = size.map(|side| side.max(1));
        if !self.chosen {
            let wanted = (self.size[1] as f32 / COMFORT).round().max(1.0);
            self.zoom = ZOOMS.into_iter().rev().find(|zoom| *zoom <= wanted).unwrap_or(1.0);
        }
    }

    /// Zooms in (positive) or out, so that `point` of the screen stays where it is.
    pub fn zoom_by(&mut self, steps: i32, point: [f32; 2]) {
        let fixed = self.to_map(point);
        // Between two steps, the next one either way is a whole step.
        let below = ZOOMS.partition_point(|zoom| *zoom < self.zoom) as i32;
        let now = if steps > 0 { ZOOMS.partition_point(|zoom| *zoom <= self.zoom) as i32 - 1 } else { below };
        self.zoom = ZOOMS[(now + steps).clamp(0, ZOOMS.len() as i32 - 1) as usize];
        self.chosen = true;
        let moved = self.to_map(point);
        self.center = [self.center[0] + fixed[0] - moved[0], self.center[1] + fixed[1] - moved[1]];
    }

    /// Shows all of the map.
    pub fn fit(&mut self, [left, top, right, bottom]: [f32; 4]) {
        let wanted = (self.size[0] as f32 / (right - left).max(1.0)).min(self.size[1] as f32 / (bottom - top).max(1.0));
        let comfortable = ZOOMS.into_iter().rev().find(|zoom| *zoom <= wanted).unwrap_or(ZOOMS[0]);
        // Smaller than it is drawn, it may be as large as there is room for in whole pixels of its tiles.
        self.zoom = if wanted < 1.0 { comfortable.max((wanted * FINE).floor() / FINE) } else { comfortable };
        self.center = [(left + right) / 2.0, (top + bottom) / 2.0];
        self.chosen = true;
    }

    /// Sets the zoom.
    pub fn set_zoom(&mut self, zoom: f32) {
        self.zoom = zoom.clamp(ZOOMS[0], ZOOMS[ZOOMS.len() - 1]);
        self.chosen = true;
    }

    /// Comes after a point, for so many seconds; at once, for none.
    pub fn follow(&mut self, point: [f32; 2], seconds: Option<f32>) {
        for (axis, wanted) in point.into_iter().enumerate() {
            let room = self.size[axis] as f32 / self.zoom * DEAD_ZONE / 2.0;
            let off = wanted - self.center[axis];
            let wanted = off - off.clamp(-room, room);
            let part = seconds.map_or(1.0, |seconds| 1.0 - LAG.powf(seconds));
            self.center[axis] += match seconds {
                None => off,
                // Never out of sight: a jump across the map is followed at once.
                Some(_) if wanted.abs() > self.size[axis] as f32 / self.zoom => off,
                Some(_) => wanted * part,
            };
        }
    }

    /// Keeps the view within the map, or the map in the middle of the view where it is smaller.
    pub fn keep_within(&mut self, [left, top, right, bottom]: [f32; 4]) {
        for (axis, (low, high)) in [(left, right), (top, bottom)].into_iter().enumerate() {
            let half = self.size[axis] as f32 / self.zoom / 2.0;
            self.center[axis] = match high - low > 2.0 * half {
                true => self.center[axis].clamp(low + half, high - half),
                false => (low + high) / 2.0,
            };
        }
    }

    /// What is in view: left, top, right, bottom, in pixels of the map.
    pub fn view(&self) -> [f32; 4] {
        let half = self.size.map(|side| side as f32 / self.zoom / 2.0);
        let [x, y] = self.center;
        [x - half[0], y - half[1], x + half[0], y + half[1]]
    }

    /// The point of the screen, in whole pixels, at which the map's origin is, for a layer with that parallax.
    pub fn origin(&self, parallax: [f32; 2], about: [f32; 2]) -> [f32; 2] {
        std::array::from_fn(|axis| {
            let looked_at = self.center[axis] * parallax[axis] + about[axis] * (1.0 - parallax[axis]);
            (self.size[axis] as f32 / 2.0 - looked_at * self.zoom).round()
        })
    }

    /// The pixel at a point of the window, which has that size in units of its own: on screens of high density a unit is
    /// several pixels.
    pub fn pixel(&self, at: [i32; 2], window: [u32; 2]) -> [f32; 2] {
        std::array::from_fn(|axis| at[axis] as f32 * self.size[axis] as f32 / window[axis].max(1) as f32)
    }

    /// Where a point of the map is on the screen.
    pub fn to_screen(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [ox, oy] = self.origin([1.0, 1.0], [0.0, 0.0]);
        [ox + x * self.zoom, oy + y * self.zoom]
    }

    /// Which point of the map is at a point of the screen.
    pub fn to_map(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [ox, oy] = self.origin([1.0, 1.0], [0.0, 0.0]);
        [(x - ox) / self.zoom, (y - oy) / self.zoom]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_of_the_map_are_whole_pixels_of_any_screen() {
        for (size, zoom) in
            [([1280, 720], 3.0), ([640, 360], 2.0), ([320, 200], 1.0), ([3840, 2160], 8.0), ([1, 1], 1.0)]
        {
            assert_eq!(Camera::new(size).zoom, zoom, "{size:?}");
        }
    }

    #[test]
    fn on_a_dense_screen_the_mouse_is_where_it_is_seen() {
        for (density, zoom) in [(1, 3.0), (2, 6.0)] {
            let mut camera = Camera::new([1280 * density, 720 * density]);
            camera.center = [400.0, 300.0];
            // As much of the map is in view, and the same of it under the mouse, whatever the density.
            assert_eq!(camera.zoom, zoom);
            let middle = camera.to_map(camera.pixel([640, 360], [1280, 720]));
            assert_eq!(middle, [400.0, 300.0]);
            let corner = camera.to_map(camera.pixel([1280, 720], [1280, 720]));
            assert!((corner[0] - 613.3).abs() < 0.2 && corner[1] == 420.0, "{corner:?}");
            // And letters are as large.
            assert_eq!(crate::draw::text_scale(camera.size[1]), 2.0 * density as f32);
        }
    }

    #[test]
    fn in_the_dead_zone_nothing_moves() {
        let mut camera = Camera::new([1280, 720]);
        camera.follow([100.0, 100.0], None);
        assert_eq!(camera.center, [100.0, 100.0]);
        camera.follow([120.0, 110.0], Some(0.1));
        assert_eq!(camera.center, [100.0, 100.0]);
        camera.follow([180.0, 100.0], Some(0.1));
        assert!(camera.center[0] > 100.0 && camera.center[0] < 180.0 && camera.center[1] == 100.0);
    }

    #[test]
    fn the_view_stays_within_the_map() {
        let mut camera = Camera::new([1280, 720]);
        camera.follow([0.0, 5000.0], None);
        camera.keep_within([0.0, 0.0, 1280.0, 800.0]);
        let [left, top, right, bottom] = camera.view();
        assert!(left >= -0.01 && top >= 0.0 && right <= 1280.0 && bottom <= 800.01, "{:?}", camera.view());
        camera.keep_within([0.0, 0.0, 16.0, 16.0]);
        assert_eq!(camera.center, [8.0, 8.0]);
    }

    #[test]
    fn the_whole_map_is_as_large_as_there_is_room_for() {
        let mut camera = Camera::new([1100, 620]);
        camera.fit([0.0, 0.0, 1280.0, 800.0]);
        assert_eq!((camera.zoom, camera.center), (0.75, [640.0, 400.0]));
        camera.zoom_by(1, [0.0, 0.0]);
        assert_eq!(camera.zoom, 1.0);
        camera.fit([0.0, 0.0, 1280.0, 800.0]);
        camera.zoom_by(-1, [0.0, 0.0]);
        assert_eq!(camera.zoom, 0.5);
        camera.fit([0.0, 0.0, 300.0, 200.0]);
        assert_eq!(camera.zoom, 3.0);
        camera.fit([0.0, 0.0, 1e6, 1e6]);
        assert_eq!(camera.zoom, 0.125);
    }

    #[test]
    fn zooming_keeps_what_is_under_the_mouse() {
        let mut camera = Camera::new([1280, 720]);
        camera.center = [400.0, 300.0];
        let before = camera.to_map([200.0, 600.0]);
        camera.zoom_by(2, [200.0, 600.0]);
        assert_eq!(camera.zoom, 5.0);
        let after = camera.to_map([200.0, 600.0]);
        assert!((before[0] - after[0]).abs() < 1.0 && (before[1] - after[1]).abs() < 1.0, "{before:?} {after:?}");
    }
}
