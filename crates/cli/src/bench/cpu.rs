//! Processor time: what is compared, since wall time on a shared machine is not.
//!
//! Leaves out: other processes; client and server run in this one.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time of all threads of this process so far.
pub fn process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// Processor time of the calling thread so far.
pub fn thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    // Neither clock goes below zero.
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// The middle one of the durations; zero of none.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_processor_time_and_sleep_does_not() {
        let before = thread();
        std::thread::sleep(Duration::from_millis(30));
        let slept = thread() - before;
        let before = thread();
        let mut sum = 0_u64;
        while thread() - before < Duration::from_millis(5) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(slept < Duration::from_millis(20), "{slept:?}");
        assert!(process() >= thread());
    }
}
