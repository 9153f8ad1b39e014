output "arns" {
  description = "ARN of each secret."
  value       = { for secret, one in aws_secretsmanager_secret.this : secret => one.arn }
}
