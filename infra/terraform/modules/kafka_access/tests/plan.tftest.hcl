mock_provider "aws" {
  source          = "../../tests/mocks"
  override_during = plan
}

variables {
  cluster_arn = "arn:aws:kafka:eu-central-1:123456789012:cluster/test/1-1"
  read        = ["ticks.v1"]
  write       = ["orders.v1"]
  groups      = ["penstock-trade"]
}

run "names_every_topic" {
  command = plan

  assert {
    condition = toset(flatten([for one in data.aws_iam_policy_document.this.statement : one.resources])) == toset([
      "arn:aws:kafka:eu-central-1:123456789012:cluster/test/1-1",
      "arn:aws:kafka:eu-central-1:123456789012:topic/test/1-1/ticks.v1",
      "arn:aws:kafka:eu-central-1:123456789012:topic/test/1-1/orders.v1",
      "arn:aws:kafka:eu-central-1:123456789012:group/test/1-1/penstock-trade",
    ])
    error_message = "A right reaches further than the workload's own topics and groups."
  }
}

run "wildcards_are_refused" {
  command = plan

  variables {
    read = ["*"]
  }

  expect_failures = [var.read]
}

run "another_service_is_refused" {
  command = plan

  variables {
    cluster_arn = "arn:aws:s3:::bucket"
  }

  expect_failures = [var.cluster_arn]
}
