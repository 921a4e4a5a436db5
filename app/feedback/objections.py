"""What customers say against an offer, and what can be answered (pure). The answers are talk track: to be said, not sent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Objection:
    """One objection in Chinese and English, with what a manager may answer."""

    code: str
    zh: str
    en: str
    answer_zh: str
    answer_en: str


OBJECTIONS = {
    objection.code: objection
    for objection in (
        Objection(
            "no_need",
            "不需要",
            "needs nothing",
            "明白。您家现在上网和手机一个月大概花多少？我用一分钟帮您对一下，不划算您就不用换。",
            "I see. What do internet and phones cost you a month? Let me compare; if it saves nothing, keep what you have.",
        ),
        Objection(
            "too_expensive",
            "太贵",
            "too expensive",
            "您说的是。除了这一档还有低一档的，我把两档每月差多少、少了什么说给您听，您自己挑。",
            "Fair enough. There is a smaller plan too: I will say what each costs and what it leaves out, and you choose.",
        ),
        Objection(
            "competitor",
            "在用别家",
            "is with another operator",
            "用别家也没关系。您那边合约哪天到期？我记下来，到期前再给您一个对比，现在不用办。",
            "That is fine. When does that contract end? I will bring you a comparison before it; nothing to sign now.",
        ),
        Objection(
            "under_contract",
            "合约未到期",
            "bound by a contract",
            "那现在换要付违约金，不合算，我不劝您换。告诉我到期的月份，到时我再来。",
            "Then leaving now would cost you a fee: I advise against it. Tell me the month in which it ends; I will call then.",
        ),
        Objection(
            "bad_experience",
            "以前体验不好",
            "had a bad experience",
            "给您添麻烦了。是网速、断线还是收费？您说具体点，我先把这件事报修，修好了再谈别的。",
            "I am sorry. Was it the speed, the drop-outs or the bill? Tell me, and I will have that mended first.",
        ),
        Objection(
            "not_the_decider",
            "做不了主",
            "somebody else decides",
            "没问题，家里谁拿主意？方便的话您给个时间，我等他在的时候再打，一次说清楚。",
            "No problem. Who decides at home, and when is a good time? I will call when they are there and explain it once.",
        ),
        Objection(
            "moving_away",
            "准备搬走",
            "is about to move",
            "搬到哪个小区？移机可以一起办，旧的地方不多收钱；搬出本市我就不再打扰。",
            "Where to? We can move the line with you, at no double cost; if it is another city I will not bother you again.",
        ),
        Objection(
            "wants_no_contact",
            "不愿被打扰",
            "wants no more contact",
            "对不起打扰了。我现在就登记免打扰，以后不会再为这件事联系您。",
            "I am sorry to have disturbed you. I am noting it down now: you will not be contacted about this again.",
        ),
        Objection(
            "other",
            "其他",
            "something else",
            "谢谢您直说，我记下来，弄清楚了再给您回话。",
            "Thank you for saying so. I will write it down, find out, and come back to you with an answer.",
        ),
    )
}
