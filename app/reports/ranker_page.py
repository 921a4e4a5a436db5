"""The page of a ranker version: what it learned from, how good it is, what the gates said, and what the watch sees."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.orm import Session

from app.core import clock
from app.models.campaign import Product
from app.models.score import RankerVersion
from app.reports.ranker_pictures import bars_picture, drift_bars, lift_picture, qini_picture, reliability_picture
from app.scoring import queries
from app.scoring.dictionary import Word, is_described, word_of
from app.scoring.watching.drift import ALARM, MOVED
from app.scoring.watching.queries import find_last_watch
from app.scoring.word_queries import own_words

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
FIGURES = (
    ("auc", "AUC"),
    ("average_precision", "平均精确率 average precision"),
    ("lift_at_list", "名单提升度 lift of the list"),
    ("calibration_error", "校准误差 calibration error (ECE)"),
    ("brier", "Brier"),
    ("log_loss", "对数损失 log loss"),
)
THIS, PLAIN = "本版本 this version", "默认参数 LightGBM"


def render_ranker(session: Session, *, product_code: str, number: int, home: str | None = None) -> str:
    """The page as one HTML file without scripts, all it needs inside it. `home` is where a link back leads.

    Raises UnknownProduct, UnknownRanker.
    """
    product = queries.get_product(session, product_code)
    version = queries.get_version(session, product, number)
    page = _page(session, product, version)
    return _templates().get_template("ranker.html.j2").render(home=home, **page)


def _page(session: Session, product: Product, version: RankerVersion) -> dict[str, Any]:
    champion = queries.find_champion(session, product.id, version.target)
    other = champion if champion is not None and champion.id != version.id else None
    promotions = queries.promotions_of(session, version.id)
    watch = find_last_watch(session, version.id)
    words = own_words(session)
    report = version.report
    return {
        "product": product,
        "version": version,
        "champion": other,
        "report": report,
        "columns": report.get("columns", {}),
        "gates": promotions[0].gates if promotions and not promotions[0].is_revert else report.get("gates", []),
        "promotions": promotions,
        "watch": watch,
        "figures": _figures(version, other),
        "counts": _counts(version.metrics.get("examples", {})),
        "parameters": _counts(version.parameters),
        "calibration": queries.find_calibration(session, version.id),
        "pictures": _pictures(report, watch.figures if watch else None, words),
        "called": lambda name: _called(name, words),
        "uplift": report.get("uplift"),
    }


def _figures(version: RankerVersion, champion: RankerVersion | None) -> list[tuple[str, Any, Any, Any]]:
    """Name, and the figure of this version, of LightGBM's own defaults on the same rows, and of the champion on its own rows."""
    plain = version.metrics.get("plain", {})
    theirs = champion.metrics if champion else {}
    return [(name, version.metrics.get(key), plain.get(key), theirs.get(key)) for key, name in FIGURES]


def _counts(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What stands on one line, by name."""
    return [(name.replace("_", " "), value) for name, value in sorted(found.items()) if isinstance(value, int | float | str)]


def _pictures(report: Mapping[str, Any], seen: Mapping[str, Any] | None, words: Mapping[str, Word]) -> list[tuple[str, str, str]]:
    """Heading, what to look for, and the picture as an address that holds it."""
    found = []
    if report.get("lift"):
        lines = {THIS: report["lift"], PLAIN: report["plain_lift"]}
        says = "曲线越高，名单前部的成功客户越集中。 The higher, the more of the successes stand at the top of the list."
        found.append(("提升度 Lift", says, lift_picture(lines)))
        lines = {THIS: report["reliability"], PLAIN: report["plain_reliability"]}
        says = "越接近斜线，预测概率越可信。 On the diagonal the promised probability is what came."
        found.append(("可靠性 Reliability", says, reliability_picture(lines)))
    if curves := _qini_curves(report.get("uplift")):
        says = "高于直线的部分是接触真正带来的增益。 What lies above the straight line is gained by the order, not by chance."
        found.append(("Qini", says, qini_picture(curves)))
    if report.get("importance"):
        bars = [(_called(each["feature"], words), 100 * each["share"]) for each in report["importance"] if each["share"] > 0]
        says = "各字段对预测的贡献占比。 Share of each column in what the trees gained."
        found.append(("字段重要性 Importance", says, bars_picture(bars, of="增益占比 % of gain")))
    if seen and seen.get("drift"):
        found.append(("训练以来的变化 Drift since training", *_drift_picture(seen, words)))
    return [(name, says, "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()) for name, says, svg in found]


def _drift_picture(seen: Mapping[str, Any], words: Mapping[str, Word]) -> tuple[str, str]:
    scores = [seen["scores"]] if seen.get("scores") else []
    drifts = [*seen["drift"], *scores]
    alarming = {each["feature"] for each in drifts if each["state"] == "alarm"}
    bars = drift_bars(drifts)
    named = [("得分 score" if name == "score" else _called(name, words), value) for name, value in bars]
    limits = {f"{MOVED} 留意 moved": MOVED, f"{ALARM} 警报 alarm": ALARM}
    says = "PSI:客户分布与训练时相比。斜纹为警报。 PSI of the customers against training; hatched bars alarm."
    return says, bars_picture(named, of="PSI", limits=limits, alarming=[name in alarming for name, _ in bars])


def _qini_curves(uplift: Mapping[str, Any] | None) -> dict[str, list[list[float]]]:
    wanted = {"uplift": "增益 uplift", "propensity": "购买倾向 propensity", "risk": "风险 risk"}
    found = {each["name"]: each["qini_curve"] for each in (uplift or {}).get("orderings", [])}
    return {said: found[name] for name, said in wanted.items() if found.get(name)}


def _called(name: str, words: Mapping[str, Word]) -> str:
    """A column in the operator's words."""
    word = word_of(name, words)
    return f"{word.zh} {word.en}" if is_described(name, words) else name


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("app.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["figure"] = _figure
    found.filters["local"] = lambda instant: instant.astimezone(clock.zone()).strftime("%Y-%m-%d %H:%M")
    return found


def _figure(value: Any, digits: int = 4) -> str:
    """A number for people; a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.{digits if abs(value) < 100 else 1}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
