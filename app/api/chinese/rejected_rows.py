"""Why a row of a feed's file was put aside."""

PHRASES = {
    # what stands in a cell
    "expected a value": "必须填写",
    "expected at most {} characters": "最多 {} 个字符",
    "expected at most {} characters in each code": "每个代码最多 {} 个字符",
    "expected at most {} codes": "最多 {} 个代码",
    "expected one of {}": "应为其中之一：{}",
    "expected a number from {} to {}": "应为 {} 至 {} 的数字",
    "expected a whole number from {} to {}": "应为 {} 至 {} 的整数",
    "expected a number with at most {} decimals, such as 120.50": "应为数字，最多 {} 位小数，如 120.50",
    "expected a number that a double can hold": "数字超出范围",
    "expected a finite number, text or nothing": "应为有限的数字、文字或不填",
    "expected a phone number such as 13912345678 or 022-12345678": "应为电话号码，如 13912345678 或 022-12345678",
    "expected text without control or invisible characters": "不能有控制字符或看不见的字符",
    "expected a date such as 2026-10-01": "应为日期，如 2026-10-01",
    "expected a date from {} to {}": "应为 {} 至 {} 的日期",
    "expected a month as YYYY-MM, such as 2026-10": "应为月份，如 2026-10",
    "expected a month from 1971-01 to 2098-12": "应为 1971-01 至 2098-12 的月份",
    "expected an ISO 8601 time with offset such as 2026-10-01T09:30:00+08:00": "应为带时区的时间，如 2026-10-01T09:30:00+08:00",
    "expected a time from 1971 to 2098": "应为 1971 至 2098 年的时间",
    # what the cells of a row are to each other
    "expected {} not before {}": "{} 不能早于 {}",
    "expected {} to differ from {}": "{} 不能与 {} 相同",
    "expected both {} and {}, or neither": "{} 和 {} 要一起填写，或都不填",
    "expected {} values in the row, found {}": "这一行应有 {} 个值，现有 {} 个",
    "expected quotes only around a whole value, doubled inside it (RFC 4180)": "引号只能包住整个值，值里的引号要写两次",
    # what a row refers to
    'there is no {} "{}"': "没有{}“{}”",
    'expected {}, unit "{}" keeps its kind': "应为{}：单位“{}”的类型不能变",
    'expected one company, there is "{}"': "只能有一个公司，已有“{}”",
    "expected no parent, this is the company": "公司没有上级",
    "expected the code of the {} above this {}": "应为这个{1}的上级{0}的代码",
    'expected a {} above a {}, "{}" is a {}': "{1}的上级应为{0}，“{2}”是{3}",
    "expected other products than this one": "不能包含这个产品自己",
    'expected a {} for a {}, "{}" is a {}': "{1}应属于{0}，“{2}”是{3}",
    'expected all, call, visit, sms or a product family, there is no family "{}"': (
        "应为 all、call、visit、sms 或产品族，没有产品族“{}”"
    ),
}
