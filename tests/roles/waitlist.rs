//! The waitlist of a full cohort: its page, one's own place, and the admin's list. The place is the owner's.

use super::Row;

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("GET /cohorts/{slug}/waitlist", "/cohorts/march/waitlist", "", [200, 303, 303, 303, 200, 200]),
    ("GET /cohorts/{slug}/waitlist", "/cohorts/none/waitlist", "", [404; 6]),
    ("GET /waitlist/{wait}", "/waitlist/WAIT", "", [303, 200, 404, 404, 404, 404]),
    ("GET /waitlist/{wait}", "/waitlist/wtl_NOBODYS", "", [303, 404, 404, 404, 404, 404]),
    ("GET /staff/cohorts/{slug}/waitlist", "/staff/cohorts/march/waitlist", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/cohorts/{slug}/waitlist", "/staff/cohorts/none/waitlist", "", [303, 403, 403, 403, 403, 404]),
    ("GET /staff/waitlist/{wait}/remove", "/staff/waitlist/WAIT/remove", "", [303, 403, 403, 403, 403, 200]),
    ("GET /staff/waitlist/{wait}/remove", "/staff/waitlist/wtl_NOBODYS/remove", "", [303, 403, 403, 403, 403, 404]),
    ("POST /staff/waitlist/{wait}/remove", "/staff/waitlist/WAIT/remove", "reason=", [303, 403, 403, 403, 403, 422]),
    ("POST /staff/waitlist/{wait}/remove", "/staff/waitlist/wtl_NOBODYS/remove", "reason=None", [303, 403, 403, 403, 403, 404]),
    ("POST /cohorts/{slug}/waitlist", "/cohorts/march/waitlist", "", [422, 303, 303, 303, 303, 303]),
    ("POST /cohorts/{slug}/waitlist", "/cohorts/none/waitlist", "", [404; 6]),
    ("POST /waitlist/{wait}/leave", "/waitlist/WAIT/leave", "", [303, 303, 404, 404, 404, 404]),
    ("POST /waitlist/{wait}/leave", "/waitlist/wtl_NOBODYS/leave", "", [303, 404, 404, 404, 404, 404]),
];
