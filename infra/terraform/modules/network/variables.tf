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

variable "cidr" {
  description = "Address range of the VPC; each subnet takes a sixteenth of it."
  type        = string
  default     = "10.20.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15)) && can(regex("/(1[6-9]|2[0-4])$", var.cidr))
    error_message = "An IPv4 range between /16 and /24 is needed, such as 10.20.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones, at most 8; the first one hosts what runs only once."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 8 && length(distinct(var.zones)) == length(var.zones)
    error_message = "2 to 8 different availability zones are needed."
  }
}

variable "nat" {
  description = "Way out of the private subnets: none, single (one NAT gateway for all zones) or per_zone."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat)
    error_message = "nat is one of none, single, per_zone."
  }
}

variable "endpoints" {
  description = "AWS services that are reached without leaving the VPC."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "kms", "logs", "secretsmanager", "sts"]
  nullable    = false
}

variable "logs_key_arn" {
  description = "Key that encrypts the flow logs."
  type        = string
  nullable    = false
}

variable "log_retention_days" {
  description = "Days for which flow logs are kept."
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
