# Development: one replica, small machines; a destroy leaves nothing.

terraform {
  # Filled in by -backend-config=backend.hcl: the bucket is yours.
  backend "s3" {
    key          = "penstock/dev.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

locals {
  own = {
    name     = "dev"
    nat      = "single"
    channels = [0, 1]
    replicas = 1
    machines = { gateway = "t3.medium", clickhouse = "t3.xlarge", clickhouse_gib = 50 }
    flink    = { parallelism = 1, spares = 0 }
    protect  = false
  }
}
