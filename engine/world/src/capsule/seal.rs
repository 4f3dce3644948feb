//! Seals for capsules that cross a network: a keyed hash (BLAKE3) before the bytes. Who has the key knows that they are
//! what was sealed; they are not secret, and whether they are sent twice is not the seal's affair.

/// The first bytes of whatever is sealed.
const MAGIC: [u8; 8] = *b"\x89DMseal\x01";
/// Bytes of the keyed hash.
const MAC: usize = 32;

/// Bytes that are not what was sealed with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// They bear no seal.
    #[error("this is not sealed; what crosses a network must be")]
    Unsealed,
    /// The key is another, or the bytes were changed.
    #[error("the seal is broken: it was made with another key, or the bytes were changed on the way")]
    Broken,
}

/// The bytes with a seal before them: 40 bytes more.
pub fn seal(bytes: &[u8], key: &[u8; 32]) -> Vec<u8> {
    let mac = blake3::keyed_hash(key, bytes);
    [&MAGIC[..], mac.as_bytes(), bytes].concat()
}

/// The bytes behind a seal. The comparison takes as long whatever differs.
pub fn unseal<'a>(sealed: &'a [u8], key: &[u8; 32]) -> Result<&'a [u8], SealError> {
    let rest = sealed.strip_prefix(&MAGIC).ok_or(SealError::Unsealed)?;
    let (mac, bytes) = rest.split_first_chunk::<MAC>().ok_or(SealError::Broken)?;
    // `Hash` compares in constant time.
    if blake3::keyed_hash(key, bytes) == *mac { Ok(bytes) } else { Err(SealError::Broken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_one_key_and_one_text() {
        let (key, other) = ([7; 32], [8; 32]);
        let sealed = seal(b"a guard in mid-sentence", &key);
        assert_eq!(unseal(&sealed, &key), Ok(&b"a guard in mid-sentence"[..]));
        assert_eq!(unseal(&sealed, &other), Err(SealError::Broken));
        assert_eq!(unseal(b"a guard in mid-sentence", &key), Err(SealError::Unsealed));
        for bit in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal(&bad, &key).is_err(), "bit {bit}");
        }
        for len in 0..sealed.len() {
            assert!(unseal(&sealed[..len], &key).is_err(), "cut to {len}");
        }
    }
}
