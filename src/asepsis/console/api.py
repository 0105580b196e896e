"""The API of this version of it: what rooms offer, behind tokens. Errors are as RFC 9457 writes them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from asepsis import __version__
from asepsis.assessment.urls import api as assessment
from asepsis.assessment.urls import reports_api as reports
from asepsis.findings.urls import api as findings
from asepsis.hospital.urls import api as hospital
from asepsis.kit.errors import AsepsisError
from asepsis.network.urls import api as network

from .clients import Scope, known
from .jobs.urls import gives, reads
from .problem import ERRORS, PROBLEM, problem


class Token(HttpBearer):
    """`Authorization: Bearer TOKEN` of a client that is let in for `scope` (RFC 6750)."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> str | None:
        client = known(token)
        if client is None:
            return None
        if self._scope.value not in client.scopes:
            raise HttpError(403, f"this token is not for {self._scope.value}")
        return f"api:{client.name}"


class _Api(NinjaAPI):
    """Describes its errors too (OpenAPI 3.1), which all operations share."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> Any:
        told = super().get_openapi_schema(*args, **kwargs)
        told["components"].setdefault("schemas", {})["Problem"] = PROBLEM
        for operations in told["paths"].values():
            for operation in operations.values():
                operation["responses"] |= {str(status): _described(status) for status in ERRORS}
        return told


def _described(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": HTTPStatus(status).phrase, "content": content}


api = _Api(
    title="asepsis", version="1", urls_namespace="api", docs_url=None, openapi_url="openapi.json", description=f"asepsis {__version__}"
)
api.add_router("", hospital, auth=Token(Scope.ASSETS))
api.add_router("", assessment, auth=Token(Scope.ASSETS))
api.add_router("", findings, auth=Token(Scope.FINDINGS))
api.add_router("", reports, auth=Token(Scope.FINDINGS))
api.add_router("", reads, auth=Token(Scope.JOBS))
api.add_router("", gives, auth=Token(Scope.CAPTURES))
api.add_router("", network, auth=Token(Scope.DETECTION))


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(401, "a token is needed: Authorization: Bearer TOKEN")


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status_code, str(error))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    wrong = [{"where": "/".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors]
    return problem(422, "not understood", errors=wrong)


@api.exception_handler(AsepsisError)
def _ours(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(400, str(error))


@api.exception_handler(Http404)
def _nothing(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(404, str(error))
