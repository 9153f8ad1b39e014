output "host" {
  description = "Name under which ClickHouse answers in the VPC."
  value       = "clickhouse.${var.discovery.namespace}"
}

output "volume_id" {
  description = "Volume of the warehouse."
  value       = module.host.volume_id
}

output "security_group_id" {
  description = "Security group of the process."
  value       = module.service.security_group_id
}
