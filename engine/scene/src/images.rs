//! PNG files to pixels. What comes from a file is bounded and checked before any of it is used.

use std::io::Cursor;

/// An image: red, green, blue, opacity, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
}

/// Pixels along a side: more than any renderer takes.
pub const MAX_SIDE: u32 = 8192;

impl Pixels {
    /// Reads a PNG file.
    ///
    /// Errors: what is wrong with it.
    pub fn from_png(bytes: &[u8]) -> Result<Pixels, String> {
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 512 << 20 });
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().map_err(|error| format!("this is no PNG image: {error}"))?;
        let (width, height) = (reader.info().width, reader.info().height);
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(format!("an image of {width} by {height} pixels is larger than {MAX_SIDE} along a side"));
        }
        let size = reader.output_buffer_size().ok_or("the image is larger than memory")?;
        let mut data = vec![0; size];
        let frame = reader.next_frame(&mut data).map_err(|error| format!("the image is damaged: {error}"))?;
        data.truncate(frame.buffer_size());
        let rgba = match frame.color_type {
            png::ColorType::Rgba => data,
            png::ColorType::GrayscaleAlpha => {
                data.as_chunks().0.iter().flat_map(|[grey, a]| [*grey, *grey, *grey, *a]).collect()
            }
            other => return Err(format!("an image of the kind {other:?} is not supported; save it as RGBA")),
        };
        if rgba.len() != width as usize * height as usize * 4 {
            return Err("the image ends in the middle".into());
        }
        Ok(Pixels { width, height, rgba })
    }

    /// The bytes of a PNG file.
    pub fn to_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&self.rgba));
        // Writing to memory can only fail for an image whose size and pixels do not fit.
        written.expect("an image has as many pixels as it says");
        bytes
    }

    /// Makes the pixels of one colour invisible.
    pub fn hide(&mut self, colour: [u8; 3]) {
        for pixel in self.rgba.as_chunks_mut::<4>().0 {
            if pixel[..3] == colour {
                *pixel = [0; 4];
            }
        }
    }

    /// The image, so many times smaller: each pixel is the mean of a square.
    pub fn shrunk(&self, times: u32) -> Pixels {
        let (width, height) = ((self.width / times).max(1), (self.height / times).max(1));
        let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
        for y in 0..height {
            for x in 0..width {
                let mut sums = [0_u32; 4];
                let mut count = 0;
                for row in y * times..((y + 1) * times).min(self.height) {
                    for column in x * times..((x + 1) * times).min(self.width) {
                        let at = (row as usize * self.width as usize + column as usize) * 4;
                        sums.iter_mut().zip(&self.rgba[at..]).for_each(|(sum, part)| *sum += u32::from(*part));
                        count += 1;
                    }
                }
                rgba.extend(sums.map(|sum| (sum / count.max(1)) as u8));
            }
        }
        Pixels { width, height, rgba }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Pixels {
        Pixels { width: 3, height: 2, rgba: (0..24).map(|n| n * 10).collect() }
    }

    #[test]
    fn images_come_back() {
        assert_eq!(Pixels::from_png(&sample().to_png()), Ok(sample()));
    }

    #[test]
    fn damaged_images_are_errors() {
        let whole = sample().to_png();
        for seed in 0..4000_usize {
            let mut bytes = whole.clone();
            let at = seed.wrapping_mul(0x9e37_79b9) % bytes.len();
            match seed % 3 {
                0 => bytes.truncate(at),
                1 => bytes[at] ^= 1 << (seed / 3 % 8),
                _ => drop(bytes.splice(at..at, [seed as u8])),
            }
            // Whatever it is, it is an image of the right size or an error.
            if let Ok(pixels) = Pixels::from_png(&bytes) {
                assert_eq!(pixels.rgba.len(), (pixels.width * pixels.height * 4) as usize);
            }
        }
    }

    #[test]
    fn a_huge_image_is_refused_before_it_is_read() {
        let mut bytes = sample().to_png();
        // Width and height are the first numbers of the first chunk; its checksum follows them.
        bytes[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        assert!(Pixels::from_png(&bytes).is_err());
    }

    #[test]
    fn shrinking_takes_the_mean() {
        let pixels = Pixels {
            width: 2,
            height: 2,
            rgba: [[0, 0, 0, 255], [100, 40, 0, 255], [0; 4], [100, 40, 8, 254]].concat(),
        };
        assert_eq!(pixels.shrunk(2).rgba, [50, 20, 2, 191]);
    }
}
