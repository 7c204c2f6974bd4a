"""Where a setting comes from, and what refuses to start."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from config.settings import Settings, load

EXAMPLE = Path(__file__).parents[2] / "config" / "folkmoot.example.yaml"


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_flag_goes_before_the_environment_before_dotenv_before_yaml_before_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "f.yaml"
    assert load().http.port == 7880
    file.write_text("http: {port: 1001}")
    assert load(file).http.port == 1001
    (tmp_path / ".env").write_text("FOLKMOOT_HTTP__PORT=1002")
    assert load(file).http.port == 1002
    monkeypatch.setenv("FOLKMOOT_HTTP__PORT", "1003")
    assert load(file).http.port == 1003
    assert load(file, {"http": {"port": 1004}}).http.port == 1004


def test_the_example_names_every_setting_with_its_default() -> None:
    example = yaml.safe_load(EXAMPLE.read_text())
    defaults = Settings().model_dump(mode="json")
    assert example.keys() == defaults.keys()
    for section, values in example.items():
        if isinstance(values, dict):
            assert values.keys() == defaults[section].keys(), section
            for key, value in values.items():
                if (section, key) != ("auth", "secret"):
                    assert value == defaults[section][key], f"{section}.{key}"


def test_an_unknown_key_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("http: {prot: 1}")
    with pytest.raises(ValidationError, match="prot"):
        load(file)


@pytest.mark.parametrize("secret", ["", "short", "replace-this-with-32-or-more-random-bytes"])
def test_an_empty_short_or_sample_secret_refuses_to_start(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("FOLKMOOT_AUTH__SECRET", secret)
    assert load().problems()


def test_development_mode_brings_its_own_secret_and_lets_guests_create() -> None:
    settings = load(flags={"dev": True})
    assert settings.problems() == []
    assert settings.guests_create
    assert not load().guests_create


def test_a_secret_never_shows_in_a_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLKMOOT_AUTH__SECRET", "correct-horse-battery-staple-correct-horse")
    assert "battery" not in repr(load())
