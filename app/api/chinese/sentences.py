"""Sentences that say more than the code alone does: what is in which state, what is in the way, which month or day."""

PHRASES = {
    # campaigns
    "The campaign {} is {}: expected draft. Revise it first.": "活动 {} 现为“{}”，只有草稿能修改，请先撤回修改",
    "The campaign {} is {}: expected {}.": "活动 {} 现为“{}”，要先是“{}”",
    "The campaign {} is {}: expected closed or evaluated.": "活动 {} 现为“{}”，要先结束",
    "The campaign {} is {}: expected approved, scheduled or running.": "活动 {} 现为“{}”，要先审批",
    "To {} the campaign {} is not for the role {}.": "活动 {1} 的“{0}”不由{2}来做",
    "The orders of {} mature on {}: evaluate it after that day.": "{} 的订单到 {} 才成熟，请在那之后评估",
    "{} does not fit into what is free: {}.": "{} 的空闲人力不够：{}",
    "{} has room for {} of {}": "{} 可容纳 {}，需要 {}",
    "The preview of {} takes too long to wait for: request it.": "{} 的预览耗时太长，请提交请求",
    "The contact policy {} cannot be approved: version {} is.": "接触规则 {} 不能批准：第 {} 版已批准",
    "code: there is no campaign {}": "没有代码为 {} 的营销活动",
    "code: there is a campaign {}": "已有代码为 {} 的营销活动",
    "code: the campaign {} has no pilot": "活动 {} 没有试点",
    "programme: there is no campaign of the programme {} that is not over": "组合 {} 没有未结束的活动",
    "programme: no campaign of a programme {} was evaluated": "组合 {} 还没有评估过的活动",
    "code: there is no evaluation of a campaign {}": "活动 {} 还没有评估",
    "version: there is no version {} of this campaign": "这个活动没有第 {} 版",
    "list_rule: {}": "名单规则：{}",
    "code: there is no tag {}": "没有代码为 {} 的标签在使用",
    "code: there is no metric {}": "没有代码为 {} 的指标",
    "product: there is no product {}": "没有代码为 {} 的产品",
    "unit: there is no unit {} of yours": "没有代码为 {} 的单位，或不归您管",
    "staff_no: there is nobody with the number {}": "没有工号为 {} 的人",
    # work orders
    "It is {}: {} is not possible.": "工单现为“{}”，不能“{}”",
    "The work order is {}: it cannot be {}.": "工单现为“{}”，不能变为“{}”",
    "The work order is {}: there is nothing to decide.": "工单现为“{}”，没有要决定的",
    "The work order is in the pool: it is nobody's to give back.": "工单在公共池，不能退回",
    "The work order cannot be {}: {}.": "工单不能变为“{}”：{}",
    "The customer must not be contacted for this: {}.": "不能为此联系这位客户：{}",
    "Its time is over.": "工单已过期",
    "to_staff_no: {} has no free day left in its time.": "{} 在到期前没有空闲的日子",
    "It was decided on another day.": "不是今天决定的",
    "The work order was worked on or moved since.": "之后工单已有人处理或转走",
    "The work order is on the phone of its manager already.": "工单已经在经理的手机上",
    "The customer had asked not to be disturbed before this contact, and the work order was withdrawn.": (
        "联系之前客户已要求免打扰，工单已撤回"
    ),
    "The handover is {}: expected {}.": "交接现为“{}”，要先是“{}”",
    "The new manager does not work in the grid on that day, by the staff feed.": "按人员数据，新经理那天不在这个网格工作",
    "The work order cannot be reopened: another one holds this customer now.": "这位客户现在有另一张工单，不能重新打开",
    # points
    "The month {} is not over.": "{} 还没有结束",
    "The month {} has entries and is still open: close it first.": "{} 有流水还没有关账，请先关账",
    "The month {} is closed already.": "{} 已经关账",
    "The month {} stays open: {}.": "{} 不能关账，没有通过的检查：{}",
    "The month {} is not closed: only closed months can be pulled.": "{} 还没有关账，只能拉取已关账的月份",
    "Lines of {} could be disputed until {}.": "{} 的积分可以提出异议到 {}",
    "No correction of {} waits to be paid.": "{} 没有待发放的更正",
    "Plan {} was approved for this scope from {} on.": "同一范围从 {1} 起已批准方案 {0}，请换一个生效月",
    "The plan {} is {}: expected {}.": "方案 {} 现为“{}”，要先是“{}”",
    "The first month {} has begun: expected {} or later.": "生效月 {} 已经开始，请选 {} 或之后",
    # rankers, feeds, jobs, the system
    "product: expected one with a champion, {} has none; promote a ranker first": "{} 还没有冠军，请先设一个排序器为冠军",
    "product: expected one with a champion for {}, {} has none; promote a ranker first": (
        "{1} 还没有“{0}”的冠军，请先设一个排序器为冠军"
    ),
    "product: expected one that had another champion before, {} had none": "{} 之前没有别的冠军",
    "version: there is no ranker {} of {}": "{1} 没有编号为 {0} 的排序器",
    "features: expected snapshots of days before {}, there are none": "没有 {} 之前的客户数据",
    "ranker {} is blocked: {}": "排序器 {} 已停用：{}",
    "This full load would remove {} of {} rows of {} ({}), more than {}: if that is meant, force it.": (
        "全量文件会删除 {2} 的 {1} 行中的 {0} 行（{3}），超过 {4}；确实如此请强制导入"
    ),
    "The job {} is running already.": "任务 {} 正在运行",
    "name: there is a webhook {}": "已有名为 {} 的推送地址",
    "name: there is no webhook {}": "没有名为 {} 的推送地址",
    "The delivery {} is {}: only a dead one can be replayed.": "推送 {} 现为“{}”，只有失败的能重发",
    "The database does not answer.": "数据库没有回应",
    "The database was never migrated: run 'gridwork migrate'.": "数据库还没有升级：请运行 gridwork migrate",
    "The database has schema {}, this code needs {}: run 'gridwork migrate'.": (
        "数据库版本是 {}，程序需要 {}：请运行 gridwork migrate"
    ),
}
