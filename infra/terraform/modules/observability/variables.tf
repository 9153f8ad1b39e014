variable "name" {
  description = "Prefix of every alarm, and the dashboard's name."
  type        = string
  nullable    = false
}

variable "region" {
  description = "AWS region."
  type        = string
  nullable    = false
}

variable "alarm_key_arn" {
  description = "Key that encrypts the alarm messages."
  type        = string
  nullable    = false
}

variable "emails" {
  description = "Who is told; each must confirm."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "kafka_cluster" {
  description = "Name of the MSK cluster."
  type        = string
  nullable    = false
}

variable "limits" {
  description = "Where the alarms begin; shares are of the gateway's own limits, so below 1 warns before it refuses."
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

  validation {
    condition     = var.limits.loss_ratio_max > 0 && var.limits.loss_ratio_max <= 1 && var.limits.notional_ratio_max > 0 && var.limits.notional_ratio_max <= 1
    error_message = "A share of a limit lies above 0 and is at most 1."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
