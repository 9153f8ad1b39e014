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
  description = "ClickHouse's image, by digest."
  type        = string
  nullable    = false
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
    instance_type = optional(string, "r7i.xlarge")
  })
  nullable = false
}

variable "volume" {
  description = "Disk of the warehouse: size, speed, key, and whether destroying leaves a snapshot."
  type = object({
    gib            = optional(number, 500)
    iops           = optional(number, 6000)
    throughput_mib = optional(number, 250)
    key_arn        = string
    final_snapshot = optional(bool, true)
  })
  nullable = false
}

variable "size" {
  description = "What the process may take of the machine."
  type = object({
    cpu        = optional(number, 3072)
    memory_mib = optional(number, 24576)
  })
  default  = {}
  nullable = false
}

variable "network" {
  description = "VPC, its range, the one zone and subnet of ClickHouse, and the prefix list of S3."
  type = object({
    vpc_id            = string
    cidr              = string
    zone              = string
    subnet_id         = string
    s3_prefix_list_id = string
  })
  nullable = false
}

variable "discovery" {
  description = "Cloud Map namespace in which ClickHouse is found."
  type = object({
    namespace_id = string
    namespace    = string
  })
  nullable = false
}

variable "password_secret_arn" {
  description = "Secret with the password of ClickHouse's user."
  type        = string
  nullable    = false
}

variable "secrets_key_arn" {
  description = "Key of the secret."
  type        = string
  nullable    = false
}

variable "backup" {
  description = "Bucket that ClickHouse's own BACKUP may write to."
  type = object({
    arn     = string
    key_arn = string
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
