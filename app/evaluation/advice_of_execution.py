"""The rules of advice.py about how a campaign was carried out (pure): contacts, objections, talk tracks, managers, pace."""

from app.evaluation.advice import CHANGE, KEEP, UNKNOWN, Advice, Figures, Rule, percent
from app.evaluation.doing_well import Ranking
from app.evaluation.funnel import Stage, share_out
from app.feedback.objections import OBJECTIONS

MOST_UNCONTACTED = 0.15
MOST_UNREACHED = 0.40
MOST_WRONG = 0.05
FEWEST_CUSTOMERS = 50  # of a stage, before a share of it is spoken of
FREQUENT_OBJECTION, FEWEST_HEARD = 0.20, 30
LEAST_WITHIN_PLAN = 0.70
NAMED = 3


def uncontacted(figures: Figures) -> Advice | None:
    """Work that was on phones and was never begun."""
    released = _stage(figures, "released")
    share = sum(released.out.values()) / released.count if released.count else 0.0
    if released.count < FEWEST_CUSTOMERS or share <= MOST_UNCONTACTED:
        return None
    zh = f"下发的工单有 {percent(share, 0)} 从未接触：每人派得少些，或延长时间。"
    en = f"{percent(share, 0)} of the work on phones was never begun: give each less, or more days."
    return Advice("uncontacted", CHANGE, zh, en, {"share": share, "released": released.count})


def unreached(figures: Figures) -> Advice | None:
    """Contacts in which nobody was spoken to."""
    contacted = _stage(figures, "contacted")
    share = sum(contacted.out.values()) / contacted.count if contacted.count else 0.0
    if contacted.count < FEWEST_CUSTOMERS or share <= MOST_UNREACHED:
        return None
    zh = f"接触的客户有 {percent(share, 0)} 未联系上：换个时段或渠道。"
    en = f"In {percent(share, 0)} of the contacts nobody was reached: try other hours or another channel."
    return Advice("unreached", CHANGE, zh, en, {"share": share, "contacted": contacted.count})


def wrong_data(figures: Figures) -> Advice | None:
    """Numbers and addresses that are the customer's no more."""
    contacted = _stage(figures, "contacted")
    share = share_out(contacted, "wrong_number", "moved")
    if contacted.count < FEWEST_CUSTOMERS or share <= MOST_WRONG:
        return None
    zh = f"{percent(share)} 的客户号码错误或已搬离：先核对资料再派单。"
    en = f"{percent(share)} had a wrong number or had moved: mend the data before the next list."
    return Advice("wrong_data", CHANGE, zh, en, {"share": share, "contacted": contacted.count})


def objection(figures: Figures) -> Advice | None:
    """What is heard so often that an answer is to be prepared."""
    if not figures.objections:
        return None
    top = figures.objections[0]
    if top.customers < FEWEST_HEARD or top.share <= FREQUENT_OBJECTION or top.code not in OBJECTIONS:
        return None
    words = OBJECTIONS[top.code]
    zh = (
        f"最常听到“{words.zh}”（{percent(top.share, 0)}，{top.customers} 人，其中 {top.bought_all_the_same} 人仍办理）："
        "话术先准备这一条。"
    )
    en = (
        f'Heard most: "{words.en}" ({percent(top.share, 0)}, {top.customers} customers, {top.bought_all_the_same} of whom bought'
        " all the same): prepare the answer to it first."
    )
    return Advice("objection", CHANGE, zh, en, {"objection": top.code, "share": top.share, "customers": top.customers})


def talk_tracks(figures: Figures) -> Advice | None:
    """Which line did better than its customers would have done anyway."""
    found = figures.talk_tracks
    if len(found.groups) < 2:
        return None
    if (said := _noise(found, "talk_tracks", "话术", "talk tracks")) is not None:
        return said
    best = [one for one in found.groups if one.verdict == "above"]
    if not best:
        return None
    line = figures.talks[int(best[0].name)]
    zh = (
        f"话术“{line.zh}”效果最好：成功指数 {best[0].index:.2f}（{best[0].low:.2f}–{best[0].high:.2f}），建议多用；"
        "它说给谁听不是随机的，可先试点。"
    )
    en = (
        f'The line "{line.en}" did best: index {best[0].index:.2f} ({best[0].low:.2f} to {best[0].high:.2f}). Use it more; who'
        " heard it was not left to chance, so try it as a pilot."
    )
    return Advice("talk_tracks", CHANGE, zh, en, {"index": best[0].index, "low": best[0].low, "high": best[0].high})


def managers(figures: Figures) -> Advice | None:
    """Whom to learn from."""
    found = figures.managers
    if len(found.groups) < 2:
        return None
    if (said := _noise(found, "managers", "经理", "managers")) is not None:
        return said
    best = [one.name for one in found.groups if one.verdict == "above"]
    if not best:
        zh, en = "经理之间有差别，但没有谁可以单独认定。", "Managers differ, yet nobody can be singled out with certainty."
        return Advice("managers", UNKNOWN, zh, en, {"p": found.p or 0.0})
    zh = f"请 {', '.join(best[:NAMED])} 讲讲做法：扣除客户差别和偶然后仍明显更好。"
    en = f"Ask {', '.join(best[:NAMED])} how they do it: better than their customers and chance explain."
    return Advice("managers", KEEP, zh, en, {"above": len(best), "p": found.p or 0.0})


def pace(figures: Figures) -> Advice | None:
    """Whether the work was done when it was planned."""
    share = figures.pace.share_within_plan
    if share is None or figures.pace.released < FEWEST_CUSTOMERS or share >= LEAST_WITHIN_PLAN:
        return None
    zh = f"只有 {percent(share, 0)} 按计划日接触：分更小的批次下发。"
    en = f"Only {percent(share, 0)} were contacted by the day planned: release in smaller waves."
    return Advice("pace", CHANGE, zh, en, {"share": share, "released": figures.pace.released})


def _noise(found: Ranking, rule: str, zh: str, en: str) -> Advice | None:
    """Said where differences are no more than chance, or too little is known to tell."""
    if found.p is None:
        return Advice(
            rule, UNKNOWN, f"{zh}之间无法比较：数据太少。", f"Nothing can be said of {en}: too few.", {"tested": found.tested}
        )
    if found.differ:
        return None
    said = f"{zh}之间的差别不超过偶然（p = {found.p:.2f}）：不要据此奖惩或更换。"
    return Advice(rule, UNKNOWN, said, f"Differences between {en} are no more than chance (p = {found.p:.2f}): neither reward"
                  " nor change for them.", {"p": found.p, "tested": found.tested})  # fmt: skip


def _stage(figures: Figures, code: str) -> Stage:
    return next(stage for stage in figures.funnel.stages if stage.code == code)


EXECUTION: tuple[Rule, ...] = (uncontacted, unreached, wrong_data, objection, talk_tracks, managers, pace)
