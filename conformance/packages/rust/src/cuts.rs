//! The ways to cut the bytes of a case.

use std::collections::BTreeSet;

use crate::CodecCase;

/// The size above which only some of the ways are used.
const MANY_BYTES: usize = 4096;

impl CodecCase {
    /// Returns the ways to cut the bytes, each with its name, except for `glued`.
    pub fn cuts(&self) -> impl Iterator<Item = (String, Vec<&[u8]>)> {
        let wire = self.wire.as_deref().unwrap_or_default();
        let chosen = |name: &String| self.chunks.as_ref().is_none_or(|all| all.contains(name));
        let cuts = sizes(wire.len())
            .into_iter()
            .filter(move |(name, _)| chosen(name));
        cuts.map(move |(name, sizes)| {
            let mut rest = wire;
            let chunks = sizes.into_iter().map(|size| {
                let (chunk, behind) = rest.split_at(size);
                rest = behind;
                chunk
            });
            (name, chunks.collect())
        })
    }
}

fn sizes(size: usize) -> Vec<(String, Vec<usize>)> {
    let many = size > MANY_BYTES;
    let mut cuts = vec![("whole".to_string(), vec![size])];
    if !many {
        cuts.push(("bytewise".to_string(), pieces(size, || 1)));
    }
    let mut points: BTreeSet<usize> = (1..=40).collect();
    points.extend([size / 2, size.saturating_sub(1)]);
    for at in points.into_iter().filter(|&at| 0 < at && at < size) {
        cuts.push((format!("split@{at}"), vec![at, size - at]));
    }
    if !many {
        cuts.push(("by3".to_string(), pieces(size, || 3)));
        cuts.push(("by7".to_string(), pieces(size, || 7)));
        let fives = pieces(size, || 5).into_iter().flat_map(|five| [0, five]);
        cuts.push(("with-empties".to_string(), fives.chain([0]).collect()));
    }
    let bound = if many { 65_521 } else { 17 };
    let mut x: u32 = 1;
    let random = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        1 + (x >> 16) as usize % bound
    };
    cuts.push(("random#1".to_string(), pieces(size, random)));
    cuts
}

fn pieces(mut size: usize, mut next: impl FnMut() -> usize) -> Vec<usize> {
    let mut pieces = Vec::new();
    while size > 0 {
        let piece = size.min(next());
        pieces.push(piece);
        size -= piece;
    }
    pieces
}
