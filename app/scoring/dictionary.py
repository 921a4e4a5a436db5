"""What people call the figures of a customer, in Chinese and English (pure).

The operator's own words come first, then these, then the column's name made readable. A column is found here whatever its
case and its separators: MonthlyCharges, monthly_charges and `monthly charges` are one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

NOT_KNOWN = ("未知", "not known")
NEVER = ("从未", "never")
DAYS = ("天", "days")
MONTHS = ("个月", "months")
TIMES = ("次", "times")
YUAN = ("元", "yuan")
MINUTES = ("分钟", "minutes")
NO_UNIT = ("", "")


@dataclass(frozen=True)
class Word:
    """A feature's name and unit, and what it means where there is no value; each in both languages.

    `is_share`: a number from 0 to 1 that is said in per cent.
    """

    zh: str
    en: str
    unit_zh: str = ""
    unit_en: str = ""
    missing: tuple[str, str] = NOT_KNOWN
    is_share: bool = False


def _word(zh: str, en: str, unit: tuple[str, str] = NO_UNIT, missing: tuple[str, str] = NOT_KNOWN) -> Word:
    return Word(zh, en, *unit, missing)


_OURS = {
    "days_since_last_contact": _word("距上次联系", "Time since the last contact", DAYS, ("从未联系过", "never contacted")),
    "contacts_before": _word("以往联系", "Contacts so far", TIMES),
    "days_since_last_order": _word("距上次订购", "Time since the last order", DAYS, ("从未订购过", "never ordered")),
    "orders_before": _word("以往订购", "Orders so far", TIMES),
    "products_held": _word("在用产品", "Products held", ("个", "")),
    "tenure_days": _word("在网时长", "Time with us", DAYS),
    "segment": _word("客户类型", "Segment"),
    "lifecycle": _word("生命周期", "Life cycle"),
    "lifecycle_stage": _word("客户阶段", "Stage", missing=("从未用过产品", "never held a product")),
    "monthly_value": _word("每月价值", "Value a month", YUAN),
    "value_change": _word("半年来每月价值的变化", "Change of the value a month in half a year", YUAN),
    "neighbours": _word("常联系的客户", "Customers in touch with", ("位", "")),
    "neighbours_share": Word("联系人中已使用的比例", "Of the contacts have it", "%", "%", ("没有联系人", "no contacts"), True),
    "neighbours_adopted_90d": _word("近90天新使用的联系人", "Contacts who took it in 90 days", ("位", "")),
    "days_since_neighbour_adopted": _word(
        "距联系人最近一次开通", "Time since a contact took it", DAYS, ("没有人开通", "none has it")
    ),
}
_USAGE = {
    "data_gb": _word("每月流量", "Mobile data a month", ("GB", "GB")),
    "usage_gb": _word("每月流量", "Data a month", ("GB", "GB")),
    "voice_minutes": _word("每月通话", "Calls a month", MINUTES),
    "total_day_minutes": _word("白天通话", "Calls by day", MINUTES),
    "total_eve_minutes": _word("晚间通话", "Calls in the evening", MINUTES),
    "total_night_minutes": _word("夜间通话", "Calls at night", MINUTES),
    "total_intl_minutes": _word("国际通话", "International calls", MINUTES),
    "total_day_calls": _word("白天通话次数", "Number of calls by day", TIMES),
    "total_eve_calls": _word("晚间通话次数", "Number of calls in the evening", TIMES),
    "total_night_calls": _word("夜间通话次数", "Number of calls at night", TIMES),
    "total_intl_calls": _word("国际通话次数", "Number of international calls", TIMES),
    "number_vmail_messages": _word("语音留言", "Voice messages", ("条", "")),
    "number_customer_service_calls": _word("拨打客服", "Calls to customer service", TIMES),
    "roaming_days": _word("漫游天数", "Days abroad", DAYS),
    "silent_days": _word("无使用天数", "Days without use", DAYS),
    "complaints": _word("投诉", "Complaints", TIMES),
    "days_since_complaint": _word("距上次投诉", "Time since the last complaint", DAYS, ("从未投诉过", "never complained")),
    "speed_tests_30d": _word("近30天网速测试", "Speed tests in 30 days", TIMES),
    "usage": _word("使用量", "Usage"),
}
_BILL = {
    "fee": _word("月费", "Monthly fee", YUAN),
    "monthly_fee": _word("月费", "Monthly fee", YUAN),
    "monthly_charges": _word("月费", "Monthly charges", YUAN),
    "total_charges": _word("累计费用", "Charges so far", YUAN),
    "total_day_charge": _word("白天通话费", "Charge for calls by day", YUAN),
    "total_eve_charge": _word("晚间通话费", "Charge for calls in the evening", YUAN),
    "total_night_charge": _word("夜间通话费", "Charge for calls at night", YUAN),
    "total_intl_charge": _word("国际通话费", "Charge for international calls", YUAN),
    "arpu": _word("月均收入", "Average monthly bill", YUAN),
    "balance": _word("账户余额", "Balance", YUAN),
    "late_payer": _word("曾迟缴费", "Paid late"),
    "overdue_days": _word("欠费天数", "Days overdue", DAYS),
    "payment_method": _word("付款方式", "Way of paying"),
    "paperless_billing": _word("电子账单", "Paperless bill"),
}
_CONTRACT = {
    "tenure": _word("在网时长", "Time with us", MONTHS),
    "tenure_months": _word("在网时长", "Time with us", MONTHS),
    "account_length": _word("在网时长", "Time with us", DAYS),
    "contract": _word("合约类型", "Contract"),
    "months_to_contract_end": _word("合约剩余", "Contract ends in", MONTHS, ("无合约", "no contract")),
    "contract_days_left": _word("合约剩余", "Contract ends in", DAYS),
    "contract_months_left": _word("合约剩余", "Contract ends in", MONTHS),
    "phone_service": _word("固定电话", "Telephone"),
    "multiple_lines": _word("多条线路", "Several lines"),
    "internet_service": _word("宽带类型", "Internet"),
    "online_security": _word("安全服务", "Online security"),
    "online_backup": _word("云备份", "Online backup"),
    "device_protection": _word("设备保障", "Device protection"),
    "tech_support": _word("技术支持", "Technical support"),
    "streaming_tv": _word("在线电视", "Streaming television"),
    "streaming_movies": _word("在线电影", "Streaming films"),
    "international_plan": _word("国际套餐", "International plan"),
    "voice_mail_plan": _word("语音信箱", "Voice mail plan"),
    "plan": _word("套餐", "Plan"),
    "router_age_months": _word("路由器使用时间", "Age of the router", MONTHS),
    "device_tier": _word("终端档次", "Class of the phone"),
    "has_tv": _word("已有电视业务", "Has television"),
    "bandwidth_mbps": _word("宽带速率", "Bandwidth", ("Mbps", "Mbps")),
}
_PERSON = {
    "age": _word("年龄", "Age", ("岁", "years")),
    "gender": _word("性别", "Gender"),
    "senior_citizen": _word("老年客户", "Senior citizen"),
    "household_size": _word("家庭人数", "People in the household"),
    "partner": _word("有伴侣", "Partner"),
    "dependents": _word("有家属", "Dependents"),
    "job": _word("职业", "Job"),
    "marital": _word("婚姻状况", "Marital status"),
    "education": _word("教育程度", "Education"),
    "housing": _word("住房贷款", "Housing loan"),
    "loan": _word("个人贷款", "Personal loan"),
    "default": _word("信用违约", "Credit in default"),
    "pdays": _word("距上次营销联系", "Time since the last campaign's contact", DAYS, ("从未联系过", "never contacted")),
    "previous": _word("以往营销联系", "Contacts of earlier campaigns", TIMES),
    "poutcome": _word("上次营销结果", "Outcome of the last campaign"),
    "campaign": _word("本次营销联系", "Contacts in this campaign", TIMES),
}


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold().removeprefix("features."))


BUILT_IN: Mapping[str, Word] = {
    _key(name): word for part in (_OURS, _USAGE, _BILL, _CONTRACT, _PERSON) for name, word in part.items()
}


def word_of(feature: str, own: Mapping[str, Word]) -> Word:
    """The word for a feature: the operator's, else ours, else its name made readable."""
    return own.get(feature) or BUILT_IN.get(_key(feature)) or _readable(feature)


def is_described(feature: str, own: Mapping[str, Word]) -> bool:
    """Is there a word for it, other than its own name?"""
    return feature in own or _key(feature) in BUILT_IN


def _readable(feature: str) -> Word:
    """`nr_employed` and `NrEmployed` become `Nr employed`."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", feature.removeprefix("features."))
    words = re.sub(r"[\s_.\-]+", " ", parts).strip().lower() or feature
    return Word(words, words[:1].upper() + words[1:])
