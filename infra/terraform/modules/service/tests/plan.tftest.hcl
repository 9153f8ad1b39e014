mock_provider "aws" {
  source          = "../../tests/mocks"
  override_during = plan
}

variables {
  name              = "test/archive"
  region            = "eu-central-1"
  cluster_arn       = "arn:aws:ecs:eu-central-1:123456789012:cluster/test"
  image             = "r/p@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  command           = ["archive"]
  vpc_id            = "vpc-1"
  vpc_cidr          = "10.20.0.0/16"
  subnet_ids        = ["subnet-a"]
  s3_prefix_list_id = "pl-1"
  logs              = { key_arn = "arn:aws:kms:eu-central-1:123456789012:key/2" }
}

run "never_runs_twice" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.deployment_maximum_percent == 100 && aws_ecs_service.this.deployment_minimum_healthy_percent == 0
    error_message = "The old one must end before the new one starts."
  }

  assert {
    condition     = alltrue([for one in jsondecode(aws_ecs_task_definition.this.container_definitions) : one.readonlyRootFilesystem && one.user == "10001:10001"])
    error_message = "Every container runs as an ordinary user on a read-only root."
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.https) == 1 && aws_vpc_security_group_egress_rule.https["s3"].cidr_ipv4 == null
    error_message = "Only what needs the outside may reach it."
  }
}

run "an_image_by_tag_is_refused" {
  command = plan

  variables {
    image = "r/p:latest"
  }

  expect_failures = [var.image]
}
