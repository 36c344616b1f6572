//! The order of a module's functions, so that it packs well.
//!
//! Deflate looks back 32 kB, and a module has thousands of functions that differ little: the same code for another type.
//! Side by side they pack to almost nothing. wasm-opt can sort by name; here each function gets as its name the place it
//! should have, those that share most bytes one after the other.
//! Invariant: only names are added, no code is touched; the same module gets the same order on every machine (no hash
//! with a seed, no arithmetic but what IEEE 754 rounds exactly). Leaves out: the sorting (`app`).

use std::ops::Range;

use anyhow::{Context, Result, bail};

/// Bytes that are compared at once: about two instructions.
const RUN: usize = 6;
/// Runs in more functions than this say nothing about which are alike.
const COMMON: usize = 400;
/// What a function still counts for when the next has been placed.
const FADES: f32 = 0.9;

const IMPORTS: u8 = 2;
const CODE: u8 = 10;

/// The module with names by which its functions sort into that order.
///
/// Errors: not a module, one that imports other than functions, or one that has names already.
pub fn named(module: &[u8]) -> Result<Vec<u8>> {
    let mut bodies = None;
    let mut imported = 0;
    let mut at = 8;
    while at < module.len() {
        let kind = module[at];
        let section = sized(module, at + 1).context("a section is cut off")?;
        at = section.end;
        match kind {
            0 if module[section.clone()].starts_with(b"\x04name") => bail!("it has names already"),
            IMPORTS => imported = functions(&module[section]).context("the imports")?,
            CODE => bodies = Some(list(module, section).context("the code is cut off")?),
            _ => {}
        }
    }
    let bodies = bodies.context("it has no code")?;
    let bodies: Vec<&[u8]> = bodies.into_iter().map(|body| &module[body]).collect();
    let mut places = vec![0; bodies.len()];
    for (place, function) in chain(&bodies).into_iter().enumerate() {
        places[function] = place;
    }
    let mut names = Vec::new();
    put(&mut names, places.len());
    for (function, place) in places.iter().enumerate() {
        put(&mut names, imported + function);
        put(&mut names, 6);
        names.extend_from_slice(format!("{place:06}").as_bytes());
    }
    let mut section = b"\x04name\x01".to_vec();
    put(&mut section, names.len());
    section.append(&mut names);
    let mut out = module.to_vec();
    out.push(0);
    put(&mut out, section.len());
    out.append(&mut section);
    Ok(out)
}

/// All of them, each after those it shares most with; what shares nothing keeps its place among its kind.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let (runs, holders) = shared(bodies);
    let mut left = vec![true; bodies.len()];
    let mut score = vec![0.0_f32; bodies.len()];
    let mut order = Vec::with_capacity(bodies.len());
    let mut first = 0;
    while order.len() < bodies.len() {
        let mut next = None;
        let mut best = 0.01;
        for (function, value) in score.iter_mut().enumerate() {
            let worth = *value / (bodies[function].len() as f32).sqrt();
            if left[function] && worth > best {
                (next, best) = (Some(function), worth);
            }
            *value *= FADES;
        }
        while !left[first] && next.is_none() {
            first += 1;
        }
        let next = next.unwrap_or(first);
        left[next] = false;
        order.push(next);
        for run in &runs[next] {
            let holders = &holders[*run];
            for other in holders {
                score[*other] += 1.0 / (holders.len() as f32).sqrt();
            }
        }
    }
    order
}

/// The runs of bytes that several functions have: for each function its runs, for each run its functions.
fn shared(bodies: &[&[u8]]) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut found: Vec<(&[u8], usize)> = Vec::new();
    for (function, body) in bodies.iter().enumerate() {
        found.extend(body.windows(RUN).map(|run| (run, function)));
    }
    found.sort_unstable();
    found.dedup();
    let mut runs = vec![Vec::new(); bodies.len()];
    let mut holders = Vec::new();
    for same in found.chunk_by(|one, other| one.0 == other.0) {
        if (2..COMMON).contains(&same.len()) {
            for (_, function) in same {
                runs[*function].push(holders.len());
            }
            holders.push(same.iter().map(|(_, function)| *function).collect());
        }
    }
    (runs, holders)
}

/// How many functions an import section has.
fn functions(section: &[u8]) -> Result<usize> {
    let cut = "they are cut off";
    let (count, mut at) = number(section, 0).context(cut)?;
    for _ in 0..count {
        for _ in 0..2 {
            at = sized(section, at).context(cut)?.end;
        }
        if section.get(at) != Some(&0) {
            bail!("one is no function");
        }
        (_, at) = number(section, at + 1).context(cut)?;
    }
    Ok(count)
}

/// Where the parts of a section lie that has a count and then parts with their lengths.
fn list(bytes: &[u8], section: Range<usize>) -> Option<Vec<Range<usize>>> {
    let (count, mut at) = number(bytes, section.start)?;
    let mut parts = Vec::with_capacity(count);
    for _ in 0..count {
        let part = sized(bytes, at)?;
        at = part.end;
        parts.push(part);
    }
    (at == section.end).then_some(parts)
}

/// What follows a length: where it lies.
fn sized(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let (len, from) = number(bytes, at)?;
    let to = from.checked_add(len)?;
    (to <= bytes.len()).then_some(from..to)
}

/// A number in LEB128 and where it ends.
fn number(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, at));
        }
    }
    None
}

fn put(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module whose functions are these bytes.
    fn module(bodies: &[&[u8]]) -> Vec<u8> {
        let mut code = Vec::new();
        put(&mut code, bodies.len());
        for body in bodies {
            put(&mut code, body.len());
            code.extend_from_slice(body);
        }
        // Two functions are imported: `a.b` and `a.c`, both of type 0.
        let imports = b"\x02\x01a\x01b\x00\x00\x01a\x01c\x00\x00";
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        for (kind, section) in [(IMPORTS, imports.as_slice()), (CODE, &code)] {
            out.push(kind);
            put(&mut out, section.len());
            out.extend_from_slice(section);
        }
        out
    }

    #[test]
    fn what_is_alike_comes_side_by_side_and_every_function_has_one_place() {
        let bodies: [&[u8]; 4] = [
            b"open the first of the sites",
            b"0123456789",
            b"open the next of the sites",
            b"0123456788",
        ];
        assert_eq!(chain(&bodies), [0, 2, 1, 3]);
        let before = module(&bodies);
        let after = named(&before).unwrap();
        let names = after.strip_prefix(before.as_slice()).unwrap();
        // The first two indices are the imports'.
        let places =
            b"\x04name\x01\x21\x04\x02\x06000000\x03\x06000002\x04\x06000001\x05\x06000003";
        assert_eq!(names, [[0, places.len() as u8].as_slice(), places].concat());
    }

    #[test]
    fn what_is_no_whole_module_is_refused() {
        let whole = module(&[b"one", b"two"]);
        assert!(named(&whole).is_ok());
        for cut in [8, whole.len() - 1] {
            assert!(named(&whole[..cut]).is_err());
        }
        assert!(named(&named(&whole).unwrap()).is_err(), "names of its own");
    }
}
