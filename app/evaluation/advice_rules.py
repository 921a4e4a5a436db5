"""The rules of advice.py (pure), in the order in which they are read: first whether to believe, then what to do.

Whoever adds a rule adds a function and its name in RULES.
"""

from collections.abc import Callable

from app.evaluation.advice import ALARM, CHANGE, KEEP, UNKNOWN, Advice, Figures, Rule, percent, points
from app.evaluation.advice_of_execution import EXECUTION
from app.evaluation.funnel import share_out
from app.evaluation.looks import Look
from app.evaluation.promises import promise_ratio

MOST_CONTAMINATED = 0.05
MOST_OVER_CAPACITY = 0.20


def advise(figures: Figures) -> tuple[Advice, ...]:
    """What every rule has to say, in their order."""
    said = (rule(figures) for rule in RULES)
    return tuple(one for one in said if one is not None)


def sample_ratio(figures: Figures) -> Advice | None:
    """Arms that are not as promised come first: no effect is to be believed then."""
    ratio = figures.ratio
    if not ratio.alarms:
        return None
    seen = ratio.control / max(ratio.treated + ratio.control, 1)
    zh = f"对照组占 {percent(seen, 2)}，计划为 {percent(ratio.share, 2)}，并非偶然：先查清原因，不要采信增量结果。"
    en = (
        f"{percent(seen, 2)} were kept as controls where {percent(ratio.share, 2)} was promised, which is no chance:"
        " find the cause before any effect is believed."
    )
    return Advice("sample_ratio", ALARM, zh, en, {"share": seen, "promised": ratio.share, "p": ratio.p or 0.0})


def effect(figures: Figures) -> Advice:
    """Whether contacting added sales at all."""
    found = figures.effect
    if found.verdict == "silent" or found.difference is None or found.low is None or found.high is None:
        controls = found.control.customers
        zh = f"对照 {controls} 人，太少，增量无法判断：下次请留更多对照。"
        en = f"With {controls} controls nothing can be said of what the contacts added: keep more of them next time."
        return Advice("effect", UNKNOWN, zh, en, {"controls": controls})
    figure = {"difference": found.difference, "low": found.low, "high": found.high}
    each = f"{points(found.difference)} ({points(found.low)} … {points(found.high)})"
    if found.verdict == "more":
        zh = f"接触带来了增量：每百名目标客户 {each} 单，可以继续。"
        en = f"The contacts added sales: {each} for every hundred targets. Go on."
        return Advice("effect", KEEP, zh, en, figure)
    if found.verdict == "fewer":
        zh = f"接触减少了成交：每百名目标客户 {each} 单。同样的做法不要再用。"
        en = f"The contacts cost sales: {each} for every hundred targets. Do not do the same again."
        return Advice("effect", CHANGE, zh, en, figure)
    zh = f"看不出接触是否有增量：每百名 {each} 单，区间含零。要分辨就要更大的对照组。"
    en = f"Whether the contacts added anything cannot be seen: {each} a hundred holds zero. Only more controls would tell."
    return Advice("effect", UNKNOWN, zh, en, figure)


def worth(figures: Figures) -> Advice | None:
    """Whether what was added paid for the contacts."""
    money = figures.money
    if figures.effect.verdict == "silent" or money.incremental_return is None or money.cost is None:
        return None
    middle, low, high = money.incremental_return
    span = f"{percent(middle, 0)} ({percent(low, 0)} … {percent(high, 0)})"
    figure = {"incremental_return": middle, "low": low, "high": high}
    if low > 0:
        return Advice("worth", KEEP, f"增量毛利高于成本：增量回报 {span}。",
                      f"What was added paid for the contacts: incremental return {span}.", figure)  # fmt: skip
    if high < 0:
        zh = f"增量毛利低于成本：增量回报 {span}。缩短名单，或降低接触成本。"
        return Advice("worth", CHANGE, zh,
                      f"What was added did not pay for the contacts: incremental return {span}. Shorten the list, or contact"
                      " more cheaply.", figure)  # fmt: skip
    return Advice("worth", UNKNOWN, f"是否收回成本尚不能断定：增量回报 {span}。",
                  f"Whether the contacts paid cannot be said: incremental return {span}.", figure)  # fmt: skip


def contamination(figures: Figures) -> Advice | None:
    """Controls who were contacted hide a part of the effect."""
    found = figures.contamination
    share = found.controls_contacted / found.controls if found.controls else 0.0
    if share <= MOST_CONTAMINATED:
        return None
    most = max(found.by, key=lambda kind: found.by[kind], default="")
    zh = (
        f"{percent(share)} 的对照客户仍被接触（{found.controls_contacted}/{found.controls}），增量被低估："
        "下次同时锁定其他活动和渠道。"
    )
    en = (
        f"{percent(share)} of the controls were contacted all the same ({found.controls_contacted} of {found.controls}), which"
        " hides a part of the effect: keep them from other campaigns and channels too."
    )
    return Advice("contamination", CHANGE, zh, en, {"share": share, "most": most})


def bands(figures: Figures) -> Advice | None:
    """Where along the score contacts add sales, and where not."""
    return _by_group(figures.looks.bands, "bands", "分数段", "score band", _band_name)


