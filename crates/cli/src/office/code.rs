//! `guanmo code`: a one-time code with which a phone is enrolled for somebody of the roster.
//!
//! Invariant: the code is shown here and kept nowhere in the clear. Leaves out: the printed QR (console).

use serde_json::json;

use super::args::CodeArgs;
use super::{actor, campaign_of, with};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Issues a code.
pub fn run(args: &CodeArgs) -> Outcome {
    let code = with(&args.data.data, async |app| {
        let campaign = campaign_of(app).await?;
        let account = campaign.accounts.values().find(|a| a.name == args.name);
        let account = account.ok_or_else(|| {
            let name = &args.name;
            Failure::new(
                "not_found",
                format!("名单中没有“{name}”"),
                format!("`{name}` is not in the roster"),
            )
        })?;
        Ok(app.issue_code(&actor(), account.id).await?)
    })?;
    if args.json {
        out::print_json(&json!({"name": args.name, "code": code}))?;
    } else {
        out::print(&code)?;
    }
    Ok(Exit::Ok)
}
