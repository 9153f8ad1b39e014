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

variable "config_path" {
  description = "Path, in the image, of the configuration that sets every limit; there is no default for what can lose money."
  type        = string
  nullable    = false
}

variable "exchange" {
  description = "The simulated exchange beside the gateway, for a run on paper: the channels that it reads. Null: none, and then no order leaves, for this release has no other broker."
  type = object({
    channels = list(number)
  })

  validation {
    condition     = var.exchange == null || length(try(var.exchange.channels, [])) > 0
    error_message = "An exchange without a channel takes no order: name the gateway's channels, or null."
  }
}

variable "cluster" {
  description = "ECS cluster."
  type = object({
    name = string
    arn  = string
  })
  nullable = false
}

variable "machine" {
  description = "Pinned ECS-optimised image and size of the machine."
  type = object({
    ami_id        = string
    instance_type = optional(string, "m7i.large")
  })
  nullable = false
}

variable "volume" {
  description = "Disk of the ledger: size, key, and whether destroying leaves a snapshot."
  type = object({
    gib            = optional(number, 50)
    key_arn        = string
    final_snapshot = optional(bool, true)
  })
  nullable = false
}

variable "size" {
  description = "What the process may take of the machine."
  type = object({
    cpu        = optional(number, 1024)
    memory_mib = optional(number, 4096)
  })
  default  = {}
  nullable = false
}

variable "network" {
  description = "VPC, its range, the one zone and subnet of the gateway, and the prefix list of S3."
  type = object({
    vpc_id            = string
    cidr              = string
    zone              = string
    subnet_id         = string
    s3_prefix_list_id = string
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

variable "secrets" {
  description = "Environment from secrets, name of the variable, ARN of the secret."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets_key_arn" {
  description = "Key of the secrets; needed when there are some."
  type        = string
  default     = null
}

variable "logs" {
  description = "Key and retention of the log."
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
