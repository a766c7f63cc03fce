"""Prints each result as a line of JSON, and all of them as Markdown tables of medians."""

import json
import statistics
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    key: str
    title: str
    better: Literal["lower", "higher"] | None = None


TITLES = {"stepcast": "Stepcast", "node": "Node", "hurl": "Hurl"}


class Results:
    def __init__(self):
        self.rows: list[dict] = []

    def add(self, measurement: str, case: str, side: str, repeat: int, values: dict) -> None:
        row = {"measurement": measurement, "case": case, "side": side, "repeat": repeat, **values}
        self.rows.append(row)
        print(json.dumps(row), flush=True)

    def table(self, measurement: str, metrics: list[Metric]) -> str:
        rows = [row for row in self.rows if row["measurement"] == measurement]
        sides = [side for side in TITLES if any(row["side"] == side for row in rows)]
        cases = list(dict.fromkeys(row["case"] for row in rows))
        head = ["case", "what", *(TITLES[side] for side in sides)]
        if len(sides) > 1:
            head.append("ratio")
        lines = [head, ["---"] * 2 + ["---:"] * (len(head) - 2)]
        for case in cases:
            for metric in metrics:
                # The rows of one repeat were measured within minutes of each other, so only those are compared.
                by_side = {side: {} for side in sides}
                for row in rows:
                    if row["case"] == case:
                        by_side[row["side"]][row["repeat"]] = row[metric.key]
                line = [case, metric.title, *(median(by_side[side].values()) for side in sides)]
                if len(sides) > 1:
                    line.append(ratio(by_side[sides[0]], by_side[sides[1]], metric.better))
                lines.append(line)
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(value: float) -> str:
    if isinstance(value, int) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def median(values) -> str:
    values = list(values)
    return shown(statistics.median(values)) if values else ""


def ratio(first: dict, second: dict, better: str | None) -> str:
    """How many times better the first side is, as the median over the repeats. Below 1 it is worse."""
    if better == "lower":
        pairs = [second[repeat] / first[repeat] for repeat in first if second.get(repeat) and first[repeat]]
    elif better == "higher":
        pairs = [first[repeat] / second[repeat] for repeat in first if second.get(repeat)]
    else:
        pairs = []
    return f"{statistics.median(pairs):.2f}" if pairs else ""
