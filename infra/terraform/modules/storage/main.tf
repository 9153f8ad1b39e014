# Buckets that only TLS and only our keys can reach; every version is kept for a while, every access is logged.

data "aws_caller_identity" "current" {}

locals {
  # S3 names are global: account and region make them ours.
  names = { for bucket in keys(var.buckets) : bucket => "${var.name}-${bucket}-${data.aws_caller_identity.current.account_id}-${var.region}" }
  every = merge(aws_s3_bucket.data, { access = aws_s3_bucket.access })
}

resource "aws_s3_bucket" "data" {
  for_each = var.buckets

  #checkov:skip=CKV_AWS_144:checkpoints and backups of one region are of no use in another one; the log in Kafka is the truth
  #checkov:skip=CKV2_AWS_62:nothing waits for objects to appear
  bucket        = local.names[each.key]
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket" "access" {
  #checkov:skip=CKV_AWS_18:the bucket of access logs does not log into itself
  #checkov:skip=CKV_AWS_144:access logs stay in their region
  #checkov:skip=CKV_AWS_145:S3 writes access logs only with its own key (SSE-S3)
  #checkov:skip=CKV2_AWS_62:nothing waits for objects to appear
  bucket        = "${var.name}-access-${data.aws_caller_identity.current.account_id}-${var.region}"
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.every

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.every

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.every

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  for_each = var.buckets

  bucket = aws_s3_bucket.data[each.key].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = each.value.key_arn
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "access" {
  bucket = aws_s3_bucket.access.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_logging" "data" {
  for_each = var.buckets

  bucket        = aws_s3_bucket.data[each.key].id
  target_bucket = aws_s3_bucket.access.id
  target_prefix = "${each.key}/"

  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.every

  bucket = each.value.id

  rule {
    id     = "end-of-life"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 3
    }

    dynamic "expiration" {
      for_each = try(var.buckets[each.key].expire_days, null) == null ? [] : [var.buckets[each.key].expire_days]

      content {
        days = expiration.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
