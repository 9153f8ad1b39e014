mock_provider "aws" {
  source          = "../../tests/mocks"
  override_during = plan
}

variables {
  name       = "test"
  vpc_id     = "vpc-1"
  subnet_ids = ["subnet-a", "subnet-b", "subnet-c"]
  clients    = { gateway = "sg-1" }
  key_arn    = "arn:aws:kms:eu-central-1:123456789012:key/1"
  logs       = { key_arn = "arn:aws:kms:eu-central-1:123456789012:key/2" }
}

run "loses_nothing" {
  command = plan

  assert {
    condition = alltrue([
      output.server_properties["auto.create.topics.enable"] == "false",
      output.server_properties["unclean.leader.election.enable"] == "false",
      output.server_properties["min.insync.replicas"] == "2",
      output.server_properties["default.replication.factor"] == "3",
    ])
    error_message = "Acknowledged records could be lost, or topics appear by themselves."
  }

  assert {
    condition     = aws_msk_cluster.this.client_authentication[0].sasl[0].iam && !aws_msk_cluster.this.client_authentication[0].unauthenticated
    error_message = "Only IAM may connect."
  }

  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS"
    error_message = "Plain text must not be possible."
  }
}

run "one_copy_is_refused" {
  command = plan

  variables {
    replication_factor = 1
  }

  expect_failures = [var.replication_factor]
}

run "more_copies_than_brokers_are_refused" {
  command = plan

  variables {
    replication_factor = 4
  }

  expect_failures = [aws_msk_cluster.this]
}

run "brokers_that_do_not_divide_among_zones_are_refused" {
  command = plan

  variables {
    brokers = { count = 4 }
  }

  expect_failures = [aws_msk_cluster.this]
}
