"""`python -m signaling.tables` writes the tables of all messages into README.md, from the catalogue (SIG-9)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from signaling.messages.catalogue import NOTIFICATIONS, REQUESTS, RequestKind
from signaling.messages.model import Request, Told
from signaling.rates.kind import rate_of
from signaling.roles import MEANINGS, PERMITTED, Role

README: Final = Path(__file__).with_name("README.md")
FEW: Final = 7
"""A message with more fields than that is a shape of its own, listed once."""


def tables() -> dict[str, str]:
    """By name of the place in README.md."""
    return {
        "requests": _requests(),
        "conditions": _conditions(),
        "notifications": _notifications(),
        "shapes": _shapes(),
    }


def filled_in(text: str) -> str:
    """README.md with its tables as they should be."""
    for name, table in tables().items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


def _requests() -> str:
    head = "| request | reply | who | only if | counts as |\n|---|---|---|---|---|\n"
    return head + "\n".join(
        f"| `{kind.event}` {_fields(kind.payload)} | {_reply(kind)} | {_who(kind.event)} | {_only_if(kind.event)} |"
        f" {rate_of(kind.event)} |"
        for kind in REQUESTS.values()
    )


def _reply(kind: RequestKind) -> str:
    return " or ".join(f"`{event}` {_told(model)}" for event, model in _replies(kind))


def _replies(kind: RequestKind) -> list[tuple[str, type[Told]]]:
    return [(kind.reply_event, kind.reply), *([kind.instead] if kind.instead is not None else [])]


def _who(event: str) -> str:
    permitted = PERMITTED[event].roles
    return "all" if permitted == frozenset(Role) else ", ".join(role.value for role in Role if role in permitted)


def _only_if(event: str) -> str:
    return ", ".join(f"`{condition}`" for condition in PERMITTED[event].only_if)


def _conditions() -> str:
    return "\n".join(f"- `{condition}`: {meaning}." for condition, meaning in MEANINGS.items())


def _notifications() -> str:
    head = "| event | data |\n|---|---|\n"
    return head + "\n".join(f"| `{event}` | {_told(model)} |" for event, model in NOTIFICATIONS.items())


def _shapes() -> str:
    return "\n".join(f"- **{model.__name__}** {_fields(model)}" for model in _not_in_rows())


def _not_in_rows() -> list[type[BaseModel]]:
    """Messages that are too large for their row, and what is inside of any message."""
    asked = {kind.payload for kind in REQUESTS.values()}
    told = {model for kind in REQUESTS.values() for _, model in _replies(kind)} | set(NOTIFICATIONS.values())
    inner = {part for model in asked | told for part in _parts(model)}
    large = {model for model in told if len(model.model_fields) > FEW}
    return sorted(large | inner, key=lambda model: model.__name__)


def _parts(model: type[BaseModel]) -> set[type[BaseModel]]:
    """Models in the fields of a model, to any depth."""
    found = {part for field in model.model_fields.values() for part in _models_in(field.annotation)}
    return found | {deeper for part in found for deeper in _parts(part)}


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _told(model: type[BaseModel]) -> str:
    return model.__name__ if len(model.model_fields) > FEW else _fields(model)


def _fields(model: type[BaseModel]) -> str:
    names = (
        f"{field.alias or name}{'?' if _may_be_absent(model, field) else ''}"
        for name, field in model.model_fields.items()
    )
    return f"`{{{', '.join(names)}}}`"


def _may_be_absent(model: type[BaseModel], field: FieldInfo) -> bool:
    """Of what is asked: has a default. Of what is told: may be None, which is left out."""
    return not field.is_required() and (issubclass(model, Request) or field.default is None)


def main() -> None:
    README.write_text(filled_in(README.read_text()))


if __name__ == "__main__":
    main()
