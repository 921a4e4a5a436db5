// What a work order is in, and what came of a contact: for every room that shows either.
export const WORK = {
  "order_state.planned": ["待派", "planned"],
  "order_state.open": ["待联系", "open"],
  "order_state.in_progress": ["进行中", "in progress"],
  "order_state.done": ["已完成", "done"],
  "order_state.returned": ["已退回", "given back"],
  "order_state.expired": ["已过期", "expired"],
  "order_state.withdrawn": ["已撤回", "withdrawn"],
  "outcome.bought": ["已办理", "bought"],
  "outcome.refused": ["拒绝", "refused"],
  "outcome.interested": ["有意向", "interested"],
  "outcome.callback": ["约好再联系", "wants to be called again"],
  "outcome.not_reached": ["未联系上", "not reached"],
  "outcome.not_home": ["上门无人", "nobody at home"],
  "outcome.wrong_number": ["号码错误", "wrong number"],
  "outcome.moved": ["已搬离", "moved away"],
  "outcome.unsafe": ["不安全", "not safe to go there"],
} as const;
