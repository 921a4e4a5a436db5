export const ANALYSIS = {
  "metrics.title": ["指标库", "Metrics"],
  "metrics.lead": [
    "每个数字怎么算、谁负责、从哪里来。各处同名同义。",
    "How each figure is computed, who answers for it, where it comes from.",
  ],
  "metrics.search": ["查找指标", "Find a metric"],
  "metrics.name": ["指标", "Metric"],
} as const;
