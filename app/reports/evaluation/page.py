"""An evaluation as one HTML file without scripts, everything it needs inside it: to send, to keep, to print to PDF."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.core import clock
from app.reports.evaluation import words
from app.reports.evaluation.pictures import Dot, dots_picture, funnel_picture, kept_promise_picture
from app.reports.evaluation.views import EvaluatedRow, EvaluationView, ManagerRow, ProgrammeView
from app.reports.ranker_page import HEADERS as HEADERS

Picture = tuple[str, str]  # what to look for, and the picture as an address that holds it
ADDED = "增量/百名 added a hundred"


def file_headers(view: EvaluationView) -> dict[str, str]:
    """Headers of the file: saved under the campaign's code."""
    return HEADERS | {"Content-Disposition": f'inline; filename="{view.code}-evaluation-{view.number}.html"'}


def render_evaluation(view: EvaluationView) -> str:
    """The file of one evaluation."""
    template = _templates().get_template("evaluation.html.j2")
    return template.render(view=view, figures=view.figures, pictures=_pictures(view), words=words)


def render_programme(view: ProgrammeView) -> str:
    """The file of a programme."""
    effect = [_campaign_dot(one) for one in view.campaigns if one.effect["verdict"] != "silent"]
    stages = [(f"{zh} {en}", view.total.funnel[code]) for code, (zh, en) in words.STAGES.items()]
    pictures = {"funnel": _address(funnel_picture(stages))}
    if effect:
        pictures["effect"] = _address(dots_picture(effect, of=ADDED, at=0.0, scale=100.0))
    template = _templates().get_template("evaluated_programme.html.j2")
    return template.render(view=view, total=view.total, pictures=pictures, words=words)


def _pictures(view: EvaluationView) -> dict[str, str]:
    """By what they show; where nothing can be shown there is none."""
    figures = view.figures
    stages = [(" ".join(words.STAGES[stage["code"]]), stage["count"]) for stage in figures["funnel"]["stages"]]
    found = {"funnel": funnel_picture(stages)}
    for name in ("bands", "segments"):
        dots = [_look_dot(look) for look in figures["looks"][name] if look["difference"] is not None]
        if dots:
            found[name] = dots_picture(dots, of=ADDED, at=0.0, scale=100.0)
    if figures["calibration"]["bands"]:
        found["promises"] = kept_promise_picture(figures["calibration"]["bands"])
    if view.managers:
        found["managers"] = _index_picture([_manager_dot(one) for one in view.managers], figures["managers"]["ratio"])
    talks = figures["talk_tracks"]["groups"]
    if len(talks) > 1:
        dots = [_group_dot(one, figures["talks"][int(one["name"])]["zh"]) for one in talks]
        found["talks"] = _index_picture(dots, figures["talk_tracks"]["ratio"])
    return {name: _address(svg) for name, svg in found.items()}


def _index_picture(dots: Sequence[Dot], ratio: float) -> str:
    return dots_picture(dots, of="成功指数 success index", at=ratio)


def _look_dot(look: Mapping[str, Any]) -> Dot:
    name = str(look["name"])
    if look["low_score"] is not None:
        name = f"{name}: {100 * look['low_score']:.1f}–{100 * look['high_score']:.1f} %"
    return name, look["difference"], look["low"], look["high"], look["verdict"] in ("more", "fewer")


def _campaign_dot(row: EvaluatedRow) -> Dot:
    effect = row.effect
    return row.code, effect["difference"], effect["low"], effect["high"], effect["verdict"] in ("more", "fewer")


def _manager_dot(row: ManagerRow) -> Dot:
    return f"{row.name} {row.staff_no}", row.index, row.low, row.high, row.verdict in ("above", "below")


def _group_dot(group: Mapping[str, Any], name: str) -> Dot:
    return name, group["index"], group["low"], group["high"], group["verdict"] in ("above", "below")


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("app.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["percent"] = lambda value, digits=2: "–" if value is None else f"{100 * value:,.{digits}f} %"
    found.filters["points"] = lambda value: "–" if value is None else f"{100 * value:+.2f}"
    found.filters["number"] = lambda value, digits=0: "–" if value is None else f"{float(value):,.{digits}f}"
    found.filters["local"] = lambda instant: instant.astimezone(clock.zone()).strftime("%Y-%m-%d %H:%M")
    return found
