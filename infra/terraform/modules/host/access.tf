data "aws_partition" "current" {}

resource "aws_security_group" "this" {
  name        = "${var.name}-host"
  description = "${var.name}: nothing reaches the machine, only its processes"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = var.name })
}

resource "aws_vpc_security_group_egress_rule" "vpc" {
  security_group_id = aws_security_group.this.id
  description       = "Brokers, endpoints and peers in the VPC"
  cidr_ipv4         = var.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = 0
  to_port           = 65535
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = var.reaches_internet ? { all = "0.0.0.0/0" } : { s3 = "s3" }

  security_group_id = aws_security_group.this.id
  description       = each.key == "all" ? "HTTPS to the broker, by NAT" : "HTTPS to S3, by its gateway endpoint"
  cidr_ipv4         = each.key == "all" ? each.value : null
  prefix_list_id    = each.key == "s3" ? var.s3_prefix_list_id : null
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

# What the ECS agent needs; the processes have roles of their own.
data "aws_iam_policy_document" "agent" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken and ecs:DiscoverPollEndpoint know no resource
  statement {
    sid       = "Find"
    actions   = ["ecr:GetAuthorizationToken", "ecs:DiscoverPollEndpoint"]
    resources = ["*"]
  }

  statement {
    sid       = "Join"
    actions   = ["ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance"]
    resources = [var.cluster.arn]
  }

  statement {
    sid       = "Work"
    actions   = ["ecs:Poll", "ecs:StartTelemetrySession", "ecs:SubmitTaskStateChange", "ecs:SubmitContainerStateChange", "ecs:SubmitAttachmentStateChanges", "ecs:UpdateContainerInstancesState"]
    resources = ["arn:${data.aws_partition.current.partition}:ecs:${var.region}:*:container-instance/${var.cluster.name}/*", var.cluster.arn]
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-host"
  assume_role_policy = data.aws_iam_policy_document.assume.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "host"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.agent.json
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.name}-host"
  role = aws_iam_role.this.name
  tags = var.tags
}
