"""Pictures of a ranker version as SVG: the same figures give the same bytes.

Colours are those of Okabe and Ito 2008, which the colour-blind tell apart; lines differ in their dashes too. Labels are put in
after the drawing, so that no font of this machine is asked for Chinese or for what an operator calls a column.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from html import escape
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#B34700", "#00664B", "#A3240F", "#595959"
FONTS = "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'Noto Sans', Arial, sans-serif"
MOST_BARS = 15
WIDEST_NAME = 25.0
STYLE: Any = {
    "svg.hashsalt": "gridwork",
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 15,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e6ea",
    "axes.axisbelow": True,
    "axes.edgecolor": "#595959",
    "legend.frameon": False,
}
_one_at_a_time = threading.Lock()  # matplotlib's style is one for the whole process


class Labels:
    """Texts that stand in a picture as `@1@` until it is drawn."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._numbers = count(1)

    def __call__(self, text: str) -> str:
        """The place for a text, about as wide as it will be."""
        place = f"@{next(self._numbers)}{'_' * round(1.1 * _width(text))}@"
        self._texts[place] = text
        return place

    def put_into(self, svg: str) -> str:
        """The picture with its texts."""
        for place, text in self._texts.items():
            svg = svg.replace(f">{place}<", f">{escape(text)}<")
        return svg


def lift_picture(lines: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Lift by share of the list, a line for each name; 1 is a random list. Points: share, lift."""

    def draw(axes: "Axes", say: Labels) -> None:
        for (name, points), colour, dashes in zip(lines.items(), (BLUE, ORANGE, GREEN), ("-", "--", ":"), strict=False):
            axes.plot(
                [100 * p["share"] for p in points], [p["lift"] for p in points], dashes, color=colour, lw=2.4, label=say(name)
            )
        axes.axhline(1, color=GREY, lw=1.2, ls=(0, (1, 2)), label=say("随机 random"))
        axes.set(xlim=(0, 100), ylim=(0, None), xlabel=say("名单占全部客户 % 　list, % of all"), ylabel=say("提升度 lift"))
        axes.legend(loc="upper right")

    return draw_picture(draw)


def reliability_picture(lines: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """What was promised against what came, in per cent; on the diagonal both are alike. Points: score, rate."""

    def draw(axes: "Axes", say: Labels) -> None:
        top = 100 * max((max(p["score"], p["rate"]) for points in lines.values() for p in points), default=1.0) * 1.05
        axes.plot([0, top], [0, top], color=GREY, lw=1.2, ls=(0, (1, 2)), label=say("完全一致 exact"))
        marks = zip(lines.items(), (BLUE, ORANGE), ("o-", "s--"), strict=False)
        for (name, points), colour, mark in marks:
            axes.plot(
                [100 * p["score"] for p in points], [100 * p["rate"] for p in points], mark, color=colour, lw=2, label=say(name)
            )
        axes.set(xlim=(0, top), ylim=(0, top), xlabel=say("预测 % promised"), ylabel=say("实际 % came"))
        axes.legend(loc="upper left")

    return draw_picture(draw)


def qini_picture(lines: Mapping[str, Sequence[Sequence[float]]]) -> str:
    """Gain by share of customers contacted, x 100 per treated customer; the straight line is a random order. Points: both."""

    def draw(axes: "Axes", say: Labels) -> None:
        looks = zip(lines.items(), (BLUE, ORANGE, GREEN), ("-", "--", ":"), strict=False)
        for (name, points), colour, dashes in looks:
            axes.plot([100 * x for x, _ in points], [y for _, y in points], dashes, color=colour, lw=2.4, label=say(name))
        last = next((points[-1] for points in lines.values() if points), (1.0, 0.0))
        axes.plot([0, 100], [0, last[1]], color=GREY, lw=1.2, ls=(0, (1, 2)), label=say("随机 random"))
        axes.set(xlim=(0, 100), xlabel=say("接触的客户 % contacted"), ylabel=say("增益 ×100 gain"))
        axes.legend(loc="best")

    return draw_picture(draw)


def bars_picture(
    bars: Sequence[tuple[str, float]], *, of: str, limits: Mapping[str, float] | None = None, alarming: Sequence[bool] = ()
) -> str:
    """Horizontal bars from the greatest down, `of` what; `limits` are lines across. An alarming bar is hatched too."""
    shown = bars[:MOST_BARS]

    def draw(axes: "Axes", say: Labels) -> None:
        found = axes.barh(range(len(shown)), [value for _, value in shown], color=BLUE, height=0.66)
        for bar, alarm in zip(found, alarming, strict=False):
            if alarm:
                bar.set(facecolor="#F2C0B8", edgecolor=RED, hatch="///")
        axes.set_yticks(range(len(shown)), [say(short(name)) for name, _ in shown])
        for (name, value), dashes in zip((limits or {}).items(), ("--", "-"), strict=False):
            axes.axvline(value, color=RED, lw=1.4, ls=dashes, label=say(name))
        if limits:
            axes.legend(loc="lower right", frameon=True, framealpha=1, edgecolor="white")
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set(xlabel=say(of), xlim=(0, None))

    return draw_picture(draw, height=1.3 + 0.36 * len(shown), left=0.45)


def draw_picture(draw: "Callable[[Axes, Labels], None]", *, height: float = 4.6, left: float = 0.13) -> str:
    """What `draw` draws as SVG; `height` in inches, `left` the share of the width that names take."""
    import matplotlib  # half a second to import, which only those pay who look
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    labels, out = Labels(), BytesIO()
    with _one_at_a_time, matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.6, height))
        FigureCanvasSVG(figure)
        draw(figure.add_subplot(), labels)
        figure.subplots_adjust(left=left, right=0.97, top=1 - 0.15 / height, bottom=0.75 / height)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = labels.put_into(out.getvalue().decode())
    return svg.replace("'DejaVu Sans'", FONTS)


def _width(text: str) -> float:
    """In letters of usual width; a Chinese character is nearly two."""
    return sum(1.8 if letter >= "\u2e80" else 1.0 for letter in text)


def short(name: str) -> str:
    """A name as long as there is room for beside a picture."""
    if _width(name) <= WIDEST_NAME:
        return name
    while _width(name) > WIDEST_NAME - 1:
        name = name[:-1]
    return name + "…"


def drift_bars(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Feature and PSI of what has one, the greatest first."""
    return sorted(((d["feature"], d["psi"]) for d in found if d["psi"] is not None), key=lambda bar: (-bar[1], bar[0]))
