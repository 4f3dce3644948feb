//! Captures as FORMAT.md draws them, token by token: read without the engine, changed where it hurts, written again. A
//! number stays a number and a text keeps its length before it, so that what is changed is read as what it pretends to be.

/// Gives a number below the one that it is given.
pub type Below<'a> = dyn FnMut(usize) -> usize + 'a;

/// One primitive of the format.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A tag, flags, a small number.
    Byte(u8),
    /// A varint (signed ones too, in their zigzag form).
    Number(u64),
    /// A varint length and so many bytes.
    Text(Vec<u8>),
    /// Bytes whose number something else says.
    Raw(Vec<u8>),
}

/// Upvalues of the C functions that have any, by their numbers.
const BOUND: [usize; 15] = [0, 0, 1, 1, 0, 0, 1, 3, 2, 1, 0, 0, 0, 3, 0];
/// The host functions' closures.
const HOST: u8 = 0x12;

/// What an object is, as far as its contents are concerned.
#[derive(Clone, Copy, Debug)]
enum Object {
    Plain,
    Table,
    /// With so many values.
    Closure(usize),
    Thread,
    Upvalue,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    /// Upvalues of each function that is used.
    functions: Vec<usize>,
    objects: Vec<Object>,
    pending: std::collections::VecDeque<usize>,
    /// Slots of each shape: what follows a table of it.
    shapes: Vec<usize>,
}

/// The tokens of a sound portable capture.
pub fn parse(bytes: &[u8]) -> Vec<Token> {
    let mut reader = Reader {
        bytes,
        at: 0,
        tokens: Vec::new(),
        functions: Vec::new(),
        objects: Vec::new(),
        pending: std::collections::VecDeque::new(),
        shapes: Vec::new(),
    };
    reader.capture();
    reader.tokens
}

/// The bytes of some tokens.
pub fn write(tokens: &[Token]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for token in tokens {
        match token {
            Token::Byte(byte) => bytes.push(*byte),
            Token::Number(number) => varint(*number, &mut bytes),
            Token::Text(text) => {
                varint(text.len() as u64, &mut bytes);
                bytes.extend(text);
            }
            Token::Raw(raw) => bytes.extend(raw),
        }
    }
    bytes
}

