//! `guanmo segment show FILE`: what one sealed segment says, for people who check or write another implementation.
//!
//! Invariant: nothing but the file is read, and nothing is judged by it but its form. Leaves out: whether the segment is
//! where it belongs in its log (`guanmo verify`).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use protocol::chain::SignedSegment;
use protocol::segment::SegmentError;
use protocol::{limits, show};

use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// `guanmo segment`.
#[derive(Debug, Args)]
pub struct SegmentArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 把一个已签名的片段显示为 JSON · Show one signed segment as JSON
    Show {
        /// 片段文件，- 为标准输入 · File with the segment, - for stdin
        file: PathBuf,
    },
}

/// Shows it.
pub fn run(args: &SegmentArgs) -> Outcome {
    let What::Show { file } = &args.what;
    let bytes = out::read_file(file)?;
    let refused = |error: SegmentError| {
        Failure::bad_input(
            "not_a_segment",
            format!(
                "{}：不是完整的片段（{error}），格式见 docs/sync-protocol.md",
                file.display()
            ),
            format!(
                "{}: not a whole segment ({error}), see docs/sync-protocol.md",
                file.display()
            ),
        )
    };
    if bytes.len() > limits::SEGMENT_BYTES + 1_000 {
        return Err(refused(SegmentError::TooLarge(format!(
            "{} bytes",
            bytes.len()
        ))));
    }
    let signed = SignedSegment::parse(&bytes).map_err(refused)?;
    out::print_json(&show::segment(&signed).map_err(refused)?)?;
    Ok(Exit::Ok)
}
