# The sequencer: a channel's log must never lose or reorder what it acknowledged.

locals {
  server_properties = {
    "auto.create.topics.enable"      = "false"
    "default.replication.factor"     = tostring(var.replication_factor)
    "min.insync.replicas"            = tostring(var.replication_factor - 1)
    "unclean.leader.election.enable" = "false"
    "message.max.bytes"              = tostring(var.message_bytes_max)
    "replica.fetch.max.bytes"        = tostring(var.message_bytes_max)
  }
}

resource "aws_msk_configuration" "this" {
  name              = var.name
  kafka_versions    = [var.kafka_version]
  server_properties = join("\n", [for key, value in local.server_properties : "${key}=${value}"])
}

resource "aws_cloudwatch_log_group" "broker" {
  name              = "/${var.name}/kafka"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.logs.key_arn
  tags              = var.tags
}

resource "aws_security_group" "broker" {
  name        = "${var.name}-kafka"
  description = "Kafka brokers: IAM-authenticated TLS from named workloads"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-kafka" })
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id            = aws_security_group.broker.id
  description                  = "Kafka (IAM) from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 9098
  to_port                      = 9098
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = var.kafka_version
  number_of_broker_nodes = var.brokers.count
  enhanced_monitoring    = "PER_TOPIC_PER_PARTITION"
  tags                   = var.tags

  broker_node_group_info {
    instance_type   = var.brokers.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [aws_security_group.broker.id]

    storage_info {
      ebs_storage_info {
        volume_size = var.brokers.volume_gib
      }
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  client_authentication {
    sasl {
      iam = true
    }

    unauthenticated = false
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.key_arn

    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.broker.name
      }
    }
  }

  lifecycle {
    precondition {
      condition     = var.brokers.count >= var.replication_factor
      error_message = "${var.brokers.count} brokers cannot hold ${var.replication_factor} replicas of a partition."
    }

    precondition {
      condition     = var.brokers.count % length(var.subnet_ids) == 0
      error_message = "MSK spreads brokers evenly: ${var.brokers.count} brokers do not divide among ${length(var.subnet_ids)} zones."
    }
  }
}
