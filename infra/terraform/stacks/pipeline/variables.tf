variable "name" {
  description = "Name of this pipeline, and prefix of everything in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "2 to 21 lower-case letters, digits and dashes, a letter first."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
  nullable    = false
}

variable "network" {
  description = "Address range, availability zones, and the way out (none, single, per_zone)."
  type = object({
    cidr  = optional(string, "10.20.0.0/16")
    zones = list(string)
    nat   = optional(string, "single")
  })
  nullable = false

  validation {
    condition     = alltrue([for zone in var.network.zones : startswith(zone, var.region)])
    error_message = "A zone lies in another region than ${var.region}."
  }
}

variable "channels" {
  description = "Channels: partitions of every topic, from 0 without holes."
  type        = list(number)
  nullable    = false

  validation {
    condition     = length(var.channels) > 0 && join(",", sort(formatlist("%05d", var.channels))) == join(",", formatlist("%05d", range(length(var.channels))))
    error_message = "Channels are numbered from 0 without holes, each once."
  }
}

variable "replicas" {
  description = "1, or 2 for the hot pair: the loss of either is no pause."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains([1, 2], var.replicas)
    error_message = "There is one replica, or a pair."
  }

  validation {
    condition     = var.replicas <= length(var.network.zones)
    error_message = "Two replicas in one zone end together: name at least two zones."
  }
}

variable "images" {
  description = "Images by digest: ours, ClickHouse's, and the metrics collector's (without it no metrics leave)."
  type = object({
    penstock   = string
    clickhouse = string
    collector  = optional(string)
  })
  nullable = false
}

variable "machines" {
  description = "Machines with a disk: pinned ECS-optimised image, sizes, and the warehouse's disk."
  type = object({
    ami_id         = string
    gateway        = optional(string, "m7i.large")
    clickhouse     = optional(string, "r7i.xlarge")
    clickhouse_gib = optional(number, 500)
  })
  nullable = false
}

variable "flink" {
  description = "The job: subtasks, spare TaskManagers, and a TaskManager's size."
  type = object({
    parallelism      = optional(number, 1)
    spares           = optional(number, 1)
    taskmanager_size = optional(object({ cpu = optional(number, 2048), memory_mib = optional(number, 4096) }), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.flink.parallelism <= length(var.channels)
    error_message = "${var.flink.parallelism} subtasks for ${length(var.channels)} channels: a subtask without a channel does nothing."
  }
}

variable "kafka" {
  description = "Copies of each partition, and the brokers."
  type = object({
    replication_factor = optional(number, 3)
    brokers = optional(object({
      count         = optional(number, 3)
      instance_type = optional(string, "kafka.m7g.large")
      volume_gib    = optional(number, 500)
    }), {})
  })
  default  = {}
  nullable = false
}

variable "config_path" {
  description = "Path, in the image, of the configuration that sets universe and every limit."
  type        = string
  nullable    = false
}

variable "feed" {
  description = "Recorded market data: a path in the image (a capture, Parquet, CSV or ITCH), and how many times faster than it was received; 0 = at once. Null: a feed of yours writes the logs."
  type = object({
    data = string
    pace = optional(number, 1)
  })
  default = null

  validation {
    condition     = var.feed == null || (startswith(try(var.feed.data, ""), "/") && try(var.feed.pace, -1) >= 0)
    error_message = "The feed's data is an absolute path in the image, and its pace is not negative."
  }
}

variable "clickhouse_password_version" {
  description = "Raise it to give ClickHouse a new password."
  type        = number
  default     = 1
  nullable    = false
}

variable "alarm_emails" {
  description = "Who is told of alarms."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "alarm_limits" {
  description = "Where alarms begin; see modules/observability."
  type = object({
    lag_messages_max           = optional(number, 10000)
    latency_mean_seconds_max   = optional(number, 0.1)
    checkpoint_age_seconds_max = optional(number, 60)
    restarts_max               = optional(number, 3)
    quarantined_records_max    = optional(number, 1000)
    loss_ratio_max             = optional(number, 0.5)
    notional_ratio_max         = optional(number, 0.9)
    broker_disk_percent_max    = optional(number, 75)
  })
  default  = {}
  nullable = false
}

variable "protect" {
  description = "Whether data survive a destroy: buckets with objects stay, volumes leave snapshots, secrets and keys wait."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "Days for which process, broker and flow logs are kept."
  type        = number
  default     = 365
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
