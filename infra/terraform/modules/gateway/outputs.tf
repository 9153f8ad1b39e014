output "security_group_id" {
  description = "Security group of the process, which Kafka must let in."
  value       = module.service.security_group_id
}

output "volume_id" {
  description = "Volume of the ledger."
  value       = module.host.volume_id
}

output "instance_id" {
  description = "The machine."
  value       = module.host.instance_id
}

output "log_group" {
  description = "Where the gateway logs."
  value       = module.service.log_group
}
