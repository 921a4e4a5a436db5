"""Pictures of an evaluation as SVG, drawn as those of rankers are: the same figures give the same bytes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.reports.ranker_pictures import BLUE, GREY, ORANGE, Labels, draw_picture, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Dot = tuple[str, float, float, float, bool]  # name, estimate, low, high, and whether it stands out
MOST_DOTS = 24


def funnel_picture(stages: Sequence[tuple[str, int]]) -> str:
    """Bars from the list to the sale, each with its count and its share of the one before."""

    def draw(axes: "Axes", say: Labels) -> None:
        counts = [count for _, count in stages]
        axes.barh(range(len(stages)), counts, color=BLUE, height=0.66)
        for place, count in enumerate(counts):
            before = counts[place - 1] if place else 0
            share = f" ({100 * count / before:.0f} %)" if before else ""
            axes.text(count, place, say(f" {count:,}{share}"), va="center", fontsize=13)
        axes.set_yticks(range(len(stages)), [say(name) for name, _ in stages])
        axes.set(xlim=(0, 1.3 * max(counts, default=1) or 1))
        axes.set_xticks([])
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)

    return draw_picture(draw, height=0.9 + 0.42 * len(stages), left=0.3)


def dots_picture(dots: Sequence[Dot], *, of: str, at: float, scale: float = 1.0) -> str:
    """A dot for each with its interval; the line `at` is where nothing is different. What stands out is filled."""
    shown = dots[:MOST_DOTS]

    def draw(axes: "Axes", say: Labels) -> None:
        axes.axvline(scale * at, color=GREY, lw=1.4, ls=(0, (2, 2)))
        for place, (_, estimate, low, high, stands_out) in enumerate(shown):
            colour = ORANGE if stands_out else BLUE
            axes.plot([scale * low, scale * high], [place, place], color=colour, lw=2.4 if stands_out else 1.6)
            axes.plot(scale * estimate, place, "o", color=colour, ms=8, mfc=colour if stands_out else "white", mew=2)
        axes.set_yticks(range(len(shown)), [say(short(name)) for name, *_ in shown])
        axes.set(xlabel=say(of), ylim=(len(shown) - 0.4, -0.6))
        axes.grid(visible=False, axis="y")

    return draw_picture(draw, height=1.2 + 0.36 * max(len(shown), 1), left=0.36)


def kept_promise_picture(bands: Sequence[Mapping[str, Any]]) -> str:
    """What was promised against what came, with intervals, in per cent; on the diagonal both are alike."""

    def draw(axes: "Axes", say: Labels) -> None:
        top = 105 * max((max(band["promised"], band["high"]) for band in bands), default=1.0)
        axes.plot([0, top], [0, top], color=GREY, lw=1.2, ls=(0, (1, 2)), label=say("完全一致 exact"))
        promised, came = ([100 * band[name] for band in bands] for name in ("promised", "rate"))
        below = [100 * max(band["rate"] - band["low"], 0.0) for band in bands]
        above = [100 * max(band["high"] - band["rate"], 0.0) for band in bands]
        axes.errorbar(promised, came, yerr=[below, above], fmt="o", color=BLUE, lw=1.8, ms=7, label=say("实际 came (95 %)"))
        axes.set(xlim=(0, top), ylim=(0, top), xlabel=say("预测 % promised"), ylabel=say("实际 % came"))
        axes.legend(loc="upper left")

    return draw_picture(draw)
