output "arns" {
  description = "ARN of the key of each class."
  value       = { for class, key in aws_kms_key.class : class => key.arn }
}
