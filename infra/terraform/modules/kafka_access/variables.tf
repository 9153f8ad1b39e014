variable "cluster_arn" {
  description = "ARN of the MSK cluster."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex(":kafka:[^:]*:[^:]*:cluster/[^/]+/[^/]+$", var.cluster_arn))
    error_message = "Not the ARN of an MSK cluster (arn:…:kafka:REGION:ACCOUNT:cluster/NAME/ID)."
  }
}

variable "read" {
  description = "Topics that the workload reads."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for topic in concat(var.read, var.write, var.create) : can(regex("^[a-z]+\\.v[0-9]+$", topic))])
    error_message = "A topic is named like ticks.v1; wildcards are not allowed."
  }
}

variable "write" {
  description = "Topics that the workload writes."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "create" {
  description = "Topics that the workload may create and configure (the provisioning task)."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "groups" {
  description = "Consumer groups that the workload commits as."
  type        = list(string)
  default     = []
  nullable    = false
}
