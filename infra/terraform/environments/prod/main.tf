# Production: the hot pair over three zones; data survive a destroy.

terraform {
  # Filled in by -backend-config=backend.hcl: the bucket is yours.
  backend "s3" {
    key          = "penstock/prod.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

locals {
  own = {
    name     = "prod"
    nat      = "per_zone"
    channels = [0, 1]
    replicas = 2
    machines = {}
    flink    = { parallelism = 2, spares = 1 }
    protect  = true
  }
}
