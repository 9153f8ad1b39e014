variable "name" {
  description = "Name of the machine."
  type        = string
  nullable    = false
}

variable "region" {
  description = "AWS region."
  type        = string
  nullable    = false
}

variable "zone" {
  description = "Availability zone of machine and volume."
  type        = string
  nullable    = false
}

variable "subnet_id" {
  description = "Private subnet in that zone."
  type        = string
  nullable    = false
}

variable "vpc_id" {
  description = "VPC."
  type        = string
  nullable    = false
}

variable "vpc_cidr" {
  description = "Address range of the VPC."
  type        = string
  nullable    = false
}

variable "ami_id" {
  description = "Machine image, pinned."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^ami-[0-9a-f]+$", var.ami_id))
    error_message = "An image is named by its id (ami-…)."
  }
}

variable "instance_type" {
  description = "Size of the machine."
  type        = string
  nullable    = false
}

variable "cluster" {
  description = "ECS cluster that the machine joins."
  type = object({
    name = string
    arn  = string
  })
  nullable = false
}

variable "attribute" {
  description = "Value of the ECS attribute `penstock`, by which a service finds this machine."
  type        = string
  nullable    = false
}

variable "path" {
  description = "Folder in which the volume is mounted."
  type        = string
  default     = "/var/lib/penstock"
  nullable    = false
}

variable "volume" {
  description = "Disk: size, speed, key, and whether destroying leaves a snapshot."
  type = object({
    gib            = number
    iops           = optional(number, 3000)
    throughput_mib = optional(number, 125)
    key_arn        = string
    final_snapshot = optional(bool, true)
  })
  nullable = false
}

variable "reaches_internet" {
  description = "Whether it may speak HTTPS to the outside (it still needs NAT)."
  type        = bool
  default     = false
  nullable    = false
}

variable "s3_prefix_list_id" {
  description = "Prefix list of S3 in this region."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
