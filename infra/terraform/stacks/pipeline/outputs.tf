output "bootstrap" {
  description = "Kafka, for clients with IAM rights."
  value       = module.kafka.bootstrap
}

output "flink_rest" {
  description = "REST interface of each replica, inside the VPC."
  value       = { for replica, flink in module.flink : replica => flink.rest }
}

output "clickhouse_host" {
  description = "ClickHouse, inside the VPC."
  value       = module.clickhouse.host
}

output "ledger_volume_id" {
  description = "Volume of the gateway's ledger."
  value       = module.gateway.volume_id
}

output "alarm_topic_arn" {
  description = "Where alarms go."
  value       = module.observability.topic_arn
}

output "alarms" {
  description = "What is watched."
  value       = module.observability.alarms
}

output "feed_task" {
  description = "What `aws ecs run-task` needs to feed the recorded data; null without them."
  value = one([for feed in module.feed : {
    cluster         = local.cluster.name
    task_definition = feed.task_definition_arn
    subnet_id       = module.network.subnet_ids[local.zone]
    security_group  = feed.security_group_id
  }])
}

output "feed_policy" {
  description = "What a feed of yours may do in Kafka: a policy (JSON) for its role."
  value       = module.feed_access.json
}

output "topics" {
  description = "Who reads and writes which topic."
  value       = local.topics
}
