# What every environment has; each links this file, and its main.tf says what is its own: where the state lies, and `local.own`.

provider "aws" {
  region = var.region
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"
}

variable "images" {
  description = "Images by digest."
  type = object({
    penstock   = string
    clickhouse = string
    collector  = optional(string)
  })
}

variable "ami_id" {
  description = "Pinned ECS-optimised machine image of the region."
  type        = string
}

variable "alarm_emails" {
  description = "Who is told of alarms."
  type        = set(string)
  default     = []
}

variable "feed" {
  description = "Recorded market data to feed; see stacks/pipeline."
  type = object({
    data = string
    pace = optional(number, 1)
  })
  default = null
}

module "pipeline" {
  source = "../../stacks/pipeline"

  name         = "penstock-${local.own.name}"
  region       = var.region
  network      = { zones = [for letter in ["a", "b", "c"] : "${var.region}${letter}"], nat = local.own.nat }
  channels     = local.own.channels
  replicas     = local.own.replicas
  images       = var.images
  machines     = merge({ ami_id = var.ami_id }, local.own.machines)
  flink        = local.own.flink
  config_path  = "/etc/penstock/${local.own.name}.toml"
  feed         = var.feed
  protect      = local.own.protect
  alarm_emails = var.alarm_emails
  tags         = { Environment = local.own.name }
}

output "pipeline" {
  description = "Addresses."
  value       = module.pipeline
}
