# One table: what is watched. `missing` says what silence means.

locals {
  process_alarms = {
    halted = {
      what      = "Trading is halted"
      metric    = "penstock_halted", job = null
      statistic = "Maximum", minutes = 1, threshold = 0, missing = "ignore"
    }
    replicas-diverge = {
      what      = "The two replicas decided differently at the same position"
      metric    = "penstock_replica_divergence_total", job = "gateway"
      statistic = "Maximum", minutes = 1, threshold = 0, missing = "ignore"
    }
    lag = {
      what      = "Records that the job has not decided yet"
      metric    = "penstock_lag_records", job = null
      statistic = "Maximum", minutes = 3, threshold = var.limits.lag_records_max, missing = "breaching"
    }
    decision-latency = {
      what      = "Feed to decision, 99th percentile, in seconds"
      metric    = "penstock_decision_latency_p99_seconds", job = null
      statistic = "Maximum", minutes = 3, threshold = var.limits.latency_p99_seconds_max, missing = "ignore"
    }
    checkpoint-age = {
      what      = "Seconds since the last completed checkpoint"
      metric    = "penstock_checkpoint_age_seconds", job = null
      statistic = "Maximum", minutes = 2, threshold = var.limits.checkpoint_age_seconds_max, missing = "breaching"
    }
    restarts = {
      what      = "Restarts of the job"
      metric    = "flink_jobmanager_job_numRestarts", job = null
      statistic = "Maximum", minutes = 1, threshold = var.limits.restarts_max, missing = "ignore"
    }
    parity = {
      what      = "Features that SQL computes differently"
      metric    = "penstock_parity_differences_total", job = null
      statistic = "Maximum", minutes = 1, threshold = 0, missing = "ignore"
    }
    quarantine = {
      what      = "Records refused in a minute"
      metric    = "penstock_quarantined_records_total", job = null
      statistic = "Sum", minutes = 5, threshold = var.limits.quarantined_records_max, missing = "ignore"
    }
    gateway-silent = {
      what      = "Seconds since the gateway last finished a round"
      metric    = "penstock_round_age_seconds", job = "gateway"
      statistic = "Maximum", minutes = 2, threshold = 30, missing = "breaching"
    }
    loss = {
      what      = "Loss of the account, as a share of its limit"
      metric    = "penstock_loss_ratio", job = "gateway"
      statistic = "Maximum", minutes = 1, threshold = var.limits.loss_ratio_max, missing = "breaching"
    }
    notional = {
      what      = "Largest position, as a share of its limit"
      metric    = "penstock_position_notional_ratio", job = "gateway"
      statistic = "Maximum", minutes = 1, threshold = var.limits.notional_ratio_max, missing = "breaching"
    }
  }

  broker_alarms = {
    under-replicated = {
      what   = "Partitions with fewer copies than they should have"
      metric = "UnderReplicatedPartitions", threshold = 0, comparison = "GreaterThanThreshold"
    }
    offline = {
      what   = "Partitions without a leader: those channels stand still"
      metric = "OfflinePartitionsCount", threshold = 0, comparison = "GreaterThanThreshold"
    }
    controller = {
      what   = "No controller, or two"
      metric = "ActiveControllerCount", threshold = 1, comparison = "LessThanThreshold"
    }
    disk = {
      what   = "Disk of the brokers in use, per cent"
      metric = "KafkaDataLogsDiskUsed", threshold = var.limits.broker_disk_percent_max, comparison = "GreaterThanThreshold"
    }
  }
}
