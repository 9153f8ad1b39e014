# One replica of the job: a Flink cluster of our own image in application mode, in one zone, with its checkpoints in S3.
# Two uses of this module, in two zones, are the hot pair; nothing is shared between them but Kafka.

locals {
  checkpoints = "s3://${var.checkpoints.bucket}/${var.replica}"
  host        = "jobmanager-${var.replica}"
  jobmanager  = "${local.host}.${var.discovery.namespace}"

  properties = {
    "jobmanager.rpc.address"                                    = local.jobmanager
    "jobmanager.rpc.port"                                       = "6123"
    "blob.server.port"                                          = "6124"
    "rest.port"                                                 = "8081"
    "taskmanager.rpc.port"                                      = "6122"
    "taskmanager.data.port"                                     = "6121"
    "taskmanager.numberOfTaskSlots"                             = "1"
    "parallelism.default"                                       = tostring(var.parallelism)
    "execution.checkpointing.dir"                               = "${local.checkpoints}/checkpoints"
    "execution.checkpointing.savepoint-dir"                     = "${local.checkpoints}/savepoints"
    "execution.checkpointing.externalized-checkpoint-retention" = "RETAIN_ON_CANCELLATION"
    "metrics.reporters"                                         = "prometheus"
    "metrics.reporter.prometheus.factory.class"                 = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
    "metrics.reporter.prometheus.port"                          = "9249"
  }

  environment = {
    FLINK_PROPERTIES    = join("\n", [for key, value in local.properties : "${key}: ${value}"])
    PENSTOCK_KAFKA_AUTH = "iam"
    AWS_REGION          = var.region
  }

  policies = [module.access.json, data.aws_iam_policy_document.checkpoints.json]
}

module "access" {
  source = "../kafka_access"

  cluster_arn = var.kafka.cluster_arn
  read        = ["ticks.v1"]
  write       = var.writes
  groups      = ["penstock-trade", "penstock-trade-${var.replica}"]
}

data "aws_iam_policy_document" "checkpoints" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [var.checkpoints.arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.replica}/*"]
    }
  }

  statement {
    sid       = "Keep"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${var.checkpoints.arn}/${var.replica}/*"]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.checkpoints.key_arn]
  }
}

module "jobmanager" {
  source = "../service"

  name              = "${var.name}/jobmanager-${var.replica}"
  command           = concat(["jobmanager", "--bootstrap", var.kafka.bootstrap, "--channels", join(",", var.channels)], ["--replica", var.replica])
  environment       = local.environment
  policies          = local.policies
  size              = var.jobmanager_size
  desired_count     = 1
  discovery         = { namespace_id = var.discovery.namespace_id, host = local.host }
  metrics           = var.collector_image == null ? null : { port = 9249, collector_image = var.collector_image }
  ports             = [{ port = 6123, what = "Flink RPC" }, { port = 6124, what = "Flink blobs" }, { port = 8081, what = "Flink REST" }]
  image             = var.image
  region            = var.region
  cluster_arn       = var.cluster_arn
  vpc_id            = var.network.vpc_id
  vpc_cidr          = var.network.cidr
  subnet_ids        = [var.network.subnet_id]
  s3_prefix_list_id = var.network.s3_prefix_list_id
  logs              = var.logs
  tags              = var.tags
}

module "taskmanager" {
  source = "../service"

  name              = "${var.name}/taskmanager-${var.replica}"
  command           = ["taskmanager"]
  environment       = local.environment
  policies          = local.policies
  size              = var.taskmanager_size
  desired_count     = var.parallelism + var.spares
  metrics           = var.collector_image == null ? null : { port = 9249, collector_image = var.collector_image }
  ports             = [{ port = 6121, what = "Flink data" }, { port = 6122, what = "Flink RPC" }]
  image             = var.image
  region            = var.region
  cluster_arn       = var.cluster_arn
  vpc_id            = var.network.vpc_id
  vpc_cidr          = var.network.cidr
  subnet_ids        = [var.network.subnet_id]
  s3_prefix_list_id = var.network.s3_prefix_list_id
  logs              = var.logs
  tags              = var.tags
}
