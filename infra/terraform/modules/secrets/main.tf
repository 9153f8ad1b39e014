# Names, keys and first values; no value ever reaches the state: passwords are made by AWS and written write-only, API keys
# are put in by the operator.

ephemeral "aws_secretsmanager_random_password" "generated" {
  password_length     = 40
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "this" {
  for_each = var.secrets

  #checkov:skip=CKV2_AWS_57:rotation needs a function of its own for each peer; the version number below rotates a generated one
  name                    = "${var.name}/${each.key}"
  description             = each.value.description
  kms_key_id              = var.key_arn
  recovery_window_in_days = var.recovery_window_days
  tags                    = var.tags
}

resource "aws_secretsmanager_secret_version" "generated" {
  for_each = { for secret, one in var.secrets : secret => one if one.generated_version > 0 }

  secret_id                = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.generated.random_password
  secret_string_wo_version = each.value.generated_version
}
