# The least that runs: one replica, one channel, no way out of the VPC.

provider "aws" {
  region = "eu-central-1"
}

module "pipeline" {
  source = "../../stacks/pipeline"

  name        = "minimal"
  region      = "eu-central-1"
  network     = { zones = ["eu-central-1a", "eu-central-1b"], nat = "none" }
  channels    = [0]
  replicas    = 1
  kafka       = { replication_factor = 2, brokers = { count = 2 } }
  images      = { penstock = local.image, clickhouse = local.image }
  machines    = { ami_id = "ami-0123456789abcdef0" }
  flink       = { spares = 0 }
  config_path = "/etc/penstock/demo.toml"
  protect     = false
}

locals {
  image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/penstock@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}
