//! The saved games, with their pictures.

use sdl2::keyboard::{Keycode, Mod};
use sdl2::render::BlendMode;

use super::App;
use crate::draw::boxes;
use crate::draw::easel::Quad;
use crate::draw::text::ADVANCE;
use crate::game::Command;
use crate::images::Pixels;
use crate::panels::Tone;
use crate::saves::{AUTO, FOUND, SLOTS, SlotInfo};

/// The most letters that stand below a picture.
const LETTERS: f32 = 24.0;

impl App<'_> {
    pub(super) fn slot_key(&mut self, keycode: Option<Keycode>, keymod: Mod) -> bool {
        let digit = |code: Keycode| code.name().parse::<usize>().ok().filter(|slot| *slot < SLOTS);
        let slot = match keycode {
            Some(Keycode::Return | Keycode::KpEnter) => Some(AUTO),
            Some(Keycode::F) => Some(FOUND),
            code => code.and_then(digit),
        };
        let Some(slot) = slot else { return false };
        match keymod.intersects(Mod::LSHIFTMOD | Mod::RSHIFTMOD) {
            // The list stays, and shows what it has then.
            true if slot < SLOTS => self.save_to = Some(slot),
            _ => {
                self.pace.send(Command::Load(slot));
                self.slots = None;
            }
        }
        true
    }

    pub(super) fn show_slots(&mut self, slots: Vec<SlotInfo>) {
        for (at, slot) in slots.iter().enumerate() {
            let empty = Pixels { width: 1, height: 1, rgba: vec![40, 38, 60, 255] };
            let picture = slot.picture.as_ref().unwrap_or(&empty);
            let known = self.thumbnails.get(at).copied();
            if let Ok(texture) = self.painter.easel().replace(known, picture, BlendMode::None, true)
                && known.is_none()
            {
                self.thumbnails.push(texture);
            }
        }
        self.slots = Some(slots);
    }

    pub(super) fn draw_slots(&mut self) -> Result<(), String> {
        let Some(slots) = &self.slots else { return Ok(()) };
        let (scale, font) = (self.scale(), self.painter.font);
        let [w, h] = self.camera.size.map(|side| side as f32);
        let place = [w * 0.05, h * 0.08, w * 0.9, h * 0.84];
        let easel = self.painter.easel();
        boxes::plate(easel, place, scale)?;
        let title = "Saved games: a digit loads, Shift+digit saves";
        font.line(
            easel,
            [place[0] + 6.0 * scale, place[1] + 5.0 * scale],
            scale,
            boxes::colour_of(Tone::Strong),
            title,
        )?;
        let (wide, high) = ((place[2] - 12.0 * scale) / 4.0, (place[3] - 20.0 * scale) / 3.0);
        // What stands below a picture has the room that the picture has.
        let letters = (wide / (LETTERS * ADVANCE)).floor().clamp(1.0, scale);
        for (at, slot) in slots.iter().enumerate() {
            let x = place[0] + 6.0 * scale + (at % 4) as f32 * wide;
            let y = place[1] + 18.0 * scale + (at / 4) as f32 * high;
            let picture = [x + 2.0 * scale, y, wide - 8.0 * scale, high - 16.0 * scale];
            if let Some(texture) = self.thumbnails.get(at) {
                let [pw, ph] = easel.size_of(*texture);
                let quad = Quad {
                    part: [0, 0, pw, ph],
                    place: picture,
                    flips: Default::default(),
                    rotation: 0.0,
                    colour: [255; 4],
                };
                easel.quad(*texture, &quad)?;
            }
            easel.frame(picture, scale, [92, 96, 140, 255])?;
            let name = match slot.slot {
                AUTO => "Return".to_owned(),
                FOUND => "F".to_owned(),
                number => number.to_string(),
            };
            let (tone, said) = match &slot.tick {
                None if slot.slot == AUTO => (Tone::Dim, "none was left".to_owned()),
                None => (Tone::Dim, "empty".into()),
                Some(Ok(tick)) if slot.slot == AUTO => (Tone::Plain, format!("left at {tick}")),
                Some(Ok(tick)) if slot.slot == FOUND => (Tone::Plain, format!("found at {tick}")),
                Some(Ok(tick)) => (Tone::Plain, format!("tick {tick}")),
                Some(Err(_)) => (Tone::Bad, "damaged".into()),
            };
            let below = [picture[0], picture[1] + picture[3] + 3.0 * scale];
            font.line(easel, below, letters, boxes::colour_of(tone), &format!("{name}: {said}"))?;
        }
        Ok(())
    }
}
