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

variable "cluster_arn" {
  description = "ECS cluster."
  type        = string
  nullable    = false
}

variable "channels" {
  description = "Channels that are archived."
  type        = list(number)
  nullable    = false
}

variable "topics" {
  description = "Topics that are archived."
  type        = list(string)
  nullable    = false
}

variable "dsn_secret_arn" {
  description = "Secret with ClickHouse's address, user and password."
  type        = string
  nullable    = false
}

variable "secrets_key_arn" {
  description = "Key of the secret."
  type        = string
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

variable "network" {
  description = "VPC, its range, the subnets that it may run in, and the prefix list of S3."
  type = object({
    vpc_id            = string
    cidr              = string
    subnet_ids        = list(string)
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
