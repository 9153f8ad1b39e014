# Who reads and writes which topic.

locals {
  topics = {
    feed    = ["ticks.v1", "marks.v1", "quarantine.v1", "stamps.v1"]
    trade_a = ["orders.v1", "features.v1", "decisions.v1", "outcomes.v1", "executions.v1", "progress.v1", "quarantine.v1"]
    trade_b = ["orders.v1", "progress.v1"]
    archive = [
      "ticks.v1", "orders.v1", "features.v1", "decisions.v1", "outcomes.v1", "executions.v1", "progress.v1",
      "quarantine.v1", "stamps.v1",
    ]
  }
}
