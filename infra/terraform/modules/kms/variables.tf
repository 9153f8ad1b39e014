variable "name" {
  description = "Prefix of every alias."
  type        = string
  nullable    = false
}

variable "region" {
  description = "AWS region."
  type        = string
  nullable    = false
}

variable "classes" {
  description = "Classes of data and what they hold; `logs` and `alarm` are also usable by CloudWatch and SNS."
  type        = map(string)
  default = {
    log       = "the channels' log in Kafka"
    state     = "Flink checkpoints and savepoints"
    ledger    = "the gateway's ledger"
    warehouse = "ClickHouse"
    secrets   = "passwords and API keys"
    logs      = "process logs"
    alarm     = "alarm messages"
  }
  nullable = false

  validation {
    condition     = alltrue([for class in keys(var.classes) : can(regex("^[a-z][a-z0-9-]{0,20}$", class))])
    error_message = "A class is named by lower-case letters, digits and dashes, a letter first."
  }
}

variable "deletion_window_days" {
  description = "Days in which the deletion of a key can be taken back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "AWS allows 7 to 30 days."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