def segments(figures: Figures) -> Advice | None:
    """In which segments contacts add sales, and in which not."""
    return _by_group(figures.looks.segments, "segments", "客户群", "segment", lambda look: look.name)


def promises(figures: Figures) -> Advice | None:
    """Whether plans can rest on the ranker's probabilities."""
    found = figures.calibration.ranked
    if found.verdict == "silent":
        zh, en = "工单太少，预测是否可靠无法判断。", "Too few work orders to say whether the promised probabilities hold."
        return Advice("promises", UNKNOWN, zh, en, {"expected": found.expected})
    ratio = promise_ratio(found)
    figure = {"successes": found.successes, "expected": found.expected, "ratio": ratio}
    if found.verdict == "kept":
        return Advice("promises", KEEP, f"预测可靠：预计 {found.expected:.0f} 单，实际 {found.successes} 单。",
                      f"The promise held: {found.expected:.0f} successes promised, {found.successes} came.", figure)  # fmt: skip
    zh = f"预计 {found.expected:.0f} 单，实际 {found.successes} 单：下次按 ×{ratio:.2f} 计划，并先校准排序器。"
    en = (
        f"{found.expected:.0f} successes were promised and {found.successes} came: plan with x {ratio:.2f}, and calibrate the"
        " ranker first."
    )
    return Advice("promises", CHANGE, zh, en, figure)


def explored(figures: Figures) -> Advice | None:
    """Whether the ranker overlooks good customers below the list."""
    found, ranked = figures.calibration.explored, figures.calibration.ranked
    if not found.orders or found.rate_low is None or ranked.rate_high is None or found.rate is None or ranked.rate is None:
        return None
    figure = {"explored": found.rate, "ranked": ranked.rate, "orders": found.orders}
    if found.rate_low > ranked.rate_high:
        zh = f"随机抽取的客户成功率 {percent(found.rate)} 高于名单的 {percent(ranked.rate)}：排序器漏掉了好客户，请重新训练。"
        en = (
            f"Customers drawn by chance bought more often ({percent(found.rate)}) than the list ({percent(ranked.rate)}):"
            " the ranker overlooks some, train it anew."
        )
        return Advice("explored", CHANGE, zh, en, figure)
    if found.rate_high is not None and ranked.rate_low is not None and found.rate_high < ranked.rate_low:
        zh = f"名单成功率 {percent(ranked.rate)}，随机抽取 {percent(found.rate)}：排序有用。"
        en = (
            f"The list bought more often ({percent(ranked.rate)}) than customers drawn by chance ({percent(found.rate)}):"
            " the order serves."
        )
        return Advice("explored", KEEP, zh, en, figure)
    return None


def capacity(figures: Figures) -> Advice | None:
    """A list much longer than what can be contacted thins the effect and wastes the best."""
    share = share_out(figures.funnel.stages[0], "over_capacity")
    if share <= MOST_OVER_CAPACITY:
        return None
    zh = f"名单的 {percent(share, 0)} 因人手不足未派出：缩短名单，或预订更多人力。"
    en = f"{percent(share, 0)} of the list found nobody with time: shorten the list or book more capacity."
    return Advice("capacity", CHANGE, zh, en, {"share": share})


def _by_group(looks: tuple[Look, ...], rule: str, zh_word: str, en_word: str, name: Callable[[Look], str]) -> Advice | None:
    """What stands out of several groups after the correction for many looks; nothing is no finding."""
    if not looks:
        return None
    seen = [look for look in looks if look.verdict != "silent"]
    if not seen:
        return Advice(
            rule, UNKNOWN, f"各{zh_word}的对照太少，无法比较。", f"Too few controls to compare by {en_word}.", {"looks": 0}
        )
    more, fewer = ([look for look in seen if look.verdict == verdict] for verdict in ("more", "fewer"))
    if not more and not fewer:
        zh = f"按{zh_word}看了 {len(seen)} 组，校正后没有一组有把握。"
        en = f"Of {len(seen)} groups by {en_word} none stands out once corrected for so many looks."
        return Advice(rule, UNKNOWN, zh, en, {"looks": len(seen)})
    best = max(more or fewer, key=lambda look: look.difference or 0.0)
    parts_zh = [f"增量集中在{zh_word} {', '.join(map(name, more))}"] if more else []
    parts_en = [f"What was added stands in {en_word} {', '.join(map(name, more))}"] if more else []
    if fewer:
        parts_zh.append(f"{zh_word} {', '.join(map(name, fewer))} 接触反而减少成交，下次剔除")
        parts_en.append(f"in {en_word} {', '.join(map(name, fewer))} contacts cost sales: leave it out")
    figure = {"looks": len(seen), "difference": best.difference or 0.0, "low": best.low or 0.0, "high": best.high or 0.0}
    return Advice(rule, CHANGE if fewer else KEEP, "；".join(parts_zh) + "。", "; ".join(parts_en) + ".", figure)


def _band_name(look: Look) -> str:
    return f"{look.name} ({percent(look.low_score or 0.0)}–{percent(look.high_score or 0.0)})"


RULES: tuple[Rule, ...] = (
    sample_ratio,
    effect,
    worth,
    contamination,
    bands,
    segments,
    promises,
    explored,
    capacity,
    *EXECUTION,
)
