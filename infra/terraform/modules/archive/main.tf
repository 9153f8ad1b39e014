# The archive: one process that writes the channels' logs and everything made of them into ClickHouse.

module "access" {
  source = "../kafka_access"

  cluster_arn = var.kafka.cluster_arn
  read        = var.topics
}

module "service" {
  source = "../service"

  name              = "${var.name}/archive"
  image             = var.image
  command           = ["archive", "--bootstrap", var.kafka.bootstrap, "--channels", join(",", var.channels), "--metrics", "9108"]
  environment       = { PENSTOCK_KAFKA_AUTH = "iam", AWS_REGION = var.region }
  secrets           = { PENSTOCK_DSN = var.dsn_secret_arn }
  secrets_key_arn   = var.secrets_key_arn
  policies          = [module.access.json]
  size              = var.size
  metrics           = var.collector_image == null ? null : { port = 9108, collector_image = var.collector_image }
  region            = var.region
  cluster_arn       = var.cluster_arn
  vpc_id            = var.network.vpc_id
  vpc_cidr          = var.network.cidr
  subnet_ids        = var.network.subnet_ids
  s3_prefix_list_id = var.network.s3_prefix_list_id
  logs              = var.logs
  tags              = var.tags
}
