//! From solid tiles to few rectangles: first joined along rows, then equal rows along columns.

use std::collections::BTreeSet;

/// Rectangles (left, top, right, bottom, in tiles) that cover exactly these tiles, each tile once. The order depends on
/// the tiles alone.
pub(super) fn join(tiles: &BTreeSet<(i32, i32)>) -> Vec<[i32; 4]> {
    let mut open: Vec<[i32; 4]> = Vec::new();
    let mut done = Vec::new();
    let mut rows = runs(tiles).into_iter().peekable();
    while let Some(row) = rows.peek().map(|run| run.1) {
        let mut next = Vec::new();
        while let Some((left, _, right)) = rows.next_if(|run| run.1 == row) {
            let above = open.iter().position(|rect| rect[0] == left && rect[2] == right && rect[3] == row);
            match above {
                Some(at) => {
                    let mut rect = open.swap_remove(at);
                    rect[3] = row + 1;
                    next.push(rect);
                }
                None => next.push([left, row, right, row + 1]),
            }
        }
        done.append(&mut open);
        open = next;
    }
    done.append(&mut open);
    done.sort_by_key(|rect| (rect[1], rect[0]));
    done
}

/// Runs of tiles side by side: left, row, right; by row.
fn runs(tiles: &BTreeSet<(i32, i32)>) -> Vec<(i32, i32, i32)> {
    let mut runs: Vec<(i32, i32, i32)> = Vec::new();
    for (row, column) in tiles {
        match runs.last_mut() {
            Some(run) if run.1 == *row && run.2 == *column => run.2 += 1,
            _ => runs.push((*column, *row, column + 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_each_tile_once() {
        // All 4,096 patterns of 4 by 3 tiles.
        for pattern in 0..1 << 12_u32 {
            let tiles: BTreeSet<_> =
                (0..12).filter(|bit| pattern >> bit & 1 == 1).map(|bit| (bit / 4, bit % 4)).collect();
            let mut covered = Vec::new();
            for [left, top, right, bottom] in join(&tiles) {
                covered.extend((top..bottom).flat_map(|row| (left..right).map(move |column| (row, column))));
            }
            covered.sort_unstable();
            assert_eq!(covered, tiles.into_iter().collect::<Vec<_>>(), "pattern {pattern:b}");
        }
    }

    #[test]
    fn a_room_is_four_walls() {
        let tiles = (0..10).flat_map(|row| (0..10).map(move |column| (row, column)));
        let ring = tiles.filter(|(row, column)| *row == 0 || *row == 9 || *column == 0 || *column == 9).collect();
        assert_eq!(join(&ring), [[0, 0, 10, 1], [0, 1, 1, 9], [9, 1, 10, 9], [0, 9, 10, 10]]);
    }
}
