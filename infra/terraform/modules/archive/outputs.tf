output "security_group_id" {
  description = "Security group of the process, which Kafka must let in."
  value       = module.service.security_group_id
}

output "log_group" {
  description = "Where the archive logs."
  value       = module.service.log_group
}
