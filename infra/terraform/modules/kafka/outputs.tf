output "arn" {
  description = "ARN of the cluster; policies are made from it."
  value       = aws_msk_cluster.this.arn
}

output "bootstrap" {
  description = "Bootstrap addresses for IAM clients."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_iam
}

output "server_properties" {
  description = "What the brokers are told, for tests and reviews."
  value       = local.server_properties
}
