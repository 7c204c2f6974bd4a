"""Draws the traces that the virtual meetings leave: `python -m tests.bench.plot_traces FOLDER [--into docs/images]`.

`FOLKMOOT_TRACES=FOLDER cargo test -p folkmoot-core --test bandwidth_traces` leaves one CSV for each: what the link
carries, the estimate, what was sent, the queue in front of the link, and the layers.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT = 900, 420
LEFT, RIGHT, TOP = 64, 20, 34
RATES, QUEUE, LAYERS = (TOP, 210), (TOP + 232, 60), (TOP + 312, 44)
"""Top and height of the three panels."""
INK, GRID = "#33302b", "#e6e0d4"
COLOURS = {"link": "#9a948a", "estimate": "#c8553d", "sent": "#3b7a8c"}
SMOOTHED = 5
"""What was sent in a tenth of a second says more of key frames than of rates: averaged over so many."""


@dataclass(frozen=True)
class Trace:
    name: str
    seconds: list[float]
    columns: dict[str, list[float]]

    @classmethod
    def read(cls, path: Path) -> Trace:
        with path.open() as file:
            rows = list(csv.DictReader(file))
        columns = {name: [float(row[name]) for row in rows] for name in rows[0] if name != "seconds"}
        return cls(path.stem, [float(row["seconds"]) for row in rows], columns)


class Panel:
    """A strip of the picture with its own scale."""

    def __init__(self, trace: Trace, place: tuple[int, int], highest: float, label: str) -> None:
        self._trace = trace
        self._top, self._height = place
        self._highest = highest or 1.0
        self._label = label

    def frame(self, ticks: list[tuple[float, str]]) -> list[str]:
        lines = [f'<text x="{LEFT}" y="{self._top - 6}" fill="{INK}">{self._label}</text>']
        for value, text in ticks:
            y = self._y(value)
            lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
            lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{INK}">{text}</text>')
        return lines

    def line(self, values: list[float], colour: str, *, steps: bool = False, width: float = 1.6) -> str:
        points, before = [], None
        for at, value in zip(self._trace.seconds, values, strict=True):
            x, y = self._x(at), self._y(min(value, self._highest))
            if steps and before is not None:
                points.append(f"{x:.1f},{before:.1f}")
            points.append(f"{x:.1f},{y:.1f}")
            before = y
        return f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

    def _x(self, at: float) -> float:
        return LEFT + at / max(self._trace.seconds[-1], 0.1) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        return self._top + self._height * (1 - value / self._highest)


def picture(trace: Trace, title: str) -> str:
    columns = trace.columns
    estimated = max(columns["estimate"])
    top = 1.15 * max(estimated, min(max(columns["link"]), 2 * estimated))
    rates = Panel(trace, RATES, top, title)
    queue = Panel(trace, QUEUE, max(*columns["queue_ms"], 200), "queue in front of the link, ms")
    layers = Panel(trace, LAYERS, 3, "spatial layer of the first camera (0 the lowest, bottom: none)")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" '
        f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fffdf8"/>'
    )
    length = f"{trace.seconds[-1]:.0f} seconds"
    foot = f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end" fill="{INK}">{length}</text></svg>\n'
    parts = [
        head,
        *rates.frame([(share * top, f"{share * top / 1e6:.1f} M") for share in (0, 0.25, 0.5, 0.75, 1)]),
        rates.line(columns["link"], COLOURS["link"], steps=True, width=1.2),
        rates.line(_smooth(columns["sent"]), COLOURS["sent"], width=1.0),
        rates.line(columns["estimate"], COLOURS["estimate"]),
        *_legend(),
        *queue.frame([(0, "0"), (200, "200")]),
        queue.line(columns["queue_ms"], COLOURS["link"]),
        *layers.frame([(layer + 1, str(layer)) for layer in range(3)]),
        layers.line([layer + 1 for layer in columns["spatial"]], COLOURS["sent"], steps=True),
        foot,
    ]
    return "\n".join(parts)


def _legend() -> list[str]:
    names = {"link": "link", "estimate": "estimate", "sent": "sent, half a second's average"}
    lines, x = [], WIDTH - RIGHT - 330
    for name, text in names.items():
        lines.append(f'<rect x="{x}" y="{TOP - 15}" width="10" height="10" fill="{COLOURS[name]}"/>')
        lines.append(f'<text x="{x + 14}" y="{TOP - 6}" fill="{INK}">{text}</text>')
        x += 30 + 7 * len(text)
    return lines


def _smooth(values: list[float]) -> list[float]:
    return [
        sum(values[max(0, at - SMOOTHED + 1) : at + 1]) / len(values[max(0, at - SMOOTHED + 1) : at + 1])
        for at in range(len(values))
    ]


TITLES = {
    "step": "Two cameras; the link steps from 2 Mbit/s to 300 kbit/s and back",
    "sound": "Two cameras and a voice; the link steps from 2 Mbit/s to 300 kbit/s and back",
    "loss-5": "5 % of all packets lost, round trip 100 ms",
    "loss-10": "10 % of all packets lost, round trip 100 ms",
    "loss-20": "20 % of all packets lost, round trip 100 ms",
    "bursts": "5 % lost in bursts of eight",
    "reordered": "5 % overtaken by up to 50 ms, 1 % twice",
    "steady-800": "Two cameras on a steady 800 kbit/s",
    "twenty": "Twenty cameras on 4 Mbit/s",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--into", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    for name, title in TITLES.items():
        trace = Trace.read(arguments.folder / f"{name}.csv")
        (arguments.into / f"trace-{name}.svg").write_text(picture(trace, title))


if __name__ == "__main__":
    main()
