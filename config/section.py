"""What every section of the settings is made of."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_settings import NoDecode


class Section(BaseModel):
    # A value that is refused may be a secret, or lie beside one.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def split_at_commas(value: object) -> object:
    """A list in the environment is its members with commas between them; in YAML it is a list."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _are_networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_network(text.strip())) for text in texts)


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_at_commas)]
Networks = Annotated[Texts, AfterValidator(_are_networks)]
"""Addresses and networks, such as 10.0.0.0/8."""
