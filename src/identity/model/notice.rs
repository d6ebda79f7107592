//! What a person is told by mail about their own account.

use serde::{Deserialize, Serialize};

/// Something that changed how an account is entered. It holds no address and no secret: the words are made when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "notice")]
pub enum Notice {
    FactorAdded,
    FactorRemoved,
    RecoveryCodeUsed {
        /// How many are left.
        left: u64,
    },
    RecoveryCodesRenewed,
    /// To the address that was the account's until now.
    EmailBefore,
    /// To the address that is the account's from now on.
    EmailNow,
}
