"""What every command takes: which settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from config.settings import Settings, load

ConfigFile = Annotated[Path | None, typer.Option("--config", help="A YAML file; see config/folkmoot.example.yaml.")]
Dev = Annotated[
    bool, typer.Option("--dev", help="Known secret, guests may create meetings. Never on a public address.")
]


def settings_from(config: Path | None, dev: bool) -> Settings:
    """Settings, or a readable end of the program."""
    try:
        settings = load(config, {"dev": True} if dev else {})
    except FileNotFoundError as error:
        raise typer.BadParameter(f"no such file: {error}") from None
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            typer.echo(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}", err=True)
        raise typer.Exit(2) from None
    problems = settings.problems()
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(2)
    return settings
