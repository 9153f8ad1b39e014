output "security_group_id" {
  description = "Security group of the process."
  value       = aws_security_group.this.id
}

output "log_group" {
  description = "Where it logs."
  value       = aws_cloudwatch_log_group.this.name
}

output "service" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.this.name
}

output "task_role_arn" {
  description = "Role of the process."
  value       = aws_iam_role.task.arn
}

output "task_definition_arn" {
  description = "Task definition, this very revision."
  value       = aws_ecs_task_definition.this.arn
}
