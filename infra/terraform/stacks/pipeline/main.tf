# Everything that Penstock runs on: one Kafka, one gateway, one warehouse, one or two replicas of the job.

locals {
  tags     = merge(var.tags, { Project = var.name, ManagedBy = "terraform" })
  replicas = slice(["a", "b"], 0, var.replicas)
  logs     = { key_arn = module.kms.arns["logs"], retention_days = var.log_retention_days }

  network = {
    vpc_id            = module.network.vpc_id
    cidr              = module.network.cidr
    s3_prefix_list_id = module.network.s3_prefix_list_id
  }

  # The zone of what runs once; replica a lives there too, replica b in the next one.
  zone = var.network.zones[0]
  once = merge(local.network, { zone = local.zone, subnet_id = module.network.subnet_ids[local.zone] })

  kafka = { cluster_arn = module.kafka.arn, bootstrap = module.kafka.bootstrap }
}

module "kms" {
  source = "../../modules/kms"

  name                 = var.name
  region               = var.region
  deletion_window_days = var.protect ? 30 : 7
  tags                 = local.tags
}

module "network" {
  source = "../../modules/network"

  name               = var.name
  region             = var.region
  cidr               = var.network.cidr
  zones              = var.network.zones
  nat                = var.network.nat
  logs_key_arn       = module.kms.arns["logs"]
  log_retention_days = var.log_retention_days
  tags               = local.tags
}

module "storage" {
  source = "../../modules/storage"

  name          = var.name
  region        = var.region
  force_destroy = !var.protect
  tags          = local.tags

  buckets = {
    state  = { key_arn = module.kms.arns["state"] }
    backup = { key_arn = module.kms.arns["warehouse"], expire_days = 90 }
  }
}

module "secrets" {
  source = "../../modules/secrets"

  name                 = var.name
  key_arn              = module.kms.arns["secrets"]
  recovery_window_days = var.protect ? 30 : 0
  tags                 = local.tags

  secrets = {
    clickhouse-password = { description = "Password of ClickHouse's user", generated_version = var.clickhouse_password_version }
    clickhouse-dsn      = { description = "ClickHouse's address with user and password, for the archive; put in by the operator" }
  }
}

module "kafka" {
  source = "../../modules/kafka"

  name               = var.name
  vpc_id             = module.network.vpc_id
  subnet_ids         = [for zone in var.network.zones : module.network.subnet_ids[zone]]
  replication_factor = var.kafka.replication_factor
  brokers            = var.kafka.brokers
  key_arn            = module.kms.arns["log"]
  logs               = local.logs
  tags               = local.tags

  clients = merge(
    { gateway = module.gateway.security_group_id, archive = module.archive.security_group_id },
    var.feed == null ? {} : { feed = module.feed[0].security_group_id },
    merge([for replica in module.flink : replica.security_group_ids]...),
  )
}

module "observability" {
  source = "../../modules/observability"

  name          = var.name
  region        = var.region
  kafka_cluster = var.name
  alarm_key_arn = module.kms.arns["alarm"]
  emails        = var.alarm_emails
  limits        = var.alarm_limits
  tags          = local.tags
}
