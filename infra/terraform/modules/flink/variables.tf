variable "name" {
  description = "Prefix of every name."
  type        = string
  nullable    = false
}

variable "region" {
  description = "AWS region."
  type        = string
  nullable    = false
}

variable "replica" {
  description = "Which of the hot pair this is: a writes everything, b writes orders and progress only."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["a", "b"], var.replica)
    error_message = "A replica is a or b."
  }
}

variable "image" {
  description = "Our image, by digest."
  type        = string
  nullable    = false
}

variable "collector_image" {
  description = "Image of the metrics collector, by digest; without it no metrics leave."
  type        = string
  default     = null
}

variable "cluster_arn" {
  description = "ECS cluster."
  type        = string
  nullable    = false
}

variable "network" {
  description = "VPC, its range, the one subnet of this replica, and the prefix list of S3."
  type = object({
    vpc_id            = string
    cidr              = string
    subnet_id         = string
    s3_prefix_list_id = string
  })
  nullable = false
}

variable "discovery" {
  description = "Cloud Map namespace in which the JobManager is found."
  type = object({
    namespace_id = string
    namespace    = string
  })
  nullable = false
}

variable "kafka" {
  description = "The MSK cluster: ARN and bootstrap addresses."
  type = object({
    cluster_arn = string
    bootstrap   = string
  })
  nullable = false
}

variable "writes" {
  description = "Topics that this replica writes."
  type        = list(string)
  nullable    = false
}

variable "channels" {
  description = "Channels that the job decides."
  type        = list(number)
  nullable    = false

  validation {
    condition     = length(var.channels) > 0 && length(distinct(var.channels)) == length(var.channels)
    error_message = "At least one channel, each once."
  }
}

variable "parallelism" {
  description = "Subtasks, each in a TaskManager of its own: one interpreter a JVM."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.parallelism >= 1 && var.parallelism <= 128 && var.parallelism <= length(var.channels)
    error_message = "1 to 128, and no more than there are channels: a subtask without a channel does nothing."
  }
}

variable "spares" {
  description = "TaskManagers beyond the parallelism, warm for the one that dies."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.spares >= 0 && var.spares <= 8
    error_message = "0 to 8 spares."
  }
}

variable "checkpoints" {
  description = "Bucket of checkpoints and savepoints; this replica uses its own prefix only."
  type = object({
    bucket  = string
    arn     = string
    key_arn = string
  })
  nullable = false
}

variable "jobmanager_size" {
  description = "Size of the JobManager."
  type = object({
    cpu        = optional(number, 512)
    memory_mib = optional(number, 2048)
  })
  default  = {}
  nullable = false
}

variable "taskmanager_size" {
  description = "Size of a TaskManager."
  type = object({
    cpu        = optional(number, 2048)
    memory_mib = optional(number, 4096)
  })
  default  = {}
  nullable = false
}

variable "logs" {
  description = "Key and retention of the logs."
  type = object({
    key_arn        = string
    retention_days = optional(number, 365)
  })
  nullable = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
