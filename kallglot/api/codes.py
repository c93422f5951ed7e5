"""The error codes of the API: the status and the type of each, and what it means.

A code has one status.  `invalid_request` is 400: what came is no request that we know, because
it is not JSON, has a field that does not exist, or asks for two things at once.  The other codes
of a request that is not well formed are 422: a field is missing or has a value it may not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs

__all__ = ["CODES", "Code", "Kind"]

Kind: TypeAlias = Literal[
    "authentication_error",
    "conflict_error",
    "invalid_request_error",
    "not_found_error",
    "permission_error",
    "rate_limit_error",
    "server_error",
    "validation_error",
]


@attrs.frozen
class Code:
    status: int
    type: Kind
    meaning: str


CODES: Final[Mapping[str, Code]] = {
    "invalid_request": Code(
        400,
        "validation_error",
        "It is no JSON object, or has a field or a parameter that there is not.",
    ),
    "idempotency_mismatch": Code(
        400, "invalid_request_error", "The idempotency key came with another request before."
    ),
    "refused": Code(400, "invalid_request_error", "The request was turned down."),
    "invalid_api_key": Code(401, "authentication_error", "There is no API key, or no such one."),
    "expired_api_key": Code(401, "authentication_error", "The API key has expired."),
    "revoked_api_key": Code(401, "authentication_error", "The API key has been revoked."),
    "invalid_token": Code(401, "authentication_error", "The token or the link was not made here."),
    "expired_token": Code(401, "authentication_error", "The token or the link has expired."),
    "insufficient_api_credits": Code(
        402, "permission_error", "The organization's API credits of this month are used up."
    ),
    "organization_inactive": Code(
        403, "permission_error", "The organization is inactive: it begins nothing new."
    ),
    "organization_suspended": Code(403, "permission_error", "The organization is suspended."),
    "insufficient_permissions": Code(403, "permission_error", "The API key lacks the scope."),
    "feature_not_available": Code(
        403, "permission_error", "The request is understood, and this server does not do that."
    ),
    "not_found": Code(404, "not_found_error", "There is nothing at this path."),
    "erasure_not_found": Code(404, "not_found_error", "There is no such erasure."),
    "session_not_found": Code(404, "not_found_error", "There is no such session."),
    "recording_not_found": Code(404, "not_found_error", "There is no such recording, or track."),
    "glossary_not_found": Code(404, "not_found_error", "There is no such glossary."),
    "leg_not_found": Code(404, "not_found_error", "The session has no such leg."),
    "analysis_not_found": Code(404, "not_found_error", "There is no such analysis."),
    "agent_not_found": Code(404, "not_found_error", "There is no such AI agent."),
    "ai_agent_not_found": Code(
        404, "not_found_error", "There is no AI agent such as the session is to have."
    ),
    "api_key_not_found": Code(404, "not_found_error", "There is no such API key."),
    "organization_not_found": Code(404, "not_found_error", "There is no such organization."),
    "connection_not_found": Code(404, "not_found_error", "There is no such provider connection."),
    "phone_number_not_found": Code(404, "not_found_error", "The number is not one of this server."),
    "webhook_endpoint_not_found": Code(
        404, "not_found_error", "There is no such webhook endpoint."
    ),
    "webhook_delivery_not_found": Code(
        404, "not_found_error", "There is no such delivery, or it is no longer kept."
    ),
    "method_not_allowed": Code(
        405, "invalid_request_error", "The path is right and the method is not; see `Allow`."
    ),
    "illegal_state": Code(
        409, "conflict_error", "What is asked does not fit the state that its object is in."
    ),
    "session_ended": Code(409, "conflict_error", "The session has ended; nothing can join it."),
    "idempotency_conflict": Code(
        409, "conflict_error", "The first request with this key is still being worked on."
    ),
    "too_many_webhook_endpoints": Code(
        409, "conflict_error", "The organization has as many webhook endpoints as it may."
    ),
    "phone_number_taken": Code(
        409, "conflict_error", "The number is assigned already, or is in the settings file."
    ),
    "recording_failed": Code(409, "conflict_error", "There is no sound: recording failed."),
    "recording_deleted": Code(410, "not_found_error", "The recording has been deleted."),
    "transcript_deleted": Code(410, "not_found_error", "The transcript has been deleted."),
    "body_too_large": Code(413, "invalid_request_error", "The body is larger than is read."),
    "range_not_satisfiable": Code(
        416, "invalid_request_error", "The sound has no such bytes; see `Content-Range`."
    ),
    "missing_required_field": Code(422, "validation_error", "A field is missing; see `param`."),
    "invalid_field_value": Code(
        422, "validation_error", "A field has a value that it may not have; see `param`."
    ),
    "invalid_language_code": Code(422, "validation_error", "There is no such language."),
    "invalid_mode": Code(422, "validation_error", "There is no such mode."),
    "invalid_credentials": Code(
        422, "validation_error", "The carrier does not take the credentials; it says why."
    ),
    "invalid_provider": Code(422, "validation_error", "There is no such provider."),
    "no_default_provider": Code(
        422, "invalid_request_error", "The routing resolves to nothing that this server has."
    ),
    "sip_not_enabled": Code(422, "invalid_request_error", "This server does not speak SIP."),
    "rate_limit_exceeded": Code(429, "rate_limit_error", "Too many requests; see `Retry-After`."),
    "internal_error": Code(
        500, "server_error", "A fault of ours; the log has more under the request's id."
    ),
    "provider_error": Code(502, "server_error", "The telephone provider failed."),
    "over_capacity": Code(
        503, "server_error", "This server carries as many calls as it may; see `Retry-After`."
    ),
    "store_unavailable": Code(503, "server_error", "The store cannot be used at the moment."),
    "engine_unavailable": Code(503, "server_error", "Speech cannot be used at the moment."),
}
