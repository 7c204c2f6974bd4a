"""What every section of the settings is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    # A value that is refused may be a secret, or lie beside one.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def split_at_commas(value: object) -> object:
    """A list in the environment is its members with commas between them; in YAML it is a list."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
