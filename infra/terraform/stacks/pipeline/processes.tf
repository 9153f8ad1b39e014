# What runs, and what each may read and write in Kafka (schemas/topics.py says the same; a test compares them).

resource "aws_ecs_cluster" "this" {
  name = var.name
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_service_discovery_private_dns_namespace" "this" {
  name        = "${var.name}.internal"
  description = "Names of ${var.name}'s processes inside the VPC"
  vpc         = module.network.vpc_id
  tags        = local.tags
}

locals {
  fed       = var.feed == null ? [] : ["--data", var.feed.data, "--pace", tostring(var.feed.pace)]
  cluster   = { name = aws_ecs_cluster.this.name, arn = aws_ecs_cluster.this.arn }
  discovery = { namespace_id = aws_service_discovery_private_dns_namespace.this.id, namespace = "${var.name}.internal" }
}

module "flink" {
  source   = "../../modules/flink"
  for_each = toset(local.replicas)

  name             = var.name
  region           = var.region
  replica          = each.key
  image            = var.images.penstock
  collector_image  = var.images.collector
  cluster_arn      = local.cluster.arn
  network          = merge(local.network, { subnet_id = module.network.subnet_ids[var.network.zones[each.key == "a" ? 0 : 1]] })
  discovery        = local.discovery
  kafka            = local.kafka
  writes           = each.key == "a" ? local.topics.trade_a : local.topics.trade_b
  channels         = var.channels
  parallelism      = var.flink.parallelism
  spares           = var.flink.spares
  taskmanager_size = var.flink.taskmanager_size
  checkpoints      = merge({ key_arn = module.kms.arns["state"], bucket = module.storage.buckets["state"].name, arn = module.storage.buckets["state"].arn })
  logs             = local.logs
  tags             = merge(local.tags, { Replica = each.key })
}

module "gateway" {
  source = "../../modules/gateway"

  name            = var.name
  region          = var.region
  image           = var.images.penstock
  collector_image = var.images.collector
  config_path     = var.config_path
  cluster         = local.cluster
  machine         = { ami_id = var.machines.ami_id, instance_type = var.machines.gateway }
  volume          = { key_arn = module.kms.arns["ledger"], final_snapshot = var.protect }
  network         = local.once
  kafka           = local.kafka
  exchange        = { channels = var.channels } # this release connects no real broker
  logs            = local.logs
  tags            = local.tags
}

module "clickhouse" {
  source = "../../modules/clickhouse"

  name                = var.name
  region              = var.region
  image               = var.images.clickhouse
  cluster             = local.cluster
  machine             = { ami_id = var.machines.ami_id, instance_type = var.machines.clickhouse }
  volume              = { gib = var.machines.clickhouse_gib, key_arn = module.kms.arns["warehouse"], final_snapshot = var.protect }
  network             = local.once
  discovery           = local.discovery
  password_secret_arn = module.secrets.arns["clickhouse-password"]
  secrets_key_arn     = module.kms.arns["secrets"]
  backup              = { arn = module.storage.buckets["backup"].arn, key_arn = module.kms.arns["warehouse"] }
  logs                = local.logs
  tags                = local.tags
}

module "archive" {
  source = "../../modules/archive"

  name            = var.name
  region          = var.region
  image           = var.images.penstock
  collector_image = var.images.collector
  cluster_arn     = local.cluster.arn
  channels        = var.channels
  topics          = local.topics.archive
  dsn_secret_arn  = module.secrets.arns["clickhouse-dsn"]
  secrets_key_arn = module.kms.arns["secrets"]
  network         = merge(local.network, { subnet_ids = [module.network.subnet_ids[local.zone]] })
  kafka           = local.kafka
  logs            = local.logs
  tags            = local.tags
}

module "feed_access" {
  source = "../../modules/kafka_access"

  cluster_arn = module.kafka.arn
  read        = local.topics.feed
  write       = local.topics.feed
}

# A feed of recorded data ends with its data, so no service keeps it running: it is a task to run, once or more.
module "feed" {
  source = "../../modules/service"
  count  = var.feed == null ? 0 : 1

  name              = "${var.name}/feed"
  region            = var.region
  image             = var.images.penstock
  command           = concat(["feed", "--bootstrap", module.kafka.bootstrap, "--config", var.config_path, "--metrics", "9108"], local.fed)
  desired_count     = 0
  environment       = { PENSTOCK_KAFKA_AUTH = "iam", AWS_REGION = var.region }
  policies          = [module.feed_access.json]
  metrics           = var.images.collector == null ? null : { port = 9108, collector_image = var.images.collector }
  cluster_arn       = local.cluster.arn
  vpc_id            = module.network.vpc_id
  vpc_cidr          = module.network.cidr
  subnet_ids        = [module.network.subnet_ids[local.zone]]
  s3_prefix_list_id = module.network.s3_prefix_list_id
  logs              = local.logs
  tags              = local.tags
}
