# The gateway: one process on one machine with one volume, which holds the ledger. It is never two: ECS stops the old one
# before it starts the new one, the volume is attached to one machine, and the ledger's lock admits one process.

locals {
  exchange = var.exchange == null ? [] : [{
    name         = "exchange"
    metrics_port = 9109
    command = [
      "exchange", "--bootstrap", var.kafka.bootstrap, "--channels", join(",", var.exchange.channels),
      "--folder", "/var/lib/penstock", "--metrics", "9109",
    ]
  }]
}

module "access" {
  source = "../kafka_access"

  cluster_arn = var.kafka.cluster_arn
  read        = ["ticks.v1", "orders.v1", "marks.v1", "progress.v1"]
  write       = ["ticks.v1", "quarantine.v1", "stamps.v1"]
}

module "host" {
  source = "../host"

  name              = "${var.name}-gateway"
  region            = var.region
  zone              = var.network.zone
  subnet_id         = var.network.subnet_id
  vpc_id            = var.network.vpc_id
  vpc_cidr          = var.network.cidr
  s3_prefix_list_id = var.network.s3_prefix_list_id
  ami_id            = var.machine.ami_id
  instance_type     = var.machine.instance_type
  cluster           = var.cluster
  attribute         = "gateway"
  volume            = var.volume
  tags              = var.tags
}

module "service" {
  source = "../service"

  name              = "${var.name}/gateway"
  image             = var.image
  command           = ["gateway", "--bootstrap", var.kafka.bootstrap, "--config", var.config_path, "--folder", "/var/lib/penstock", "--metrics", "9108"]
  environment       = { PENSTOCK_KAFKA_AUTH = "iam", AWS_REGION = var.region }
  beside            = local.exchange
  secrets           = var.secrets
  secrets_key_arn   = var.secrets_key_arn
  policies          = [module.access.json]
  size              = var.size
  host              = { attribute = "gateway", path = "/var/lib/penstock", mount = "/var/lib/penstock" }
  reaches_internet  = true
  metrics           = var.collector_image == null ? null : { port = 9108, collector_image = var.collector_image }
  region            = var.region
  cluster_arn       = var.cluster.arn
  vpc_id            = var.network.vpc_id
  vpc_cidr          = var.network.cidr
  subnet_ids        = [var.network.subnet_id]
  s3_prefix_list_id = var.network.s3_prefix_list_id
  logs              = var.logs
  tags              = var.tags
}
