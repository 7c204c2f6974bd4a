"""The OpenAPI 3.1 document, made from the routes themselves."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.api.contract import Access, Nothing, Rate, Route
from server.api.errors import STATUS

ERROR_SCHEMA = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"const": False},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"enum": sorted(STATUS)},
                "message": {"type": "string"},
                "retry_after": {"type": "integer", "description": "Seconds after which to try again"},
            },
        },
    },
}


def document(routes: list[Route], version: str) -> dict[str, Any]:
    """OpenAPI of `routes`."""
    inputs = {(model, "validation") for route in routes for model in (route.body, route.query) if model is not Nothing}
    answers = {(route.answer, "serialization") for route in routes}
    models: list[Any] = sorted(inputs | answers, key=lambda pair: (pair[0].__name__, pair[1]))
    refs, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Folkmoot", "version": version},
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Error": ERROR_SCHEMA},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(route: Route, refs: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.method.lower()}{re.sub(r'[^A-Za-z]+', '_', route.path)}",
        "parameters": _parameters(route),
        "responses": {str(route.status): _answer(route, refs[route.answer, "serialization"])} | _refusals(route),
    }
    if route.body is not Nothing:
        operation["requestBody"] = {"required": True} | _content("", refs[route.body, "validation"])
    if route.access is not Access.PUBLIC:
        operation["security"] = [{"token": []}]
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    condition = [{"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}]
    query = [] if route.query is Nothing else _query_parameters(route.query)
    return path + (condition if route.conditional else []) + query


def _query_parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": field}
        for name, field in schema["properties"].items()
    ]


def _refusals(route: Route) -> dict[str, Any]:
    codes = {"VALIDATION", "INTERNAL", *route.errors}
    if route.rate is not Rate.FREE:
        codes.add("RATE_LIMITED")
    if route.access is not Access.PUBLIC:
        codes |= {"UNAUTHORIZED", "ACCESS_DENIED"}
    by_status: dict[str, list[str]] = {}
    for code in sorted(codes):
        by_status.setdefault(str(STATUS[code]), []).append(code)
    if route.conditional:
        by_status |= {"412": ["CONFLICT"], "428": ["CONFLICT"]}
    error = {"$ref": "#/components/schemas/Error"}
    return {status: _content(", ".join(names), error) for status, names in by_status.items()}


def _answer(route: Route, schema: Any) -> dict[str, Any]:
    if not route.streams:
        return _content("Done", schema)
    return {
        "description": "One after the other, each with this as its data",
        "content": {kind: {"schema": schema} for kind in route.streams},
    }


def _content(description: str, schema: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    return {"description": description} | content if description else content
