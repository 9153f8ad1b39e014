# The hot pair over three zones, with alarms, metrics, NAT in each zone, and recorded data to feed.

provider "aws" {
  region = "eu-central-1"
}

variable "spares" {
  description = "Spare TaskManagers of each replica."
  type        = number
  default     = 1
}

module "pipeline" {
  source = "../../stacks/pipeline"

  name         = "complete"
  region       = "eu-central-1"
  network      = { zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"], nat = "per_zone" }
  channels     = [0, 1, 2, 3]
  replicas     = 2
  kafka        = { replication_factor = 3, brokers = { count = 3, instance_type = "kafka.m7g.xlarge", volume_gib = 1000 } }
  images       = { penstock = local.image, clickhouse = local.image, collector = local.image }
  machines     = { ami_id = "ami-0123456789abcdef0", gateway = "m7i.large", clickhouse = "r7i.2xlarge", clickhouse_gib = 2000 }
  flink        = { parallelism = 4, spares = var.spares }
  config_path  = "/etc/penstock/demo.toml"
  feed         = { data = "/var/lib/penstock/capture", pace = 4 }
  alarm_emails = ["desk@example.com"]
  alarm_limits = { loss_ratio_max = 0.3 }
  protect      = false
  tags         = { Owner = "desk" }
}

output "pipeline" {
  description = "Addresses and alarms."
  value       = module.pipeline
}

locals {
  image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/penstock@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}
