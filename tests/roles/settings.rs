//! The organisation's settings.

use super::Row;

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("GET /api/docs", "/api/docs", "", [404, 403, 403, 200, 200, 200]),
    ("GET /api/docs/openapi.json", "/api/docs/openapi.json", "", [404, 403, 403, 200, 200, 200]),
    ("GET /staff/tokens", "/staff/tokens", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/tokens/new", "/staff/tokens/new", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/tokens/new", "/staff/tokens/new", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/tokens/{token}/revoke", "/staff/tokens/API_KEY/revoke", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/tokens/{token}/revoke", "/staff/tokens/tok_NOBODYS/revoke", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/tokens/{token}/revoke", "/staff/tokens/API_KEY/revoke", "", [303, 403, 403, 403, 403, 303]),
    ("POST /staff/tokens/{token}/revoke", "/staff/tokens/tok_NOBODYS/revoke", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/settings", "/staff/settings", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/settings/identity", "/staff/settings/identity", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/identity", "/staff/settings/identity", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/officer", "/staff/settings/officer", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/officer", "/staff/settings/officer", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/tax", "/staff/settings/tax", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/tax", "/staff/settings/tax", "mode=none", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/bank", "/staff/settings/bank", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/bank", "/staff/settings/bank", "upi=none", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/signers", "/staff/settings/signers", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/signers", "/staff/settings/signers", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/mail", "/staff/settings/mail", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/mail", "/staff/settings/mail", "reply_to=none", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/terms", "/staff/settings/terms", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/terms", "/staff/settings/terms", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/privacy", "/staff/settings/privacy", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/privacy", "/staff/settings/privacy", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/refunds", "/staff/settings/refunds", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/refunds", "/staff/settings/refunds", "", [303, 403, 403, 403, 403, 422]),
    ("GET /staff/settings/logo", "/staff/settings/logo", "", [303, 403, 403, 403, 403, 200]),
    ("POST /staff/settings/logo", "/staff/settings/logo", "", [303, 403, 403, 403, 403, 400]),
    ("POST /staff/settings/logo/remove", "/staff/settings/logo/remove", "", [303, 403, 403, 403, 403, 303]),
];
