output "security_group_ids" {
  description = "Security groups of JobManager and TaskManagers, which Kafka must let in."
  value = {
    "jobmanager-${var.replica}"  = module.jobmanager.security_group_id
    "taskmanager-${var.replica}" = module.taskmanager.security_group_id
  }
}

output "rest" {
  description = "Where the job's REST interface answers in the VPC."
  value       = "${local.jobmanager}:8081"
}

output "properties" {
  description = "Flink's configuration, for tests and reviews."
  value       = local.properties
}

output "task_role_arns" {
  description = "Roles of the processes."
  value       = { jobmanager = module.jobmanager.task_role_arn, taskmanager = module.taskmanager.task_role_arn }
}
