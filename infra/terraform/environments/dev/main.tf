# Development: one replica, small machines; a destroy leaves nothing.

terraform {
  # Filled in by -backend-config=backend.hcl: the bucket is yours.
  backend "s3" {
    key          = "penstock/dev.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

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

module "pipeline" {
  source = "../../stacks/pipeline"

  name         = "penstock-dev"
  region       = var.region
  network      = { zones = [for letter in ["a", "b", "c"] : "${var.region}${letter}"], nat = "single" }
  channels     = [0, 1]
  replicas     = 1
  images       = var.images
  machines     = { ami_id = var.ami_id, gateway = "t3.medium", clickhouse = "t3.xlarge", clickhouse_gib = 50 }
  flink        = { parallelism = 1, spares = 0 }
  config_path  = "/etc/penstock/dev.toml"
  protect      = false
  alarm_emails = var.alarm_emails
  tags         = { Environment = "dev" }
}

output "pipeline" {
  description = "Addresses."
  value       = module.pipeline
}
