# One table: what is watched. `missing` says what silence means. The names are those of schemas/metrics.py, or Flink's own;
# a test compares them. `dimension` is one label: the collector writes every metric also by each of its labels alone.

locals {
  process_alarms = {
    halted = {
      what      = "Trading is halted"
      metric    = "penstock_halted", dimension = {}
      statistic = "Maximum", minutes = 1, threshold = 0, missing = "ignore", comparison = "GreaterThanThreshold"
    }
    replicas-diverge = {
      what      = "The two replicas decided differently at the same position"
      metric    = "penstock_replica_divergence_total", dimension = {}
      statistic = "Maximum", minutes = 1, threshold = 0, missing = "ignore", comparison = "GreaterThanThreshold"
    }
    lag = {
      what      = "Messages of the log that the job has not taken yet, as Flink's source counts them"
      metric    = "flink_taskmanager_job_task_operator_pendingRecords", dimension = {}
      statistic = "Maximum", minutes = 3, threshold = var.limits.lag_messages_max, missing = "breaching", comparison = "GreaterThanThreshold"
    }
    order-latency = {
      what      = "Feed to broker, mean of a minute in seconds (CloudWatch keeps no quantiles of histograms)"
      metric    = "penstock_order_latency_seconds", dimension = { hop = "published_to_sent" }
      statistic = "Average", minutes = 3, threshold = var.limits.latency_mean_seconds_max, missing = "ignore", comparison = "GreaterThanThreshold"
    }
    restarts = {
      what      = "Restarts of the job"
      metric    = "flink_jobmanager_job_numRestarts", dimension = {}
      statistic = "Maximum", minutes = 1, threshold = var.limits.restarts_max, missing = "ignore", comparison = "GreaterThanThreshold"
    }
    parity = {
      what      = "Features that SQL computes differently"
      metric    = "penstock_parity_differences", dimension = {}
      statistic = "Maximum", minutes = 1, threshold = 0, missing = "ignore", comparison = "GreaterThanThreshold"
    }
    quarantine = {
      what      = "Records refused in a minute"
      metric    = "penstock_quarantined_records_total", dimension = {}
      statistic = "Sum", minutes = 5, threshold = var.limits.quarantined_records_max, missing = "ignore", comparison = "GreaterThanThreshold"
    }
    not-ready = {
      what      = "The least ready process: 0 = one runs and does not do its work"
      metric    = "penstock_ready", dimension = {}
      statistic = "Minimum", minutes = 2, threshold = 1, missing = "ignore", comparison = "LessThanThreshold"
    }
    gateway-silent = {
      what      = "Seconds since the gateway last finished a round"
      metric    = "penstock_round_age_seconds", dimension = { process = "gateway" }
      statistic = "Maximum", minutes = 2, threshold = 30, missing = "breaching", comparison = "GreaterThanThreshold"
    }
    loss = {
      what      = "Loss of the account, as a share of its limit"
      metric    = "penstock_loss_ratio", dimension = {}
      statistic = "Maximum", minutes = 1, threshold = var.limits.loss_ratio_max, missing = "breaching", comparison = "GreaterThanThreshold"
    }
    notional = {
      what      = "Largest position, as a share of its limit"
      metric    = "penstock_position_notional_ratio", dimension = {}
      statistic = "Maximum", minutes = 1, threshold = var.limits.notional_ratio_max, missing = "breaching", comparison = "GreaterThanThreshold"
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
