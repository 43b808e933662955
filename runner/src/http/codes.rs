//! Every code that an answer can carry, with its status: the table of the reference, for programs to rely upon.

use axum::http::StatusCode;

/// A stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub name: &'static str,
    /// Its status.
    pub status: StatusCode,
    /// What it means, in a few words that are the same at every occurrence.
    pub title: &'static str,
}

const fn code(name: &'static str, status: StatusCode, title: &'static str) -> Code {
    Code { name, status, title }
}

/// Every code.
pub const CODES: &[Code] = &[
    code("bad_request", StatusCode::BAD_REQUEST, "the request cannot be read"),
    code("not_json", StatusCode::BAD_REQUEST, "the body is not JSON"),
    code("not_yaml", StatusCode::BAD_REQUEST, "the body is not YAML"),
    code("unauthenticated", StatusCode::UNAUTHORIZED, "sign in"),
    code("code_refused", StatusCode::UNAUTHORIZED, "the code is not good"),
    code("not_your_role", StatusCode::FORBIDDEN, "this takes another role"),
    code("not_your_task", StatusCode::FORBIDDEN, "this task is not yours"),
    code("already_decided_by_you", StatusCode::FORBIDDEN, "one person decides one stage"),
    code("own_application", StatusCode::FORBIDDEN, "nobody decides on their own application"),
    code("wrong_provider", StatusCode::FORBIDDEN, "the voucher is for other providers"),
    code("not_found", StatusCode::NOT_FOUND, "there is no such thing here"),
    code("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, "this address takes another method"),
    code("task_closed", StatusCode::CONFLICT, "the task cannot be worked now"),
    code("already_claimed", StatusCode::CONFLICT, "somebody else has claimed this task"),
    code("held", StatusCode::CONFLICT, "the application is held"),
    code("not_with_applicant", StatusCode::CONFLICT, "the application is not with the applicant"),
    code("already_ended", StatusCode::CONFLICT, "the application has ended"),
    code("still_open", StatusCode::CONFLICT, "the application has not ended"),
    code("idempotency_in_flight", StatusCode::CONFLICT, "a request with this key is under way"),
    code("already_done", StatusCode::CONFLICT, "this was already done"),
    code("voucher_expired", StatusCode::CONFLICT, "the voucher has expired"),
    code("voucher_revoked", StatusCode::CONFLICT, "the voucher was revoked"),
    code("voucher_used_up", StatusCode::CONFLICT, "the voucher is used up"),
    code("amount_exceeds_balance", StatusCode::CONFLICT, "the amount is more than the balance"),
    code("partial_not_allowed", StatusCode::CONFLICT, "the voucher is redeemed whole"),
    code("content_changed", StatusCode::PRECONDITION_FAILED, "the content has changed"),
    code("too_large", StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
    code("unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "this content is not taken"),
    code(
        "body_invalid",
        StatusCode::UNPROCESSABLE_ENTITY,
        "the body is not as this request takes it",
    ),
    code("definition_invalid", StatusCode::UNPROCESSABLE_ENTITY, "the definition has errors"),
    code(
        "definition_not_built",
        StatusCode::UNPROCESSABLE_ENTITY,
        "the definition uses what this version cannot run yet",
    ),
    code("roster_invalid", StatusCode::UNPROCESSABLE_ENTITY, "the roster has errors"),
    code("form_invalid", StatusCode::UNPROCESSABLE_ENTITY, "the form is wrong"),
    code("answers_invalid", StatusCode::UNPROCESSABLE_ENTITY, "the answers are wrong"),
    code("reason_required", StatusCode::UNPROCESSABLE_ENTITY, "give a reason"),
    code("unknown_reason", StatusCode::UNPROCESSABLE_ENTITY, "there is no such reason"),
    code("note_required", StatusCode::UNPROCESSABLE_ENTITY, "add a note"),
    code("too_long", StatusCode::UNPROCESSABLE_ENTITY, "a text is too long"),
    code("guard_false", StatusCode::UNPROCESSABLE_ENTITY, "a rule of the programme does not hold"),
    code("document_missing", StatusCode::UNPROCESSABLE_ENTITY, "a document is missing"),
    code("not_sendable_back", StatusCode::UNPROCESSABLE_ENTITY, "this cannot be sent back there"),
    code("check_failed", StatusCode::UNPROCESSABLE_ENTITY, "the check does not match"),
    code(
        "idempotency_mismatch",
        StatusCode::UNPROCESSABLE_ENTITY,
        "the key was used for another request",
    ),
    code("version_required", StatusCode::PRECONDITION_REQUIRED, "say which version you saw"),
    code("too_many", StatusCode::TOO_MANY_REQUESTS, "too many requests"),
    code("check_locked", StatusCode::TOO_MANY_REQUESTS, "too many failed checks"),
    code("internal", StatusCode::INTERNAL_SERVER_ERROR, "the daemon failed"),
    code("overloaded", StatusCode::SERVICE_UNAVAILABLE, "the daemon is busy"),
    code(
        "commit_unknown",
        StatusCode::SERVICE_UNAVAILABLE,
        "it is not known whether this was recorded",
    ),
    code("unavailable", StatusCode::SERVICE_UNAVAILABLE, "the store cannot be used"),
    code("timed_out", StatusCode::SERVICE_UNAVAILABLE, "the request took too long"),
];

/// Returns a code by its name; a name that is not in the table is a fault of the daemon.
#[must_use]
pub fn lookup(name: &str) -> Code {
    const INTERNAL: Code = code("internal", StatusCode::INTERNAL_SERVER_ERROR, "the daemon failed");
    CODES.iter().find(|code| code.name == name).copied().unwrap_or(INTERNAL)
}