fn varint(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        let byte = self.bytes[self.at];
        self.at += 1;
        self.tokens.push(Token::Byte(byte));
        byte
    }

    fn varint(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.bytes[self.at];
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    }

    fn number(&mut self) -> u64 {
        let number = self.varint();
        self.tokens.push(Token::Number(number));
        number
    }

    fn raw(&mut self, size: usize) {
        self.tokens.push(Token::Raw(self.bytes[self.at..self.at + size].to_vec()));
        self.at += size;
    }

    fn text(&mut self) {
        let size = self.varint() as usize;
        self.tokens.push(Token::Text(self.bytes[self.at..self.at + size].to_vec()));
        self.at += size;
    }

    fn capture(&mut self) {
        self.raw(4);
        let options = self.byte();
        assert_eq!(options & 1, 1, "a portable capture");
        for _ in 0..self.number() {
            self.byte();
            self.text();
        }
        for _ in 0..self.number() {
            self.raw(16);
            self.text();
        }
        for _ in 0..self.number() {
            self.number();
            self.number();
            self.raw(8);
            let upvalues = self.byte();
            self.functions.push(usize::from(upvalues));
            self.number();
            self.text();
        }
        for _ in 0..self.number() {
            self.byte();
            self.value();
            self.drain();
        }
        if options & 2 != 0 {
            self.state();
        }
        while self.number() != 0 {
            self.value();
            self.drain();
        }
        for _ in 0..self.number() {
            self.number();
            self.number();
            self.value();
        }
        assert!(self.bytes[self.at..].iter().all(|byte| *byte == 0), "zeros follow");
        self.raw(self.bytes.len() - self.at);
    }

    fn state(&mut self) {
        for _ in 0..self.number() {
            self.number();
            match self.byte() {
                1 => {
                    self.objects.push(Object::Plain);
                    self.table();
                }
                2 => self.value(),
                _ => self.text(),
            }
            self.drain();
        }
    }

    fn value(&mut self) {
        let tag = self.byte();
        self.value_of(tag);
    }

    fn met(&mut self, object: Object) {
        if !matches!(object, Object::Plain) {
            self.pending.push_back(self.objects.len());
        }
        self.objects.push(object);
    }

    fn value_of(&mut self, tag: u8) {
        match tag {
            0x03 => self.raw(8),
            0x05 => self.raw(4),
            0x04 | 0x06 | 0x09 | 0x0a | 0x0c | 0x0d => drop(self.number()),
            0x07 => self.raw(12),
            0x08 => {
                self.byte();
                self.number();
                self.number();
            }
            0x0e | 0x14 => {
                self.text();
                self.met(Object::Plain);
            }
            0x0f => self.met(Object::Table),
            0x10 => {
                let function = self.number() as usize;
                // Its globals, then its upvalues.
                self.met(Object::Closure(1 + self.functions[function]));
            }
            0x11 => {
                let bound = BOUND[usize::from(self.byte())];
                self.met(if bound > 0 { Object::Closure(bound) } else { Object::Plain });
            }
            HOST => {
                self.byte();
                self.text();
                self.met(Object::Plain);
            }
            0x13 => {
                self.number();
                self.number();
                self.met(Object::Thread);
            }
            0x15 => self.met(Object::Upvalue),
            0x16 => {
                self.number();
                self.met(Object::Plain);
            }
            0x20..0x40 => {
                self.raw(usize::from(tag - 0x20));
                self.met(Object::Plain);
            }
            _ => {}
        }
    }

    fn drain(&mut self) {
        while let Some(number) = self.pending.pop_front() {
            match self.objects[number] {
                Object::Plain => {}
                Object::Table => self.table(),
                Object::Closure(values) => (0..values).for_each(|_| self.value()),
                Object::Thread => self.thread(),
                Object::Upvalue => {
                    let tag = self.byte();
                    if tag != 0x19 {
                        self.value_of(tag);
                    }
                }
            }
        }
    }

    fn table(&mut self) {
        let flags = self.byte();
        if flags & 8 != 0 {
            self.value();
        }
        if flags & 64 != 0 {
            self.number();
        }
        if flags & 4 != 0 {
            self.number();
            (0..self.number()).for_each(|_| self.value());
        }
        match flags & 3 {
            1 => {
                let mut shape = self.number() as usize;
                if shape == 0 {
                    let keys = self.slots(false);
                    self.shapes.push(keys);
                    shape = self.shapes.len();
                }
                (0..self.shapes[shape - 1]).for_each(|_| self.value());
            }
            2 => drop(self.slots(true)),
            3 => {
                for _ in 0..self.number() {
                    self.value();
                    self.value();
                }
            }
            _ => {}
        }
    }

    /// The slots of a table's hashed part; how many of them have keys.
    fn slots(&mut self, values: bool) -> usize {
        let size = 1u64 << self.byte();
        self.number();
        let (mut at, mut keys) = (0, 0);
        while at < size {
            let tag = self.byte();
            if tag == 0x17 {
                at += self.number();
                continue;
            }
            at += 1;
            if tag != 0x18 {
                self.value_of(tag);
                keys += 1;
            }
            self.number();
            if values && tag != 0x18 {
                self.value();
            }
        }
        keys
    }

    fn thread(&mut self) {
        let flags = self.byte();
        if flags & 32 != 0 {
            self.value();
        }
        if flags & 64 != 0 {
            self.number();
        }
        let status = flags & 15;
        if status > 1 {
            return self.value();
        }
        (0..self.number()).for_each(|_| self.value());
        if status == 1 {
            for _ in 0..self.number() {
                let told = self.byte();
                if told & 8 != 0 {
                    if told & 16 != 0 {
                        self.number();
                    }
                    continue;
                }
                (0..1 + (told & 7).count_ones()).for_each(|_| {
                    self.number();
                });
            }
        }
        for _ in 0..self.number() {
            self.number();
            self.value();
        }
    }
}

