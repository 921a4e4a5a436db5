"""Why a manager may give a work order back: what each reason must show, and whether the order still counts (pure).

A work order whose return was accepted for a reason that excuses leaves the denominator of the success rate: the data were at
fault, or nobody could be asked to go on. Any other accepted return counts as a contact that did not succeed.
"""

from dataclasses import dataclass

PENDING, DATA_FAULT, EXCUSED, COUNTED = "pending:", "data_fault:", "excused:", "counted:"
LEAVES_DENOMINATOR = (DATA_FAULT, EXCUSED)  # how the close reason of such a work order begins


@dataclass(frozen=True)
class ReturnReason:
    """One reason. `needs_evidence`: a note, an attachment, or a report on this order; `verdict`: how an accepted one closes."""

    code: str
    zh: str
    en: str
    needs_evidence: bool
    verdict: str


RETURN_REASONS = {
    reason.code: reason
    for reason in (
        ReturnReason("wrong_number", "号码错误", "the number is not the customer's", True, DATA_FAULT),
        ReturnReason("wrong_address", "地址错误", "the address does not exist or is not the customer's", True, DATA_FAULT),
        ReturnReason("moved", "客户已搬离", "the customer has moved out of the territory", True, DATA_FAULT),
        ReturnReason("not_mine", "不在本网格", "the customer does not belong to this grid", False, DATA_FAULT),
        ReturnReason("duplicate", "重复客户", "the same customer under another number", True, DATA_FAULT),
        ReturnReason("has_it_already", "已办理", "the customer has the product already", True, DATA_FAULT),
        ReturnReason("unsafe", "不安全", "to go there is not safe", True, EXCUSED),
        ReturnReason("conflict_of_interest", "利益冲突", "a relative, or a quarrel with the customer", True, EXCUSED),
        ReturnReason("no_time", "时间不足", "there is no time for it", False, COUNTED),
        ReturnReason("cannot_persuade", "无法说服", "the manager sees no way to convince", False, COUNTED),
        ReturnReason("other", "其他", "anything else, in words", True, COUNTED),
    )
}


def find_return_fault(reason: str, *, has_evidence: bool) -> tuple[str, str] | None:
    """(field, what was expected) of what is wrong with a return; None where it is as it should be."""
    known = RETURN_REASONS.get(reason)
    if known is None:
        return "reason", "one of " + ", ".join(RETURN_REASONS)
    if known.needs_evidence and not has_evidence:
        return "note", f"a note, or the report or attachment that shows it, for the reason {reason}"
    return None


def closing_of(reason: str) -> str:
    """The close reason of a work order whose return for this reason was accepted."""
    return RETURN_REASONS[reason].verdict + reason


def leaves_denominator(close_reason: str | None) -> bool:
    """Whether a returned work order with this close reason counts neither as a success nor against it."""
    return (close_reason or "").startswith(LEAVES_DENOMINATOR)
