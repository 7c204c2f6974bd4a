"""What every section of the settings is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    # A value that is refused may be a secret, or lie beside one.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