/// Numbers at which readers go wrong.
const EDGES: [u64; 16] =
    [0, 1, 2, 3, 7, 63, 127, 128, 255, 1 << 16, (1 << 26) - 1, 1 << 26, u32::MAX as u64, 1 << 32, 1 << 63, u64::MAX];

/// Values of each kind, as bytes after the tag that the kind's tokens begin with.
fn some_value(random: &mut Below<'_>) -> Vec<Token> {
    use Token::{Byte, Number, Raw, Text};
    let small = |random: &mut Below<'_>| random(12) as u64;
    match random(20) {
        0 => vec![Byte(0)],
        1 => vec![Byte(2)],
        2 => vec![Byte(3), Raw(f64::NAN.to_le_bytes().to_vec())],
        3 => vec![Byte(4), Number(random(usize::MAX) as u64)],
        4 => vec![Byte(6), Number(random(usize::MAX) as u64)],
        5 => vec![Byte(7), Raw(vec![random(256) as u8; 12])],
        6 => vec![Byte(8), Byte(random(130) as u8), Number(small(random)), Number(small(random))],
        7 => vec![Byte(9), Number(small(random))],
        8 => vec![Byte(10), Number(small(random))],
        9 => vec![Byte(0x0c), Number(small(random))],
        10 => vec![Byte(0x0d), Number(small(random))],
        11 => vec![Byte(0x0e), Text(vec![b'x'; random(40)])],
        12 => vec![Byte(0x0f)],
        13 => vec![Byte(0x10), Number(small(random))],
        14 => vec![Byte(0x11), Byte(random(20) as u8)],
        15 => vec![Byte(0x13), Number(small(random) * 4), Number(small(random))],
        16 => vec![Byte(0x15)],
        17 => vec![Byte(0x16), Number(small(random))],
        18 => vec![Byte(0x40 + small(random) as u8)],
        _ => vec![Byte(0x80 + random(128) as u8)],
    }
}

/// Changes a few tokens, mostly one.
pub fn mutate(tokens: &mut Vec<Token>, others: &[Vec<Token>], random: &mut Below<'_>) {
    for _ in 0..=random(2) * random(3) {
        if tokens.is_empty() {
            return;
        }
        let at = random(tokens.len());
        match random(9) {
            0 | 1 => nudge(&mut tokens[at], random),
            2 => {
                let value = some_value(random);
                tokens.splice(at..=at, value);
            }
            3 => {
                let value = some_value(random);
                tokens.splice(at..at, value);
            }
            4 => drop(tokens.remove(at)),
            5 => {
                let with = random(tokens.len());
                tokens.swap(at, with);
            }
            6 => {
                let again = tokens[at].clone();
                tokens.insert(at, again);
            }
            // A run of tokens of the same capture, or of another, in another place or in its own.
            _ => {
                let own = random(2) == 0;
                let other = if own { tokens.clone() } else { others[random(others.len())].clone() };
                let from = if random(3) == 0 { at.min(other.len() - 1) } else { random(other.len()) };
                let size = random(10).min(other.len() - from);
                let gone = (at + random(10)).min(tokens.len());
                tokens.splice(at..gone, other[from..from + size].iter().cloned());
            }
        }
    }
}

fn nudge(token: &mut Token, random: &mut Below<'_>) {
    match token {
        Token::Byte(byte) => {
            *byte = match random(4) {
                0 => *byte ^ (1 << random(8)),
                1 => byte.wrapping_add(1),
                2 => byte.wrapping_sub(1),
                _ => random(256) as u8,
            }
        }
        Token::Number(number) => {
            *number = match random(6) {
                0 => number.wrapping_add(1),
                1 => number.wrapping_sub(1),
                2 => number.wrapping_mul(2),
                3 => *number ^ (1 << random(64)),
                4 => random(40) as u64,
                _ => EDGES[random(EDGES.len())],
            }
        }
        Token::Text(bytes) | Token::Raw(bytes) => {
            if bytes.is_empty() || random(4) == 0 {
                bytes.push(random(256) as u8);
            } else {
                let at = random(bytes.len());
                match random(3) {
                    0 => drop(bytes.remove(at)),
                    1 => bytes[at] ^= 1 << random(8),
                    _ => bytes[at] = random(256) as u8,
                }
            }
        }
    }
}
