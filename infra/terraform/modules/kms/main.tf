# One customer-managed key for each class of data, so that access to one class can be taken away without the others.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  root    = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root"

  # AWS services that encrypt in our name without one of our roles: by class, service and what ties it to this account.
  services = {
    logs  = ["logs.${var.region}.amazonaws.com"]
    alarm = ["cloudwatch.amazonaws.com", "sns.amazonaws.com"]
  }
}

data "aws_iam_policy_document" "key" {
  for_each = var.classes

  #checkov:skip=CKV_AWS_111:a key policy is attached to its key, "*" is that key alone
  #checkov:skip=CKV_AWS_356:a key policy is attached to its key, "*" is that key alone
  #checkov:skip=CKV_AWS_109:the account's root must be able to administer the key, else it is lost with its last user
  statement {
    sid       = "AccountAdministers"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  dynamic "statement" {
    for_each = lookup(local.services, each.key, null) == null ? [] : [local.services[each.key]]

    content {
      sid       = "ServicesEncrypt"
      actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = statement.value
      }

      condition {
        test     = each.key == "logs" ? "ArnLike" : "StringEquals"
        variable = each.key == "logs" ? "kms:EncryptionContext:aws:logs:arn" : "aws:SourceAccount"
        values = [
          each.key == "logs"
          ? "arn:${data.aws_partition.current.partition}:logs:${var.region}:${local.account}:log-group:*"
          : local.account
        ]
      }
    }
  }
}

resource "aws_kms_key" "class" {
  for_each = var.classes

  description             = "${var.name}: ${each.value}"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.key[each.key].json
  tags                    = var.tags
}

resource "aws_kms_alias" "class" {
  for_each = var.classes

  name          = "alias/${var.name}-${each.key}"
  target_key_id = aws_kms_key.class[each.key].key_id
}
