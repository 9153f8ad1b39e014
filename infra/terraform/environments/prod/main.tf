# Production: the hot pair over three zones; data survive a destroy.

terraform {
  # Filled in by -backend-config=backend.hcl: the bucket is yours.
  backend "s3" {
    key          = "penstock/prod.tfstate"
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

  name         = "penstock-prod"
  region       = var.region
  network      = { zones = [for letter in ["a", "b", "c"] : "${var.region}${letter}"], nat = "per_zone" }
  channels     = [0, 1]
  replicas     = 2
  images       = var.images
  machines     = { ami_id = var.ami_id }
  flink        = { parallelism = 2, spares = 1 }
  config_path  = "/etc/penstock/prod.toml"
  protect      = true
  alarm_emails = var.alarm_emails
  tags         = { Environment = "prod" }
}

output "pipeline" {
  description = "Addresses."
  value       = module.pipeline
}
