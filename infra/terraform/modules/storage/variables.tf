variable "name" {
  description = "Prefix of every bucket name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "2 to 21 lower-case letters, digits and dashes, a letter first: S3 names have 63 characters."
  }
}

variable "region" {
  description = "AWS region, part of every bucket name."
  type        = string
  nullable    = false
}

variable "buckets" {
  description = "Buckets: the key that encrypts them, and after how many days objects end (never, when left out)."
  type = map(object({
    key_arn     = string
    expire_days = optional(number)
  }))
  nullable = false

  validation {
    condition     = !contains(keys(var.buckets), "access")
    error_message = "access is the bucket of the access logs; name yours otherwise."
  }
}

variable "noncurrent_days" {
  description = "Days for which a replaced or deleted object can be brought back."
  type        = number
  default     = 30
  nullable    = false
}

variable "force_destroy" {
  description = "Whether destroying also deletes buckets that hold something; false wherever data count."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
