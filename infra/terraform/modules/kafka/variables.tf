variable "name" {
  description = "Name of the cluster."
  type        = string
  nullable    = false
}

variable "vpc_id" {
  description = "VPC of the brokers."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Private subnets, one in each availability zone."
  type        = list(string)
  nullable    = false

  validation {
    condition     = contains([2, 3], length(var.subnet_ids))
    error_message = "MSK takes subnets of 2 or 3 availability zones."
  }
}

variable "clients" {
  description = "Security group of each workload that may connect, by the workload's name."
  type        = map(string)
  nullable    = false
}

variable "kafka_version" {
  description = "Version of Kafka."
  type        = string
  default     = "3.8.x"
  nullable    = false
}

variable "replication_factor" {
  description = "Copies of each partition; one fewer must acknowledge every write."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.replication_factor >= 2
    error_message = "With fewer than 2 copies one broker's end loses acknowledged orders."
  }
}

variable "brokers" {
  description = "Number, size and disk of the brokers."
  type = object({
    count         = optional(number, 3)
    instance_type = optional(string, "kafka.m7g.large")
    volume_gib    = optional(number, 500)
  })
  default  = {}
  nullable = false
}

variable "message_bytes_max" {
  description = "Largest message: a frame of 16,384 ticks has 655,408 bytes."
  type        = number
  default     = 8388608
  nullable    = false
}

variable "key_arn" {
  description = "Key that encrypts the log at rest."
  type        = string
  nullable    = false
}

variable "logs" {
  description = "Key and retention of the brokers' own logs."
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
