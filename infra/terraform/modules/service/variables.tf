variable "name" {
  description = "Name of the process, such as penstock/archive."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9/-]{1,50}$", var.name))
    error_message = "2 to 51 lower-case letters, digits, dashes and slashes, a letter first."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
  nullable    = false
}

variable "cluster_arn" {
  description = "ECS cluster."
  type        = string
  nullable    = false
}

variable "image" {
  description = "Image by digest, so that what runs is what was tested."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "An image is named by digest (…@sha256:…): a tag may point to something else tomorrow."
  }
}

variable "command" {
  description = "What the container runs."
  type        = list(string)
  nullable    = false
}

variable "beside" {
  description = "Further processes of the image in the same task: name, command, and port of its Prometheus page."
  type = list(object({
    name         = string
    command      = list(string)
    metrics_port = number
  }))
  default  = []
  nullable = false

  validation {
    condition     = length(distinct([for one in var.beside : one.metrics_port])) == length(var.beside) && !contains([for one in var.beside : one.name], "process")
    error_message = "Each process beside has a port of its own, and none is named process."
  }
}

variable "environment" {
  description = "Environment; nothing secret."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets" {
  description = "Environment from secrets: name of the variable, ARN of the secret."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets_key_arn" {
  description = "Key of the secrets; needed when there are some."
  type        = string
  default     = null
}

variable "policies" {
  description = "Policies (JSON) of what the process itself may do."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "size" {
  description = "Size: CPU units (1,024 = one core) and memory."
  type = object({
    cpu        = optional(number, 1024)
    memory_mib = optional(number, 4096)
  })
  default  = {}
  nullable = false
}

variable "host" {
  description = "Machine to run on instead of Fargate: its ECS attribute, the folder of its volume, and where that is mounted."
  type = object({
    attribute = string
    path      = string
    mount     = string
  })
  default = null
}

variable "desired_count" {
  description = "How many of it run."
  type        = number
  default     = 1
  nullable    = false
}

variable "vpc_id" {
  description = "VPC."
  type        = string
  nullable    = false
}

variable "vpc_cidr" {
  description = "Address range of the VPC."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Private subnets that it may run in."
  type        = list(string)
  nullable    = false
}

variable "ports" {
  description = "Ports that it listens on for others in the VPC, and what for."
  type = list(object({
    port = number
    what = string
  }))
  default  = []
  nullable = false
}

variable "reaches_internet" {
  description = "Whether it may speak HTTPS to the outside (it still needs NAT)."
  type        = bool
  default     = false
  nullable    = false
}

variable "s3_prefix_list_id" {
  description = "Prefix list of S3 in this region."
  type        = string
  nullable    = false
}

variable "discovery" {
  description = "Private DNS name under a Cloud Map namespace."
  type = object({
    namespace_id = string
    host         = string
  })
  default = null
}

variable "metrics" {
  description = "Port of the process's Prometheus page, and the collector's image by digest."
  type = object({
    port            = number
    collector_image = string
  })
  default = null
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
