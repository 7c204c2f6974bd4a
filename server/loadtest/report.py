"""A load test in figures: a line a second while it runs, a table and JSON at the end."""

from __future__ import annotations

from typing import Any

from server.loadtest.scenario import Scenario
from server.loadtest.tally import Tally


def progress(scenario: Scenario, elapsed_s: float, before: Tally, now: Tally, interval_s: float) -> str:
    """One line: what happened in the last `interval_s` seconds."""
    packets = (now.packets_received - before.packets_received) / interval_s
    megabits = (now.bytes_received - before.bytes_received) * 8 / interval_s / 1e6
    failed = f"  failed {sum(now.failed.values())}" if now.failed else ""
    return (
        f"{elapsed_s:6.0f} s  joined {now.joined}/{scenario.people}{failed}  "
        f"received {packets:9,.0f} packets/s {megabits:8.1f} Mbit/s  lost {now.loss_percent:.2f} %  "
        f"p50 {_ms(now.latency.percentile(50))} p99 {_ms(now.latency.percentile(99))}"
    )


def results(scenario: Scenario, tally: Tally, elapsed_s: float) -> dict[str, Any]:
    """What `--json` writes. Times in milliseconds, rates averaged over `elapsed_s` seconds."""
    return {
        "scenario": {
            "url": scenario.url,
            "rooms": scenario.rooms,
            "publishers": scenario.publishers,
            "subscribers": scenario.subscribers,
            "publishers_watch": scenario.publishers_watch,
            "video_kbps": list(scenario.video_kbps),
            "frames_per_s": scenario.frames_per_s,
            "audio": scenario.audio,
            "duration_s": scenario.duration_s,
            "joins_per_s": scenario.joins_per_s,
        },
        "elapsed_s": round(elapsed_s, 1),
        "joins": {
            "wanted": scenario.people,
            "joined": tally.joined,
            "failed": dict(tally.failed),
            "lost_connections": tally.lost_connections,
            "join_ms": tally.joining.summary(),
            "first_media_ms": tally.first_media.summary(),
        },
        "sent": _traffic(tally.packets_sent, tally.bytes_sent, elapsed_s),
        "received": _traffic(tally.packets_received, tally.bytes_received, elapsed_s),
        "loss": {
            "packets": tally.lost,
            "percent": round(tally.loss_percent, 4),
            "refused": tally.refused,
        },
        "latency_ms": tally.latency.summary(),
        "pause_ms": tally.pauses.summary(),
        "generator_cpu_s": round(tally.cpu_s, 1),
    }


def table(found: dict[str, Any], processes: int) -> str:
    """The same for people."""
    joins, sent, received = found["joins"], found["sent"], found["received"]
    cpu = 100 * found["generator_cpu_s"] / max(found["elapsed_s"], 0.1) / processes
    rows = [
        ("joined", f"{joins['joined']} of {joins['wanted']}"),
        ("join", _percentiles(joins["join_ms"])),
        ("join to first media", _percentiles(joins["first_media_ms"])),
        ("sent", _rate(sent)),
        ("received", _rate(received)),
        ("lost", f"{found['loss']['percent']:.3f} % ({found['loss']['packets']} packets)"),
        ("latency", _percentiles(found["latency_ms"])),
        ("paused", f"{_ms(found['pause_ms']['max'])} at most, beyond the sender's own pauses"),
        ("load of this tool", f"{cpu:.0f} % of a core in each of {processes} process{'es' if processes > 1 else ''}"),
    ]
    rows += [(f"failed: {code}", str(count)) for code, count in sorted(joins["failed"].items())]
    if cpu > 90:
        rows.append(("note", "this tool had no time to spare: latency and loss are its own; give it --processes"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)


def _traffic(packets: int, size: int, elapsed_s: float) -> dict[str, float]:
    seconds = max(elapsed_s, 0.001)
    return {
        "packets": packets,
        "bytes": size,
        "packets_per_s": round(packets / seconds, 1),
        "mbit_per_s": round(size * 8 / seconds / 1e6, 3),
    }


def _rate(traffic: dict[str, float]) -> str:
    return f"{traffic['packets']:,.0f} packets, {traffic['packets_per_s']:,.0f}/s, {traffic['mbit_per_s']:,.1f} Mbit/s"


def _percentiles(summary: dict[str, float | None]) -> str:
    return "  ".join(f"{name} {_ms(value)}" for name, value in summary.items())


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"
