output "topic_arn" {
  description = "Where alarms go."
  value       = aws_sns_topic.alarms.arn
}

output "alarms" {
  description = "Every alarm of this module, for tests and reviews."
  value       = concat(["checkpoint-age"], sort(keys(local.process_alarms)), sort(keys(local.broker_alarms)))
}
