# ClickHouse on one machine with one volume: the warehouse can be rebuilt from the log, so it is not replicated.

module "host" {
  source = "../host"

  name              = "${var.name}-clickhouse"
  region            = var.region
  zone              = var.network.zone
  subnet_id         = var.network.subnet_id
  vpc_id            = var.network.vpc_id
  vpc_cidr          = var.network.cidr
  s3_prefix_list_id = var.network.s3_prefix_list_id
  ami_id            = var.machine.ami_id
  instance_type     = var.machine.instance_type
  cluster           = var.cluster
  attribute         = "clickhouse"
  volume            = var.volume
  tags              = var.tags
}

data "aws_iam_policy_document" "backup" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [var.backup.arn]
  }

  statement {
    sid       = "Keep"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${var.backup.arn}/clickhouse/*"]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.backup.key_arn]
  }
}

module "service" {
  source = "../service"

  name              = "${var.name}/clickhouse"
  image             = var.image
  command           = []
  environment       = { CLICKHOUSE_USER = "penstock", CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT = "0" }
  secrets           = { CLICKHOUSE_PASSWORD = var.password_secret_arn }
  secrets_key_arn   = var.secrets_key_arn
  policies          = [data.aws_iam_policy_document.backup.json]
  size              = var.size
  host              = { attribute = "clickhouse", path = "/var/lib/penstock", mount = "/var/lib/clickhouse" }
  discovery         = { namespace_id = var.discovery.namespace_id, host = "clickhouse" }
  ports             = [{ port = 8443, what = "ClickHouse over TLS" }]
  region            = var.region
  cluster_arn       = var.cluster.arn
  vpc_id            = var.network.vpc_id
  vpc_cidr          = var.network.cidr
  subnet_ids        = [var.network.subnet_id]
  s3_prefix_list_id = var.network.s3_prefix_list_id
  logs              = var.logs
  tags              = var.tags
}
