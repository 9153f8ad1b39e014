mock_provider "aws" {
  source          = "../../tests/mocks"
  override_during = plan
}

variables {
  name        = "test"
  region      = "eu-central-1"
  network     = { zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  channels    = [0, 1]
  images      = { penstock = "r/p@sha256:0000000000000000000000000000000000000000000000000000000000000000", clickhouse = "r/c@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  machines    = { ami_id = "ami-0123456789abcdef0" }
  config_path = "/etc/penstock/test.toml"
}

run "channels_with_a_hole_are_refused" {
  command = plan

  variables {
    channels = [0, 2]
  }

  expect_failures = [var.channels]
}

run "three_replicas_are_refused" {
  command = plan

  variables {
    replicas = 3
  }

  expect_failures = [var.replicas]
}

run "a_pair_in_one_zone_is_refused" {
  command = plan

  variables {
    network  = { zones = ["eu-central-1a"] }
    replicas = 2
  }

  expect_failures = [var.replicas]
}

run "zones_of_another_region_are_refused" {
  command = plan

  variables {
    network = { zones = ["us-east-1a", "us-east-1b"] }
  }

  expect_failures = [var.network]
}

run "subtasks_without_a_channel_are_refused" {
  command = plan

  variables {
    flink = { parallelism = 3 }
  }

  expect_failures = [var.flink]
}
