# One workload's rights in Kafka: named actions on named topics and groups of one cluster, and nothing else.

locals {
  # arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/UUID → the same path for topics and groups
  topics = replace(var.cluster_arn, ":cluster/", ":topic/")
  groups = replace(var.cluster_arn, ":cluster/", ":group/")
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "Connect"
    actions   = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"]
    resources = [var.cluster_arn]
  }

  dynamic "statement" {
    for_each = length(var.read) == 0 ? [] : [1]

    content {
      sid       = "Read"
      actions   = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]
      resources = [for topic in var.read : "${local.topics}/${topic}"]
    }
  }

  dynamic "statement" {
    for_each = length(var.write) == 0 ? [] : [1]

    content {
      sid       = "Write"
      actions   = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"]
      resources = [for topic in var.write : "${local.topics}/${topic}"]
    }
  }

  # Producers are idempotent (acks=all): without this right the broker refuses their first message.
  dynamic "statement" {
    for_each = length(var.write) == 0 ? [] : [1]

    content {
      sid       = "WriteIdempotently"
      actions   = ["kafka-cluster:WriteDataIdempotently"]
      resources = [var.cluster_arn]
    }
  }

  dynamic "statement" {
    for_each = length(var.groups) == 0 ? [] : [1]

    content {
      sid       = "Follow"
      actions   = ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"]
      resources = [for group in var.groups : "${local.groups}/${group}"]
    }
  }

  dynamic "statement" {
    for_each = length(var.create) == 0 ? [] : [1]

    content {
      sid       = "Provision"
      actions   = ["kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic", "kafka-cluster:AlterTopic", "kafka-cluster:DescribeTopicDynamicConfiguration", "kafka-cluster:AlterTopicDynamicConfiguration"]
      resources = [for topic in var.create : "${local.topics}/${topic}"]
    }
  }
}
