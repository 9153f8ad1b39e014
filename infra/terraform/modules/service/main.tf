# One process on Fargate, or on a machine of its own where it keeps a disk: its own roles, its own security group, its own log, a read-only root file system.

locals {
  on_host = var.host != null
  ports   = [for port in var.ports : { containerPort = port.port, protocol = "tcp" }]

  # They share the task's network, and its volume where there is one; when one of them ends, the task does.
  commands  = concat([{ name = "process", command = var.command, ports = local.ports }], [for one in var.beside : merge(one, { ports = [] })])
  processes = [for one in local.commands : merge(local.container, { name = one.name, command = one.command, portMappings = one.ports })]

  container = {
    image                  = var.image
    essential              = true
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    stopTimeout            = 120
    environment            = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]
    secrets                = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]
    mountPoints = concat(
      [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }],
      local.on_host ? [{ sourceVolume = "data", containerPath = var.host.mount, readOnly = false }] : [],
    )
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "process"
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.logs.key_arn
  tags              = var.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = replace(var.name, "/", "-")
  requires_compatibilities = [local.on_host ? "EC2" : "FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory_mib
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode(concat(local.processes, local.collector))
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  volume {
    name = "tmp"
  }

  dynamic "volume" {
    for_each = local.on_host ? [var.host.path] : []

    content {
      name      = "data"
      host_path = volume.value
    }
  }
}

resource "aws_ecs_service" "this" {
  name                               = replace(var.name, "/", "-")
  cluster                            = var.cluster_arn
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.desired_count
  launch_type                        = local.on_host ? "EC2" : "FARGATE"
  platform_version                   = local.on_host ? null : "1.4.0"
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  availability_zone_rebalancing      = "DISABLED"
  propagate_tags                     = "SERVICE"
  enable_execute_command             = false
  tags                               = var.tags

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = false
  }

  dynamic "placement_constraints" {
    for_each = local.on_host ? [var.host.attribute] : []

    content {
      type       = "memberOf"
      expression = "attribute:penstock == ${placement_constraints.value}"
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.this

    content {
      registry_arn = service_registries.value.arn
    }
  }
}

resource "aws_service_discovery_service" "this" {
  count = var.discovery == null ? 0 : 1

  name = var.discovery.host
  tags = var.tags

  dns_config {
    namespace_id   = var.discovery.namespace_id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 5
    }
  }
}
