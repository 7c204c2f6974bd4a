"""A flame graph as SVG: width is time, each frame stands on its caller."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

WIDTH = 1200
ROW = 17
MARGIN = 10
SMALLEST_SHARE = 0.002
LETTER = 6.4
PALETTE = ("#d9603b", "#e0823d", "#e6a23c", "#d97757", "#c8553d", "#eab464")


@dataclass
class Node:
    """One function called from one place."""

    name: str
    samples: int = 0
    callees: dict[str, Node] = field(default_factory=dict)

    def callee(self, name: str) -> Node:
        return self.callees.setdefault(name, Node(name))

    def depth(self, total: int) -> int:
        visible = [node for node in self.callees.values() if node.samples >= SMALLEST_SHARE * total]
        return 1 + max((node.depth(total) for node in visible), default=0)


def tree(stacks: list[list[str]]) -> Node:
    """`stacks` are leaf first."""
    root = Node("all")
    for stack in stacks:
        node = root
        node.samples += 1
        for frame in reversed(stack):
            node = node.callee(_short(frame))
            node.samples += 1
    return root


def flame_graph(stacks: list[list[str]], title: str) -> str:
    root = tree(stacks)
    total = max(root.samples, 1)
    height = root.depth(total) * ROW + 3 * MARGIN + ROW
    boxes: list[str] = []
    _draw(root, MARGIN, 0, (WIDTH - 2 * MARGIN) / total, height, total, boxes)
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" '
                f'font-size="11"><rect width="{WIDTH}" height="{height}" fill="#fffdf8"/>'
            ),
            f'<text x="{MARGIN}" y="{MARGIN + 10}" font-size="13">{html.escape(title)}</text>',
            *boxes,
            "</svg>\n",
        ]
    )


def _draw(node: Node, x: float, level: int, scale: float, height: int, total: int, boxes: list[str]) -> None:
    width = node.samples * scale
    y = height - MARGIN - (level + 1) * ROW
    share = 100 * node.samples / total
    colour = PALETTE[sum(node.name.encode()) % len(PALETTE)]
    name = html.escape(node.name)
    label = html.escape(node.name[: int((width - 4) / LETTER)]) if width > 3 * LETTER else ""
    boxes.append(
        f'<g><title>{name}: {share:.1f} %</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" '
        f'fill="{colour}" rx="1"/><text x="{x + 2:.1f}" y="{y + 12}">{label}</text></g>'
    )
    for callee in sorted(node.callees.values(), key=lambda each: each.name):
        if callee.samples >= SMALLEST_SHARE * total:
            _draw(callee, x, level + 1, scale, height, total, boxes)
            x += callee.samples * scale


def _short(frame: str) -> str:
    """Without crate paths' noise and the compiler's hashes."""
    return frame.replace("folkmoot_core::", "").replace("<impl ", "<").split("::{{closure}}")[0][:120]
