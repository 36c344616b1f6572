//! What becomes of a request on its way, and of its answer.
//!
//! Invariant: knows nothing of what is in them. Leaves out: when they arrive (the world's agenda).

use mobile_core::{TransportRequest, TransportResponse};

use crate::rng::Rng;

/// How bad a network is: cases in 1,000.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// The request never arrives.
    pub lose_request: u32,
    /// The request arrives, its answer does not.
    pub lose_answer: u32,
    /// The request arrives a second time, much later.
    pub repeat: u32,
    /// Bytes of the request change on the way.
    pub mangle_request: u32,
    /// Bytes of the answer change on the way, or its end is missing.
    pub mangle_answer: u32,
    /// Somebody else answers: a page with status 200.
    pub portal: u32,
}

impl Weather {
    /// A network as bad as this seed has it; some have none of a fault.
    #[must_use]
    pub fn of(rng: &mut Rng) -> Self {
        let mut rate = |most: i64| match rng.chance(300) {
            true => 0,
            false => rng.between(0, most) as u32,
        };
        Self {
            lose_request: rate(250),
            lose_answer: rate(250),
            repeat: rate(200),
            mangle_request: rate(60),
            mangle_answer: rate(60),
            portal: rate(40),
        }
    }
}

/// What will happen to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives and is answered.
    Well,
    /// It does not arrive.
    LostRequest,
    /// Its answer does not arrive.
    LostAnswer,
    /// It arrives twice.
    Twice,
    /// It arrives changed.
    MangledRequest,
    /// Its answer arrives changed.
    MangledAnswer,
    /// Somebody else answers.
    Portal,
}

impl Fate {
    /// Draws one.
    pub fn draw(rng: &mut Rng, w: &Weather) -> Self {
        let table = [
            (w.lose_request, Self::LostRequest),
            (w.lose_answer, Self::LostAnswer),
            (w.repeat, Self::Twice),
            (w.mangle_request, Self::MangledRequest),
            (w.mangle_answer, Self::MangledAnswer),
            (w.portal, Self::Portal),
        ];
        let hit = table.into_iter().find(|(rate, _)| rng.chance(*rate));
        hit.map_or(Self::Well, |(_, fate)| fate)
    }
}

fn mangle(rng: &mut Rng, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    if rng.chance(300) {
        let kept = rng.below(bytes.len());
        bytes.truncate(kept);
        return;
    }
    for _ in 0..=rng.below(3) {
        let at = rng.below(bytes.len());
        bytes[at] ^= 1 << rng.below(8);
    }
}

/// Changes a request as a broken box on the way might.
pub fn mangle_request(rng: &mut Rng, request: &mut TransportRequest) {
    mangle(rng, &mut request.body);
}

/// Changes an answer likewise.
pub fn mangle_answer(rng: &mut Rng, answer: &mut TransportResponse) {
    mangle(rng, &mut answer.body);
}

/// The page of a network that wants a sign-in.
#[must_use]
pub fn portal() -> TransportResponse {
    TransportResponse {
        status: 200,
        headers: vec![("content-type".into(), "text/html".into())],
        body: b"<html>please sign in</html>".to_vec(),
    }
}
